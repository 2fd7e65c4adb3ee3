//! Two policies of administrators with one priority and a pod in common.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::policy::{Policy, Tier};
use crate::model::view::{View, as_policy};
use crate::semantics::policy::select;

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP015",
    slug: "equal-priority",
    title: "two policies of one priority",
    on: &[Kind::AdminNetworkPolicy, Kind::ClusterNetworkPolicy],
    page: include_str!("equal_priority.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    let (Tier::Admin(Some(priority)) | Tier::Baseline(Some(priority))) = policy.tier else {
        return;
    };
    let others = [Kind::AdminNetworkPolicy, Kind::ClusterNetworkPolicy];
    let others = others
        .iter()
        .flat_map(|kind| view.all(*kind))
        .filter_map(as_policy);
    let rivals: Vec<&Policy> = others
        .filter(|other| other.tier == policy.tier && other.meta.key < *key)
        .collect();
    if rivals.is_empty() {
        return;
    }
    let own = select::pods_of(view, policy);
    for rival in rivals {
        let theirs = select::pods_of(view, rival);
        let shared = own
            .iter()
            .find(|pod| theirs.iter().any(|other| other.meta.key == pod.meta.key));
        if let Some(pod) = shared.filter(|_| touch(policy, rival)) {
            sink.report(told(key, &rival.meta.key, &pod.meta.key, priority));
        }
    }
}

/// Whether both have rules of one direction.
fn touch(one: &Policy, other: &Policy) -> bool {
    let both = |a: &[_], b: &[_]| !a.is_empty() && !b.is_empty();
    both(&one.ingress.rules, &other.ingress.rules) || both(&one.egress.rules, &other.egress.rules)
}

fn told(key: &Key, rival: &Key, pod: &Key, priority: u16) -> Draft {
    Draft::warning(key, "two policies of one priority")
        .detail(rival.to_string())
        .at("spec.priority")
        .says(format!("{} has priority {priority} too and selects {} as well. Which of the two is applied where both match is not defined.", rival.short(), pod.short()))
        .evidence(Evidence::new(key, "spec.priority", priority.to_string(), "a priority of its own"))
        .evidence(Evidence::new(rival, "spec.priority", priority.to_string(), ""))
        .confirm(kubectl::list(key.kind))
        .fix("Give one of them another priority.")
}
