//! Two peers where one was perhaps meant: in one item selectors are AND, in two they are OR.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::policy::{Direction, Force};
use crate::model::view::{View, as_policy};
use crate::semantics::policy::trap::{Readings, readings};
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
            let Some(readings) = readings(rule) else {
                continue;
            };
            let field = format!(
                "{}.{}",
                words::field(direction, Some(at)),
                direction.peers_field()
            );
            sink.report(told(key, &field, &readings));
        }
    }
}

fn told(key: &Key, field: &str, read: &Readings) -> Draft {
    let (places, pods) = (words::subject(&read.places), words::subject(&read.pods));
    let (is, could) = (format!("{places}, and {pods}"), words::subject(&read.both));
    Draft::info(key, "two peers, or one?")
        .detail(field)
        .at(field)
        .says(format!("As written, two items: {is}. In one item it would be: {could}."))
        .evidence(Evidence::new(key, field, is, could))
        .confirm(kubectl::describe(key))
        .fix("If both must hold, write podSelector into the same item as namespaceSelector (without a dash before it). If either suffices, leave it.")
}
