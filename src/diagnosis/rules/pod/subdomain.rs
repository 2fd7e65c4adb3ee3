//! A pod that asks for a DNS name of its own which no Service gives.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD012",
    slug: "subdomain",
    title: "pod's DNS name does not exist",
    on: &[Kind::Pod],
    page: include_str!("subdomain.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(pod) = view
        .pod(key)
        .filter(|pod| !pod.is_terminal() && !pod.is_terminating())
    else {
        return;
    };
    // Without a hostname no name of its own is asked for. A StatefulSet speaks for its pods: SVC021.
    let by_set = pod
        .meta
        .owner
        .as_ref()
        .is_some_and(|owner| owner.kind == "StatefulSet");
    let (Some(hostname), Some(subdomain)) = (&pod.hostname, &pod.subdomain) else {
        return;
    };
    if by_set {
        return;
    }
    let Some((severity, observed, told)) = what_is_wrong(view, pod, subdomain) else {
        return;
    };
    let siblings = view.advisory(|view| view.siblings(&pod.meta));
    if siblings.iter().any(|other| other.key() < key) {
        return;
    }
    let service = key.sibling(Kind::Service, subdomain.clone());
    sink.report(
        ports::draft(severity, key, format!("{hostname}.{subdomain} does not resolve"))
            .at("spec.subdomain")
            .says(format!("The pod asks for the name {hostname}.{subdomain} by its hostname and subdomain. Service {subdomain} {told}, so DNS has no such name."))
            .evidence(Evidence::new(key, "spec.subdomain", subdomain.as_str(), "the name of a headless Service that selects the pod"))
            .evidence(Evidence::new(&service, "spec", observed, "headless, with a selector that fits"))
            .confirm(kubectl::get(&service))
            .fix(format!("Write Service {subdomain} with clusterIP: None and a selector that fits the pod, or set spec.subdomain to the name of the one that is meant.")),
    );
}

fn what_is_wrong(
    view: &View<'_>,
    pod: &Pod,
    subdomain: &Name,
) -> Option<(Severity, &'static str, &'static str)> {
    let key = pod.meta.key.sibling(Kind::Service, subdomain.clone());
    let Some(service) = view.service(&key) else {
        // It may be in other files.
        let severity = if view.is_offline() {
            Severity::Info
        } else {
            Severity::Warning
        };
        return Some((severity, "absent", "does not exist"));
    };
    if !service.headless {
        return Some((Severity::Info, "not headless", "is not headless"));
    }
    // Who writes the slices may list the pod with its hostname.
    let selector = service.effective_selector()?;
    let mut wanted = selector.iter();
    let selects = wanted.all(|(key, value)| pod.meta.labels.has(key, value));
    (!selects).then_some((
        Severity::Warning,
        "selects other pods",
        "does not select the pod",
    ))
}
