//! Network policies of any API. For now only that they exist is known.

use super::{Cell, Column, Facts, Row, RowId, left, namespace_cell, right};
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::output::glyph::Mark;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("namespace", "NAMESPACE", 0),
        left("name", "NAME", 0),
        left("kind", "KIND", 1),
        left("says", "SAYS", 2),
        right("age", "AGE", 3),
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
    facts.world.get(key)?;
    Some(Row {
        id: id.clone(),
        mark: Mark::Unknown,
        cells: vec![
            namespace_cell(key),
            Cell::new(&key.name),
            Cell::new(key.kind),
            Cell::new("not judged yet"),
            facts.age(key),
        ],
    })
}
