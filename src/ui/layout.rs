//! Where things stand on the screen: asked by drawing and by moving alike.

use crate::ui::page::Page;
use crate::ui::reach::frame::frame;
use crate::ui::state::State;
use ratatui::layout::Rect;

/// The parts of the screen; each may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The line at the top.
    pub header: Rect,
    /// The page.
    pub body: Rect,
    /// The line of forwards.
    pub strip: Rect,
    /// The line at the bottom.
    pub footer: Rect,
}

/// The parts of home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halves {
    /// The list.
    pub list: Rect,
    /// The line between, upright or lying; empty where there is one half only.
    pub border: Rect,
    /// What is said of the selected row.
    pub detail: Rect,
}

/// Lines that stand above the rows of a table: its title and its headings.
pub const TABLE_HEAD: u16 = 2;

/// Lines that stand above a path or a text: its title.
pub const TITLE: u16 = 1;

/// The narrowest screen on which two panes stand side by side.
const SIDE_BY_SIDE: u16 = 96;

/// The parts of a screen.
pub fn parts(state: &State, area: Rect) -> Parts {
    let full = state.show.full && matches!(state.page, Page::Text(_) | Page::Log(_));
    let header = u16::from(!full && state.show.header && area.height >= 4);
    let footer = u16::from(area.height >= 2 && (!full || state.prompt.is_some()));
    let strip = u16::from(!full && !state.forwards.is_empty() && area.height >= 10);
    let body = area
        .height
        .saturating_sub(header)
        .saturating_sub(footer)
        .saturating_sub(strip);
    let row = |y: u16, height: u16| Rect::new(area.x, area.y + y, area.width, height);
    Parts {
        header: row(0, header),
        body: row(header, body),
        strip: row(header + body, strip),
        footer: row(header + body + strip, footer),
    }
}

/// The halves of home.
pub fn halves(body: Rect) -> Halves {
    let none = Rect::new(body.x, body.y, 0, 0);
    if body.width >= SIDE_BY_SIDE && body.height >= 4 {
        let list = (body.width * 9 / 20).clamp(46, 84);
        let rest = body.width - list - 1;
        return Halves {
            list: Rect::new(body.x, body.y, list, body.height),
            border: Rect::new(body.x + list, body.y, 1, body.height),
            detail: Rect::new(body.x + list + 1, body.y, rest, body.height),
        };
    }
    if body.height >= 12 {
        let list = (body.height * 2 / 5).max(5);
        let rest = body.height - list - 1;
        return Halves {
            list: Rect::new(body.x, body.y, body.width, list),
            border: Rect::new(body.x, body.y + list, body.width, 1),
            detail: Rect::new(body.x, body.y + list + 1, body.width, rest),
        };
    }
    Halves {
        list: body,
        border: none,
        detail: none,
    }
}

/// Where the current page stands.
pub fn body(state: &State) -> Rect {
    let (width, height) = state.size;
    parts(state, Rect::new(0, 0, width, height)).body
}

/// How many rows or lines of the current page are on the screen; at least one.
pub fn page_height(state: &State) -> usize {
    let body = body(state);
    let lines = match &state.page {
        Page::Table(table) if table.is_home() => {
            halves(body).list.height.saturating_sub(TABLE_HEAD)
        }
        Page::Table(_) => body.height.saturating_sub(TABLE_HEAD),
        Page::Reach(page) => frame(page, body).rows.height,
        Page::Path(_) | Page::Text(_) | Page::Log(_) => body.height.saturating_sub(TITLE),
    };
    usize::from(lines).max(1)
}
