//! The line at the bottom: `:` commands with completion and history, `/` filters and searches.

use crate::model::key::Name;
use crate::output::table::Sheet;
use crate::ui::command::Command;
use crate::ui::effect::Effect;
use crate::ui::filter::{Filter, pattern_of};
use crate::ui::input::Input;
use crate::ui::key::{Code, Key};
use crate::ui::layout::page_height;
use crate::ui::page::Page;
use crate::ui::place::{Place, Scope};
use crate::ui::state::{Prompt, Purpose, State};
use crate::ui::theme::Role;
use crate::ui::update::{moves, reach, world};

/// What can be asked beside the views, and what is then answered.
pub const QUESTIONS: &[(&str, &str)] = &[
    ("reach", "who may talk to whom, and which policy decides"),
    ("trace", "a request from one end to the other"),
];

/// How many `:` lines are remembered.
const REMEMBERED: usize = 100;

/// Opens the line.
pub(super) fn open(state: &mut State, command: Command) {
    let (purpose, text) = match (command, &state.page) {
        (Command::CommandLine, _) => (Purpose::Command, String::new()),
        (_, Page::Table(table)) => {
            let text = table.filter.as_ref().map(|filter| filter.text().to_owned());
            (Purpose::Filter, text.unwrap_or_default())
        }
        (_, Page::Text(text)) => (Purpose::Search, pattern_text(text.search.as_ref())),
        (_, Page::Log(log)) => (Purpose::Search, pattern_text(log.search.as_ref())),
        (command, Page::Reach(page)) => (
            Purpose::Filter,
            reach::line(&page.query.text, command == Command::PortLine),
        ),
        (_, Page::Path(_)) => return,
    };
    state.prompt = Some(Prompt {
        purpose,
        input: Input::of(&text),
        recalled: None,
    });
}

fn pattern_text(regex: Option<&regex::Regex>) -> String {
    regex
        .map(|regex| regex.as_str().to_owned())
        .unwrap_or_default()
}

/// A key for the line.
pub(super) fn press(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(prompt) = &mut state.prompt else {
        return Vec::new();
    };
    match (key.code, key.ctrl) {
        (Code::Char('c'), true) => {
            state.prompt = None;
            return super::quit(state);
        }
        (Code::Esc, _) => return cancel(state),
        (Code::Enter, _) => return enter(state),
        (Code::Backspace, _) if prompt.input.is_empty() => return cancel(state),
        (Code::Up, _) => recall(state, 1),
        (Code::Down, _) => recall(state, -1),
        (Code::Tab, _) => complete(state),
        (Code::Right, _) if prompt.input.at_end() => complete(state),
        _ => {
            if prompt.input.press(key) {
                prompt.recalled = None;
                typed(state);
            }
        }
    }
    Vec::new()
}

/// What is typed takes effect at once for filters and searches.
pub(super) fn typed(state: &mut State) {
    let Some(prompt) = &state.prompt else { return };
    let text = prompt.input.text();
    match prompt.purpose {
        Purpose::Filter => {
            match &mut state.page {
                Page::Table(table) => table.filter = Filter::parse(&text),
                Page::Reach(page) => page.ask(&text),
                Page::Path(_) | Page::Text(_) | Page::Log(_) => {}
            }
            world::renew(state);
        }
        Purpose::Search => {
            let regex = Some(text.as_str())
                .filter(|text| !text.is_empty())
                .and_then(|text| pattern_of(text).ok());
            match &mut state.page {
                Page::Text(page) => {
                    page.search = regex;
                    page.at_match = None;
                }
                Page::Log(log) => log.search = regex,
                Page::Table(_) | Page::Path(_) | Page::Reach(_) => {}
            }
        }
        Purpose::Command => {}
    }
}

fn cancel(state: &mut State) -> Vec<Effect> {
    let purpose = state.prompt.take().map(|prompt| prompt.purpose);
    if purpose == Some(Purpose::Filter) {
        match &mut state.page {
            Page::Table(table) => table.filter = None,
            Page::Reach(page) => page.ask(""),
            Page::Path(_) | Page::Text(_) | Page::Log(_) => {}
        }
        world::renew(state);
    }
    Vec::new()
}

fn enter(state: &mut State) -> Vec<Effect> {
    let Some(prompt) = state.prompt.take() else {
        return Vec::new();
    };
    let text = prompt.input.text();
    match prompt.purpose {
        Purpose::Command => {
            // The completion that is shown is what Enter takes, where one word is being typed.
            let text = match completion(state, &text) {
                Some(rest) if !text.trim().is_empty() && Place::of_word(&text).is_none() => {
                    format!("{text}{rest}")
                }
                _ => text,
            };
            command_line(state, &text)
        }
        Purpose::Filter => {
            if let Page::Table(table) = &state.page
                && let Some(why) = table.filter.as_ref().and_then(Filter::defect)
            {
                let words = format!("not an expression: {why}");
                state.say(Role::Warning, words);
            }
            if let Page::Reach(page) = &state.page
                && let Some(why) = page.query.defect.clone()
            {
                state.say(Role::Warning, why);
            }
            Vec::new()
        }
        Purpose::Search => {
            if let Err(why) = pattern_of(&text) {
                state.say(Role::Warning, format!("not an expression: {why}"));
            }
            if matches!(&state.page, Page::Log(log) if log.follow) {
                let height = page_height(state);
                if let Page::Log(log) = &mut state.page
                    && let Some(at) = log.find(log.end(), true)
                {
                    log.scroll_to(at, height);
                    log.top = at;
                    log.follow = log.search.is_none();
                }
            } else {
                moves::seek(state, false);
            }
            Vec::new()
        }
    }
}

/// What is said where a context is asked for and none can be.
const NO_CONTEXTS: &str = "contexts need a kubeconfig: this world has none";

/// Does what a `:` line says: `svc shop`, `po /cart`, `po app=x`, `ctx name`, `q`.
pub fn command_line(state: &mut State, line: &str) -> Vec<Effect> {
    let line = line.trim().trim_start_matches(':').trim();
    if line.is_empty() {
        return Vec::new();
    }
    if state.past_commands.last().map(String::as_str) != Some(line) {
        state.past_commands.push(line.to_owned());
        let surplus = state.past_commands.len().saturating_sub(REMEMBERED);
        state.past_commands.drain(..surplus);
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match word {
        "q" | "q!" | "quit" | "exit" => return super::quit(state),
        "help" | "h" => return super::run(state, Command::Help),
        "trace" => return super::run(state, Command::Trace),
        "reach" => {
            return reach::asked(state, rest.trim());
        }
        _ => {}
    }
    let Some(place) = Place::of_word(word) else {
        let near = nearest(word);
        let hint = near.map(|near| format!("; {near}?")).unwrap_or_default();
        state.say(Role::Warning, format!("no view is called {word}{hint}"));
        return Vec::new();
    };
    if place == Place::Contexts && !state.session.contexts.is() {
        state.say(Role::Warning, NO_CONTEXTS);
        return Vec::new();
    }
    visit(state, place, rest.trim())
}

fn visit(state: &mut State, place: Place, rest: &str) -> Vec<Effect> {
    if let (Place::Contexts, false) = (&place, rest.is_empty()) {
        return vec![Effect::SwitchContext(Name::from(rest))];
    }
    if let (Place::Sheet(Sheet::Namespaces), false) = (&place, rest.is_empty()) {
        look_at_named(state, rest);
        return world::go(state, Place::Sheet(Sheet::Services), "");
    }
    let mut filter = String::new();
    let (before, after) = rest.split_once('/').unwrap_or((rest, ""));
    after.trim_start_matches('/').trim().clone_into(&mut filter);
    let context = narrow(state, before.trim(), &mut filter);
    let lists = match place {
        Place::Contexts => Some(Effect::ListContexts),
        Place::Forwards => Some(Effect::ListGroups),
        _ => None,
    };
    let mut effects = world::go(state, place, &filter);
    effects.extend(lists);
    effects.extend(context.map(Effect::SwitchContext));
    effects
}

/// The words behind a view: a namespace, `all`, a selector (`app=x`, `-l app`), a context (`@name`), which is
/// answered.
fn narrow(state: &mut State, words: &str, filter: &mut String) -> Option<Name> {
    let mut context = None;
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix('@') {
            if state.session.contexts.is() {
                context = Some(Name::from(name)).filter(|name| !name.is_empty());
            } else {
                state.say(Role::Warning, NO_CONTEXTS);
            }
        } else if let Some(selector) = word.strip_prefix("-l") {
            let selector = if selector.is_empty() {
                words.next().unwrap_or_default()
            } else {
                selector
            };
            *filter = format!("-l {selector}");
        } else if word.contains('=') {
            *filter = format!("-l {word}");
        } else {
            look_at_named(state, word);
        }
    }
    context
}

fn look_at_named(state: &mut State, word: &str) {
    let scope = if matches!(word, "all" | "*") {
        Scope::All
    } else {
        let name = Name::from(word);
        if !state.snapshot.world.namespaces().contains(&name) {
            state.say(
                Role::Warning,
                format!("nothing is known of namespace {word}"),
            );
        }
        Scope::One(name)
    };
    world::look_at(state, scope);
}

fn nearest(word: &str) -> Option<&'static str> {
    let names = Place::named().flat_map(|(names, ..)| names.iter().copied());
    let names = names.chain(QUESTIONS.iter().map(|(name, _)| *name));
    crate::forward::nearest::nearest(word, names)
}

fn recall(state: &mut State, step: i8) {
    let Some(prompt) = &mut state.prompt else {
        return;
    };
    if prompt.purpose != Purpose::Command {
        return;
    }
    let past = &state.past_commands;
    let next = match (prompt.recalled, step > 0) {
        (None, true) => Some(0),
        (None, false) => None,
        (Some(at), true) => Some((at + 1).min(past.len().saturating_sub(1))),
        (Some(at), false) => at.checked_sub(1),
    };
    let line = next.and_then(|at| past.iter().rev().nth(at));
    prompt.input = Input::of(line.map_or("", String::as_str));
    prompt.recalled = next.filter(|_| line.is_some());
}

fn complete(state: &mut State) {
    let text = state.prompt.as_ref().map(|prompt| prompt.input.text());
    let rest = text.and_then(|text| completion(state, &text));
    if let (Some(prompt), Some(rest)) = (&mut state.prompt, rest)
        && prompt.purpose == Purpose::Command
    {
        prompt.input.insert(&rest);
    }
}

/// What would complete a `:` line: the rest of a view's name, or of a namespace or context behind it.
pub fn completion(state: &State, text: &str) -> Option<String> {
    let text = text.trim_start();
    let Some((word, rest)) = text.split_once(' ') else {
        if text.is_empty() || Place::of_word(text).is_some() {
            return None;
        }
        let names = Place::named().flat_map(|(names, ..)| names.iter().copied());
        let questions = QUESTIONS.iter().map(|(name, _)| *name);
        return rest_of(names.chain(questions), text);
    };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.contains(['/', '=', ' ']) {
        return None;
    }
    if Place::of_word(word)? == Place::Contexts {
        return rest_of(state.contexts.iter().map(|row| row.name.as_str()), rest);
    }
    let names = state.snapshot.world.namespaces();
    rest_of(names.iter().map(Name::as_str), rest)
}

/// The rest of the first name that begins with what is typed.
fn rest_of<'n>(mut names: impl Iterator<Item = &'n str>, typed: &str) -> Option<String> {
    let longer = |name: &&str| name.len() > typed.len() && name.starts_with(typed);
    let fits = names.find(longer)?;
    fits.strip_prefix(typed).map(ToOwned::to_owned)
}
