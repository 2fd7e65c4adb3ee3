//! ```text
//!  Forwards  ● 127.0.0.1:8080 → shop/svc/cart:80 (waiting: no ready endpoint)
//!  enter path  X explain  l logs  shift-f forward  / filter  : view  ? keys
//! ```

use crate::forward::status::State as Forwarding;
use crate::ui::command::Command;
use crate::ui::dialog::Overlay;
use crate::ui::keymap::{BINDINGS, Binding, Context, Hint};
use crate::ui::msg::Link;
use crate::ui::page::Page;
use crate::ui::place::Place;
use crate::ui::state::{Prompt, Purpose, Session, State};
use crate::ui::table::forwards::{mark_of, target_words};
use crate::ui::table::role_of_mark;
use crate::ui::theme::Role;
use crate::ui::update::prompt::{QUESTIONS, completion};
use crate::ui::view::pen::{Pen, beside};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// The line of forwards.
pub(super) fn strip(pen: &mut Pen<'_>, area: Rect, state: &State) {
    if area.is_empty() {
        return;
    }
    let used = pen.put(area, area.y, Role::Dim, " Forwards ");
    let mut at = beside(area, used);
    for row in &state.forwards {
        let status = &row.status;
        let role = role_of_mark(mark_of(status.state));
        let glyph = match status.state {
            Forwarding::Listening => "●",
            Forwarding::Waiting | Forwarding::Reconnecting => "◐",
            Forwarding::Failed => "✗",
            Forwarding::Stopped => "○",
        };
        let local = if row.local.is_empty() {
            "-"
        } else {
            &row.local
        };
        let mut words = format!("{local} → {}", target_words(row));
        if status.state != Forwarding::Listening {
            words = format!("{words} ({}: {})", status.state.word(), status.reason);
        }
        let glyph = pen.put(at, area.y, role, &format!(" {glyph} "));
        at = beside(at, glyph);
        let used = pen.put_clipped(at, area.y, Role::Text, &words);
        at = beside(at, used + 1);
    }
}

/// The line at the bottom: what is typed, else what is said, else what can be pressed.
pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    if area.is_empty() {
        return;
    }
    if let Some(prompt) = &state.prompt {
        draw_prompt(pen, area, state, prompt);
    } else if let Some(notice) = &state.notice {
        pen.put_clipped(beside(area, 1), area.y, notice.role, &notice.text);
    } else if let (Link::Down { why, .. }, false) = (&state.link, state.overlay.is_some()) {
        pen.put_clipped(beside(area, 1), area.y, Role::Fail, why);
    } else if let Some(open) = &state.overlay {
        let scrolls = matches!(open, Overlay::Help { .. } | Overlay::Explain { .. });
        let words = if scrolls {
            "close   j k scroll"
        } else {
            "close"
        };
        let used = pen.put(beside(area, 1), area.y, Role::Key, "esc");
        pen.put(beside(area, used + 2), area.y, Role::Dim, words);
    } else {
        hints(pen, area, state);
    }
}

fn draw_prompt(pen: &mut Pen<'_>, area: Rect, state: &State, prompt: &Prompt) {
    let sign = match prompt.purpose {
        Purpose::Command => ":",
        Purpose::Filter | Purpose::Search => "/",
    };
    let text = prompt.input.text();
    let used = pen.put(area, area.y, Role::Key, &format!(" {sign}"));
    let line = beside(area, used);
    // A long line shows its end: where one types.
    let before = prompt.input.before();
    let room = usize::from(line.width).saturating_sub(2).max(1);
    let hidden = before.chars().count().saturating_sub(room);
    let shown: String = text.chars().skip(hidden).collect();
    let typed = pen.put(line, area.y, Role::Input, &shown);
    let cursor: String = before.chars().skip(hidden).collect();
    let x = u16::try_from(crate::model::text::visible(&cursor).width()).unwrap_or(u16::MAX);
    if prompt.purpose == Purpose::Command {
        let rest = beside(line, typed);
        let ghost = completion(state, &text).unwrap_or_default();
        let ghosted = pen.put(rest, area.y, Role::Dim, &ghost);
        let word = format!("{text}{ghost}");
        let word = word.split_whitespace().next().unwrap_or_default();
        let words = Place::of_word(word).and_then(|place| {
            Place::named()
                .find(|(_, known, _)| *known == place)
                .map(|(.., words)| words)
        });
        let question = QUESTIONS.iter().find(|(name, _)| *name == word);
        let words = words.or(question.map(|(_, words)| *words));
        let help = words.unwrap_or(if text.is_empty() {
            "a view: problems, routes, svc, eps, po, ns, pf, info …  q quits"
        } else {
            ""
        });
        pen.put_clipped(beside(rest, ghosted + 3), area.y, Role::Dim, help);
    } else if text.is_empty() && prompt.purpose == Purpose::Filter {
        let help = match state.page {
            Page::Reach(_) => "a name, FROM > TO, :PORT or :PORT/UDP",
            _ => "a regular expression, !inverse, -l label=value, -f letters",
        };
        pen.put_clipped(beside(line, 3), area.y, Role::Dim, help);
    }
    pen.cursor(area, line.x.saturating_add(x), area.y);
}

fn hints(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let mut at = beside(area, 1);
    for binding in hinted(state) {
        let Some(key) = binding.keys.first() else {
            continue;
        };
        let key = key.to_string();
        let wide = u16::try_from(key.width() + 1 + binding.words.width()).unwrap_or(u16::MAX);
        if wide > at.width {
            return;
        }
        let used = pen.put(at, area.y, Role::Key, &key);
        let used = used + pen.put(beside(at, used + 1), area.y, Role::Dim, binding.words) + 3;
        at = beside(at, used);
    }
}

/// The bindings that are hinted at here; a key that a nearer context gives another meaning is left out.
fn hinted(state: &State) -> impl Iterator<Item = &'static Binding> {
    let chain: Vec<Context> = state.context().chain().collect();
    let session = state.session.clone();
    let order = chain.into_iter().flat_map(|context| {
        BINDINGS
            .iter()
            .filter(move |binding| binding.context == context)
    });
    let mut taken = std::collections::BTreeSet::new();
    order.filter(move |binding| {
        let new = binding.keys.first().is_some_and(|key| taken.insert(*key));
        new && binding.hint == Hint::Shown && is_possible(&session, binding.command)
    })
}

/// Whether a command can do anything in this session.
pub(super) fn is_possible(session: &Session, command: Command) -> bool {
    match command {
        Command::Forward | Command::Forwards => session.forward.is(),
        Command::Logs | Command::PreviousLogs => session.logs.is(),
        Command::Yaml => session.yaml.is(),
        _ => true,
    }
}
