//! Keys while something lies over the page.

use crate::model::text::visible;
use crate::trace::parse::{self, Request};
use crate::ui::command::Command;
use crate::ui::dialog::{Choice, Field, Overlay, TraceDialog};
use crate::ui::effect::Effect;
use crate::ui::key::{Code, Key};
use crate::ui::keymap::{self, Context};
use crate::ui::layout::page_height;
use crate::ui::page::{Page, PathPage};
use crate::ui::paths::Subject;
use crate::ui::state::State;
use crate::ui::theme::Role;
use crate::ui::update::{act, launch, quit};

/// A key for the overlay.
pub(super) fn press(state: &mut State, key: Key) -> Vec<Effect> {
    let command = keymap::lookup(Context::Dialog, key);
    if command == Some(Command::Quit) {
        return quit(state);
    }
    if key.code == Code::Esc {
        state.overlay = None;
        return Vec::new();
    }
    let height = page_height(state);
    match &mut state.overlay {
        Some(Overlay::Help { offset } | Overlay::Explain { offset, .. }) => {
            match command {
                Some(Command::Back) => state.overlay = None,
                Some(command) => *offset = scrolled(*offset, command, height),
                None if key == Key::char('?') => state.overlay = None,
                None => {}
            }
            Vec::new()
        }
        Some(Overlay::Menu(_)) => menu(state, command),
        Some(Overlay::Forward(_)) => launch::press(state, key),
        Some(Overlay::Trace(_)) => trace(state, key),
        Some(Overlay::Quit) => match (command, key.typed()) {
            (Some(Command::Open), _) | (_, Some('y')) => quit(state),
            (Some(Command::Back), _) | (_, Some('n')) => {
                state.overlay = None;
                Vec::new()
            }
            _ => Vec::new(),
        },
        Some(Overlay::StopForwards(_)) => stop(state, command, key),
        None => Vec::new(),
    }
}

fn scrolled(offset: usize, command: Command, height: usize) -> usize {
    match command {
        Command::Up => offset.saturating_sub(1),
        Command::Down => offset.saturating_add(1).min(2000),
        Command::PageUp => offset.saturating_sub(height),
        Command::PageDown => offset.saturating_add(height).min(2000),
        Command::Top => 0,
        Command::Bottom => 2000,
        _ => offset,
    }
}

fn menu(state: &mut State, command: Option<Command>) -> Vec<Effect> {
    let Some(Overlay::Menu(menu)) = &mut state.overlay else {
        return Vec::new();
    };
    let last = menu.items.len().saturating_sub(1);
    match command {
        Some(Command::Up) => menu.at = menu.at.saturating_sub(1),
        Some(Command::Down) => menu.at = (menu.at + 1).min(last),
        Some(Command::Top | Command::PageUp) => menu.at = 0,
        Some(Command::Bottom | Command::PageDown) => menu.at = last,
        Some(Command::Back) => state.overlay = None,
        Some(Command::Open) => {
            let choice = menu.items.get(menu.at).map(|item| item.choice.clone());
            state.overlay = None;
            return choice.map_or_else(Vec::new, |choice| take(state, choice));
        }
        _ => {}
    }
    Vec::new()
}

fn take(state: &mut State, choice: Choice) -> Vec<Effect> {
    match choice {
        Choice::Copy(text) => {
            state.say(Role::Dim, format!("copied: {text}"));
            vec![Effect::Copy(visible(&text).into_owned())]
        }
        Choice::Log {
            pod,
            container,
            previous,
        } => act::read_log(state, pod, container, previous),
    }
}

fn trace(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(Overlay::Trace(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    dialog.defect = None;
    match key.code {
        Code::Enter if dialog.field == Field::From && dialog.to.is_empty() => {
            dialog.field = Field::To;
        }
        Code::Enter => return follow(state),
        Code::Tab | Code::BackTab | Code::Up | Code::Down => {
            dialog.field = match dialog.field {
                Field::From => Field::To,
                Field::To => Field::From,
            };
        }
        _ => {
            TraceDialog::input(dialog).press(key);
        }
    }
    Vec::new()
}

fn follow(state: &mut State) -> Vec<Effect> {
    let namespace = act::namespace(state);
    let world = &state.snapshot.world;
    let Some(Overlay::Trace(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    let ends = parse::from(dialog.from.text().trim(), world, &namespace).and_then(|from| {
        let place = parse::namespace_of(&from, &namespace).to_owned();
        let to = parse::to(dialog.to.text().trim(), world, &place, &Request::default())?;
        let to = parse::as_asked_by(&from, to, world, &place)?;
        Ok((from, to))
    });
    match ends {
        Ok((from, to)) => {
            state.overlay = None;
            let page = PathPage::new(&state.snapshot, Subject::Request(from, to));
            state.push(Page::Path(Box::new(page)));
        }
        Err(why) => dialog.defect = Some(why.to_string()),
    }
    Vec::new()
}

fn stop(state: &mut State, command: Option<Command>, key: Key) -> Vec<Effect> {
    let confirmed = command == Some(Command::Open) || key.typed() == Some('y');
    if confirmed {
        if let Some(Overlay::StopForwards(ids)) = state.overlay.take() {
            return ids.into_iter().map(Effect::StopForward).collect();
        }
    } else if command == Some(Command::Back) || key.typed() == Some('n') {
        state.overlay = None;
    }
    Vec::new()
}

/// A pasted text goes where one is typing.
pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(prompt) = &mut state.prompt {
        prompt.input.insert(text);
        crate::ui::update::prompt::typed(state);
        return;
    }
    match &mut state.overlay {
        Some(Overlay::Trace(dialog)) => {
            dialog.defect = None;
            TraceDialog::input(dialog).insert(text);
        }
        Some(Overlay::Forward(dialog)) => launch::paste(dialog, text),
        _ => {}
    }
}
