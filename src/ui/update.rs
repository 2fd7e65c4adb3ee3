//! What changes when something happens. Synchronous and total: whatever must be done outside is answered as effects.

mod act;
mod launch;
mod moves;
mod overlay;
pub mod prompt;
mod reach;
mod sorting;
pub mod world;

use crate::ui::command::Command;
use crate::ui::effect::Effect;
use crate::ui::key::Key;
use crate::ui::keymap;
use crate::ui::msg::Msg;
use crate::ui::page::{Page, Topic};
use crate::ui::place::Place;
use crate::ui::rich::Line;
use crate::ui::state::State;
use crate::ui::theme::Role;

/// Takes in what happened, and answers with what must be done.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => return press(state, key),
        Msg::Paste(text) => overlay::paste(state, &text),
        Msg::Resize(width, height) => {
            state.size = (width, height);
            world::resized(state);
        }
        Msg::Snapshot(snapshot) => {
            state.snapshot = snapshot;
            world::renew(state);
        }
        Msg::Clock(now) => state.now = now,
        Msg::Forwards(rows) => {
            // What is in the way of a group changes as forwards come and go.
            let moved = state.forwards.len() != rows.len();
            state.forwards = rows;
            world::renew_forwards(state);
            if moved && !state.groups.is_empty() {
                return vec![Effect::ListGroups];
            }
        }
        Msg::Groups(Ok(groups)) => {
            state.groups = groups;
            world::renew_forwards(state);
        }
        Msg::Right(question, right) => launch::right_known(state, question, right),
        Msg::Ports(question, busy) => return launch::ports_checked(state, question, &busy),
        Msg::PortsBefore(ports) => state.ports_before = ports,
        Msg::Contexts(Ok(rows)) => {
            state.contexts = rows;
            world::renew(state);
        }
        Msg::Link(link) => state.link = link,
        Msg::Vitals(vitals) => state.vitals = vitals,
        Msg::Switched(name) => return world::switched(state, name),
        Msg::Log(stream, lines) => {
            if let Page::Log(log) = &mut state.page
                && log.stream == stream
            {
                log.extend(lines);
            }
        }
        Msg::LogEnded(stream, why) => {
            if let Page::Log(log) = &mut state.page
                && log.stream == stream
            {
                log.ended = Some(why);
            }
        }
        Msg::Yaml(key, result) => yaml_arrived(state, &key, &result),
        Msg::Plan(file, Ok(deltas)) => reach::planned(state, &file, deltas),
        Msg::Plan(_, Err(words)) => state.say(Role::Fail, words),
        Msg::Done(Ok(words)) => state.say(Role::Pass, words),
        Msg::Done(Err(words))
        | Msg::ForwardRefused(words)
        | Msg::Contexts(Err(words))
        | Msg::Groups(Err(words)) => {
            state.say(Role::Fail, words);
        }
    }
    Vec::new()
}

fn yaml_arrived(state: &mut State, key: &crate::model::key::Key, result: &Result<String, String>) {
    let pages = std::iter::once(&mut state.page).chain(&mut state.beneath);
    for page in pages {
        if let Page::Text(text) = page
            && text.topic == Topic::Yaml(key.clone())
        {
            text.lines = match result {
                Ok(words) => words.lines().map(yaml_line).collect(),
                Err(why) => vec![Line::of(Role::Fail, why.as_str())],
            };
        }
    }
}

/// A line of YAML: its key apart from its value.
fn yaml_line(line: &str) -> Line {
    let words = line.replace('\t', "    ");
    let split = words
        .find(": ")
        .map(|at| at + 1)
        .or_else(|| words.ends_with(':').then_some(words.len()));
    let plain_key = |key: &str| !key.contains(['"', '\'', '{', '#']);
    match split.and_then(|at| words.split_at_checked(at)) {
        Some((key, value)) if plain_key(key) => {
            Line::of(Role::Title, key).and(Role::Text, value).hang(4)
        }
        _ => Line::of(Role::Text, words).hang(4),
    }
}

fn press(state: &mut State, key: Key) -> Vec<Effect> {
    state.notice = None;
    if state.prompt.is_some() {
        return prompt::press(state, key);
    }
    if state.overlay.is_some() {
        return overlay::press(state, key);
    }
    match keymap::lookup(state.context(), key) {
        Some(command) => run(state, command),
        None => Vec::new(),
    }
}

/// Does what is wanted.
pub(super) fn run(state: &mut State, command: Command) -> Vec<Effect> {
    match command {
        Command::Quit => return quit(state),
        Command::Back => return world::back(state),
        Command::Help => state.overlay = Some(crate::ui::dialog::Overlay::Help { offset: 0 }),
        Command::CommandLine | Command::FilterLine | Command::PortLine => {
            prompt::open(state, command);
        }
        Command::Focus => reach::focus(state),
        Command::Up
        | Command::Down
        | Command::PageUp
        | Command::PageDown
        | Command::Top
        | Command::Bottom
        | Command::ColumnLeft
        | Command::ColumnRight
        | Command::ColumnsLeft
        | Command::ColumnsRight => moves::step(state, command),
        Command::NextPane | Command::PreviousPane => return moves::pane(state),
        Command::NextMatch => moves::seek(state, false),
        Command::PreviousMatch => moves::seek(state, true),
        Command::Wrap | Command::Timestamps | Command::Follow | Command::FullScreen => {
            moves::toggle(state, command);
        }
        Command::Open => return act::open(state),
        Command::Describe => act::describe(state),
        Command::Yaml => return act::yaml(state),
        Command::Logs => return act::logs(state, false),
        Command::PreviousLogs => return act::logs(state, true),
        Command::UsedBy => act::used_by(state),
        Command::Owner => act::owner(state),
        Command::Forward => return act::forward(state),
        Command::Forwards => return act::forwards(state),
        Command::Group => return launch::toggle_group(state),
        Command::Browse => return launch::browse(state),
        Command::CopyUrl => return launch::copy_url(state),
        Command::Delete => act::delete(state),
        Command::CopyName => return act::copy_name(state),
        Command::CopyNamespace => return act::copy_namespace(state),
        Command::CopyMenu => return act::copy_menu(state),
        Command::Explain => act::explain(state),
        Command::Trace => act::trace(state),
        Command::Save => return act::save(state),
        Command::Namespace(number) => world::favourite(state, number),
        Command::Warp => act::warp(state),
        Command::Mark => moves::mark(state),
        Command::ClearMarks => moves::clear_marks(state),
        Command::HistoryBack | Command::HistoryForward | Command::HistoryLast => {
            world::travel(state, command);
        }
        Command::Refresh => {
            state.say(Role::Text, "asking again");
            let forwards =
                matches!(&state.page, Page::Table(table) if table.place == Place::Forwards);
            let groups = forwards.then_some(Effect::ListGroups);
            return std::iter::once(Effect::Retry).chain(groups).collect();
        }
        Command::Wide => state.show.wide = !state.show.wide,
        Command::Header => state.show.header = !state.show.header,
        Command::FaultsOnly => {
            state.show.faults_only = !state.show.faults_only;
            world::renew(state);
        }
        Command::Sort(by) => sorting::sort(state, by),
        Command::Toggle | Command::Address => {}
    }
    Vec::new()
}

/// Quits: at once without forwards, else the first time it asks.
pub(super) fn quit(state: &mut State) -> Vec<Effect> {
    let asked = matches!(state.overlay, Some(crate::ui::dialog::Overlay::Quit));
    if state.live_forwards() > 0 && !asked {
        state.overlay = Some(crate::ui::dialog::Overlay::Quit);
        return Vec::new();
    }
    state.quitting = true;
    vec![Effect::Quit]
}
