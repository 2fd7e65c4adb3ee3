//! The keys that mean something here, written from the bindings.

use crate::ui::keymap::BINDINGS;
use crate::ui::place::Place;
use crate::ui::rich::Line;
use crate::ui::state::State;
use crate::ui::theme::Role;
use crate::ui::update::prompt::QUESTIONS;
use crate::ui::view::footer::is_possible;

/// The lines of help.
pub(super) fn lines(state: &State) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut taken = std::collections::BTreeSet::new();
    for context in state.page_context().chain() {
        lines.push(Line::of(Role::Title, context.title()));
        let here = BINDINGS.iter().filter(|binding| binding.context == context);
        for binding in here {
            let keys: Vec<String> = binding
                .keys
                .iter()
                .filter(|key| taken.insert(**key))
                .map(ToString::to_string)
                .collect();
            if keys.is_empty() || !is_possible(&state.session, binding.command) {
                continue;
            }
            let keys = match keys.as_slice() {
                [first, .., last] if keys.len() > 3 => format!("{first} … {last}"),
                _ => keys.join("  "),
            };
            let line = Line::of(Role::Key, format!("  {keys:<16} ")).and(Role::Text, binding.words);
            lines.push(line.hang(19));
        }
        lines.push(Line::new());
    }
    lines.push(Line::of(Role::Title, "Views"));
    for (names, place, words) in Place::named() {
        if place == Place::Contexts && !state.session.contexts.is() {
            continue;
        }
        let first = names.first().copied().unwrap_or_default();
        let short = names.iter().skip(1).min_by_key(|name| name.len());
        let name = short.map_or(format!(":{first}"), |short| format!(":{first} :{short}"));
        let line = Line::of(Role::Key, format!("  {name:<22} ")).and(Role::Text, words);
        lines.push(line.hang(25));
    }
    for (name, words) in QUESTIONS {
        let line = Line::of(Role::Key, format!("  :{name:<21} ")).and(Role::Text, *words);
        lines.push(line.hang(25));
    }
    lines.push(Line::new());
    lines.push(Line::of(Role::Title, "Lines"));
    for (example, words) in [
        (":svc shop", "a view of one namespace; :svc all of all"),
        (":po /cart", "a view with a filter"),
        (":po app=cart", "a view of what carries a label"),
        (":reach web", "one workload with all its peers"),
        (
            ":reach a > b :80",
            "who of these may talk to whom of those, on a port",
        ),
        (
            ":reach with FILE",
            "what planned policies would cut and open",
        ),
        ("/!x", "a filter: what does not match"),
        ("/-l app=cart", "a filter by labels"),
        ("/-f crt", "a filter by letters in this order"),
    ] {
        let line = Line::of(Role::Key, format!("  {example:<16} ")).and(Role::Text, words);
        lines.push(line.hang(19));
    }
    lines
}
