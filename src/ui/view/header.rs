//! ```text
//!  prod-eu ▸ all namespaces                     ● live · 14 kinds · 1 forbidden (pods)      14:02
//! ```

use crate::model::kind::Kind;
use crate::model::world::Origin;
use crate::output::span::ago;
use crate::ui::msg::Link;
use crate::ui::place::Scope;
use crate::ui::rich::Line;
use crate::ui::snapshot::Progress;
use crate::ui::state::State;
use crate::ui::theme::Role;
use crate::ui::view::pen::{Pen, beside};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Draws the header.
pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    if area.is_empty() {
        return;
    }
    let scope = match &state.scope {
        Scope::All => "all namespaces".to_owned(),
        Scope::One(name) => name.to_string(),
    };
    let left = Line::of(Role::Title, format!(" {}", state.session.name))
        .and(Role::Dim, " ▸ ")
        .and(Role::Strong, scope);
    let clock = state
        .now
        .to_zoned(state.zone.clone())
        .strftime("%H:%M ")
        .to_string();
    let used = pen.line(area, area.y, &left);
    let rest = beside(area, used);
    let clock_width = u16::try_from(clock.width()).unwrap_or(0) + 2;
    let mut rest = rest;
    if rest.width >= clock_width + 8 {
        pen.put_right(rest, area.y, Role::Dim, &clock);
        rest.width -= clock_width;
    }
    let mut pieces = status(state);
    while pieces.len() > 1 && words_width(&pieces) + 3 > usize::from(rest.width) {
        pieces.pop();
    }
    let width = u16::try_from(words_width(&pieces)).unwrap_or(u16::MAX);
    if width + 2 > rest.width {
        return;
    }
    let mut at = beside(rest, rest.width - width - 1);
    for (role, words) in pieces {
        let used = pen.put(at, area.y, role, &words);
        at = beside(at, used);
    }
}

fn words_width(pieces: &[(Role, String)]) -> usize {
    pieces.iter().map(|(_, words)| words.width()).sum()
}

/// How the world is, the most important first.
fn status(state: &State) -> Vec<(Role, String)> {
    let progress = state.snapshot.progress();
    let mut pieces = Vec::new();
    match &state.link {
        Link::Connecting => {
            pieces.push((Role::Warning, "◐ connecting".to_owned()));
            return pieces;
        }
        Link::Down {
            since, retry_at, ..
        } => {
            let age = ago(state.now, *since);
            pieces.push((Role::Fail, format!("○ offline {age}")));
            if let Some(retry_at) = retry_at {
                let left = retry_at.duration_since(state.now).as_secs().max(0);
                pieces.push((Role::Text, format!(" · retry in {left} s")));
            }
            return pieces;
        }
        Link::Up => {}
    }
    let total = progress.ready + progress.syncing.len() + progress.stale.len();
    match state.snapshot.world.origin() {
        Origin::Live { .. } if !progress.syncing.is_empty() => {
            let words = format!("◐ syncing {} of {total} kinds", progress.ready);
            pieces.push((Role::Warning, words));
        }
        Origin::Live { .. } => {
            pieces.push((Role::Pass, "● live".to_owned()));
            pieces.push((Role::Dim, kinds_known(&progress)));
        }
        Origin::Files => pieces.push((Role::Text, "● files".to_owned())),
        Origin::Demo => pieces.push((Role::Text, "● demo".to_owned())),
    }
    pieces.extend(troubles(&progress, state));
    pieces
}

/// How many kinds are known, and where only in some namespaces.
fn kinds_known(progress: &Progress) -> String {
    let mut namespaces = progress.namespaces.iter();
    let Some(first) = namespaces.next() else {
        return format!(" · {} kinds", progress.ready);
    };
    let count = progress.ready + progress.narrowed;
    let more = namespaces.count();
    let more = if more > 0 {
        format!(" +{more}")
    } else {
        String::new()
    };
    format!(" · {count} kinds, in {first}{more} only")
}

fn troubles(progress: &Progress, state: &State) -> Vec<(Role, String)> {
    let mut pieces = Vec::new();
    if let Some(since) = progress.stale_since {
        let age = ago(state.now, since);
        let words = format!(" · {} stale for {age}", kinds(&progress.stale));
        pieces.push((Role::Warning, words));
    }
    if !progress.forbidden.is_empty() {
        let count = progress.forbidden.len();
        let words = format!(" · {count} forbidden ({})", kinds(&progress.forbidden));
        pieces.push((Role::Unknown, words));
    }
    pieces
}

fn kinds(kinds: &[Kind]) -> String {
    let mut names = kinds.iter().map(|kind| kind.info().plural);
    let first: Vec<&str> = names.by_ref().take(2).collect();
    let rest = names.count();
    let more = if rest > 0 {
        format!(" +{rest}")
    } else {
        String::new()
    };
    format!("{}{more}", first.join(", "))
}
