//! The page of a finding.

use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::output::explain;
use crate::output::table::RowId as WorldRow;
use crate::ui::dialog::Overlay;
use crate::ui::page::{Page, PathPage};
use crate::ui::paths::Subject;
use crate::ui::rich::Line;
use crate::ui::state::State;
use crate::ui::table::RowId;
use crate::ui::theme::Role;
use crate::ui::update::act::object;

/// The code that the selection is about.
fn code(state: &State) -> Option<&'static str> {
    match &state.page {
        Page::Table(table) => match table.selected.as_ref()? {
            RowId::World(WorldRow::Finding(id)) => Some(id.code),
            RowId::Forward(id) => {
                let row = state.forwards.iter().find(|row| row.id == *id)?;
                row.status.codes.first().copied()
            }
            RowId::World(WorldRow::Part(key, part)) if key.kind == Kind::Ingress => {
                let subject = Subject::Way(key.clone(), part.clone());
                code_of_path(&PathPage::new(&state.snapshot, subject))
            }
            row => worst_code(state, row.object()?),
        },
        Page::Path(path) => code_of_path(path),
        Page::Text(_) | Page::Log(_) | Page::Reach(_) => worst_code(state, &object(state)?),
    }
}

fn worst_code(state: &State, key: &Key) -> Option<&'static str> {
    let mut on = state.snapshot.report.on(key);
    on.next().map(|finding| finding.id.code)
}

fn code_of_path(path: &PathPage) -> Option<&'static str> {
    let here = path.position().and_then(|at| path.lines.get(at));
    let own = here.and_then(|line| line.codes.first().copied());
    own.or_else(|| path.finding.as_ref().map(|finding| finding.id.code))
        .or_else(|| {
            let mut lines = path.lines.iter();
            lines.find_map(|line| line.codes.first().copied())
        })
}

/// The page of the finding.
pub(in crate::ui::update) fn explain(state: &mut State) {
    let Some(code) = code(state) else {
        state.say(Role::Dim, "no finding here");
        return;
    };
    let Some(page) = explain::page(code) else {
        state.say(Role::Dim, format!("{code} has no page"));
        return;
    };
    state.overlay = Some(Overlay::Explain {
        title: format!("{} {}", page.code, page.slug),
        lines: page_lines(page.text),
        offset: 0,
    });
}

/// A page of a finding without its own title: headings and code stand out, the rest is as written.
fn page_lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut fenced = false;
    for line in text
        .trim()
        .lines()
        .skip_while(|line| line.starts_with("# "))
    {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let blank = lines.last().is_none_or(|last| last.spans.is_empty());
        if line.trim().is_empty() && blank {
            continue;
        }
        lines.push(if fenced {
            Line::of(Role::Link, format!("  {line}")).hang(4)
        } else {
            markdown(line)
        });
    }
    lines
}

fn markdown(line: &str) -> Line {
    if line.starts_with('#') {
        return Line::of(Role::Title, line.trim_start_matches('#').trim_start());
    }
    let mut rich = Line::new();
    for (at, piece) in line.split('`').enumerate() {
        let role = if at % 2 == 1 { Role::Link } else { Role::Text };
        rich = rich.and(role, piece.replace("**", ""));
    }
    let hang = line.len() - line.trim_start().len();
    let bullet = if line.trim_start().starts_with("- ") {
        2
    } else {
        0
    };
    rich.hang(u16::try_from(hang + bullet).unwrap_or(0))
}
