//! A Service that has pods behind it, none of them ready.

use crate::diagnosis::cite;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::Draft;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::{Service, ServicePort};
use crate::model::view::View;
use crate::semantics::empty::Empty;
use crate::semantics::readiness::NotReady;
use jiff::Timestamp;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC003",
    slug: "no-ready-endpoint",
    title: "no ready endpoint",
    on: &[Kind::Service],
    page: include_str!("no_ready_endpoint.md"),
    check,
};

/// No more pods than this are told one by one.
const TOLD: usize = 10;

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    if let Some(reason) = ports::wholly_empty(view, service) {
        report(view, service, None, &reason, sink);
        return;
    }
    for (port, reason) in ports::empty_ports(view, service) {
        report(view, service, Some(port), &reason, sink);
    }
}

fn report(
    view: &View<'_>,
    service: &Service,
    port: Option<&ServicePort>,
    reason: &Empty,
    sink: &mut Sink,
) {
    let key = &service.meta.key;
    let severity = ports::severity(view, service, reason);
    let part = port.map_or_else(String::new, |port| format!(" on port {port}"));
    let draft = match reason {
        Empty::NoneReady { pods } if pods.is_empty() => {
            let draft = ports::draft(severity, key, format!("no ready endpoint{part}"));
            let slices = view.slices_of(key).into_iter();
            let draft = slices.fold(draft, |draft, slice| {
                draft.follows(&["SVC014"], &slice.meta.key)
            });
            outside(draft, service)
        }
        Empty::NoneReady { pods } => {
            let title = format!("0 of {} endpoints ready{part}", staying(pods));
            by_pod(ports::draft(severity, key, title), view, service, pods)
        }
        Empty::NotListed { pods } => {
            let title = format!("ready pods are missing from the slices{part}");
            not_listed(ports::draft(severity, key, title), service, pods)
        }
        _ => return,
    };
    let detail = port.map(ToString::to_string).unwrap_or_default();
    sink.report(draft.detail(detail));
}

/// Pods that are going away count only where there are no others.
fn staying(pods: &[(Key, NotReady)]) -> usize {
    let staying = pods.iter().filter(|(_, why)| !ports::is_leaving(why));
    match staying.count() {
        0 => pods.len(),
        some => some,
    }
}

fn by_pod(draft: Draft, view: &View<'_>, service: &Service, pods: &[(Key, NotReady)]) -> Draft {
    // What has failed comes before what only needs time, and that before what is going away.
    let mut worst: Vec<&(Key, NotReady)> = pods.iter().collect();
    worst.sort_by_key(|(_, why)| (ports::is_leaving(why), why.is_benign()));
    let told = worst
        .first()
        .map(|(pod, why)| format!("{}: {}", pod.name, ports::clause(why)))
        .unwrap_or_default();
    let more = match pods.len() {
        0 | 1 => String::new(),
        many => format!(" (and {} more)", many - 1),
    };
    let evidence = worst.iter().take(TOLD);
    let evidence = evidence
        .map(|(pod, why)| Evidence::new(pod, "status.conditions[Ready]", why.to_string(), "ready"));
    let since = pods.iter().map(|(pod, _)| unready_since(view, pod)).max();
    let (what, fix) = words(draft.severity(), service);
    let mut draft = draft
        .at("endpoints")
        .says(format!("{what} {told}{more}."))
        .evidences(evidence)
        .since(since.flatten())
        .confirm(confirm(service))
        .fix(fix);
    for (pod, why) in worst.into_iter().take(TOLD) {
        draft = draft.follows(cite::of_pod(why), pod);
    }
    draft
}

fn words(severity: Severity, service: &Service) -> (String, &'static str) {
    let outcome = ports::outcome(service);
    match severity {
        Severity::Error => (
            format!("None of the pods behind the Service is ready. {outcome}"),
            "Mend what keeps the pods from being ready; as soon as one is, the Service answers again.",
        ),
        Severity::Warning => (
            "Only pods that are going away still serve; when they are gone, connections are refused.".to_owned(),
            "See why no new pod takes over: the workload may be scaled to zero, or its new pods are not ready.",
        ),
        Severity::Info => (
            format!("None of the pods behind the Service is ready yet. {outcome}"),
            "Wait; should it stay so, it becomes an error, with its reason.",
        ),
    }
}

fn confirm(service: &Service) -> kubectl::Line {
    match service.effective_selector() {
        Some(selector) => kubectl::list(Kind::Pod)
            .in_namespace_of(&service.meta.key)
            .labelled(selector),
        None => kubectl::slices_of(&service.meta.key),
    }
}

/// The Service lost its last endpoint when the last pod stopped being ready.
fn unready_since(view: &View<'_>, pod: &Key) -> Option<Timestamp> {
    let pod = view.advisory(|view| view.pod(pod))?;
    let ready = pod.condition("Ready");
    ready
        .and_then(|condition| condition.since)
        .or(pod.meta.created)
}

/// Endpoints that somebody else wrote and that are no pods of this world.
fn outside(draft: Draft, service: &Service) -> Draft {
    let key = &service.meta.key;
    draft
        .at("endpoints")
        .says(format!(
            "The Service's EndpointSlices name no endpoint that is ready for it. {}",
            ports::outcome(service)
        ))
        .evidence(Evidence::new(
            key,
            "endpoints",
            "none is ready, or no slice port has the Service port's name and protocol",
            "a ready endpoint with a port of the same name",
        ))
        .confirm(kubectl::slices_of(key).option("-o", "yaml"))
        .fix(
            "Whoever writes these slices has to list a ready endpoint, with a port of the same name and protocol as \
             the Service's.",
        )
}

fn not_listed(draft: Draft, service: &Service, pods: &[Key]) -> Draft {
    let key = &service.meta.key;
    let evidence = pods.iter().take(TOLD);
    draft
        .at("endpoints")
        .says(format!(
            "{} selected and ready, but the Service's EndpointSlices do not list them as ready. {}",
            match pods.len() {
                1 => "1 pod is".to_owned(),
                many => format!("{many} pods are"),
            },
            ports::outcome(service)
        ))
        .evidence(Evidence::new(key, "endpoints", "no ready endpoint", "the ready pods"))
        .evidences(evidence.map(|pod| Evidence::new(pod, "status.conditions[Ready]", "True", "")))
        .confirm(kubectl::slices_of(key).option("-o", "yaml"))
        .fix(
            "The endpoint controller writes these slices: see whether kube-controller-manager runs; if a slice is \
             managed by somebody else (label endpointslice.kubernetes.io/managed-by), see to that one.",
        )
}
