//! A Service that is being deleted and waits for somebody to take its load balancer down.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::CLEANUP;
use crate::model::view::View;
use jiff::SignedDuration;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC028",
    slug: "load-balancer-stuck",
    title: "load balancer cannot be deleted",
    on: &[Kind::Service],
    page: include_str!("load_balancer_stuck.md"),
    check,
};

/// What a cloud may take.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key).filter(|service| service.awaits_cleanup) else {
        return;
    };
    let Some(deleted) = service.meta.deleted else {
        return;
    };
    // A file says what was so when it was written.
    if view.is_offline() || view.is_within(PATIENCE, deleted) {
        return;
    }
    sink.report(
        Draft::warning(key, "load balancer cannot be deleted")
            .at("metadata.finalizers")
            .says("The Service was deleted and still waits for the controller of its load balancer to take that down. Until then its address (and its price) stay, it may go on answering, and no Service of this name can be made.")
            .evidence(Evidence::new(key, "metadata.finalizers", CLEANUP, "taken away by the controller"))
            .since(Some(deleted))
            .confirm(kubectl::describe(key))
            .fix("See whether the controller that made the load balancer (of the cloud, or of spec.loadBalancerClass) still runs and may delete it; its events and log say what it lacks. Where the load balancer is gone for certain, take the finalizer off by hand."),
    );
}
