//! A node port that nodes without an endpoint do not answer, because the Service keeps to local endpoints.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::service::spread;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::{ServiceType, TrafficPolicy};
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC011",
    slug: "external-local-black-hole",
    title: "nodes that drop the node port",
    on: &[Kind::Service],
    page: include_str!("external_local_black_hole.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    // A load balancer asks healthCheckNodePort and leaves such nodes out by itself.
    let local = service.external_policy == TrafficPolicy::Local;
    if !local || service.kind != ServiceType::NodePort {
        return;
    }
    let without = spread::nodes_without(view, service);
    let Some(first) = without.first() else {
        return;
    };
    let told = spread::told(&without);
    sink.report(
        Draft::info(key, "some nodes drop the node port")
            .at("spec.externalTrafficPolicy")
            .says(format!("The node port leads to endpoints of the node that is asked only. These nodes have none that is ready and drop connections from outside: {told}."))
            .evidence(Evidence::new(key, "spec.externalTrafficPolicy", "Local", "Cluster, or clients that ask nodes with an endpoint only"))
            .evidence(Evidence::new(&Key::cluster(Kind::Node, first.clone()), "endpoints", "none", "one that is ready"))
            .confirm(kubectl::slices_of(key).option("-o", "yaml"))
            .fix("Let clients ask nodes with an endpoint only, or set spec.externalTrafficPolicy to Cluster (the pods then see a node's address instead of the client's)."),
    );
}
