//! `routes`: every rule of every way in.

use crate::cli::answer;
use crate::cli::args::{Routes as Args, TableFormat};
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::cli::world;
use crate::output::json;
use crate::output::json::routes::Routes;
use crate::output::table::{Facts, Sheet};
use crate::output::text;

/// Prints the routes.
pub fn run(invocation: &Invocation, args: &Args) -> Result<u8, Failure> {
    let mut seen = world::open(invocation)?;
    let report = seen.engine.judge();
    let namespace = invocation.reported_namespace();
    let facts = Facts::new(seen.engine.world(), &report);
    let routes = Routes::new(&facts, namespace.as_ref());
    for kind in &routes.not_judged {
        invocation.complain(&Failure::new(format!(
            "not judged: {} {} of {}",
            kind.objects, kind.kind, kind.api_version
        )));
    }
    answer(|out| match args.output {
        TableFormat::Json => json::write(out, &routes),
        TableFormat::Table => {
            let sheet = Sheet::Routes;
            let rows = sheet.rows(&facts, namespace.as_ref());
            text::table::write(out, &sheet.columns(), &rows, invocation.charset())
        }
    })?;
    Ok(seen.exit_code(invocation))
}
