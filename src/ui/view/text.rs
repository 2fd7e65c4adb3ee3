//! ```text
//!  Service shop/cart                                           /ready  3 of 41
//!  ✗ no ready endpoint  SVC003
//! ```

use crate::model::text::visible;
use crate::ui::page::TextPage;
use crate::ui::rich::{Line, Span};
use crate::ui::theme::Role;
use crate::ui::view::pen::{Pen, below, beside};
use crate::ui::view::wrap::wrap;
use ratatui::layout::Rect;
use regex::Regex;

/// Draws a text.
pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, page: &TextPage) {
    let used = pen.put_clipped(area, area.y, Role::Title, &format!(" ← {}", page.title));
    let place = format!(
        "{} of {} ",
        (page.offset + 1).min(page.lines.len()),
        page.lines.len()
    );
    let mut right = beside(area, used + 2);
    let taken = pen.put_right(right, area.y, Role::Dim, &place);
    right.width = right.width.saturating_sub(taken + 2);
    if let Some(regex) = &page.search {
        pen.put_right(right, area.y, Role::Match, &format!("/{regex}"));
    }
    lines(pen, beside(below(area, 1), 1), page);
}

fn lines(pen: &mut Pen<'_>, area: Rect, page: &TextPage) {
    let mut y = area.top();
    for line in page.lines.iter().skip(page.offset) {
        let found = match &page.search {
            Some(regex) => highlighted(line, regex),
            None => line.clone(),
        };
        let rows = if page.wrap {
            wrap(&found, area.width)
        } else {
            vec![found]
        };
        for row in rows {
            if y >= area.bottom() {
                return;
            }
            pen.line(area, y, &row);
            y += 1;
        }
    }
}

/// The line with what a search matches set apart.
pub(super) fn highlighted(line: &Line, regex: &Regex) -> Line {
    let mut shown = Line::new().hang(line.hang);
    for span in &line.spans {
        let text = visible(&span.text);
        let mut last = 0;
        for found in regex.find_iter(&text).filter(|found| !found.is_empty()) {
            let before = text.get(last..found.start()).unwrap_or_default();
            shown = shown
                .and(span.role, before)
                .and(Role::Match, found.as_str());
            last = found.end();
        }
        let rest = text.get(last..).unwrap_or_default();
        if !rest.is_empty() {
            shown.spans.push(Span {
                role: span.role,
                text: rest.to_owned(),
            });
        }
    }
    shown
}
