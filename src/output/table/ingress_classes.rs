//! Ingress classes and who uses them.

use super::{Cell, Column, Facts, Row, RowId, left, right};
use crate::model::index::IndexKey;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("name", "NAME", 0),
        left("controller", "CONTROLLER", 1),
        left("default", "DEFAULT", 0),
        left("parameters", "PARAMETERS", 3),
        right("users", "USERS", 2),
        left("says", "SAYS", 4),
        right("age", "AGE", 5),
    ]
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let key = id.object()?;
    let class = facts.view().ingress_class(&key.name)?;
    let users = facts
        .world
        .find(&IndexKey::IngressesOfClass(key.name.clone()));
    Some(Row {
        id: id.clone(),
        mark: facts.mark(key, &[]),
        cells: vec![
            Cell::new(&key.name),
            Cell::new(&class.controller),
            Cell::new(if class.is_default { "yes" } else { "no" }),
            Cell::new(
                class
                    .parameters
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            ),
            Cell::number(users.count()),
            facts.says(key),
            facts.age(key),
        ],
    })
}
