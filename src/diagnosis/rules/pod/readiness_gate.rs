//! A pod whose containers are ready while a readiness gate is closed.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::pod::case::{Case, short};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::readiness::NotReady;

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD004",
    slug: "readiness-gate",
    title: "readiness gate closed",
    on: &[Kind::Pod],
    page: include_str!("readiness_gate.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(case) = Case::of(view, key, RULE.code) else {
        return;
    };
    let NotReady::ReadinessGate {
        gate,
        present,
        words,
    } = &case.reason
    else {
        return;
    };
    let state = if *present {
        "is not True"
    } else {
        "was never set"
    };
    let said = if words.is_empty() {
        String::new()
    } else {
        format!(" Its message: {}.", short(words))
    };
    let observed = match case.pod.condition(gate) {
        Some(condition) => format!("{:?} {}", condition.status, condition.reason),
        None => "absent".to_owned(),
    };
    sink.report(
        case.draft(format!("readiness gate {gate} {state}"))
            .at("spec.readinessGates")
            .says(format!(
                "All containers are ready, but the readiness gate {gate} {state}, so the pod is not ready.{said} {}",
                case.outcome()
            ))
            .evidence(Evidence::new(
                key,
                &format!("status.conditions[{gate}].status"),
                observed.trim_end(),
                "True",
            ))
            .evidence(Evidence::new(
                key,
                "status.conditions[ContainersReady].status",
                "True",
                "",
            ))
            .confirm(kubectl::get(key).option("-o", "jsonpath={.status.conditions}"))
            .fix(format!(
                "Find the controller that sets the condition {gate} (a load balancer controller, as a rule) and why it \
                 does not; where nobody sets it any more, take it out of spec.readinessGates in the workload's template."
            )),
    );
}
