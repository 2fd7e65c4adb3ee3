//! ```text
//!  Services 5  /cart                                     ↑ name
//!    NAMESPACE  NAME        TYPE       READY  SAYS
//! ▌✗ shop       cart        ClusterIP    0/3  no ready endpoint
//! ```

use crate::forward::status::State as Forwarding;
use crate::output::glyph::Charset;
use crate::output::table::{Align, Column, Sheet};
use crate::output::width::{clip, pad, pad_left, width};
use crate::ui::layout::TABLE_HEAD;
use crate::ui::page::{Page, Pane, TablePage};
use crate::ui::place::{Place, Scope};
use crate::ui::state::State;
use crate::ui::table::forwards::bytes_words;
use crate::ui::table::{self, Row, RowId, role_of_mark};
use crate::ui::theme::Role;
use crate::ui::view::empty;
use crate::ui::view::pen::{Pen, below, beside};
use ratatui::layout::Rect;

/// Cells before the first column: the bar of the selection, the verdict, a blank.
const MARGIN: u16 = 3;
/// Blanks between columns.
const GAP: u16 = 2;
/// The width to which the columns that matter most are cut before the least of them is dropped.
const TIGHT: u16 = 12;
/// The width beyond which a column is cut where not all columns are asked for.
const USUAL: u16 = 48;

/// Draws a table.
pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, page: &TablePage) {
    title(pen, area, state, page);
    let rest = below(area, 1);
    if page.rows.is_empty() {
        empty::table(pen, below(rest, 1), state, page);
        return;
    }
    let columns = table::columns(&page.place);
    // On home another pane begins at the right.
    let margin = u16::from(page.is_home());
    let fitted = fit(state, page, &columns, rest.width.saturating_sub(margin));
    headings(pen, rest, &columns, &fitted, page);
    let rows = below(area, TABLE_HEAD);
    let source = state.source();
    let shown = page.rows.iter().skip(page.offset);
    for (y, id) in (rows.top()..rows.bottom()).zip(shown) {
        if let Some(row) = table::row(&source, &page.place, id) {
            draw_row(pen, rows, y, &row, (&columns, &fitted));
        }
        decorate(pen, rows, y, page, id);
        if let Some((role, glyph)) = forwarded(state, id) {
            pen.put(beside(rows, 2), y, role, glyph);
        }
    }
}

/// The mark of a row that a forward of this context leads to: whether it listens.
fn forwarded(state: &State, id: &RowId) -> Option<(Role, &'static str)> {
    let object = id.object()?;
    let mut forwards = state.forwards.iter();
    let row = forwards
        .find(|row| row.context == state.session.name && table::forwards::leads_to(row, object))?;
    let role = role_of_mark(table::forwards::mark_of(row.status.state));
    Some(match row.status.state {
        Forwarding::Listening => (role, "●"),
        _ => (role, "◐"),
    })
}

/// The selection's bar and marks.
fn decorate(pen: &mut Pen<'_>, rows: Rect, y: u16, page: &TablePage, id: &RowId) {
    if page.marked.contains(id) {
        pen.put(rows, y, Role::Marked, "◆");
    }
    if page.selected.as_ref() != Some(id) {
        return;
    }
    if page.focus == Pane::List {
        pen.select(rows, y);
        pen.put(rows, y, Role::Key, "▌");
    } else {
        pen.put(rows, y, Role::Dim, "▌");
    }
}

fn draw_row(
    pen: &mut Pen<'_>,
    rows: Rect,
    y: u16,
    row: &Row,
    (columns, fitted): (&[Column], &[(usize, u16)]),
) {
    let charset = Charset::Unicode;
    let mark = role_of_mark(row.mark);
    pen.put(beside(rows, 1), y, mark, row.mark.glyph(charset));
    let mut at = beside(rows, MARGIN);
    for (column, wide) in fitted {
        let Some((cell, shape)) = row.cells.get(*column).zip(columns.get(*column)) else {
            continue;
        };
        let brief = cell.brief.as_deref();
        let text = brief
            .filter(|_| width(&cell.text) > usize::from(*wide))
            .unwrap_or(&cell.text);
        let text = clip(text, usize::from(*wide));
        let text = match shape.align {
            Align::Left => pad(&text, usize::from(*wide)),
            Align::Right => pad_left(&text, usize::from(*wide)),
        };
        let own = Rect {
            width: at.width.min(*wide),
            ..at
        };
        pen.put(own, y, cell.role, &text);
        at = beside(at, wide + GAP);
    }
}

/// The line above a table: its name, how many rows, how they are narrowed and sorted.
pub(super) fn title(pen: &mut Pen<'_>, area: Rect, state: &State, page: &TablePage) {
    let y = area.y;
    let mut at = area;
    let under = matches!(state.page, Page::Table(_)) && !state.beneath.is_empty();
    let mut put = |role, text: &str| {
        let used = pen.put_clipped(at, y, role, text);
        at = beside(at, used);
    };
    put(Role::Dim, if under { " ← " } else { " " });
    put(Role::Title, &page.place.title());
    let count = if page.rows.len() == page.total {
        format!(" {}", page.total)
    } else {
        format!(" {} of {}", page.rows.len(), page.total)
    };
    put(Role::Dim, &count);
    if let Some(filter) = &page.filter {
        let role = if filter.defect().is_some() {
            Role::Warning
        } else {
            Role::Match
        };
        put(Role::Text, "  ");
        put(role, &format!("/{}", filter.text()));
    }
    if state.show.faults_only {
        put(Role::Warning, "  faults only");
    }
    if !page.marked.is_empty() {
        put(Role::Marked, &format!("  {} marked", page.marked.len()));
    }
    if page.place == Place::Sheet(Sheet::Info) && at.width > 20 {
        pen.put_right(at, y, Role::Dim, &vitals(state));
    }
    if page.is_home() && at.width > 20 {
        let unknown: usize = state.snapshot.report.gaps().values().sum();
        let reading = !state.snapshot.progress().syncing.is_empty();
        if unknown > 0 && !reading {
            let words = format!("? {unknown} not judged (:info) ");
            pen.put_right(at, y, Role::Unknown, &words);
        }
    }
}

/// What Portolan itself is doing: `v1.36.3 · 25 requests · 410 kB read · 38 MB memory`.
fn vitals(state: &State) -> String {
    let vitals = &state.vitals;
    let mut parts: Vec<String> = vitals.server.iter().cloned().collect();
    if vitals.requests > 0 {
        parts.push(format!("{} requests", vitals.requests));
        parts.push(format!("{} read", bytes_words(vitals.read)));
    }
    if let Some(memory) = vitals.memory {
        parts.push(format!("{} memory", bytes_words(memory)));
    }
    parts.push(String::new());
    parts.join(" · ").trim_end_matches("· ").to_owned()
}

fn headings(
    pen: &mut Pen<'_>,
    area: Rect,
    columns: &[Column],
    fitted: &[(usize, u16)],
    page: &TablePage,
) {
    let mut at = beside(area, MARGIN);
    for (column, wide) in fitted {
        let Some(shape) = columns.get(*column) else {
            continue;
        };
        let arrow = match page.sort {
            Some(sort) if sort.column == Some(shape.id) && sort.reversed => "↓",
            Some(sort) if sort.column == Some(shape.id) => "↑",
            _ => "",
        };
        let text = clip(&format!("{}{arrow}", shape.title), usize::from(*wide));
        let text = match shape.align {
            Align::Left => text,
            Align::Right => pad_left(&text, usize::from(*wide)),
        };
        let own = Rect {
            width: at.width.min(*wide),
            ..at
        };
        pen.put(own, area.y, Role::Dim, &text);
        at = beside(at, wide + GAP);
    }
}

/// Which columns are shown, and how wide.
fn fit(state: &State, page: &TablePage, columns: &[Column], room: u16) -> Vec<(usize, u16)> {
    let scoped = matches!(state.scope, Scope::One(_)) && page.place.is_namespaced();
    let of_one = matches!(page.place, Place::EndpointsOf(_));
    let hidden = |column: &Column, widest: u16| {
        (of_one && matches!(column.id, "namespace" | "service"))
            || (scoped && column.id == "namespace")
            || (page.is_home() && column.id == "code")
            || (widest == 0 && column.rank > 0)
    };
    let natural = |at: usize, column: &Column| {
        let widest = page.widths.get(at).copied().unwrap_or(0);
        if hidden(column, widest) {
            return None;
        }
        let title = u16::try_from(width(column.title)).unwrap_or(0);
        let sorted = u16::from(page.sort.is_some_and(|sort| sort.column == Some(column.id)));
        let most = if state.show.wide { u16::MAX } else { USUAL };
        Some((at, widest.min(most).max(title + sorted)))
    };
    let room = room.saturating_sub(MARGIN);
    let mut kept: Vec<(usize, u16)> = columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| natural(at, column))
        .collect();
    let rank = |at: usize| {
        columns
            .get(at)
            .map_or(0, |column| rank(column, &page.place))
    };
    let least = |at: usize| {
        let column = columns.get(at);
        column.map_or(4, |column| least(column, page.is_home()))
    };
    loop {
        let fitted = squeezed(&kept, room, &least);
        if total(&fitted) <= room {
            return fitted;
        }
        let ranks = kept.iter().map(|(at, _)| rank(*at));
        let worst = ranks.max().unwrap_or(0);
        if worst <= 1 {
            let tight = squeezed(&kept, room, &|_| TIGHT);
            if worst == 0 || total(&tight) <= room {
                return squeezed(&tight, room, &|_| 4);
            }
        }
        kept.retain(|(at, _)| rank(*at) < worst);
    }
}

fn total(columns: &[(usize, u16)]) -> u16 {
    let cells: u16 = columns
        .iter()
        .fold(0, |sum, (_, wide)| sum.saturating_add(*wide));
    let gaps = u16::try_from(columns.len().saturating_sub(1)).unwrap_or(0);
    cells.saturating_add(gaps.saturating_mul(GAP))
}

/// How readily a column is dropped: why something fails stays as long as it can.
fn rank(column: &Column, place: &Place) -> u8 {
    match (column.id, place) {
        ("reason", _) | ("pod", Place::EndpointsOf(_)) => column.rank.min(1),
        _ => column.rank,
    }
}

/// The width to which a column is cut before others are dropped: what says what is wrong has to be read.
fn least(column: &Column, beside: bool) -> u16 {
    match column.id {
        "says" | "title" | "message" | "reason" | "status" | "error" if !beside => 34,
        "name" | "object" | "pod" | "host" | "target" | "why" if !beside => 22,
        "title" => 16,
        _ => 14,
    }
}

/// The columns with most to spare are cut first, none below its least width.
fn squeezed(
    columns: &[(usize, u16)],
    room: u16,
    least: &impl Fn(usize) -> u16,
) -> Vec<(usize, u16)> {
    let mut columns = columns.to_vec();
    loop {
        let over = total(&columns).saturating_sub(room);
        let spare = columns
            .iter_mut()
            .max_by_key(|(at, wide)| wide.saturating_sub(least(*at)));
        match spare {
            Some((at, wide)) if over > 0 && *wide > least(*at) => {
                let step = over.div_ceil(8).max(1);
                *wide = wide.saturating_sub(step).max(least(*at));
            }
            _ => return columns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_column_gives_first() {
        let cut = squeezed(&[(0, 10), (1, 40), (2, 30)], 60, &|_| 14);
        assert!(total(&cut) <= 60);
        assert_eq!(cut[0], (0, 10));
        assert!(cut[1].1 >= 14 && cut[2].1 >= 14);
    }

    #[test]
    fn nothing_is_cut_below_its_least() {
        let cut = squeezed(&[(0, 40), (1, 40)], 5, &|_| 14);
        assert_eq!(cut, [(0, 14), (1, 14)]);
    }
}
