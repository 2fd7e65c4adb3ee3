//! A pod that is too young to be judged.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::pod::case::Case;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::readiness::NotReady;

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD008",
    slug: "settling",
    title: "settling",
    on: &[Kind::Pod],
    page: include_str!("settling.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(case) = Case::of(view, key, RULE.code) else {
        return;
    };
    let NotReady::Settling(why) = &case.reason else {
        return;
    };
    let ready = case.pod.condition("Ready");
    let observed = ready.map_or_else(
        || "absent".to_owned(),
        |condition| format!("{:?} {}", condition.status, condition.reason),
    );
    sink.report(
        case.draft(format!("settling: {why}"))
            .at("status.conditions[Ready]")
            .says(format!(
                "The pod is not ready yet ({why}); that is no failure so far. It takes no traffic until it is."
            ))
            .evidence(Evidence::new(
                key,
                "status.conditions[Ready]",
                observed.trim(),
                "True, soon",
            ))
            .confirm(kubectl::get(key).flag("--watch"))
            .fix("Wait; should it stay so, the reason will be named here."),
    );
}
