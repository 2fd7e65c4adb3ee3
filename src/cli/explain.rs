//! `explain`: the page of a finding.

use crate::cli::answer;
use crate::cli::args::Explain;
use crate::cli::failure::Failure;
use crate::output::explain;

/// Prints the page of a code, or the list of all.
pub fn run(args: &Explain) -> Result<u8, Failure> {
    let Some(word) = &args.code else {
        return answer(|out| out.write_all(explain::list().as_bytes()));
    };
    let Some(page) = explain::page(word) else {
        let words = format!("there is no finding `{word}`; `portolan explain` lists them all");
        return Err(Failure::new(words));
    };
    answer(|out| out.write_all(explain::text(&page).as_bytes()))
}
