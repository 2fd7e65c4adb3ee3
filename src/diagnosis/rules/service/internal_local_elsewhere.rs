//! A Service that only reaches endpoints of the client's own node, while nodes with possible clients have none.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::service::spread;
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Phase;
use crate::model::service::{ServiceType, TrafficPolicy};
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC010",
    slug: "internal-local-elsewhere",
    title: "no endpoint on some clients' nodes",
    on: &[Kind::Service],
    page: include_str!("internal_local_elsewhere.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    let plain = !service.headless && service.kind != ServiceType::ExternalName;
    if !plain || service.internal_policy != TrafficPolicy::Local {
        return;
    }
    let without: Vec<Name> = spread::nodes_without(view, service)
        .into_iter()
        .filter(|node| has_clients(view, node))
        .collect();
    let Some(first) = without.first() else {
        return;
    };
    let told = spread::told(&without);
    sink.report(
        Draft::info(key, "no endpoint on some clients' nodes")
            .at("spec.internalTrafficPolicy")
            .says(format!("The Service leads to endpoints of the client's own node only, and these nodes run pods but no ready endpoint: {told}. Connections from there are dropped."))
            .evidence(Evidence::new(key, "spec.internalTrafficPolicy", "Local", "Cluster, or an endpoint on each node"))
            .evidence(Evidence::new(&Key::cluster(Kind::Node, first.clone()), "endpoints", "none", "one that is ready"))
            .confirm(kubectl::slices_of(key).option("-o", "yaml"))
            .fix("Run an endpoint on every node with clients (a DaemonSet that tolerates their taints), or set spec.internalTrafficPolicy to Cluster."),
    );
}

/// A pod with its own network runs there and could be a client.
fn has_clients(view: &View<'_>, node: &Name) -> bool {
    let pods = view.pods_on(node);
    pods.iter()
        .any(|pod| !pod.host_network && pod.phase == Phase::Running)
}
