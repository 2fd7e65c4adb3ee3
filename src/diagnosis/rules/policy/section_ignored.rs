//! Rules that `policyTypes` leaves out, and isolation that comes unasked.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::policy::{Direction, Force, Policy};
use crate::model::view::{View, as_policy};
use crate::semantics::policy::select;

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP007",
    slug: "section-ignored",
    title: "policyTypes and rules disagree",
    on: &[Kind::NetworkPolicy],
    page: include_str!("section_ignored.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    for direction in [Direction::Ingress, Direction::Egress] {
        let section = policy.section(direction);
        if section.force == Force::No && !section.rules.is_empty() {
            sink.report(ignored(key, policy, direction));
        }
    }
    let unset = policy.types.as_ref().is_none_or(|types| types.is_empty());
    if unset
        && policy.egress.force == Force::Yes
        && policy.ingress.rules.is_empty()
        && serves(view, policy)
    {
        sink.report(unasked(key));
    }
}

/// Whether a Service leads to one of its pods.
fn serves(view: &View<'_>, policy: &Policy) -> bool {
    select::pods_of(view, policy).iter().any(|pod| {
        let namespace = pod.meta.key.namespace.as_ref();
        namespace.is_some_and(|namespace| {
            !view
                .services_selecting(namespace, &pod.meta.labels)
                .is_empty()
        })
    })
}

fn types(policy: &Policy) -> String {
    policy.types.as_deref().unwrap_or_default().join(", ")
}

fn ignored(key: &Key, policy: &Policy, direction: Direction) -> Draft {
    let (word, kind) = (direction.word(), direction.type_word());
    Draft::warning(key, format!("{word} rules are not in force"))
        .detail(word)
        .at("spec.policyTypes")
        .says(format!("policyTypes does not list {kind}, so the {word} rules say nothing: this policy does not limit what its pods {}.", verb(direction)))
        .evidence(Evidence::new(key, "spec.policyTypes", types(policy), format!("{kind} among them")))
        .confirm(kubectl::get(key).option("-o", "jsonpath={.spec.policyTypes}"))
        .fix(format!("Add {kind} to policyTypes, or delete the {word} rules."))
}

fn unasked(key: &Key) -> Draft {
    Draft::warning(key, "drops everything its pods receive")
        .detail("policyTypes")
        .at("spec.policyTypes")
        .says("policyTypes is not set, and then Ingress always counts: the policy has only egress rules, yet its pods receive nothing that no other policy admits. A Service leads to them.")
        .evidence(Evidence::new(key, "spec.policyTypes", "unset", "Egress"))
        .confirm(kubectl::describe(key))
        .fix("If only what the pods send is to be limited, set policyTypes to Egress.")
}

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "receive",
        Direction::Egress => "send",
    }
}
