//! Nodes.

use super::{Cell, Column, Facts, Row, RowId, joined, left, right};
use crate::model::meta::Truth;
use crate::output::glyph::Mark;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("name", "NAME", 0),
        left("status", "STATUS", 0),
        left("internalIP", "INTERNAL-IP", 1),
        left("externalIP", "EXTERNAL-IP", 3),
        left("zone", "ZONE", 2),
        left("podCIDR", "POD-CIDR", 4),
        right("pods", "PODS", 5),
        left("taints", "TAINTS", 7),
        right("age", "AGE", 6),
    ]
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let key = id.object()?;
    let node = facts.view().node(&key.name)?;
    let (status, mark) = match node.ready() {
        Truth::True => ("Ready", Mark::Pass),
        Truth::False => ("NotReady", Mark::Fail),
        Truth::Unknown if node.conditions.is_empty() => ("", Mark::Quiet),
        Truth::Unknown => ("Unknown", Mark::Fail),
    };
    let cordoned = if node.unschedulable {
        ",SchedulingDisabled"
    } else {
        ""
    };
    Some(Row {
        id: id.clone(),
        mark,
        cells: vec![
            Cell::new(&key.name),
            Cell::new(format!("{status}{cordoned}")).marked(mark),
            Cell::new(joined(&node.internal_ips)),
            Cell::new(joined(&node.external_ips)),
            Cell::new(node.zone().map_or("", |zone| zone.as_str())),
            Cell::new(joined(&node.pod_cidrs)),
            Cell::number(facts.view().pods_on(&key.name).len()),
            Cell::new(joined(&node.taints)),
            facts.age(key),
        ],
    })
}
