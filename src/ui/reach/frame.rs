//! Where the parts of the map stand: asked by drawing and by moving alike.
//!
//! ```text
//!  title
//!  notes
//!  head                │ detail (beneath where it is narrow)
//!  label   cells       │
//! ```

use super::{ReachPage, short};
use crate::output::width::width;
use crate::ui::view::pen::{below, beside};
use ratatui::layout::Rect;

/// The parts; each may be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The line with the title.
    pub title: Rect,
    /// What must be known before the map is read.
    pub notes: Rect,
    /// The headings of the columns.
    pub head: Rect,
    /// The rows, with their labels.
    pub rows: Rect,
    /// The line between the rows and the detail.
    pub border: Rect,
    /// Why the cell is as it is.
    pub detail: Rect,
    /// Cells of a label, with the number before it.
    pub label: u16,
    /// Cells of a column.
    pub cell: u16,
    /// How many columns are shown.
    pub columns: usize,
}

/// The narrowest screen on which the reason stands beside the rows.
const SIDE_BY_SIDE: u16 = 110;

/// The lowest screen on which the names of columns are written down them.
const UPRIGHT: u16 = 34;

/// Letters of a name written downwards.
const LETTERS: u16 = 12;

/// Cells of a number and the blank behind it.
pub const NUMBER: u16 = 5;

/// Cells of a column of the grid.
const CELL: u16 = 3;

/// The parts of a page.
pub fn frame(page: &ReachPage, body: Rect) -> Frame {
    let map = &page.map;
    let title = first(body, 1);
    let rest = below(body, 1);
    let room = usize::from(rest.width.saturating_sub(2)).max(1);
    let noted: usize = map
        .notes
        .iter()
        .map(|note| width(&note.plain()).div_ceil(room))
        .sum();
    let most = if map.rows.is_empty() {
        rest.height
    } else {
        (rest.height / 4).min(4)
    };
    let noted = u16::try_from(noted).unwrap_or(u16::MAX).min(most);
    let notes = first(rest, noted);
    let rest = below(rest, noted);
    if map.rows.is_empty() || map.columns() == 0 {
        return Frame {
            title,
            notes,
            ..Frame::default()
        };
    }
    let (grid, border, detail) = split(rest);
    let numbered = if map.focus.is_some() { 0 } else { NUMBER };
    let longest = map.rows.iter().map(|name| width(&short(name))).max();
    let longest = u16::try_from(longest.unwrap_or(0)).unwrap_or(u16::MAX);
    let label = longest
        .saturating_add(numbered + 1)
        .min(grid.width * 2 / 5)
        .max(8.min(grid.width));
    let upright = map.focus.is_none() && body.height >= UPRIGHT;
    let head = if upright { 1 + LETTERS } else { 1 };
    let across = grid.width.saturating_sub(label);
    let (cell, columns) = if map.focus.is_some() {
        (across / 2, 2)
    } else {
        (CELL, usize::from(across / CELL))
    };
    Frame {
        title,
        notes,
        head: first(grid, head),
        rows: below(grid, head),
        border,
        detail,
        label,
        cell,
        columns,
    }
}

fn first(area: Rect, lines: u16) -> Rect {
    Rect::new(area.x, area.y, area.width, lines.min(area.height))
}

/// The grid, a line, the reason.
fn split(rest: Rect) -> (Rect, Rect, Rect) {
    if rest.width >= SIDE_BY_SIDE && rest.height >= 6 {
        let left = rest.width * 11 / 20;
        let grid = Rect::new(rest.x, rest.y, left, rest.height);
        let line = Rect::new(rest.x + left, rest.y, 1, rest.height);
        return (grid, line, beside(rest, left + 1));
    }
    if rest.height >= 10 {
        let detail = (rest.height * 2 / 5).max(4);
        let grid = rest.height - detail - 1;
        let line = Rect::new(rest.x, rest.y + grid, rest.width, 1);
        return (first(rest, grid), line, below(rest, grid + 1));
    }
    (rest, Rect::default(), Rect::default())
}
