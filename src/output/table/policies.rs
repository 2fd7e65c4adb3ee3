//! Network policies of any API: whom they are about, what they isolate, and their rules in words.

use super::{Cell, Column, Facts, Row, RowId, left, namespace_cell, right};
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::policy::Tier;
use crate::model::view::as_policy;
use crate::output::glyph::Mark;
use crate::semantics::policy::{select, words};

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("namespace", "NAMESPACE", 0),
        left("name", "NAME", 0),
        left("kind", "KIND", 4),
        left("selects", "SELECTS", 2),
        right("pods", "PODS", 1),
        left("isolates", "ISOLATES", 1),
        left("rules", "RULES", 3),
        left("says", "SAYS", 5),
        right("age", "AGE", 6),
    ]
}

pub(super) fn ids(facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<RowId> {
    let kinds = Kind::POLICIES.iter();
    kinds
        .flat_map(|kind| facts.objects(*kind, namespace))
        .map(RowId::Object)
        .collect()
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let key = id.object()?;
    let policy = as_policy(facts.world.get(key)?)?;
    let rules: Vec<String> = words::sentences(policy)
        .into_iter()
        .map(|(_, words)| words)
        .collect();
    let foreign = policy.tier == Tier::Foreign;
    let mark = if foreign {
        Mark::Unknown
    } else {
        facts.mark(key, &[Kind::Pod])
    };
    let selects = if foreign && policy.subject.pods.is_malformed() {
        String::new()
    } else {
        words::subject(&policy.subject)
    };
    Some(Row {
        id: id.clone(),
        mark,
        cells: vec![
            namespace_cell(key),
            Cell::new(&key.name),
            Cell::new(key.kind),
            Cell::new(selects),
            Cell::number(select::pods_of(facts.view(), policy).len()),
            Cell::new(words::stance(policy)),
            Cell::new(rules.join("; ")),
            facts.says(key),
            facts.age(key),
        ],
    })
}
