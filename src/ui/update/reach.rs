//! The map of who may talk to whom: shown, narrowed, gone into.

use crate::model::delta::Delta;
use crate::model::port::{PortRef, Protocol};
use crate::model::view::View;
use crate::trace::end::{From, Port, To};
use crate::ui::effect::Effect;
use crate::ui::page::{Between, Page, Planned, TextPage, Topic};
use crate::ui::paths::Subject;
use crate::ui::place::Scope;
use crate::ui::reach::map::{Map, OUTSIDE, alike, first_pod};
use crate::ui::reach::query::Query;
use crate::ui::reach::{Pair, ReachPage, plan, reason, short};
use crate::ui::snapshot::Snapshot;
use crate::ui::state::State;
use crate::ui::theme::Role;
use crate::ui::update::{moves, world};
use jiff::Zoned;
use std::sync::Arc;

/// What is written behind `:reach`: names and a port; or `with FILE`, of policies that are planned.
pub(super) fn asked(state: &mut State, words: &str) -> Vec<Effect> {
    match words.split_once(char::is_whitespace) {
        Some(("with", file)) if !file.trim().is_empty() => {
            vec![Effect::ReadPlan {
                file: file.trim().to_owned(),
                namespace: super::act::namespace(state),
            }]
        }
        _ => {
            show(state, words);
            Vec::new()
        }
    }
}

/// What the policies of a file would change.
pub(super) fn planned(state: &mut State, file: &str, deltas: Vec<Delta>) {
    match plan::lines(&state.snapshot, deltas.clone()) {
        Ok(lines) => {
            let title = plan_title(file, &state.now.to_zoned(state.zone.clone()));
            let planned = Planned {
                file: file.to_owned(),
                deltas: deltas.into(),
                made_of: Arc::clone(&state.snapshot),
            };
            let topic = Topic::Plan(Box::new(planned));
            state.push(Page::Text(Box::new(TextPage::new(topic, title, lines))));
        }
        Err(why) => state.say(Role::Warning, format!("{file}: {why}")),
    }
}

fn plan_title(file: &str, at: &Zoned) -> String {
    let at = at.strftime("%H:%M:%S");
    format!("What {file} would change, as of {at}")
}

/// What it would change in a newer world; where that cannot be told it stays as of then.
pub(super) fn renew_plan(text: &mut TextPage, snapshot: &Arc<Snapshot>, now: &Zoned) {
    let Topic::Plan(planned) = &mut text.topic else {
        return;
    };
    if alike(&planned.made_of, snapshot) {
        return;
    }
    planned.made_of = Arc::clone(snapshot);
    if let Ok(lines) = plan::lines(snapshot, planned.deltas.to_vec()) {
        text.lines = lines;
        text.title = plan_title(&planned.file, now);
    }
}

fn show(state: &mut State, words: &str) {
    let page = ReachPage::new(&state.snapshot, &state.scope, words);
    if let Some(why) = page.query.defect.clone() {
        state.say(Role::Warning, why);
    }
    state.push(Page::Reach(Box::new(page)));
    moves::reveal(state);
}

/// What the line begins with: what narrows already, and where a port is to be typed its colon.
pub(super) fn line(text: &str, port: bool) -> String {
    if !port {
        return text.to_owned();
    }
    let words = text
        .split_whitespace()
        .filter(|word| !word.starts_with(':'));
    let mut line: String = words.flat_map(|word| [word, " "]).collect();
    line.push(':');
    line
}

/// One workload with all its peers, or the grid again.
pub(super) fn focus(state: &mut State) {
    if let Page::Reach(page) = &mut state.page {
        page.toggle_focus();
    }
    world::renew(state);
}

/// Enter: why the cell is as it is.
pub(super) fn open(state: &mut State) {
    let Page::Reach(page) = &state.page else {
        return;
    };
    let Some(pair) = page.selected.clone() else {
        state.say(Role::Dim, "nothing is selected");
        return;
    };
    let title = format!("Why: {} → {}", short(&pair.0), short(&pair.1));
    let between = Between {
        pair,
        port: page.query.port,
        policy: page.policy.clone(),
        made_of: Arc::clone(&state.snapshot),
    };
    let lines = page.detail.to_vec();
    let topic = Topic::Between(Box::new(between));
    state.push(Page::Text(Box::new(TextPage::new(topic, title, lines))));
}

/// The reason in a newer world; what is gone keeps its last one.
pub(super) fn renew_reason(text: &mut TextPage, snapshot: &Arc<Snapshot>) {
    let Topic::Between(between) = &mut text.topic else {
        return;
    };
    if alike(&between.made_of, snapshot) {
        return;
    }
    between.made_of = Arc::clone(snapshot);
    let (src, dst) = &between.pair;
    let focus = if src == OUTSIDE { dst } else { src };
    let query = Query::default();
    let map = Map::new(snapshot, &Scope::All, &query, Some(focus));
    if map.position(&between.pair).is_none() || map.focus.is_none() {
        return;
    }
    let reason = reason::of(snapshot, &map, &between.pair, between.port);
    text.lines = reason.lines;
    between.policy = reason.policy;
}

/// The request that a cell stands for: from a pod of the one to a pod of the other, on the port that is asked for or
/// that it declares first; towards addresses outside those of the internet stand for all.
pub(super) fn request(state: &State) -> Option<Subject> {
    let (pair, port): (&Pair, _) = match &state.page {
        Page::Reach(page) => (page.selected.as_ref()?, page.query.port),
        Page::Text(text) => match &text.topic {
            Topic::Between(between) => (&between.pair, between.port),
            _ => return None,
        },
        _ => return None,
    };
    let (src, dst) = pair;
    let view = View::new(&state.snapshot.world);
    if dst == OUTSIDE {
        let (protocol, number) = port.unwrap_or((Protocol::Tcp, 443));
        let port = Port {
            port: PortRef::Number(number),
            protocol,
        };
        let from = From::Pod(first_pod(&view, src)?);
        return Some(Subject::Request(from, To::Internet(port)));
    }
    let to = first_pod(&view, dst)?;
    let from = if src == OUTSIDE {
        From::Internet
    } else {
        From::Pod(first_pod(&view, src)?)
    };
    let declared = || {
        let pod = view.pod(&to)?;
        let mut ports = pod.serving_containers().flat_map(|one| one.ports.iter());
        ports.next().map(|port| (port.protocol, port.port))
    };
    let (protocol, number) = port.or_else(declared).unwrap_or((Protocol::Tcp, 80));
    let port = Port {
        port: PortRef::Number(number),
        protocol,
    };
    Some(Subject::Request(from, To::Pod(to, Some(port))))
}
