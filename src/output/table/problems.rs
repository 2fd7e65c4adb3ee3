//! Problems: root causes, each with what it hurts. Infos are left out: they are no problem.

use super::{Cell, Column, Facts, Row, RowId, age_cell, left, right};
use crate::diagnosis::finding::{Finding, Severity};
use crate::diagnosis::report::{Hurt, hurt};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::output::glyph::Mark;
use crate::semantics::owner::top_owner;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("object", "OBJECT", 0),
        left("title", "PROBLEM", 0),
        left("hurts", "HURTS", 2),
        right("since", "SINCE", 3),
        left("code", "CODE", 1),
    ]
}

pub(super) fn ids(facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<RowId> {
    let roots = facts
        .report
        .roots()
        .filter(|finding| finding.severity != Severity::Info)
        .filter(|finding| concerns(finding, namespace));
    roots
        .map(|finding| RowId::Finding(finding.id.clone()))
        .collect()
}

/// Whether a finding concerns a namespace: it, or something that it explains, lives there.
fn concerns(finding: &Finding, namespace: Option<&Name>) -> bool {
    let ids = std::iter::once(&finding.id).chain(&finding.effects);
    namespace.is_none()
        || ids
            .into_iter()
            .any(|id| id.subject.namespace.as_ref() == namespace)
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let RowId::Finding(wanted) = id else {
        return None;
    };
    let mut on = facts.on(&wanted.subject).iter();
    let finding = on.find(|finding| finding.id == *wanted)?;
    let hurt = hurt(finding);
    Some(Row {
        id: id.clone(),
        mark: Mark::of_severity(finding.severity),
        cells: vec![
            Cell::new(wanted.subject.short()).in_brief(workload(facts, &wanted.subject)),
            Cell::new(&finding.title),
            Cell::new(words(hurt)).ranked(weight(hurt)),
            age_cell(facts.world, finding.since),
            Cell::new(wanted.code),
        ],
    })
}

/// The workload of a pod: of a long name the end goes first, and that is all that tells pods apart.
fn workload(facts: &Facts<'_>, subject: &Key) -> Option<String> {
    let view = facts.view();
    let pod = view.pod(subject).filter(|_| subject.kind == Kind::Pod)?;
    let (_, owner) = top_owner(view, pod)?;
    Some(format!("{}/{owner}", subject.namespace_str()))
}

/// `2 routes`, `1 service`, `4 pods`: of the widest kind that is hurt.
fn words(hurt: Hurt) -> String {
    let one = |count: usize, name: &str| {
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {name}{plural}"))
    };
    one(hurt.routes, "route")
        .or_else(|| one(hurt.services, "service"))
        .or_else(|| one(hurt.pods, "pod"))
        .unwrap_or_default()
}

fn weight(hurt: Hurt) -> i64 {
    let part = |count: usize| i64::try_from(count.min(999_999)).unwrap_or(0);
    part(hurt.routes) * 1_000_000_000_000 + part(hurt.services) * 1_000_000 + part(hurt.pods)
}
