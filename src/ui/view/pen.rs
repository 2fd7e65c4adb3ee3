//! The one way in which text gets onto the screen: made visible, spelt in the character set, clipped.

use crate::model::text::visible;
use crate::output::width::clip;
use crate::ui::rich::Line;
use crate::ui::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Writes cells.
#[derive(Debug)]
pub struct Pen<'b> {
    /// How meaning is shown.
    pub theme: Theme,
    buffer: &'b mut Buffer,
}

/// What is left of an area under its first lines.
pub fn below(area: Rect, lines: u16) -> Rect {
    let lines = lines.min(area.height);
    Rect::new(area.x, area.y + lines, area.width, area.height - lines)
}

/// What is left of an area beside its first columns.
pub fn beside(area: Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    Rect::new(area.x + columns, area.y, area.width - columns, area.height)
}

impl<'b> Pen<'b> {
    /// A pen for a buffer.
    pub fn new(theme: Theme, buffer: &'b mut Buffer) -> Self {
        Self { theme, buffer }
    }

    /// Blanks an area.
    pub fn clear(&mut self, area: Rect) {
        for position in area.intersection(self.buffer.area).positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
            }
        }
    }

    /// Writes a text at the left of a line of an area; returns how many cells it took.
    pub fn put(&mut self, area: Rect, y: u16, role: Role, text: &str) -> u16 {
        let area = area.intersection(self.buffer.area);
        if area.is_empty() || y < area.top() || y >= area.bottom() {
            return 0;
        }
        let safe = visible(text);
        let shown = self.theme.spell(&safe);
        let style = self.theme.style(role);
        let room = usize::from(area.width);
        let (end, _) = self.buffer.set_stringn(area.x, y, &shown, room, style);
        end.saturating_sub(area.x)
    }

    /// The same, cut with an ellipsis where it is too long.
    pub fn put_clipped(&mut self, area: Rect, y: u16, role: Role, text: &str) -> u16 {
        let safe = visible(text);
        if safe.width() <= usize::from(area.width) {
            return self.put(area, y, role, &safe);
        }
        let cut = clip(&safe, usize::from(area.width));
        self.put(area, y, role, &cut)
    }

    /// Writes a text at the right of a line of an area; returns how many cells it took.
    pub fn put_right(&mut self, area: Rect, y: u16, role: Role, text: &str) -> u16 {
        let width = u16::try_from(visible(text).width()).unwrap_or(u16::MAX);
        let width = width.min(area.width);
        self.put_clipped(beside(area, area.width - width), y, role, text)
    }

    /// Writes a line of several pieces; what does not fit is cut.
    pub fn line(&mut self, area: Rect, y: u16, line: &Line) -> u16 {
        let mut used = 0;
        for (at, span) in line.spans.iter().enumerate() {
            let rest = beside(area, used);
            if rest.is_empty() {
                break;
            }
            used += if at + 1 == line.spans.len() {
                self.put_clipped(rest, y, span.role, &span.text)
            } else {
                self.put(rest, y, span.role, &span.text)
            };
        }
        used
    }

    /// Marks a line of an area as the selected one.
    pub fn select(&mut self, area: Rect, y: u16) {
        let row = Rect::new(area.x, y, area.width, 1).intersection(area);
        for position in row.intersection(self.buffer.area).positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                let style = self.theme.selected(cell.style());
                cell.set_style(style);
            }
        }
    }

    /// Turns the colours of one cell round: the cursor.
    pub fn cursor(&mut self, area: Rect, x: u16, y: u16) {
        let inside = x >= area.left() && x < area.right() && y >= area.top() && y < area.bottom();
        if inside && let Some(cell) = self.buffer.cell_mut((x, y)) {
            let style = cell.style();
            cell.set_style(style.add_modifier(ratatui::style::Modifier::REVERSED));
        }
    }

    /// Draws a box with a title over an area and returns what is inside.
    pub fn boxed(&mut self, area: Rect, title: &str) -> Rect {
        let area = area.intersection(self.buffer.area);
        self.clear(area);
        if area.width < 4 || area.height < 3 {
            return area;
        }
        let bar = "─".repeat(usize::from(area.width) - 2);
        let last = area.bottom() - 1;
        self.put(area, area.y, Role::Border, &format!("┌{bar}┐"));
        self.put(area, last, Role::Border, &format!("└{bar}┘"));
        for y in area.y + 1..last {
            self.put(area, y, Role::Border, "│");
            self.put(beside(area, area.width - 1), y, Role::Border, "│");
        }
        let top = Rect::new(area.x + 2, area.y, area.width - 4, 1);
        self.put_clipped(top, area.y, Role::Title, &format!(" {title} "));
        Rect::new(area.x + 2, area.y + 1, area.width - 4, area.height - 2)
    }
}

/// An area of this size in the middle of another.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 2;
    Rect::new(x, y, width, height)
}
