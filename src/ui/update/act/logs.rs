//! Which log is meant.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::object::Fact;
use crate::model::pod::{Pod, Role as Part};
use crate::model::view::View;
use crate::output::table::RowId as WorldRow;
use crate::semantics::endpoints;
use crate::semantics::readiness::why_not_ready;
use crate::ui::dialog::{Choice, Item, Menu, Overlay};
use crate::ui::effect::Effect;
use crate::ui::log::LogPage;
use crate::ui::msg::StreamId;
use crate::ui::page::Page;
use crate::ui::snapshot::Snapshot;
use crate::ui::state::State;
use crate::ui::table::RowId;
use crate::ui::theme::Role;
use crate::ui::update::act::{object, pods_of_workload};

/// Reads a log: the evidence's pod; where several are meant, asks which.
pub(in crate::ui::update) fn logs(state: &mut State, previous: bool) -> Vec<Effect> {
    if let Page::Log(log) = &state.page {
        let (pod, container, was) = (log.pod.clone(), log.container.clone(), log.previous);
        return read_log(state, pod, container, !was);
    }
    if !state.session.logs.is() {
        state.say(Role::Warning, "logs need a live cluster");
        return Vec::new();
    }
    let pods = candidates(state);
    let mut items = items(&state.snapshot, &pods, previous);
    if items.len() > 1 {
        state.overlay = Some(Overlay::Menu(Menu {
            title: if previous {
                "Log of the previous run of"
            } else {
                "Log of"
            }
            .into(),
            items,
            at: 0,
        }));
        return Vec::new();
    }
    if let Some(Choice::Log {
        pod,
        container,
        previous,
    }) = items.pop().map(|item| item.choice)
    {
        return read_log(state, pod, container, previous);
    }
    state.say(Role::Dim, "no pod stands behind this");
    Vec::new()
}

/// The pods that the selection is about, those of the evidence first.
fn candidates(state: &State) -> Vec<Key> {
    let view = View::new(&state.snapshot.world);
    let finding = match &state.page {
        Page::Table(table) => match &table.selected {
            Some(RowId::World(WorldRow::Finding(id))) => state.snapshot.report.find(id),
            _ => None,
        },
        Page::Path(path)
            if path.selected.as_ref().is_none_or(|spot| {
                spot.object.as_ref().is_none_or(|key| key.kind != Kind::Pod)
            }) =>
        {
            path.finding.as_ref()
        }
        _ => None,
    };
    let mut found: Vec<Key> = Vec::new();
    if let Some(finding) = finding {
        let objects = finding.evidence.iter().map(|ground| &ground.object);
        let effects = finding.effects.iter().map(|id| &id.subject);
        let pods = objects
            .chain(std::iter::once(&finding.id.subject))
            .chain(effects)
            .filter(|key| key.kind == Kind::Pod);
        found.extend(pods.cloned());
        if found.is_empty() {
            found.extend(behind(&view, &finding.id.subject));
        }
    }
    if found.is_empty()
        && let Some(key) = object(state)
    {
        found.extend(behind(&view, &key));
    }
    let mut seen: Vec<Key> = Vec::new();
    for key in found {
        if !seen.contains(&key) && state.snapshot.world.get(&key).is_some() {
            seen.push(key);
        }
    }
    seen
}

/// The pods behind an object.
fn behind(view: &View<'_>, key: &Key) -> Vec<Key> {
    let Some(object) = view.object(key) else {
        return Vec::new();
    };
    match &object.fact {
        Fact::Pod(_) => vec![key.clone()],
        Fact::Service(service) => {
            let backends = endpoints::backends(view, service);
            let listed: Vec<Key> = backends.into_iter().filter_map(|one| one.pod).collect();
            if !listed.is_empty() {
                return listed;
            }
            let namespace = key.namespace.clone().unwrap_or_default();
            let selected = view.pods_labelled(&namespace, &service.selector);
            selected.iter().map(|pod| pod.meta.key.clone()).collect()
        }
        Fact::Ingress(ingress) => {
            let names = ingress
                .backends()
                .filter_map(|backend| backend.service_name());
            names
                .flat_map(|name| behind(view, &key.sibling(Kind::Service, name.clone())))
                .collect()
        }
        Fact::Workload(_) => pods_of_workload(view, key),
        _ => Vec::new(),
    }
}

/// One item a pod, those in trouble first; one a container where there is a single pod.
fn items(snapshot: &Snapshot, pods: &[Key], previous: bool) -> Vec<Item> {
    let view = View::new(&snapshot.world);
    let log = |pod: &Key, container: Name| Choice::Log {
        pod: pod.clone(),
        container,
        previous,
    };
    if let [only] = pods {
        let names = containers(snapshot, only);
        return names
            .into_iter()
            .map(|name| Item {
                label: format!("{} {name}", only.name),
                detail: String::new(),
                choice: log(only, name),
            })
            .collect();
    }
    let mut items: Vec<(bool, Item)> = Vec::new();
    for key in pods {
        let Some(pod) = view.pod(key) else { continue };
        let why = why_not_ready(&view, pod);
        let Some(container) = telling(pod) else {
            continue;
        };
        let detail = why.as_ref().map_or("ready".to_owned(), ToString::to_string);
        items.push((
            why.is_none(),
            Item {
                label: format!("{} {container}", key.name),
                detail,
                choice: log(key, container),
            },
        ));
    }
    items.sort_by_key(|(ready, _)| *ready);
    items.into_iter().map(|(_, item)| item).collect()
}

/// The container whose log tells most: the first that is not ready.
fn telling(pod: &Pod) -> Option<Name> {
    let parts = || pod.containers.iter().filter(|part| part.role == Part::App);
    let broken = parts().find(|part| !part.ready);
    broken.or(parts().next()).map(|part| part.name.clone())
}

/// The containers of a pod, the one whose log tells most first.
pub(in crate::ui::update) fn containers(snapshot: &Snapshot, pod: &Key) -> Vec<Name> {
    let view = View::new(&snapshot.world);
    let Some(pod) = view.pod(pod) else {
        return Vec::new();
    };
    let first = telling(pod);
    let rest = pod.containers.iter().map(|part| part.name.clone());
    let rest = rest.filter(|name| Some(name) != first.as_ref());
    first.iter().cloned().chain(rest).collect()
}

/// Opens a log, or turns the open one to another container or run.
pub(in crate::ui::update) fn read_log(
    state: &mut State,
    pod: Key,
    container: Name,
    previous: bool,
) -> Vec<Effect> {
    state.latest_stream = StreamId(state.latest_stream.0 + 1);
    let stream = state.latest_stream;
    let page = LogPage::new(stream, pod.clone(), container.clone(), previous);
    let mut effects = Vec::new();
    if let Page::Log(old) = &mut state.page {
        effects.push(Effect::CloseLog(old.stream));
        **old = LogPage {
            wrap: old.wrap,
            timestamps: old.timestamps,
            search: old.search.take(),
            ..page
        };
    } else {
        state.push(Page::Log(Box::new(page)));
    }
    effects.push(Effect::OpenLog {
        stream,
        pod,
        container,
        previous,
    });
    effects
}
