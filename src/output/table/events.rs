//! Warnings of the cluster about its objects.

use super::{Cell, Column, Facts, Row, RowId, age_cell, left, namespace_cell, right};
use crate::model::event::Event;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::view::as_event;
use crate::output::glyph::Mark;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("namespace", "NAMESPACE", 0),
        right("last", "LAST", 0),
        right("count", "COUNT", 2),
        left("reason", "REASON", 0),
        left("about", "OBJECT", 1),
        left("message", "MESSAGE", 0),
    ]
}

pub(super) fn ids(facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<RowId> {
    let mut found: Vec<&Event> = facts
        .world
        .all(Kind::Event)
        .filter_map(|object| as_event(object))
        .filter(|event| {
            namespace.is_none_or(|namespace| event.meta.key.namespace_str() == &**namespace)
        })
        .collect();
    found.sort_by(|a, b| {
        b.last
            .cmp(&a.last)
            .then_with(|| a.meta.key.cmp(&b.meta.key))
    });
    found
        .into_iter()
        .map(|event| RowId::Object(event.meta.key.clone()))
        .collect()
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let key = id.object()?;
    let event = facts.view().object(key).and_then(as_event)?;
    Some(Row {
        id: id.clone(),
        mark: if event.warning {
            Mark::Warning
        } else {
            Mark::Quiet
        },
        cells: vec![
            namespace_cell(key),
            age_cell(facts.world, event.last),
            Cell::number(usize::try_from(event.count).unwrap_or(usize::MAX)),
            Cell::new(&event.reason),
            Cell::new(format!("{}/{}", event.about_kind, event.about_name)),
            Cell::new(&event.message),
        ],
    })
}
