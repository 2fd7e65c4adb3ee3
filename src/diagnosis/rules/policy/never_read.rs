//! A NetworkPolicy about pods for which an administrator has decided everything.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::policy::{Action, Direction, Force, Peer, Places, Policy, Rule as PolicyRule};
use crate::model::view::{View, as_policy};
use crate::semantics::policy::judge::Judge;
use crate::semantics::policy::matching::{Match, pod_end};
use crate::semantics::policy::{select, words};

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP014",
    slug: "never-read",
    title: "an administrator has decided already",
    on: &[Kind::NetworkPolicy],
    page: include_str!("never_read.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    if !view.any(Kind::AdminNetworkPolicy) && !view.any(Kind::ClusterNetworkPolicy) {
        return;
    }
    let pods = select::pods_of(view, policy);
    let judge = Judge::new(view);
    for direction in [Direction::Ingress, Direction::Egress] {
        if policy.section(direction).force != Force::Yes || pods.is_empty() {
            continue;
        }
        let deciders: Option<Vec<(Key, usize)>> = pods
            .iter()
            .map(|pod| {
                let pod = view.pod(&pod.meta.key)?;
                let applicable = judge.applicable(&pod_end(view, pod), direction);
                let policies = applicable.admin.iter().flatten();
                let mut certain = policies.take_while(|chosen| chosen.selected == Match::Yes);
                certain.find_map(|chosen| {
                    Some((
                        chosen.policy.meta.key.clone(),
                        decides(chosen.policy, direction)?,
                    ))
                })
            })
            .collect();
        if let Some((decider, at)) = deciders.and_then(|deciders| deciders.into_iter().next()) {
            sink.report(told(key, &decider, at, direction));
        }
    }
}

/// The rule that decides about all pods and all ports, unless one before it passes something.
fn decides(policy: &Policy, direction: Direction) -> Option<usize> {
    let rules = &policy.section(direction).rules;
    let passes = |rule: &PolicyRule| matches!(rule.action, Action::Pass | Action::Unclear);
    let until = rules.iter().position(passes).unwrap_or(rules.len());
    rules
        .iter()
        .take(until)
        .position(|rule| rule.ports.is_none() && is_everyone(rule))
}

fn is_everyone(rule: &PolicyRule) -> bool {
    let peers = rule.peers.as_deref().unwrap_or_default();
    peers.iter().any(|peer| match peer {
        Peer::Pods(subject) => {
            let places =
                matches!(&subject.namespaces, Places::Selected(selector) if selector.is_empty());
            places && subject.pods.is_empty()
        }
        _ => false,
    })
}

fn told(key: &Key, decider: &Key, at: usize, direction: Direction) -> Draft {
    let field = words::field(direction, Some(at));
    Draft::info(key, "an administrator has decided already")
        .detail(direction.word())
        .at(format!("spec.{}", direction.word()))
        .says(format!("{} {} decides about all pods and all ports first ({field}), so the {} rules here matter for outside addresses only.", decider.kind, decider.name, direction.word()))
        .evidence(Evidence::new(decider, &field, "every pod, every port", ""))
        .confirm(kubectl::describe(decider))
        .fix("If namespaces are to decide for themselves, the administrator's rule has to pass instead.")
}
