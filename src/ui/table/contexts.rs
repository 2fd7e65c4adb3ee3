//! The contexts of the kubeconfig.

use crate::model::key::Name;
use crate::output::glyph::Mark;
use crate::output::table::{Align, Column};
use crate::ui::table::{Cell, Row, RowId, Source};
use crate::ui::theme::Role;

/// The columns.
pub fn columns() -> Vec<Column> {
    let column = |id, title, rank| Column {
        id,
        title,
        align: Align::Left,
        rank,
    };
    vec![
        column("name", "NAME", 0),
        column("current", "", 1),
        column("cluster", "CLUSTER", 2),
        column("user", "USER", 3),
        column("namespace", "NAMESPACE", 4),
    ]
}

/// Every context.
pub fn rows(source: &Source<'_>) -> Vec<RowId> {
    let all = source.contexts.iter();
    all.map(|row| RowId::Context(row.name.clone())).collect()
}

/// A context.
pub fn row(source: &Source<'_>, name: &Name) -> Option<Row> {
    let row = source.contexts.iter().find(|row| row.name == *name)?;
    let (mark, current) = if row.current {
        (Mark::Pass, "current")
    } else {
        (Mark::Quiet, "")
    };
    Some(Row {
        mark,
        cells: vec![
            Cell::of(Role::Strong, row.name.as_str()),
            Cell::of(Role::Pass, current),
            Cell::of(Role::Text, row.cluster.as_str()),
            Cell::of(Role::Dim, row.user.as_str()),
            Cell::of(Role::Dim, row.namespace.as_str()),
        ],
    })
}
