//! Namespaces, with what lives in them.

use super::{Cell, Column, Facts, Row, RowId, left, right};
use crate::diagnosis::finding::Severity;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::object::Fact;
use crate::output::glyph::Mark;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("name", "NAME", 0),
        left("status", "STATUS", 1),
        right("problems", "PROBLEMS", 0),
        right("services", "SERVICES", 2),
        right("pods", "PODS", 3),
        right("ingresses", "INGRESSES", 4),
        right("policies", "POLICIES", 5),
        right("age", "AGE", 6),
    ]
}

pub(super) fn ids(facts: &Facts<'_>) -> Vec<RowId> {
    let names = facts.world.namespaces().into_iter();
    names
        .map(|name| RowId::Object(Key::cluster(Kind::Namespace, name)))
        .collect()
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let key = id.object()?;
    let terminating = match facts.world.get(key).map(|object| &object.fact) {
        Some(Fact::Namespace(namespace)) => namespace.terminating,
        _ => false,
    };
    let here = facts
        .report
        .roots()
        .filter(|finding| finding.id.subject.namespace.as_ref() == Some(&key.name))
        .filter(|finding| finding.severity != Severity::Info);
    let problems: Vec<Severity> = here.map(|finding| finding.severity).collect();
    let worst = problems.iter().min();
    let mark = worst.map_or(Mark::Pass, |worst| Mark::of_severity(*worst));
    let count = |kind| Cell::number(facts.world.in_namespace(kind, &key.name).count());
    let policies = Kind::POLICIES.iter().filter(|kind| kind.namespaced());
    let policies = policies.map(|kind| facts.world.in_namespace(*kind, &key.name).count());
    Some(Row {
        id: id.clone(),
        mark,
        cells: vec![
            Cell::new(&key.name),
            Cell::new(if terminating { "Terminating" } else { "Active" }),
            Cell::number(problems.len()).marked(mark),
            count(Kind::Service),
            count(Kind::Pod),
            count(Kind::Ingress),
            Cell::number(policies.sum()),
            facts.age(key),
        ],
    })
}
