//! What can be done with the selected thing.

mod copy;
mod explain;
mod logs;
mod open;

pub(super) use copy::{copy_menu, copy_name, copy_namespace, save};
pub(super) use explain::explain;
pub(super) use logs::{containers, logs, read_log};
pub(super) use open::open;

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::output::table::{RowId as WorldRow, of_ingress};
use crate::semantics::owner;
use crate::ui::describe;
use crate::ui::dialog::{Field, Overlay, TraceDialog};
use crate::ui::effect::Effect;
use crate::ui::input::Input;
use crate::ui::msg::ForwardId;
use crate::ui::page::{Page, TablePage, TextPage, Topic};
use crate::ui::paths::Subject;
use crate::ui::place::{Place, Scope};
use crate::ui::rich::Line;
use crate::ui::state::State;
use crate::ui::table::{self, RowId, forwards};
use crate::ui::theme::Role;
use crate::ui::update::launch;
use crate::ui::update::{reach, world};

/// The object that the selection is about: an endpoint's pod, a forward's target.
pub(super) fn object(state: &State) -> Option<Key> {
    match &state.page {
        Page::Table(table) => {
            if table.focus == crate::ui::page::Pane::Detail
                && let Some(detail) = &table.detail
            {
                return detail.object().cloned();
            }
            match table.selected.as_ref()? {
                RowId::Forward(id) => {
                    let row = state.forwards.iter().find(|row| row.id == *id)?;
                    Some(row.target.object.clone())
                }
                RowId::Context(_) | RowId::Group(_) => None,
                row @ RowId::World(_) => {
                    let source = state.source();
                    table::pod_of(&source, row).or_else(|| row.object().cloned())
                }
            }
        }
        Page::Path(path) => path.object().cloned(),
        Page::Text(text) => match &text.topic {
            Topic::Describe(key) | Topic::Yaml(key) => Some(key.clone()),
            Topic::Forward(_) | Topic::Plan(_) | Topic::Group(_) => None,
            Topic::Between(between) => between.policy.clone(),
        },
        Page::Reach(page) => page.policy.clone(),
        Page::Log(log) => Some(log.pod.clone()),
    }
}

fn nothing(state: &mut State) {
    state.say(Role::Dim, "nothing is selected");
}

/// Our own reading of the object.
pub(super) fn describe(state: &mut State) {
    let Some(key) = object(state) else {
        nothing(state);
        return;
    };
    let lines = describe::object(&state.snapshot, &key, state.size.0);
    let title = format!("{} {}", key.kind, key.short());
    let page = TextPage::new(Topic::Describe(key), title, lines);
    state.push(Page::Text(Box::new(page)));
}

/// The object as the API holds it.
pub(super) fn yaml(state: &mut State) -> Vec<Effect> {
    let Some(key) = object(state) else {
        nothing(state);
        return Vec::new();
    };
    if !state.session.yaml.is() {
        state.say(
            Role::Warning,
            "YAML needs a cluster; d describes what is known",
        );
        return Vec::new();
    }
    let title = format!("{} {}  YAML", key.kind, key.short());
    let waiting = vec![Line::of(Role::Dim, "reading…")];
    let page = TextPage::new(Topic::Yaml(key.clone()), title, waiting);
    state.push(Page::Text(Box::new(page)));
    vec![Effect::FetchYaml(key)]
}

/// Who leads here.
pub(super) fn used_by(state: &mut State) {
    let Some(key) = object(state) else {
        nothing(state);
        return;
    };
    push_table(state, Place::UsedBy(key));
}

pub(super) fn push_table(state: &mut State, place: Place) {
    state.push(Page::Table(Box::new(TablePage::new(place))));
    world::renew(state);
}

/// Who made the object: its topmost owner that is in the world.
pub(super) fn owner(state: &mut State) {
    let Some(key) = object(state) else {
        nothing(state);
        return;
    };
    let meta = state.snapshot.world.get(&key).map(|object| object.meta());
    let owner = meta.and_then(|meta| meta.owner.as_ref());
    let Some(owner) = owner else {
        state.say(Role::Dim, format!("{} has no owner", key.short()));
        return;
    };
    let Some(kind) = Kind::of_document(&owner.group, &owner.kind) else {
        let words = format!(
            "made by {} {}, which is not looked at",
            owner.kind, owner.name
        );
        state.say(Role::Dim, words);
        return;
    };
    let key = key.sibling(kind, owner.name.clone());
    let lines = describe::object(&state.snapshot, &key, state.size.0);
    let title = format!("{} {}", key.kind, key.short());
    let page = TextPage::new(Topic::Describe(key), title, lines);
    state.push(Page::Text(Box::new(page)));
}

/// What a forward of the selection would lead to.
fn forward_object(state: &State) -> Option<Key> {
    if let Page::Table(table) = &state.page
        && let Some(RowId::World(row)) = &table.selected
    {
        match row {
            WorldRow::Part(key, part) if key.kind == Kind::Ingress => {
                let view = View::new(&state.snapshot.world);
                let ways = of_ingress(view.ingress(key)?);
                let way = ways.into_iter().find(|way| way.part == *part)?;
                let service = way.backend.as_ref()?.service_name()?.clone();
                return Some(key.sibling(Kind::Service, service));
            }
            WorldRow::Finding(id) => {
                let report = &state.snapshot.report;
                let effects = report.find(id).map(|finding| &finding.effects);
                let mut ids = std::iter::once(id).chain(effects.into_iter().flatten());
                let service = ids.find(|id| id.subject.kind == Kind::Service);
                return Some(service.unwrap_or(id).subject.clone());
            }
            _ => {}
        }
    }
    if let Page::Path(path) = &state.page {
        let chosen = path.selected.as_ref().and_then(|spot| spot.object.as_ref());
        if let Some(key) = chosen.filter(|key| crate::forward::target::is_forwardable(key.kind)) {
            return Some(key.clone());
        }
        let mut objects = path.lines.iter().filter_map(|line| line.object.as_ref());
        let service = objects.find(|key| key.kind == Kind::Service);
        return service.cloned().or_else(|| path.object().cloned());
    }
    object(state)
}

/// Asks which ports to forward.
pub(super) fn forward(state: &mut State) -> Vec<Effect> {
    if !state.session.forward.is() {
        state.say(Role::Warning, "port-forwards need a live cluster");
        return Vec::new();
    }
    if let Some(why) = state.session.no_forwards.clone() {
        state.say(Role::Warning, why);
        return Vec::new();
    }
    let Some(key) = forward_object(state) else {
        nothing(state);
        return Vec::new();
    };
    launch::open(state, key)
}

/// The forwards of the selection; where there is none, offers one.
pub(super) fn forwards(state: &mut State) -> Vec<Effect> {
    let Some(key) = forward_object(state) else {
        nothing(state);
        return Vec::new();
    };
    let mut all = state.forwards.iter();
    if all.any(|row| forwards::leads_to(row, &key)) {
        push_table(state, Place::ForwardsTo(key));
        Vec::new()
    } else {
        forward(state)
    }
}

/// Asks whether to stop the marked forwards, or the selected one.
pub(super) fn delete(state: &mut State) {
    let Page::Table(table) = &state.page else {
        return;
    };
    let rows: Vec<&RowId> = if table.marked.is_empty() {
        table.selected.iter().collect()
    } else {
        table.marked.iter().collect()
    };
    let ids: Vec<ForwardId> = rows
        .into_iter()
        .flat_map(|row| match row {
            RowId::Forward(id) => vec![*id],
            RowId::Group(name) => launch::running(state, name),
            _ => Vec::new(),
        })
        .collect();
    if ids.is_empty() {
        state.say(Role::Dim, "no forward that runs is selected");
    } else {
        state.overlay = Some(Overlay::StopForwards(ids));
    }
}

/// Looks only at the namespace of the selection.
pub(super) fn warp(state: &mut State) {
    let key = object(state);
    let namespace = key.and_then(|key| match key.kind {
        Kind::Namespace => Some(key.name),
        _ => key.namespace,
    });
    match namespace {
        Some(name) => world::look_at(state, Scope::One(name)),
        None => nothing(state),
    }
}

/// Asks which request to follow; where both ends are known already, follows it.
pub(super) fn trace(state: &mut State) {
    if let Some(subject) = reach::request(state) {
        open::push_path(state, subject);
        return;
    }
    let (from, to) = ends(state);
    let field = if from.is_empty() {
        Field::From
    } else {
        Field::To
    };
    state.overlay = Some(Overlay::Trace(TraceDialog {
        from: Input::of(&from),
        to: Input::of(&to),
        field,
        defect: None,
    }));
}

/// What is most likely meant: a request to the selection, from outside where that is a way in.
fn ends(state: &State) -> (String, String) {
    let subject = match &state.page {
        Page::Table(table) => match &table.selected {
            Some(RowId::World(WorldRow::Part(key, part))) if key.kind != Kind::EndpointSlice => {
                Some(Subject::Way(key.clone(), part.clone()))
            }
            Some(RowId::World(WorldRow::Finding(id))) => Some(Subject::Finding(id.clone())),
            _ => object(state).map(Subject::Object),
        },
        Page::Path(path) => Some(path.subject.clone()),
        Page::Text(_) | Page::Log(_) => object(state).map(Subject::Object),
        Page::Reach(_) => None,
    };
    let path = subject.and_then(|subject| crate::ui::paths::follow(&state.snapshot, &subject));
    let Some(path) = path else {
        return (String::new(), String::new());
    };
    let from = match &path.from {
        crate::trace::end::From::Internet => "internet".to_owned(),
        crate::trace::end::From::Ip(ip) => ip.to_string(),
        crate::trace::end::From::Pod(key) => forwards::short(key),
        crate::trace::end::From::Node(key) => format!("node/{}", key.name),
        crate::trace::end::From::Workload(_) => String::new(),
    };
    (from, to_words(&path.to))
}

fn to_words(to: &crate::trace::end::To) -> String {
    use crate::trace::end::To;
    match to {
        To::Service(key, Some(port)) | To::Pod(key, Some(port)) | To::Workload(key, Some(port)) => {
            format!("{}:{}", forwards::short(key), port.port)
        }
        To::Service(key, None) | To::Pod(key, None) | To::Workload(key, None) => {
            forwards::short(key)
        }
        To::Door(key, port, door) => door_words(key, port, door),
        To::At(_, port, ip) => To::Ip(*ip, port.clone()).to_string(),
        To::Ip(..) | To::Internet(_) | To::Url(_) => to.to_string(),
    }
}

/// The address as it was asked for.
fn door_words(key: &Key, port: &crate::trace::end::Port, door: &crate::trace::end::Door) -> String {
    use crate::trace::end::{Door, To};
    match door {
        Door::Address(ip) => To::Ip(*ip, port.clone()).to_string(),
        Door::Node { .. } => format!("{}:{}", forwards::short(key), port.port),
    }
}

/// The pods of a workload.
pub(super) fn pods_of_workload(view: &View<'_>, key: &Key) -> Vec<Key> {
    let pods = owner::pods_of(view, key);
    pods.iter().map(|pod| pod.meta.key.clone()).collect()
}

/// The namespace that names without one are looked for in.
pub(super) fn namespace(state: &State) -> Name {
    let own = object(state).and_then(|key| key.namespace);
    let scope = state.scope.one().cloned();
    scope.or(own).unwrap_or_else(|| Name::from("default"))
}
