//! What changed while the world was watched, the latest first: fields of objects, and problems that came and went with
//! the change that did it.

use super::{Cell, Column, Facts, Row, RowId, left, namespace_cell};
use crate::diagnosis::journal::{Journal, Problem, Row as Change, What};
use crate::model::key::Name;
use crate::output::glyph::Mark;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("at", "AT", 0),
        left("namespace", "NAMESPACE", 4),
        left("about", "OBJECT", 0),
        left("field", "CHANGE", 0),
        left("from", "FROM", 2),
        left("to", "TO", 1),
        left("because", "BECAUSE OF", 3),
    ]
}

pub(super) fn ids(facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<RowId> {
    let rows = facts
        .journal
        .into_iter()
        .flat_map(|journal| journal.rows().rev());
    let here = rows.filter(|row| {
        let own = row.about.namespace.as_ref();
        own.is_none() || namespace.is_none() || own == namespace
    });
    here.map(|row| RowId::Part(row.about.clone(), Name::from(row.number.to_string())))
        .collect()
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let RowId::Part(_, part) = id else {
        return None;
    };
    let journal = facts.journal?;
    let change = journal.row(part.parse().ok()?)?;
    let (mark, field, from, to, because) = told(journal, change);
    Some(Row {
        id: id.clone(),
        mark,
        cells: vec![
            // UTC here; a screen shows it by its own clock.
            Cell::new(change.at.strftime("%H:%M:%S")).ranked(change.at.as_second()),
            namespace_cell(&change.about),
            Cell::new(format!("{}/{}", change.about.kind, change.about.name)),
            Cell::new(field),
            Cell::new(from),
            Cell::new(to),
            Cell::new(because),
        ],
    })
}

fn told(journal: &Journal, change: &Change) -> (Mark, String, String, String, String) {
    let none = String::new;
    match &change.what {
        What::Came => (Mark::Quiet, "is there".to_owned(), none(), none(), none()),
        What::Went => (Mark::Quiet, "is gone".to_owned(), none(), none(), none()),
        What::Field { path, from, to } => {
            (Mark::Quiet, path.clone(), from.clone(), to.clone(), none())
        }
        What::Appeared(problem) => (
            Mark::of_severity(problem.severity),
            format!("{} appears", problem.id.code),
            none(),
            problem.title.clone(),
            because(journal, problem),
        ),
        What::Vanished(problem) => (
            Mark::Pass,
            format!("{} is over", problem.id.code),
            problem.title.clone(),
            none(),
            because(journal, problem),
        ),
    }
}

/// The change that did it, in a few words; nothing where time alone did.
fn because(journal: &Journal, problem: &Problem) -> String {
    let Some(row) = problem.by.and_then(|number| journal.row(number)) else {
        return String::new();
    };
    let object = format!("{}/{}", row.about.kind, row.about.name);
    match &row.what {
        What::Came => format!("{object} is there"),
        What::Went => format!("{object} is gone"),
        What::Field { path, .. } => format!("{object} {path}"),
        What::Appeared(_) | What::Vanished(_) => object,
    }
}
