//! A Service of type `LoadBalancer` that nobody has given an address.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::ServiceType;
use crate::model::view::{View, as_service};
use jiff::SignedDuration;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC012",
    slug: "load-balancer-pending",
    title: "load balancer has no address",
    on: &[Kind::Service],
    page: include_str!("load_balancer_pending.md"),
    check,
};

/// What a cloud may take.
const PATIENCE: SignedDuration = SignedDuration::from_secs(300);

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    let pending = service.kind == ServiceType::LoadBalancer && service.addresses.is_empty();
    // Manifests have no status.
    if !pending || view.is_offline() || service.meta.deleted.is_some() {
        return;
    }
    let young = |created| view.is_within(PATIENCE, created);
    if service.meta.created.is_none_or(young) {
        return;
    }
    // What is said of its endpoints is another matter.
    let mut events = view.warnings_on(key).into_iter();
    let event = events.find(|event| !event.reason.contains("Endpoint"));
    // Where nothing shows that anybody would assign an address, nobody may be meant to.
    let expected =
        event.is_some() || service.load_balancer_class.is_some() || somebody_assigns(view);
    let severity = if expected && service.external_ips.is_empty() {
        Severity::Warning
    } else {
        Severity::Info
    };
    let who = service.load_balancer_class.as_ref().map_or_else(
        || "A cloud's controller, or one that is installed for it, has to assign it.".to_owned(),
        |class| format!("Only the controller of loadBalancerClass {class} assigns it."),
    );
    let said = event.map(|event| {
        let words: Vec<&str> = event.message.split_whitespace().collect();
        let words = words.join(" ");
        let words = words.trim_end_matches('.');
        format!(" The cluster says {}: {words}.", event.reason)
    });
    let mut draft = ports::draft(severity, key, "load balancer has no address")
        .at("status.loadBalancer")
        .says(format!(
            "No load balancer has an address for the Service, so it does not answer outside the cluster. {who}{}",
            said.unwrap_or_default()
        ))
        .evidence(Evidence::new(
            key,
            "status.loadBalancer.ingress",
            "empty",
            "an address",
        ))
        .since(service.meta.created)
        .confirm(kubectl::describe(key))
        .fix("See whether a controller for load balancers runs (and takes this class) and what its events say; without one, use a NodePort or an Ingress.");
    if let Some(event) = event {
        draft = draft.evidence(Evidence::new(key, "events", event.reason.as_str(), ""));
    }
    sink.report(draft);
}

/// Another Service has got an address: there is a controller.
fn somebody_assigns(view: &View<'_>) -> bool {
    let mut all = view.advisory(|view| view.all(Kind::Service).filter_map(as_service));
    all.any(|other| other.kind == ServiceType::LoadBalancer && !other.addresses.is_empty())
}
