//! ```text
//!  GET https://shop.example.com/cart                          ✗ 503 fails at endpoints
//!  ┌ ✓ entry      Ingress shop/web, class nginx
//!  ├ ✗ endpoints  0 of 3 ready                                SVC003
//!  │     ✗ cart-7d9f-9qz  CrashLoopBackOff  exit 1 ×12
//!  └ · pod        not reached
//! ```

use crate::output::glyph::{Charset, Mark};
use crate::output::path::{self, Line as Hop, Rail};
use crate::trace::end::From;
use crate::trace::path::Path;
use crate::ui::describe;
use crate::ui::page::{Pane, PathPage};
use crate::ui::paths::Subject;
use crate::ui::rich::{Line, Span};
use crate::ui::table::role_of_mark;
use crate::ui::theme::Role;
use crate::ui::view::pen::{Pen, below, beside};
use crate::ui::view::wrap::wrap;
use ratatui::layout::Rect;

/// Cells of a stage's name.
const STAGE: usize = 10;

/// A drawn line, and which line of the path it belongs to.
struct Drawn {
    of: Option<usize>,
    line: Line,
    codes: &'static [&'static str],
}

/// Draws a path as a page.
pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, page: &PathPage) {
    heading(pen, area, page);
    body(pen, below(area, 1), page, true);
}

/// Draws a path beside the list of problems: what is broken, then its path.
pub(super) fn detail(pen: &mut Pen<'_>, area: Rect, page: &PathPage, focus: Pane) {
    let inner = beside(area, 1);
    if let Some(finding) = &page.finding {
        let code = finding.id.code;
        pen.put_right(inner, area.y, Role::Link, &format!("{code} "));
        let mut left = inner;
        left.width = left.width.saturating_sub(9);
        let words = Line::of(Role::Strong, finding.id.subject.short())
            .and(Role::Text, format!("  {}", finding.title));
        pen.line(left, area.y, &words);
    }
    let rest = below(area, 1);
    heading(pen, rest, page);
    body(pen, below(rest, 1), page, focus == Pane::Detail);
}

fn heading(pen: &mut Pen<'_>, area: Rect, page: &PathPage) {
    if area.is_empty() {
        return;
    }
    let Some(path) = &page.path else {
        pen.put_clipped(beside(area, 1), area.y, Role::Title, &page.subject.title());
        return;
    };
    let head = path::heading(path);
    let outcome = format!("{} {} ", head.mark.glyph(Charset::Unicode), head.outcome);
    let used = pen.put_right(area, area.y, role_of_mark(head.mark), &outcome);
    let mut left = beside(area, 1);
    left.width = left.width.saturating_sub(used + 2);
    let anyone = matches!(&path.from, From::Workload(key) if key.name == "any");
    let named = matches!(page.subject, Subject::Request(..));
    let request = if anyone || !named {
        // Who asks was not said: only what is asked for matters.
        match &path.to {
            crate::trace::end::To::Url(url) => format!("{} {url}", url.method),
            to => to.to_string(),
        }
    } else {
        head.request
    };
    pen.put_clipped(left, area.y, Role::Title, &request);
}

fn body(pen: &mut Pen<'_>, area: Rect, page: &PathPage, active: bool) {
    if area.is_empty() {
        return;
    }
    let drawn = drawn(page, area.width);
    let height = usize::from(area.height);
    let chosen = page.position();
    let mut top = page.offset.min(drawn.len().saturating_sub(height));
    if let Some(at) = chosen
        && let Some(last) = drawn.iter().rposition(|one| one.of == Some(at))
        && active
    {
        top = top.max((last + 1).saturating_sub(height));
    }
    for (y, one) in (area.top()..area.bottom()).zip(drawn.iter().skip(top)) {
        pen.line(beside(area, 1), y, &one.line);
        if !one.codes.is_empty() {
            let codes = format!(" {} ", one.codes.join(" "));
            pen.put_right(area, y, Role::Link, &codes);
        }
        if active && one.of.is_some() && one.of == chosen {
            pen.select(area, y);
            pen.put(area, y, Role::Key, "▌");
        }
    }
}

fn drawn(page: &PathPage, width: u16) -> Vec<Drawn> {
    let room = width.saturating_sub(2);
    let mut all: Vec<Drawn> = Vec::new();
    for (at, hop) in page.lines.iter().enumerate() {
        let codes_room = if hop.codes.is_empty() { 0 } else { 9 };
        let rows = wrap(&hop_line(hop), room.saturating_sub(codes_room));
        for (nth, mut line) in rows.into_iter().enumerate() {
            if nth > 0 {
                railed(&mut line, hop.rail);
            }
            let codes = if nth == 0 { hop.codes } else { &[] };
            all.push(Drawn {
                of: Some(at),
                line,
                codes,
            });
        }
    }
    let plain = |line| Drawn {
        of: None,
        line,
        codes: &[],
    };
    let deciding = page.path.as_ref().and_then(Path::deciding_hop);
    if let Some(addition) = deciding.and_then(|hop| hop.addition.as_ref()) {
        all.push(plain(Line::new()));
        let words = "To admit it, apply (shift-c copies it):";
        all.push(plain(Line::of(Role::Title, words)));
        for line in addition.lines() {
            let indent = line.len() - line.trim_start_matches([' ', '-']).len();
            let hang = u16::try_from(indent + 4).unwrap_or(4);
            let line = Line::of(Role::Text, format!("  {line}")).hang(hang);
            all.extend(wrap(&line, room).into_iter().map(plain));
        }
    }
    if let Some(finding) = &page.finding {
        if !all.is_empty() {
            all.push(plain(Line::new()));
        }
        for line in describe::remedy_lines(finding) {
            all.extend(wrap(&line, room).into_iter().map(plain));
        }
    } else if all.is_empty() {
        let words = "No request leads here, or what it leads through is gone.";
        all.push(plain(Line::of(Role::Dim, words)));
    }
    all
}

fn hop_line(hop: &Hop) -> Line {
    let mark = hop.mark.unwrap_or(Mark::Quiet);
    let glyph = hop.mark.map_or(" ", |mark| mark.glyph(Charset::Unicode));
    let words = match mark {
        Mark::Quiet => Role::Dim,
        Mark::Fail | Mark::Warning if hop.stage.is_empty() => Role::Text,
        Mark::Fail => Role::Strong,
        _ => Role::Text,
    };
    let line = Line::of(Role::Border, format!("{} ", hop.rail.glyph()));
    if hop.stage.is_empty() {
        return line
            .and(Role::Border, "    ")
            .and(role_of_mark(mark), format!("{glyph} "))
            .and(words, hop.text.as_str())
            .hang(8);
    }
    line.and(role_of_mark(mark), format!("{glyph} "))
        .and(Role::Dim, format!("{:<STAGE$} ", hop.stage))
        .and(words, hop.text.as_str())
        .hang(15)
}

/// The rail goes on beside a line that continues another.
fn railed(line: &mut Line, rail: Rail) {
    if matches!(rail, Rail::Last | Rail::None) {
        return;
    }
    let indented = line
        .spans
        .first_mut()
        .filter(|first| first.text.starts_with(' '));
    if let Some(first) = indented {
        first.text.remove(0);
        line.spans.insert(
            0,
            Span {
                role: Role::Border,
                text: "│".to_owned(),
            },
        );
    }
}
