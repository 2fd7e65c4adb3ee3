//! ```text
//!  ← Log of shop/cart-7d9f-9qz cart · previous run                    412 lines · following
//!  panic: dial tcp 10.0.0.9:5432: connection refused
//! ```

use crate::ui::layout::page_height;
use crate::ui::log::LogPage;
use crate::ui::rich::Line;
use crate::ui::state::State;
use crate::ui::theme::Role;
use crate::ui::view::pen::{Pen, below, beside};
use crate::ui::view::text::highlighted;
use crate::ui::view::wrap::wrap;
use ratatui::layout::Rect;

/// Draws a log.
pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, page: &LogPage) {
    title(pen, area, page);
    let area = beside(below(area, 1), 1);
    if page.lines.is_empty() {
        let words = match &page.ended {
            None => "Waiting for the first line…",
            Some(None) => "The log is empty.",
            Some(Some(why)) => why,
        };
        pen.put_clipped(area, area.y, Role::Dim, words);
        return;
    }
    let height = page_height(state);
    let from = page.shown_from(height) - page.first;
    let mut rows: Vec<Line> = Vec::new();
    for line in page.lines.iter().skip(from).take(height) {
        let mut rich = Line::new();
        if page.timestamps
            && let Some(at) = line.at
        {
            let at = at.to_zoned(state.zone.clone());
            rich = rich.and(Role::Dim, format!("{} ", at.strftime("%H:%M:%S%.3f")));
        }
        rich = rich.and(Role::Text, line.text.replace('\t', "    "));
        if let Some(regex) = &page.search {
            rich = highlighted(&rich, regex);
        }
        if page.wrap {
            rows.extend(wrap(&rich, area.width));
        } else {
            rows.push(rich);
        }
    }
    // While following, wrapped lines push the oldest out at the top.
    let surplus = if page.follow {
        rows.len().saturating_sub(usize::from(area.height))
    } else {
        0
    };
    for (y, row) in (area.top()..area.bottom()).zip(rows.iter().skip(surplus)) {
        pen.line(area, y, row);
    }
}

fn title(pen: &mut Pen<'_>, area: Rect, page: &LogPage) {
    let run = if page.previous {
        " · previous run"
    } else {
        ""
    };
    let words = format!(" ← Log of {} {}{run}", page.pod.short(), page.container);
    let used = pen.put_clipped(area, area.y, Role::Title, &words);
    let (role, state) = match (&page.ended, page.follow) {
        (Some(Some(why)), _) => (Role::Warning, format!("ended: {why}")),
        (Some(None), _) => (Role::Dim, "ended".to_owned()),
        (None, true) => (Role::Pass, "following".to_owned()),
        (None, false) => (Role::Warning, "paused, s follows".to_owned()),
    };
    let mut right = beside(area, used + 2);
    let taken = pen.put_right(right, area.y, role, &format!("{state} "));
    right.width = right.width.saturating_sub(taken + 1);
    let count = format!("{} lines ·", page.lines.len());
    let taken = pen.put_right(right, area.y, Role::Dim, &count);
    right.width = right.width.saturating_sub(taken + 2);
    if let Some(regex) = &page.search {
        pen.put_right(right, area.y, Role::Match, &format!("/{regex}"));
    }
}
