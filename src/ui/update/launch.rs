//! Keys of the forward dialog, what is answered to it, and what is done with forwards beside.

use crate::forward::offer::Offer;
use crate::forward::past::offers_past;
use crate::forward::plan::plan;
use crate::forward::profile::Wanted;
use crate::forward::right::Right;
use crate::forward::target::Target;
use crate::forward::url;
use crate::model::key::Name;
use crate::ui::dialog::{ForwardDialog, Overlay, Then};
use crate::ui::effect::Effect;
use crate::ui::key::{Code, Key};
use crate::ui::msg::{Busy, ForwardId, QuestionId};
use crate::ui::page::Page;
use crate::ui::state::State;
use crate::ui::table::RowId;
use crate::ui::theme::Role;
use std::net::SocketAddr;

/// Asks which ports to forward, and what the dialog has to know for that.
pub(super) fn open(state: &mut State, object: crate::model::key::Key) -> Vec<Effect> {
    let offered: Vec<Offer> = offers_past(&state.snapshot.world, &object);
    if offered.is_empty() {
        let words = format!(
            "{} {} has no TCP port to forward",
            object.kind,
            object.short()
        );
        state.say(Role::Warning, words);
        return Vec::new();
    }
    let taken = state.forwards.iter().filter_map(|row| {
        let (_, port) = row.local.rsplit_once(':')?;
        port.parse().ok()
    });
    let taken: Vec<u16> = taken.collect();
    let context = state.session.name.clone();
    let before = |target: &Target| {
        let key = (context.clone(), target.to_string());
        state.ports_before.get(&key).copied()
    };
    let mut dialog = ForwardDialog::new(object, offered, &taken, before);
    dialog.question = state.ask();
    dialog.asked = state.ask();
    let mut effects = Vec::new();
    effects.extend(
        dialog
            .target()
            .map(|target| Effect::AskRight(dialog.question, target.clone())),
    );
    effects.push(Effect::CheckPorts(dialog.asked, dialog.proposed()));
    state.overlay = Some(Overlay::Forward(Box::new(dialog)));
    effects
}

/// A key for the dialog.
pub(super) fn press(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(Overlay::Forward(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    dialog.defect = None;
    let last = dialog.ports.len();
    match (key.code, key.ctrl) {
        (Code::Enter, _) => return start(state, Then::Nothing),
        (Code::Up | Code::BackTab, _) => dialog.go(dialog.at.saturating_sub(1)),
        (Code::Down, _) => dialog.go(dialog.at + 1),
        (Code::Tab, _) => dialog.go(if dialog.at >= last { 0 } else { dialog.at + 1 }),
        _ if dialog.is_at_address() => {
            dialog.address.press(key);
        }
        (Code::Char('k'), false) => dialog.go(dialog.at.saturating_sub(1)),
        (Code::Char('j'), false) => dialog.go(dialog.at + 1),
        (Code::Char('a'), false) => dialog.go(last),
        (Code::Char('o'), false) => return start(state, Then::Open),
        (Code::Char('c'), false) => return start(state, Then::Copy),
        (Code::Char('q'), false) => state.overlay = None,
        (Code::Char(' '), false) => {
            if let Some(port) = dialog.ports.get_mut(dialog.at) {
                port.ticked = !port.ticked;
            }
        }
        _ => type_port(dialog, key),
    }
    Vec::new()
}

fn type_port(dialog: &mut ForwardDialog, key: Key) {
    let fits = key.typed().is_none_or(|c| c.is_ascii_digit() || c == ':');
    if let Some(port) = dialog.ports.get_mut(dialog.at).filter(|_| fits) {
        let before = port.local.text();
        port.local.press(key);
        if port.local.text() != before {
            port.typed = true;
            port.as_before = false;
            port.remark.clear();
        }
    }
}

/// A pasted text goes where one is typing.
pub(super) fn paste(dialog: &mut ForwardDialog, text: &str) {
    dialog.defect = None;
    if dialog.is_at_address() {
        dialog.address.insert(text.trim());
    } else if text.trim().parse::<u16>().is_ok()
        && let Some(port) = dialog.ports.get_mut(dialog.at)
    {
        port.local.insert(text.trim());
        port.typed = true;
        port.as_before = false;
        port.remark.clear();
    }
}

/// Starts what is chosen, once its local ports are known to be free.
fn start(state: &mut State, then: Then) -> Vec<Effect> {
    let question = state.ask();
    let world = &state.snapshot.world;
    let Some(Overlay::Forward(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    let refused = match &dialog.right {
        Some(Right::Missing(words)) => Err(words.clone()),
        _ => Ok(()),
    };
    let wanted = refused.and_then(|()| dialog.wanted()).and_then(|wanted| {
        let mut targets = wanted.iter().map(|one| plan(world, &one.target));
        match targets.find_map(Result::err) {
            Some(blocked) => Err(blocked.to_string()),
            None => Ok(wanted),
        }
    });
    match wanted {
        Ok(wanted) => {
            dialog.asked = question;
            dialog.starting = Some(then);
            let places = wanted.iter().filter_map(|one| match one.target.local {
                crate::forward::target::Local::Exactly(port) => {
                    Some(SocketAddr::new(one.address, port))
                }
                _ => None,
            });
            vec![Effect::CheckPorts(question, places.collect())]
        }
        Err(why) => {
            dialog.defect = Some(why);
            Vec::new()
        }
    }
}

/// What was answered about local ports.
pub(super) fn ports_checked(state: &mut State, question: QuestionId, busy: &[Busy]) -> Vec<Effect> {
    let Some(Overlay::Forward(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    if dialog.asked != question {
        return Vec::new();
    }
    dialog.take_in(busy);
    let Some(then) = dialog.starting.take().filter(|_| busy.is_empty()) else {
        return Vec::new();
    };
    match dialog.wanted() {
        Ok(wanted) => {
            state.overlay = None;
            // Several ports have several URLs: the first is shown or copied.
            let thens = std::iter::once(then).chain(std::iter::repeat(Then::Nothing));
            wanted
                .into_iter()
                .zip(thens)
                .map(|(wanted, then)| Effect::StartForward(wanted, then))
                .collect()
        }
        Err(why) => {
            dialog.defect = Some(why);
            Vec::new()
        }
    }
}

/// What was answered about the right.
pub(super) fn right_known(state: &mut State, question: QuestionId, right: Right) {
    if let Some(Overlay::Forward(dialog)) = &mut state.overlay
        && dialog.question == question
    {
        dialog.right = Some(right);
    }
}

/// The forwards of a saved set that run.
pub(super) fn running(state: &State, group: &Name) -> Vec<ForwardId> {
    let own = state.forwards.iter().filter(|row| row.is_of(group));
    own.map(|row| row.id).collect()
}

/// Starts what is missing of the selected saved set; where all of it runs, asks whether to stop it.
pub(super) fn toggle_group(state: &mut State) -> Vec<Effect> {
    let Some(name) = selected_group(state) else {
        state.say(
            Role::Dim,
            "no group is selected: docs/forwards.md says how to save one",
        );
        return Vec::new();
    };
    let Some(group) = state.groups.iter().find(|group| group.name == name) else {
        return Vec::new();
    };
    let runs = |one: &&Wanted| {
        let mut own = state.forwards.iter().filter(|row| row.is_of(&name));
        own.any(|row| row.target == one.target)
    };
    let missing: Vec<Wanted> = group
        .wanted
        .iter()
        .filter(|one| !runs(one))
        .cloned()
        .collect();
    if let (true, Some(why)) = (group.wanted.is_empty(), group.defect.clone()) {
        state.say(Role::Fail, why);
        return Vec::new();
    }
    if missing.is_empty() {
        state.overlay = Some(Overlay::StopForwards(running(state, &name)));
        return Vec::new();
    }
    if let Some(why) = state.session.no_forwards.clone() {
        state.say(Role::Warning, why);
        return Vec::new();
    }
    state.say(Role::Dim, format!("starting group {name}"));
    vec![Effect::StartGroup(name, missing)]
}

/// The saved set of the selected row: itself, or the one that a forward was started with.
fn selected_group(state: &State) -> Option<Name> {
    let Page::Table(table) = &state.page else {
        return None;
    };
    match table.selected.as_ref()? {
        RowId::Group(name) => Some(name.clone()),
        RowId::Forward(id) => {
            let row = state.forwards.iter().find(|row| row.id == *id)?;
            row.member.as_ref().map(|member| member.group.clone())
        }
        RowId::World(_) | RowId::Context(_) => None,
    }
}

/// The URL of the selected forward.
fn selected_url(state: &State) -> Option<String> {
    let Page::Table(table) = &state.page else {
        return None;
    };
    let Some(RowId::Forward(id)) = &table.selected else {
        return None;
    };
    let row = state.forwards.iter().find(|row| row.id == *id)?;
    url::of(&row.local, &row.target, &row.mapping)
}

/// Shows the selected forward in the browser.
pub(super) fn browse(state: &mut State) -> Vec<Effect> {
    match selected_url(state) {
        Some(url) => vec![Effect::Browse(url)],
        None => nothing(state),
    }
}

/// Copies the URL of the selected forward.
pub(super) fn copy_url(state: &mut State) -> Vec<Effect> {
    match selected_url(state) {
        Some(url) => {
            state.say(Role::Dim, format!("copied: {url}"));
            vec![Effect::Copy(url)]
        }
        None => nothing(state),
    }
}

fn nothing(state: &mut State) -> Vec<Effect> {
    state.say(Role::Dim, "no forward is selected");
    Vec::new()
}
