//! ```text
//!  ← Who may talk to whom                                   /> db :5432/TCP  2 of 21
//!  to shop/db                1  2  3
//!   1 edge/traefik              ✓  ✗
//!   2 shop/web               ✓     ~
//!  ── ✓ every port  ~ some  ? not known  ✗ denied ──────────────────────────
//!  shop/web → shop/db
//! ```

use crate::output::glyph::{Charset, Mark};
use crate::output::width::{clip, width};
use crate::semantics::policy::reach::summary::Sum;
use crate::ui::reach::frame::{Frame, NUMBER, frame};
use crate::ui::reach::map::{OUTSIDE, told};
use crate::ui::reach::{ReachPage, short};
use crate::ui::rich::Line;
use crate::ui::theme::Role;
use crate::ui::view::pen::{Pen, beside};
use crate::ui::view::wrap::wrap;
use ratatui::layout::Rect;

/// Draws the map.
pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, page: &ReachPage) {
    let frame = frame(page, area);
    title(pen, frame.title, page);
    lines(pen, beside(frame.notes, 1), &page.map.notes);
    head(pen, &frame, page);
    rows(pen, &frame, page);
    border(pen, &frame, page);
    lines(pen, beside(frame.detail, 1), &page.detail);
}

fn title(pen: &mut Pen<'_>, area: Rect, page: &ReachPage) {
    let words = match &page.map.focus {
        Some(focus) => format!(" ← Who may talk to {}, and to whom it may", short(focus)),
        None => " ← Who may talk to whom".to_owned(),
    };
    let place = match page.position() {
        Some((row, _)) => format!("{} of {} ", row + 1, page.map.rows.len()),
        None => String::new(),
    };
    let used = pen.put_right(area, area.y, Role::Dim, &place);
    let mut left = area;
    left.width = left.width.saturating_sub(used + 2);
    if !page.query.is_empty() {
        let used = pen.put_right(left, area.y, Role::Match, &format!("/{}", page.query.text));
        left.width = left.width.saturating_sub(used + 2);
    }
    pen.put_clipped(left, area.y, Role::Title, &words);
}

fn lines(pen: &mut Pen<'_>, area: Rect, lines: &[Line]) {
    let rows = lines.iter().flat_map(|line| wrap(line, area.width));
    for (y, row) in (area.top()..area.bottom()).zip(rows) {
        pen.line(area, y, &row);
    }
}

/// The headings: in the corner the receiver under the cursor, then each column's number, its name downwards above it
/// where there is room.
fn head(pen: &mut Pen<'_>, frame: &Frame, page: &ReachPage) {
    let area = frame.head;
    if area.is_empty() {
        return;
    }
    let last = area.bottom() - 1;
    let chosen = page.position();
    if page.map.focus.is_some() {
        for (nth, words) in ["it sends", "it receives"].into_iter().enumerate() {
            let role = heading_role(chosen, nth);
            pen.put_clipped(column(frame, area, nth), last, role, words);
        }
        return;
    }
    let mut corner = beside(area, 1);
    corner.width = frame.label.saturating_sub(2);
    if let Some((_, dst)) = &page.selected {
        let name = middle(&short(dst), usize::from(corner.width).saturating_sub(3));
        pen.put_clipped(corner, last, Role::Strong, &format!("to {name}"));
    }
    let shown = page.map.receivers.iter().skip(page.left);
    for (nth, name) in shown.take(frame.columns).enumerate() {
        let role = heading_role(chosen, page.left + nth);
        let at = column(frame, area, nth);
        let number = number(page, name);
        pen.put_right(at, last, role, &number);
        let letters: Vec<char> = last_part(name).chars().collect();
        let room = usize::from(area.height - 1);
        let kept = letters.iter().take(room);
        let top = last.saturating_sub(u16::try_from(kept.len()).unwrap_or(0));
        for (y, letter) in (top..last).zip(kept) {
            pen.put_right(at, y, role, &letter.to_string());
        }
    }
}

fn heading_role(chosen: Option<(usize, usize)>, column: usize) -> Role {
    if chosen.is_some_and(|(_, at)| at == column) {
        Role::Strong
    } else {
        Role::Dim
    }
}

fn number(page: &ReachPage, name: &str) -> String {
    match page.map.numbers.get(name) {
        Some(number) => number.to_string(),
        None => "·".to_owned(),
    }
}

fn last_part(name: &str) -> &str {
    if name == OUTSIDE {
        return "outside";
    }
    name.rsplit('/').next().unwrap_or(name)
}

/// The area of a column that is shown.
fn column(frame: &Frame, area: Rect, nth: usize) -> Rect {
    let nth = u16::try_from(nth).unwrap_or(u16::MAX);
    let from = frame.label.saturating_add(nth.saturating_mul(frame.cell));
    let mut at = beside(area, from);
    at.width = at.width.min(frame.cell);
    at
}

fn rows(pen: &mut Pen<'_>, frame: &Frame, page: &ReachPage) {
    let area = frame.rows;
    let chosen = page.position();
    let shown = page.map.rows.iter().enumerate().skip(page.top);
    for (y, (row, name)) in (area.top()..area.bottom()).zip(shown) {
        label(pen, frame, page, y, name);
        for nth in 0..frame.columns {
            let at = page.left + nth;
            if at >= page.map.columns() {
                break;
            }
            cell(pen, column(frame, area, nth), y, page, (row, at));
        }
        if let Some((_, column_at)) = chosen.filter(|(at, _)| *at == row) {
            pen.select(area, y);
            pen.put(area, y, Role::Key, "▌");
            under_cursor(pen, frame, page, y, column_at);
        }
    }
}

fn label(pen: &mut Pen<'_>, frame: &Frame, page: &ReachPage, y: u16, name: &str) {
    let mut area = beside(frame.rows, 1);
    area.width = frame.label.saturating_sub(2);
    if page.map.focus.is_none() {
        let number = number(page, name);
        let mut left = area;
        left.width = left.width.min(NUMBER - 2);
        pen.put_right(left, y, Role::Dim, &number);
        area = Rect {
            width: area.width.saturating_sub(NUMBER - 1),
            ..beside(area, NUMBER - 1)
        };
    }
    let role = if name == OUTSIDE {
        Role::Dim
    } else {
        Role::Text
    };
    pen.put(
        area,
        y,
        role,
        &middle(&short(name), usize::from(area.width)),
    );
}

fn cell(pen: &mut Pen<'_>, area: Rect, y: u16, page: &ReachPage, (row, column): (usize, usize)) {
    let Some(sum) = page.map.sum(row, column) else {
        if page.map.focus.is_none() {
            pen.put_right(area, y, Role::Dim, " ");
        }
        return;
    };
    let (role, glyph) = match sum {
        Sum::All => (Role::Pass, Mark::Pass.glyph(Charset::Unicode)),
        Sum::Part => (Role::Pass, "~"),
        Sum::Unknown => (Role::Unknown, Mark::Unknown.glyph(Charset::Unicode)),
        Sum::None if page.map.unenforced.is_some() => (Role::Warning, denied()),
        Sum::None => (Role::Fail, denied()),
    };
    if page.map.focus.is_none() {
        pen.put_right(area, y, role, glyph);
        return;
    }
    let used = pen.put(area, y, role, &format!("{glyph} "));
    let words = match (page.query.port, sum) {
        (None, _) => page.map.cell(row, column).map(told).unwrap_or_default(),
        (Some(_), Sum::All) => "admitted".to_owned(),
        (Some(_), Sum::Part) => "admitted for some pods".to_owned(),
        (Some(_), Sum::Unknown) => "not known".to_owned(),
        (Some(_), Sum::None) => "denied".to_owned(),
    };
    let mut rest = beside(area, used);
    rest.width = rest.width.saturating_sub(1);
    pen.put_clipped(rest, y, Role::Text, &words);
}

const fn denied() -> &'static str {
    Mark::Fail.glyph(Charset::Unicode)
}

/// Marks the cell under the cursor within its row.
fn under_cursor(pen: &mut Pen<'_>, frame: &Frame, page: &ReachPage, y: u16, column_at: usize) {
    let Some(nth) = column_at
        .checked_sub(page.left)
        .filter(|nth| *nth < frame.columns)
    else {
        return;
    };
    let area = column(frame, frame.rows, nth);
    let x = if page.map.focus.is_some() {
        area.x
    } else {
        area.right().saturating_sub(1)
    };
    pen.cursor(area, x, y);
}

/// The line between, which says what the marks mean.
fn border(pen: &mut Pen<'_>, frame: &Frame, page: &ReachPage) {
    let area = frame.border;
    if area.width == 1 {
        for y in area.top()..area.bottom() {
            pen.put(area, y, Role::Border, "│");
        }
        let last = Rect {
            y: frame.rows.bottom().saturating_sub(1),
            height: 1,
            ..frame.rows
        };
        let free = page.map.rows.len().saturating_sub(page.top) < usize::from(frame.rows.height);
        if free {
            legend(pen, beside(last, 1), page);
        }
        return;
    }
    if area.is_empty() {
        return;
    }
    pen.put(
        area,
        area.y,
        Role::Border,
        &"─".repeat(usize::from(area.width)),
    );
    legend(pen, beside(area, 2), page);
}

fn legend(pen: &mut Pen<'_>, area: Rect, page: &ReachPage) {
    let (all, part) = match page.query.port {
        Some(_) => ("admitted", "between some pods"),
        None => ("every port", "some"),
    };
    let denied_words = if page.map.unenforced.is_some() {
        "denied if enforced"
    } else {
        "denied"
    };
    let pieces = [
        (Role::Pass, Mark::Pass.glyph(Charset::Unicode), all),
        (Role::Pass, "~", part),
        (
            Role::Unknown,
            Mark::Unknown.glyph(Charset::Unicode),
            "not known",
        ),
        (Role::Fail, denied(), denied_words),
    ];
    let mut at = area;
    for (role, glyph, words) in pieces {
        let used = pen.put(at, at.y, role, &format!(" {glyph}"));
        at = beside(at, used);
        let used = pen.put(at, at.y, Role::Dim, &format!(" {words} "));
        at = beside(at, used);
    }
}

/// A name cut in its middle: both its namespace and its end are told.
fn middle(name: &str, cells: usize) -> String {
    if width(name) <= cells || cells < 8 {
        return clip(name, cells);
    }
    let tail = (cells - 1) / 2;
    let mut kept: Vec<char> = Vec::new();
    let mut used = 0;
    for letter in name.chars().rev() {
        used += width(&letter.to_string());
        if used > tail {
            break;
        }
        kept.push(letter);
    }
    let tail: String = kept.into_iter().rev().collect();
    format!("{}{tail}", clip(name, cells - width(&tail)))
}

#[cfg(test)]
mod tests {
    use super::middle;

    #[test]
    fn both_ends_of_a_long_name_are_kept() {
        assert_eq!(middle("shop/web", 10), "shop/web");
        assert_eq!(
            middle("ingress-nginx/ingress-nginx-controller", 20),
            "ingress-ng…ontroller"
        );
        assert_eq!(middle("abcdefghijk", 4), "abc…");
        assert_eq!(
            middle("漢字漢字漢字漢字", 9),
            "漢字…字漢字".replace("字漢字", "漢字")
        );
    }
}
