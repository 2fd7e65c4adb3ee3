//! Drawing: the state as cells. Changes nothing, and is total at every size.

mod empty;
mod footer;
mod header;
mod help;
mod launch;
mod log;
mod overlay;
mod path;
pub mod pen;
mod reach;
mod table;
mod text;
pub mod wrap;

use crate::ui::layout;
use crate::ui::page::{Page, TablePage};
use crate::ui::state::State;
use crate::ui::theme::{Role, Theme};
use pen::Pen;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the state into an area.
pub fn view(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let pen = &mut Pen::new(*theme, buffer);
    pen.clear(area);
    let parts = layout::parts(state, area);
    header::draw(pen, parts.header, state);
    match &state.page {
        Page::Table(table) if table.is_home() => home(pen, parts.body, state, table),
        Page::Table(page) => table::draw(pen, parts.body, state, page),
        Page::Path(page) => path::draw(pen, parts.body, page),
        Page::Text(page) => text::draw(pen, parts.body, page),
        Page::Reach(page) => reach::draw(pen, parts.body, page),
        Page::Log(page) => log::draw(pen, parts.body, state, page),
    }
    footer::strip(pen, parts.strip, state);
    footer::draw(pen, parts.footer, state);
    if let Some(open) = &state.overlay {
        overlay::draw(pen, area, state, open);
    }
}

/// Problems at the left, the selected one's path at the right; beneath each other where it is narrow.
fn home(pen: &mut Pen<'_>, body: Rect, state: &State, page: &TablePage) {
    if page.rows.is_empty() && page.filter.is_none() {
        table::title(pen, body, state, page);
        let rest = pen::below(body, 1);
        empty::home(pen, rest, state);
        return;
    }
    let halves = layout::halves(body);
    table::draw(pen, halves.list, state, page);
    if halves.border.width == 1 {
        for y in halves.border.top()..halves.border.bottom() {
            pen.put(halves.border, y, Role::Border, "│");
        }
    } else if halves.border.height == 1 {
        let line = "─".repeat(usize::from(halves.border.width));
        pen.put(halves.border, halves.border.y, Role::Border, &line);
    }
    if let Some(detail) = &page.detail
        && !halves.detail.is_empty()
    {
        path::detail(pen, halves.detail, detail, page.focus);
    }
}
