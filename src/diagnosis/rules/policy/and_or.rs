//! Two peers where one was perhaps meant: in one item selectors are AND, in two they are OR.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::policy::{Direction, Force, Peer, Places, Subject};
use crate::model::view::{View, as_policy};
use crate::semantics::policy::words;

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP011",
    slug: "and-or",
    title: "two peers, or one?",
    on: &[Kind::NetworkPolicy],
    page: include_str!("and_or.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    for direction in [Direction::Ingress, Direction::Egress] {
        let section = policy.section(direction);
        if section.force != Force::Yes {
            continue;
        }
        for (at, rule) in section.rules.iter().enumerate() {
            let Some([Peer::Pods(one), Peer::Pods(other)]) = rule.peers.as_deref() else {
                continue;
            };
            let field = format!(
                "{}.{}",
                words::field(direction, Some(at)),
                direction.peers_field()
            );
            if let Some((places, pods)) = split(one, other).or(split(other, one)) {
                sink.report(told(key, &field, places, pods));
            }
        }
    }
}

/// A peer that selects namespaces only, beside one that selects pods only.
fn split<'s>(one: &'s Subject, other: &'s Subject) -> Option<(&'s Subject, &'s Subject)> {
    let places = matches!(&one.namespaces, Places::Selected(selector) if !selector.is_empty());
    let pods = other.namespaces == Places::Own && !other.pods.is_empty();
    (places && one.pods.is_empty() && pods).then_some((one, other))
}

fn told(key: &Key, field: &str, places: &Subject, pods: &Subject) -> Draft {
    let both = Subject {
        namespaces: places.namespaces.clone(),
        pods: pods.pods.clone(),
    };
    let (is, could) = (
        format!("{}, and {}", words::subject(places), words::subject(pods)),
        words::subject(&both),
    );
    Draft::info(key, "two peers, or one?")
        .detail(field)
        .at(field)
        .says(format!("As written, two items: {is}. In one item it would be: {could}."))
        .evidence(Evidence::new(key, field, is, could))
        .confirm(kubectl::describe(key))
        .fix("If both must hold, write podSelector into the same item as namespaceSelector (without a dash before it). If either suffices, leave it.")
}
