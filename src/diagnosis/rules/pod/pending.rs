//! A pod that is on no node.

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
    code: "POD005",
    slug: "pending",
    title: "on no node",
    on: &[Kind::Pod],
    page: include_str!("pending.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(case) = Case::of(view, key, RULE.code) else {
        return;
    };
    let NotReady::Pending { reason, words } = &case.reason else {
        return;
    };
    let gated = reason == "SchedulingGated";
    let why = match (gated, words.is_empty()) {
        (true, _) => "a scheduling gate holds it back on purpose".to_owned(),
        (false, true) => "the scheduler has not placed it and does not say why".to_owned(),
        (false, false) => format!("the scheduler says: {}", short(words)),
    };
    let observed = [reason.as_str(), words.as_str()].join(" ");
    sink.report(
        case.draft(if gated {
            "held back by a scheduling gate"
        } else {
            "no node takes it"
        })
        .at("spec.nodeName")
        .says(format!(
            "The pod is on no node: {why}. {}",
            case.outcome()
        ))
        .evidence(Evidence::new(
            key,
            "status.conditions[PodScheduled]",
            observed.trim(),
            "True",
        ))
        .confirm(kubectl::describe(key))
        .fix(if gated {
            "Whoever set spec.schedulingGates has to remove them; look for the controller that owns the gate's name."
        } else {
            "Make room or widen what the pod accepts: its resource requests, node selector, affinity, tolerations and \
             volumes against what the nodes offer."
        }),
    );
}
