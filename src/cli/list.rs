//! `list`: any table of the screen.

use crate::cli::answer;
use crate::cli::args::{List, TableFormat};
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::cli::world;
use crate::output::json;
use crate::output::table::{Facts, Sheet};
use crate::output::text;

/// Prints a table.
pub fn run(invocation: &Invocation, args: &List) -> Result<u8, Failure> {
    let sheet = sheet(&args.view)?;
    let mut seen = world::open(invocation)?;
    let report = seen.engine.judge();
    let namespace = invocation.reported_namespace();
    let facts = Facts::new(seen.engine.world(), &report);
    answer(|out| match args.output {
        TableFormat::Json => {
            let list = json::list::List::new(sheet, &facts, namespace.as_ref());
            json::write(out, &list)
        }
        TableFormat::Table => {
            let rows = sheet.rows(&facts, namespace.as_ref());
            text::table::write(out, &sheet.columns(), &rows, invocation.charset())
        }
    })?;
    if sheet == Sheet::Changes {
        // Standard output carries the answer only, and there is none.
        invocation.complain(&Failure::new(
            "changes are seen while the screen is open; a list reads the world once",
        ));
    }
    Ok(seen.exit_code(invocation))
}

fn sheet(word: &str) -> Result<Sheet, Failure> {
    Sheet::of_word(word).ok_or_else(|| {
        let known: Vec<&str> = Sheet::ALL.iter().map(|sheet| sheet.name()).collect();
        Failure::new(format!(
            "there is no table `{word}`; there are: {}",
            known.join(", ")
        ))
    })
}
