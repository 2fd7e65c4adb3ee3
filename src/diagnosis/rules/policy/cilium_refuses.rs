//! A policy that Cilium finds at fault, and does not enforce.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::{View, as_policy};

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP016",
    slug: "cilium-refuses",
    title: "Cilium does not take the policy",
    on: &[
        Kind::CiliumNetworkPolicy,
        Kind::CiliumClusterwideNetworkPolicy,
    ],
    page: include_str!("cilium_refuses.md"),
    check,
};

const FIELD: &str = "status.conditions[type=Valid]";

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let policy = view.object(key).and_then(as_policy);
    let Some(refused) = policy.and_then(|policy| policy.refused.as_ref()) else {
        return;
    };
    let title = RULE.title;
    let (draft, what) = if refused.changed {
        let what = "what it said before it was changed may still be in force on nodes that took that version, and is on no other";
        (Draft::warning(key, title), what)
    } else {
        (
            Draft::error(key, title),
            "nothing that it admits or denies is in force",
        )
    };
    let why = match refused.message.trim() {
        "" => "its status does not say why".to_owned(),
        message => message.lines().collect::<Vec<_>>().join("; "),
    };
    sink.report(
        draft
            .at(FIELD)
            .says(format!(
                "Cilium's agents leave this policy aside: {why}. So {what}."
            ))
            .evidence(Evidence::new(key, FIELD, format!("False: {why}"), "True"))
            .confirm(kubectl::get(key).option("-o", "jsonpath={.status.conditions}"))
            .fix("Mend what the message names; the condition turns True when the policy is taken."),
    );
}
