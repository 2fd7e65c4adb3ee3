//! A newer world, and going from place to place.

use crate::model::key::Name;
use crate::output::glyph::Mark;
use crate::output::width::width;
use crate::ui::command::Command;
use crate::ui::describe;
use crate::ui::effect::Effect;
use crate::ui::filter::Filter;
use crate::ui::page::{Page, Pane, PathPage, TablePage, Topic};
use crate::ui::paths::Subject;
use crate::ui::place::{Place, Scope};
use crate::ui::state::{Show, State, Visit};
use crate::ui::table::{self, Row, RowId, Source};
use crate::ui::theme::Role;
use crate::ui::update::{moves, reach};
use std::collections::HashSet;
use std::sync::Arc;

/// How many rows are looked at to find the widths of columns.
const SAMPLE: usize = 500;

/// How many visits are remembered.
const REMEMBERED: usize = 50;

/// Makes the page on top anew from the latest snapshot.
pub fn renew(state: &mut State) {
    let State {
        page,
        snapshot,
        forwards,
        groups,
        contexts,
        zone,
        scope,
        show,
        size,
        now,
        ..
    } = state;
    match page {
        Page::Table(table) => {
            let source = Source {
                facts: snapshot.facts(),
                forwards,
                groups,
                contexts,
                zone,
            };
            relist(table, &source, scope, *show);
        }
        Page::Path(path) => path.renew(snapshot),
        Page::Text(text) => {
            if let Topic::Describe(key) = &text.topic
                && snapshot.world.get(key).is_some()
            {
                text.lines = describe::object(snapshot, key, size.0);
            }
            reach::renew_reason(text, snapshot);
            reach::renew_plan(text, snapshot, &now.to_zoned(zone.clone()));
        }
        Page::Reach(page) => page.renew(snapshot, scope),
        Page::Log(_) => {}
    }
    moves::reveal(state);
    renew_detail(state);
}

/// Another size: what is laid out for one is laid out anew.
pub(super) fn resized(state: &mut State) {
    if matches!(&state.page, Page::Text(text) if matches!(text.topic, Topic::Describe(_))) {
        renew(state);
    } else {
        moves::reveal(state);
    }
}

/// Takes in what has changed about forwards.
pub(super) fn renew_forwards(state: &mut State) {
    match &mut state.page {
        Page::Table(table) if matches!(table.place, Place::Forwards | Place::ForwardsTo(_)) => {
            renew(state);
        }
        Page::Text(text) => {
            if let Topic::Group(name) = &text.topic {
                text.lines = describe::group(&state.groups, &state.forwards, name);
            }
            if let Topic::Forward(id) = text.topic
                && let Some(row) = state.forwards.iter().find(|row| row.id == id)
            {
                text.lines = describe::forward(&state.snapshot, row);
            }
        }
        Page::Table(_) | Page::Path(_) | Page::Log(_) | Page::Reach(_) => {}
    }
}

/// On home: the path of the selected problem.
pub(super) fn renew_detail(state: &mut State) {
    let Page::Table(table) = &mut state.page else {
        return;
    };
    if !table.is_home() {
        return;
    }
    let Some(RowId::World(crate::output::table::RowId::Finding(id))) = &table.selected else {
        table.detail = None;
        return;
    };
    let subject = Subject::Finding(id.clone());
    match &mut table.detail {
        Some(detail) if detail.subject == subject => Arc::make_mut(detail).renew(&state.snapshot),
        detail => *detail = Some(Arc::new(PathPage::new(&state.snapshot, subject))),
    }
}

/// Makes the rows of a table: which, in which order, how wide, and keeps the selection by identity.
fn relist(table: &mut TablePage, source: &Source<'_>, scope: &Scope, show: Show) {
    let all = table::rows(source, &table.place, scope);
    let before = table.position().unwrap_or(0);
    table.total = all.len();
    let place = &table.place;
    let narrowed = table.filter.is_some() || table.sort.is_some() || show.faults_only;
    let kept: Vec<RowId> = if narrowed {
        let made = all.into_iter().filter_map(|id| {
            let row = table::row(source, place, &id)?;
            Some((id, row))
        });
        let mut made: Vec<(RowId, Row)> = made
            .filter(|(_, row)| !show.faults_only || is_fault(row.mark))
            .filter(|(id, row)| passes(source, table.filter.as_ref(), id, row))
            .collect();
        order(table, &mut made);
        made.into_iter().map(|(id, _)| id).collect()
    } else {
        all
    };
    table.widths = widths(source, place, &kept);
    table.rows = Arc::from(kept);
    if !table.marked.is_empty() {
        let held: HashSet<&RowId> = table.rows.iter().collect();
        table.marked.retain(|row| held.contains(row));
    }
    if table.position().is_none() {
        table.select_at(before);
    }
}

const fn is_fault(mark: Mark) -> bool {
    matches!(mark, Mark::Fail | Mark::Warning | Mark::Unknown)
}

fn passes(source: &Source<'_>, filter: Option<&Filter>, id: &RowId, row: &Row) -> bool {
    let Some(filter) = filter else { return true };
    if filter.is_by_labels() {
        return filter.passes("", table::labels(source, id));
    }
    let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
    filter.passes(&cells.join(" "), None)
}

fn order(table: &TablePage, made: &mut [(RowId, Row)]) {
    let Some(sort) = table.sort else { return };
    let columns = table::columns(&table.place);
    let at = columns.iter().position(|c| Some(c.id) == sort.column);
    made.sort_by(|(one, a), (other, b)| {
        let verdicts = a.mark.cmp(&b.mark);
        let cells = at.and_then(|at| Some((a.cells.get(at)?, b.cells.get(at)?)));
        let by = cells.map_or(verdicts, |(a, b)| {
            a.rank.cmp(&b.rank).then_with(|| a.text.cmp(&b.text))
        });
        let by = if sort.reversed { by.reverse() } else { by };
        by.then_with(|| one.cmp(other))
    });
}

fn widths(source: &Source<'_>, place: &Place, rows: &[RowId]) -> Vec<u16> {
    let mut widest = vec![0u16; table::columns(place).len()];
    let step = rows.len().div_ceil(SAMPLE).max(1);
    for id in rows.iter().step_by(step) {
        let Some(row) = table::row(source, place, id) else {
            continue;
        };
        for (held, cell) in widest.iter_mut().zip(&row.cells) {
            *held = (*held).max(u16::try_from(width(&cell.text)).unwrap_or(u16::MAX));
        }
    }
    widest
}

/// Goes to a place from anywhere: what lay beneath is left.
pub(super) fn go(state: &mut State, place: Place, filter: &str) -> Vec<Effect> {
    let effects = leave(state);
    state.beneath.clear();
    state.show.full = false;
    let mut table = TablePage::new(place.clone());
    table.filter = Filter::parse(filter);
    state.page = Page::Table(Box::new(table));
    remember(state, place, filter);
    renew(state);
    effects
}

/// What must end when the pages are left.
fn leave(state: &State) -> Vec<Effect> {
    let pages = std::iter::once(&state.page).chain(&state.beneath);
    let logs = pages.filter_map(|page| match page {
        Page::Log(log) => Some(Effect::CloseLog(log.stream)),
        _ => None,
    });
    logs.collect()
}

fn remember(state: &mut State, place: Place, filter: &str) {
    let visit = Visit {
        place,
        scope: state.scope.clone(),
        filter: filter.to_owned(),
    };
    let history = &mut state.history;
    if history.visits.get(history.at) == Some(&visit) {
        return;
    }
    history.last = (!history.visits.is_empty()).then_some(history.at);
    history.visits.truncate(history.at + 1);
    history.visits.push(visit);
    if history.visits.len() > REMEMBERED {
        history.visits.remove(0);
        history.last = history.last.and_then(|last| last.checked_sub(1));
    }
    history.at = history.visits.len() - 1;
}

/// Through the history.
pub(super) fn travel(state: &mut State, command: Command) {
    let history = &state.history;
    let to = match command {
        Command::HistoryBack => history.at.checked_sub(1),
        Command::HistoryForward => Some(history.at + 1),
        _ => history.last,
    };
    let Some((at, visit)) = to.and_then(|at| Some((at, history.visits.get(at)?.clone()))) else {
        state.say(Role::Dim, "nothing there in the history");
        return;
    };
    state.history.last = Some(state.history.at);
    state.history.at = at;
    state.scope = visit.scope;
    state.beneath.clear();
    let mut table = TablePage::new(visit.place);
    table.filter = Filter::parse(&visit.filter);
    state.page = Page::Table(Box::new(table));
    renew(state);
}

/// Back: closes what is open, clears what is narrowed, and never leaves the program.
pub(super) fn back(state: &mut State) -> Vec<Effect> {
    if state.show.full {
        state.show.full = false;
        return Vec::new();
    }
    if let Page::Reach(page) = &mut state.page
        && page.widen()
    {
        moves::reveal(state);
        return Vec::new();
    }
    if let Page::Table(table) = &mut state.page {
        if table.focus == Pane::Detail {
            table.focus = Pane::List;
            return Vec::new();
        }
        if !table.marked.is_empty() {
            table.marked.clear();
            return Vec::new();
        }
        if table.filter.take().is_some() {
            renew(state);
            return Vec::new();
        }
    }
    let ends = match &state.page {
        Page::Log(log) => vec![Effect::CloseLog(log.stream)],
        _ => Vec::new(),
    };
    if let Some(under) = state.beneath.pop() {
        state.page = under;
        renew(state);
        return ends;
    }
    let home = matches!(&state.page, Page::Table(table) if table.is_home());
    if home {
        state.say(Role::Dim, "this is home; :q or ctrl-c quits");
        return ends;
    }
    let mut effects = go(state, Place::HOME, "");
    effects.extend(ends);
    effects
}

/// Looks at one namespace, or at all.
pub(super) fn look_at(state: &mut State, scope: Scope) {
    if let Scope::One(name) = &scope
        && !state.favourites.contains(name)
    {
        state.favourites.push(name.clone());
        if state.favourites.len() > 9 {
            state.favourites.remove(0);
        }
    }
    state.scope = scope;
    renew(state);
}

/// The keys 0 to 9.
pub(super) fn favourite(state: &mut State, number: u8) {
    let Some(at) = usize::from(number).checked_sub(1) else {
        look_at(state, Scope::All);
        return;
    };
    match state.favourites.get(at).cloned() {
        Some(name) => look_at(state, Scope::One(name)),
        None => state.say(
            Role::Dim,
            format!("no namespace on {number} yet: w on a row, or :svc NAMESPACE, puts one there"),
        ),
    }
}

/// Another context's world begins.
pub(super) fn switched(state: &mut State, name: Name) -> Vec<Effect> {
    for row in &mut state.contexts {
        row.current = row.name == name;
    }
    state.session.name = name;
    state.scope = Scope::All;
    state.favourites.clear();
    state.groups.clear();
    state.history = crate::ui::state::History::default();
    state.overlay = None;
    go(state, Place::HOME, "")
}
