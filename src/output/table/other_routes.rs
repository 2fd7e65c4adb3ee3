//! Rows of ways in of other APIs: listed with their Services, and not judged beyond these.

use super::{Cell, Facts, Row, RowId, namespace_cell};
use crate::diagnosis::finding::Severity;
use crate::model::key::{Key, Name};
use crate::model::other_route::{Matches, OtherRoute, OtherRule};
use crate::model::view::as_other_route;
use crate::output::glyph::Mark;
use crate::semantics::other_routes::KINDS;

/// A row for each rule, by kind and name.
pub(super) fn ids(facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<RowId> {
    let keys = KINDS
        .iter()
        .flat_map(|kind| facts.objects(*kind, namespace));
    keys.flat_map(|key| {
        let rules = route(facts, &key).map_or(0, |route| route.rules.len());
        (0..rules).map(move |at| RowId::Part(key.clone(), part(at)))
    })
    .collect()
}

/// The row of a rule.
pub(super) fn row(facts: &Facts<'_>, key: &Key, of: &Name, id: &RowId) -> Option<Row> {
    let route = route(facts, key)?;
    let rules = route.rules.iter().enumerate();
    let (_, rule) = rules.into_iter().find(|(at, _)| part(*at) == *of)?;
    let (host, path) = match &rule.matches {
        Matches::Host { host, path } => (host.as_str(), path.as_str()),
        Matches::Expression(expression) => (expression.as_str(), ""),
        Matches::Included { path } => ("(included)", path.as_str()),
    };
    let (mark, says) = says(facts, key, rule);
    Some(Row {
        id: id.clone(),
        mark,
        cells: vec![
            namespace_cell(key),
            Cell::new(format!("{}/{}", key.kind, key.name)),
            Cell::new(host),
            Cell::new(path),
            Cell::empty(),
            Cell::new(super::joined(rule.services.iter().map(|to| &to.name))),
            Cell::empty(),
            Cell::empty(),
            says,
        ],
    })
}

fn route<'w>(facts: &Facts<'w>, key: &Key) -> Option<&'w OtherRoute> {
    facts
        .world
        .get(key)
        .and_then(|object| as_other_route(object))
}

fn part(at: usize) -> Name {
    Name::from(format!("rule {at}"))
}

/// What is found of the Services of the rule; else that it is not judged.
fn says(facts: &Facts<'_>, key: &Key, rule: &OtherRule) -> (Mark, Cell) {
    let found = facts.on(key).iter().find(|finding| {
        let mut named = rule.services.iter();
        finding.severity != Severity::Info
            && named.any(|to| finding.id.detail.ends_with(&format!("/{}", to.name)))
    });
    match found {
        Some(finding) => (
            Mark::of_severity(finding.severity),
            Cell::new(format!("{} {}", finding.id.code, finding.title)),
        ),
        None => (Mark::Unknown, Cell::new("not judged")),
    }
}
