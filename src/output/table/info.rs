//! Coverage: what of the cluster could be seen.

use super::{Cell, Column, Facts, Row, RowId, left, right};
use crate::model::coverage::State;
use crate::model::kind::Kind;
use crate::output::glyph::Mark;
use crate::semantics::network::unenforced;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("kind", "KIND", 0),
        left("namespace", "NAMESPACE", 2),
        left("state", "STATE", 0),
        right("objects", "OBJECTS", 1),
        left("detail", "DETAIL", 3),
    ]
}

pub(super) fn ids(facts: &Facts<'_>) -> Vec<RowId> {
    let noted = facts.world.coverage().iter();
    noted
        .map(|(kind, namespace, _)| RowId::Kind(kind, namespace.cloned()))
        .collect()
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let RowId::Kind(kind, namespace) = id else {
        return None;
    };
    let mut noted = facts.world.coverage().iter();
    let (_, _, state) =
        noted.find(|(noted, place, _)| noted == kind && *place == namespace.as_ref())?;
    let mark = match state {
        State::Ready => Mark::Pass,
        State::Stale { .. } => Mark::Warning,
        State::Forbidden { .. } | State::Syncing { .. } => Mark::Unknown,
        State::NotInstalled | State::Absent => Mark::Quiet,
    };
    Some(Row {
        id: id.clone(),
        mark,
        cells: vec![
            Cell::new(kind),
            Cell::new(namespace.as_deref().unwrap_or_default()),
            Cell::new(state.word()).marked(mark),
            Cell::number(count(facts, *kind, namespace.as_ref(), state)),
            Cell::new(said(facts, *kind, state)),
        ],
    })
}

fn count(
    facts: &Facts<'_>,
    kind: Kind,
    namespace: Option<&crate::model::key::Name>,
    state: &State,
) -> usize {
    match (state, namespace) {
        (State::Syncing { seen }, _) => *seen,
        (_, Some(namespace)) => facts.world.in_namespace(kind, namespace).count(),
        (_, None) => facts.world.count(kind),
    }
}

/// The detail of a state; of NetworkPolicies also that nothing enforces them.
fn said(facts: &Facts<'_>, kind: Kind, state: &State) -> String {
    let detail = detail(state);
    let about_policies = kind == Kind::NetworkPolicy;
    match about_policies.then(|| unenforced(facts.view())).flatten() {
        Some(why) if detail.is_empty() => why.to_owned(),
        Some(why) => format!("{detail}; {why}"),
        None => detail,
    }
}

/// What is to be said of a state besides its word.
pub(in crate::output) fn detail(state: &State) -> String {
    match state {
        State::Stale { since, detail } => format!("data of {since}: {detail}"),
        State::Forbidden { detail } => detail.to_string(),
        State::Syncing { seen } => format!("{seen} so far"),
        State::Ready | State::NotInstalled | State::Absent => String::new(),
    }
}
