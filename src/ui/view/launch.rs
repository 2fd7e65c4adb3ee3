//! ```text
//!  ┌─ Forward shop/svc/cart ────────────────────────────────────────┐
//!  │     LOCAL    PORT                                              │
//!  │ ▌   8080     → http 80 → 8080                                  │
//!  │   ◆ 9191     → metrics 9090  suggested by k9s                  │
//!  │     on 127.0.0.1                                               │
//!  │ 8080 is in use by nginx (process 12); 8081 is free             │
//!  │ enter start  space several  a address  o browser  c copy URL   │
//!  └────────────────────────────────────────────────────────────────┘
//! ```

use crate::forward::right::Right;
use crate::model::kind::Kind;
use crate::output::width::{clip, pad};
use crate::ui::dialog::{ForwardDialog, PortLine};
use crate::ui::rich::Line;
use crate::ui::table::forwards::short;
use crate::ui::theme::Role;
use crate::ui::view::overlay::hints;
use crate::ui::view::pen::{Pen, beside, centred};
use crate::ui::view::wrap::wrap;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// The widest it becomes.
const WIDEST: u16 = 78;

/// Draws the dialog.
pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, dialog: &ForwardDialog) {
    let title = format!("Forward {}", short(&dialog.object));
    let wide = area.width.saturating_sub(4).min(WIDEST);
    let said: Vec<Line> = remarks(dialog)
        .iter()
        .flat_map(|line| wrap(line, wide.saturating_sub(4)))
        .collect();
    let ports = u16::try_from(dialog.ports.len()).unwrap_or(u16::MAX);
    let lines = u16::try_from(said.len()).unwrap_or(u16::MAX);
    let keys = keys(dialog, wide.saturating_sub(4));
    let below = u16::try_from(keys.len()).unwrap_or(u16::MAX);
    // The frame, the heading, the address, and an empty line before the keys.
    let fixed = 5_u16.saturating_add(below);
    let tall = ports.saturating_add(lines).saturating_add(fixed);
    let place = centred(area, wide, tall);
    let inner = pen.boxed(place, &title);
    pen.put(inner, inner.y, Role::Dim, "    LOCAL    PORT");
    // What is said comes before ports that do not fit.
    let room = place.height.saturating_sub(lines).saturating_sub(fixed);
    let rows = room.clamp(1, ports.max(1));
    let first = inner.y.saturating_add(1);
    draw_ports(pen, inner, (first, rows), dialog);
    let mut y = first.saturating_add(rows);
    draw_address(pen, inner, y, dialog);
    for line in &said {
        y = y.saturating_add(1);
        pen.line(inner, y, line);
    }
    let mut y = inner.bottom().saturating_sub(below);
    for row in &keys {
        hints(pen, inner, y, row);
        y = y.saturating_add(1);
    }
}

fn draw_ports(pen: &mut Pen<'_>, inner: Rect, (first, rows): (u16, u16), dialog: &ForwardDialog) {
    let last = dialog.ports.len().saturating_sub(1);
    let top = (dialog.at.min(last) + 1).saturating_sub(usize::from(rows));
    let shown = dialog.ports.iter().enumerate().skip(top);
    for (y, (at, port)) in (first..first.saturating_add(rows)).zip(shown) {
        let tick = if port.ticked { "◆" } else { " " };
        pen.put(beside(inner, 2), y, Role::Marked, tick);
        let typed = port.local.text();
        let local = if typed.is_empty() { "any" } else { &typed };
        pen.put(beside(inner, 4), y, Role::Input, &pad(&clip(local, 7), 7));
        let line = Line::of(Role::Text, format!("→ {}", port.offer.mapping))
            .and(Role::Dim, origin(dialog, port));
        pen.line(beside(inner, 13), y, &line);
        if at == dialog.at {
            pen.select(inner, y);
            pen.put(inner, y, Role::Key, "▌");
            let x = u16::try_from(port.local.before().width()).unwrap_or(0);
            pen.cursor(inner, inner.x.saturating_add(4 + x.min(7)), y);
        } else if at == dialog.meant() {
            pen.put(inner, y, Role::Dim, "▌");
        }
    }
}

/// Where a line comes from, as far as that is not the object itself.
fn origin(dialog: &ForwardDialog, port: &PortLine) -> String {
    let mut words = String::new();
    if port.offer.target.object != dialog.object {
        let object = &port.offer.target.object;
        let past = if object.kind == Kind::Service {
            ""
        } else {
            "past the Service: "
        };
        words = format!("  {past}{}", short(object));
    }
    if let Some(by) = port.offer.by {
        words = format!("{words}  suggested for {}", by.word());
    }
    if port.as_before {
        words.push_str("  as last time");
    }
    words
}

fn draw_address(pen: &mut Pen<'_>, inner: Rect, y: u16, dialog: &ForwardDialog) {
    let used = pen.put(beside(inner, 4), y, Role::Dim, "on ");
    let field = beside(inner, 4 + used);
    pen.put_clipped(field, y, Role::Input, &dialog.address.text());
    if dialog.is_at_address() {
        pen.select(inner, y);
        pen.put(inner, y, Role::Key, "▌");
        let x = u16::try_from(dialog.address.before().width()).unwrap_or(0);
        pen.cursor(inner, field.x.saturating_add(x), y);
    }
}

/// What a person should know before Enter, the gravest first, each sentence once.
fn remarks(dialog: &ForwardDialog) -> Vec<Line> {
    let mut said: Vec<(Role, String)> = Vec::new();
    let mut add = |role, words: &str| {
        if !words.is_empty() && !said.iter().any(|(_, known)| known == words) {
            said.push((role, words.to_owned()));
        }
    };
    add(Role::Fail, dialog.defect.as_deref().unwrap_or_default());
    if let Some(right) = &dialog.right {
        let role = match right {
            Right::Missing(_) => Role::Fail,
            Right::Doubtful(_) => Role::Warning,
            Right::Given | Right::NotKnown(_) => Role::Unknown,
        };
        add(role, right.words().unwrap_or_default());
    }
    match dialog.listen() {
        Ok(address) if !address.is_loopback() => {
            let words =
                "This is no loopback address: others on the network can use the forward, as you.";
            add(Role::Warning, words);
        }
        Ok(_) => {}
        Err(why) => add(Role::Fail, &why),
    }
    for port in &dialog.ports {
        add(Role::Dim, &port.remark);
    }
    said.into_iter()
        .map(|(role, words)| Line::of(role, words))
        .collect()
}

const KEYS: &[(&str, &str)] = &[
    ("enter", "start"),
    ("space", "several"),
    ("0-9", "local port"),
    ("a", "address"),
    ("o", "browser"),
    ("c", "copy URL"),
    ("esc", "close"),
];

const ADDRESS_KEYS: &[(&str, &str)] = &[
    ("enter", "start"),
    ("tab", "ports"),
    ("ctrl-u", "clear"),
    ("esc", "close"),
];

/// The keys, in as many rows as they need.
fn keys(dialog: &ForwardDialog, width: u16) -> Vec<Vec<(&'static str, &'static str)>> {
    let all = if dialog.is_at_address() {
        ADDRESS_KEYS
    } else {
        KEYS
    };
    let mut rows: Vec<Vec<_>> = vec![Vec::new()];
    let mut used = 0;
    for (key, words) in all {
        let wide = key.width() + words.width() + 3;
        if used + wide > usize::from(width) + 2 && used > 0 {
            rows.push(Vec::new());
            used = 0;
        }
        used += wide;
        if let Some(row) = rows.last_mut() {
            row.push((*key, *words));
        }
    }
    rows
}
