//! What lies over a page.

use crate::output::width::{pad, width};
use crate::ui::dialog::{Field, Menu, Overlay, TraceDialog};
use crate::ui::input::Input;
use crate::ui::rich::Line;
use crate::ui::state::State;
use crate::ui::table::forwards::target_words;
use crate::ui::theme::Role;
use crate::ui::view::help;
use crate::ui::view::launch;
use crate::ui::view::pen::{Pen, beside, centred};
use crate::ui::view::wrap::wrap;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Draws what lies over a page.
pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, overlay: &Overlay) {
    match overlay {
        Overlay::Help { offset } => pages(pen, area, "Keys", &help::lines(state), *offset),
        Overlay::Explain {
            title,
            lines,
            offset,
        } => pages(pen, area, title, lines, *offset),
        Overlay::Menu(menu) => draw_menu(pen, area, menu),
        Overlay::Forward(dialog) => launch::draw(pen, area, dialog),
        Overlay::Trace(dialog) => draw_trace(pen, area, dialog),
        Overlay::Quit => {
            let alive = state.forwards.iter();
            let mut lines: Vec<Line> = vec![Line::of(Role::Text, "These forwards would stop:")];
            lines.extend(alive.map(|row| {
                Line::of(Role::Dim, format!("  {} → ", row.local))
                    .and(Role::Strong, target_words(row))
            }));
            ask(pen, area, "Quit?", &lines, "quit and stop them");
        }
        Overlay::StopForwards(ids) => {
            let wanted = state.forwards.iter().filter(|row| ids.contains(&row.id));
            let lines = wanted.map(|row| {
                Line::of(Role::Dim, format!("  {} → ", row.local))
                    .and(Role::Strong, target_words(row))
            });
            ask(pen, area, "Stop?", &lines.collect::<Vec<_>>(), "stop");
        }
    }
}

/// A long text in a box.
fn pages(pen: &mut Pen<'_>, area: Rect, title: &str, lines: &[Line], offset: usize) {
    let wide = area.width.saturating_sub(4).min(96);
    let rows: Vec<Line> = lines
        .iter()
        .flat_map(|line| wrap(line, wide.saturating_sub(4)))
        .collect();
    let tall = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX);
    let place = centred(area, wide, tall.min(area.height.saturating_sub(2).max(3)));
    let inner = pen.boxed(place, title);
    let top = offset.min(rows.len().saturating_sub(usize::from(inner.height)));
    for (y, row) in (inner.top()..inner.bottom()).zip(rows.iter().skip(top)) {
        pen.line(inner, y, row);
    }
    let below = rows.len().saturating_sub(top + usize::from(inner.height));
    if below > 0 && place.height >= 3 && place.width >= 20 {
        let words = format!(" {below} more ↓ ");
        let mut edge = place;
        edge.width = edge.width.saturating_sub(2);
        pen.put_right(edge, place.bottom() - 1, Role::Dim, &words);
    }
}

fn draw_menu(pen: &mut Pen<'_>, area: Rect, menu: &Menu) {
    let label = menu
        .items
        .iter()
        .map(|item| width(&item.label))
        .max()
        .unwrap_or(0);
    let detail = menu
        .items
        .iter()
        .map(|item| width(&item.detail))
        .max()
        .unwrap_or(0);
    let wide = u16::try_from(label + detail + 10).unwrap_or(u16::MAX);
    let tall = u16::try_from(menu.items.len() + 2).unwrap_or(u16::MAX);
    let place = centred(
        area,
        wide.clamp(30, area.width.saturating_sub(4).max(30)),
        tall.min(area.height.saturating_sub(2).max(3)),
    );
    let inner = pen.boxed(place, &menu.title);
    let height = usize::from(inner.height.max(1));
    let top = (menu.at + 1).saturating_sub(height);
    let shown = menu.items.iter().enumerate().skip(top);
    for (y, (at, item)) in (inner.top()..inner.bottom()).zip(shown) {
        let words = pad(&item.label, label);
        let used = pen.put_clipped(beside(inner, 1), y, Role::Strong, &words);
        let detail = item.detail.replace('\n', " ");
        pen.put_clipped(beside(inner, used + 3), y, Role::Dim, &detail);
        if at == menu.at {
            pen.select(inner, y);
            pen.put(inner, y, Role::Key, "▌");
        }
    }
}

pub(super) fn hints(pen: &mut Pen<'_>, area: Rect, y: u16, keys: &[(&str, &str)]) {
    let mut at = area;
    for (key, words) in keys {
        let used = pen.put(at, y, Role::Key, key);
        let used = used + 1 + pen.put(beside(at, used + 1), y, Role::Dim, words);
        at = beside(at, used + 2);
    }
}

fn draw_trace(pen: &mut Pen<'_>, area: Rect, dialog: &TraceDialog) {
    let place = centred(area, area.width.saturating_sub(4).min(84), 9);
    let inner = pen.boxed(place, "Follow a request");
    field(
        pen,
        inner,
        0,
        ("from", &dialog.from),
        dialog.field == Field::From,
    );
    field(pen, inner, 1, ("to", &dialog.to), dialog.field == Field::To);
    let help = match dialog.field {
        Field::From => "shop/deploy/web · shop/pod/web-1 · node/n1 · 10.1.2.3 · internet",
        Field::To => "shop/svc/cart:80 · shop/pod/db-0:5432 · https://shop.example.com/cart",
    };
    pen.put_clipped(inner, inner.y.saturating_add(3), Role::Dim, help);
    if let Some(defect) = &dialog.defect {
        pen.put_clipped(inner, inner.y.saturating_add(4), Role::Fail, defect);
    }
    let last = inner.bottom().saturating_sub(1);
    hints(
        pen,
        inner,
        last,
        &[
            ("enter", "follow"),
            ("tab", "other field"),
            ("esc", "close"),
        ],
    );
}

fn field(pen: &mut Pen<'_>, inner: Rect, row: u16, (name, input): (&str, &Input), active: bool) {
    let y = inner.y.saturating_add(row);
    let role = if active { Role::Key } else { Role::Dim };
    pen.put(inner, y, role, name);
    let line = beside(inner, 6);
    let before = input.before();
    let hidden = before
        .width()
        .saturating_sub(usize::from(line.width).saturating_sub(1));
    let text: String = input.text().chars().skip(hidden).collect();
    pen.put(line, y, Role::Input, &text);
    if active {
        let x = u16::try_from(before.width() - hidden).unwrap_or(0);
        pen.cursor(line, line.x.saturating_add(x), y);
    }
}

/// A question with yes and no.
fn ask(pen: &mut Pen<'_>, area: Rect, title: &str, lines: &[Line], yes: &str) {
    let widest = lines
        .iter()
        .map(|line| line.plain().width())
        .max()
        .unwrap_or(0);
    let wide = u16::try_from(widest + 6).unwrap_or(u16::MAX).clamp(40, 90);
    let tall = u16::try_from(lines.len() + 4).unwrap_or(u16::MAX);
    let place = centred(area, wide, tall.min(area.height));
    let inner = pen.boxed(place, title);
    for (y, line) in (inner.top()..inner.bottom().saturating_sub(1)).zip(lines) {
        pen.line(inner, y, line);
    }
    let last = inner.bottom().saturating_sub(1);
    hints(pen, inner, last, &[("enter", yes), ("esc", "no")]);
}
