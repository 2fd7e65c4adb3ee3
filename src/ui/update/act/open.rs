//! Going into what is selected.

use crate::diagnosis::journal::What;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::as_event;
use crate::output::table::RowId as WorldRow;
use crate::output::table::Sheet;
use crate::ui::describe;
use crate::ui::effect::Effect;
use crate::ui::page::{Page, Pane, PathPage, TablePage, TextPage, Topic};
use crate::ui::paths::Subject;
use crate::ui::place::{Place, Scope};
use crate::ui::state::State;
use crate::ui::table::RowId;
use crate::ui::theme::Role;
use crate::ui::update::act::{describe as describe_selected, push_table};
use crate::ui::update::{reach, world};

/// Enter.
pub(in crate::ui::update) fn open(state: &mut State) -> Vec<Effect> {
    match &state.page {
        Page::Table(table) if table.focus == Pane::Detail => {
            let spot = table
                .detail
                .as_ref()
                .and_then(|detail| detail.selected.clone());
            if let Some(spot) = spot {
                open_hop(state, spot.stage, spot.object);
            }
        }
        Page::Table(table) => {
            if let Some(row) = table.selected.clone() {
                return open_row(state, row);
            }
        }
        Page::Path(path) => {
            if let Some(spot) = path.selected.clone() {
                open_hop(state, spot.stage, spot.object);
            }
        }
        Page::Reach(_) => reach::open(state),
        Page::Text(_) | Page::Log(_) => {}
    }
    Vec::new()
}

fn open_row(state: &mut State, row: RowId) -> Vec<Effect> {
    match row {
        RowId::Context(name) => {
            let current = state
                .contexts
                .iter()
                .any(|row| row.current && row.name == name);
            if current {
                return world::go(state, Place::HOME, "");
            }
            return vec![Effect::SwitchContext(name)];
        }
        RowId::Group(name) => {
            let lines = describe::group(&state.groups, &state.forwards, &name);
            let page = TextPage::new(Topic::Group(name), "Group", lines);
            state.push(Page::Text(Box::new(page)));
        }
        RowId::Forward(id) => {
            if let Some(row) = state.forwards.iter().find(|row| row.id == id) {
                let lines = describe::forward(&state.snapshot, row);
                let page = TextPage::new(Topic::Forward(id), "Forward", lines);
                state.push(Page::Text(Box::new(page)));
            }
        }
        RowId::World(WorldRow::Finding(id)) => push_path(state, Subject::Finding(id)),
        RowId::World(WorldRow::Part(key, part)) if shows(state, Sheet::Changes) => {
            return open_change(state, key, &part);
        }
        RowId::World(WorldRow::Part(key, _)) if key.kind == Kind::EndpointSlice => {
            describe_selected(state);
        }
        RowId::World(WorldRow::Part(key, part)) => push_path(state, Subject::Way(key, part)),
        RowId::World(WorldRow::Object(key)) => return open_object(state, key),
        RowId::World(WorldRow::Kind(kind, namespace)) => {
            let coverage = state.snapshot.world.coverage();
            if let Some(gap) = coverage.gap(kind, namespace.as_deref()) {
                // What stands in its row is cut where there is little room.
                state.say(Role::Unknown, gap.why.to_string());
                return Vec::new();
            }
            let sheet = match kind {
                Kind::Namespace => Sheet::Namespaces,
                Kind::Node => Sheet::Nodes,
                Kind::Pod => Sheet::Pods,
                Kind::Service => Sheet::Services,
                Kind::EndpointSlice => Sheet::Endpoints,
                Kind::Ingress => Sheet::Ingresses,
                Kind::IngressClass => Sheet::IngressClasses,
                Kind::Event => Sheet::Events,
                kind if Kind::POLICIES.contains(&kind) => Sheet::Policies,
                kind => {
                    state.say(Role::Dim, format!("{kind} has no table of its own"));
                    return Vec::new();
                }
            };
            push_table(state, Place::Sheet(sheet));
        }
    }
    Vec::new()
}

fn shows(state: &State, sheet: Sheet) -> bool {
    matches!(&state.page, Page::Table(table) if table.place == Place::Sheet(sheet))
}

/// A problem that is still there opens its path, anything else the object that changed.
fn open_change(state: &mut State, key: Key, part: &str) -> Vec<Effect> {
    let journal = &state.snapshot.journal;
    let row = part.parse().ok().and_then(|number| journal.row(number));
    let problem = match row.map(|row| &row.what) {
        Some(What::Appeared(problem) | What::Vanished(problem)) => Some(problem.id.clone()),
        _ => None,
    };
    if let Some(id) = problem.filter(|id| state.snapshot.report.find(id).is_some()) {
        push_path(state, Subject::Finding(id));
        return Vec::new();
    }
    if state.snapshot.world.get(&key).is_none() {
        state.say(Role::Dim, format!("{} {} is gone", key.kind, key.short()));
        return Vec::new();
    }
    open_object(state, key)
}

/// The object that an event is about, where it is there.
fn about(state: &State, event: &Key) -> Option<Key> {
    let world = &state.snapshot.world;
    let event = world.get(event).and_then(|object| as_event(object))?;
    let kind = Kind::of_word(&event.about_kind)?;
    let key = if kind.namespaced() {
        Key::new(
            kind,
            event.about_namespace.clone(),
            event.about_name.clone(),
        )
    } else {
        Key::cluster(kind, event.about_name.clone())
    };
    world.get(&key).map(|_| key)
}

fn push_description(state: &mut State, key: Key) {
    let lines = describe::object(&state.snapshot, &key, state.size.0);
    let title = format!("{} {}", key.kind, key.short());
    let page = TextPage::new(Topic::Describe(key), title, lines);
    state.push(Page::Text(Box::new(page)));
}

fn open_object(state: &mut State, key: Key) -> Vec<Effect> {
    match key.kind {
        Kind::Event => match about(state, &key) {
            Some(about) => return open_object(state, about),
            None => describe_selected(state),
        },
        Kind::Service | Kind::Ingress => push_path(state, Subject::Object(key)),
        Kind::Node => push_table(state, Place::PodsOn(key.name)),
        Kind::IngressClass => push_table(state, Place::RoutesOfClass(key.name)),
        Kind::Namespace => {
            world::look_at(state, Scope::One(key.name));
            return world::go(state, Place::Sheet(Sheet::Services), "");
        }
        _ => push_description(state, key),
    }
    Vec::new()
}

pub(in crate::ui::update) fn push_path(state: &mut State, subject: Subject) {
    let page = PathPage::new(&state.snapshot, subject);
    state.push(Page::Path(Box::new(page)));
}

/// The object of a hop: a Service's endpoints from the endpoints hop, a Service's own path from another's.
fn open_hop(state: &mut State, stage: &str, object: Option<Key>) {
    let Some(key) = object else {
        state.say(Role::Dim, "no object behind this hop");
        return;
    };
    match (stage, key.kind) {
        ("endpoints", Kind::Service) => {
            let mut page = TablePage::new(Place::EndpointsOf(key.clone()));
            page.focus = Pane::List;
            state.push(Page::Table(Box::new(page)));
            world::renew(state);
        }
        (_, Kind::IngressClass) => push_table(state, Place::RoutesOfClass(key.name)),
        _ => {
            push_description(state, key);
        }
    }
}
