//! A pod that is on a node but has no address.

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
    code: "POD006",
    slug: "no-address",
    title: "no address",
    on: &[Kind::Pod],
    page: include_str!("no_address.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(case) = Case::of(view, key, RULE.code) else {
        return;
    };
    let NotReady::NoAddress { words } = &case.reason else {
        return;
    };
    let node = case.pod.node.as_deref().unwrap_or("its node");
    let said = if words.is_empty() {
        "and has no address yet: its images, volumes or network are still being made ready, and no event says what \
         takes so long"
            .to_owned()
    } else {
        format!("but has no address; the kubelet says: {}", short(words))
    };
    let mut draft = case
        .draft("no address")
        .at("status.podIP")
        .says(format!(
            "The pod is on node {node} {said}. {}",
            case.outcome()
        ))
        .evidence(Evidence::new(key, "status.podIP", "empty", "an address"));
    if !words.is_empty() {
        draft = draft.evidence(Evidence::new(key, "events", words.as_str(), ""));
    }
    sink.report(draft.confirm(kubectl::describe(key)).fix(
        "Follow the event's words: a volume that cannot be mounted, or a network plugin that is down or out of \
         addresses on that node.",
    ));
}
