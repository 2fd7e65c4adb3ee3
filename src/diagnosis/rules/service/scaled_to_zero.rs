//! A Service whose workload wants no pod, on purpose.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::Draft;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::empty::Empty;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC008",
    slug: "scaled-to-zero",
    title: "scaled to zero",
    on: &[Kind::Service],
    page: include_str!("scaled_to_zero.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    let Some(Empty::ScaledToZero { workload }) = ports::wholly_empty(view, service) else {
        return;
    };
    let (field, observed, state, wake) = match workload.kind {
        Kind::Job | Kind::CronJob => (
            "spec.suspend",
            "true",
            "is suspended",
            "Set spec.suspend to false when it is to run again.",
        ),
        Kind::DaemonSet => (
            "status.desiredNumberScheduled",
            "0",
            "is wanted on no node",
            "Label a node as spec.template.spec.nodeSelector asks when it is to run.",
        ),
        _ => (
            "spec.replicas",
            "0",
            "is scaled to zero",
            "Scale it up again when it is wanted.",
        ),
    };
    let name = format!("{} {}", workload.kind, workload.name);
    sink.report(
        Draft::info(key, format!("{name} {state}"))
            .at("endpoints")
            .says(format!(
                "{name}, whose pods the Service selects, {state}, so nobody is behind the Service. {}",
                ports::outcome(service)
            ))
            .evidence(Evidence::new(&workload, field, observed, ""))
            .confirm(kubectl::get(&workload))
            .fix(wake),
    );
}
