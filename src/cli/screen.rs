//! The terminal screen.

use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use std::io::{self, IsTerminal as _};

/// Commands of a later version whose names are views too: the bare word will be the command.
const RESERVED: &[&str] = &["routes", "reach", "resolve"];

/// Opens the screen, at a view where one is named.
pub fn run(_invocation: &Invocation, view: &[String]) -> Result<u8, Failure> {
    if let Some(word) = view
        .first()
        .filter(|word| RESERVED.contains(&word.as_str()))
    {
        let words =
            format!("there is no command `{word}` in this version; for the view write `:{word}`");
        return Err(Failure::new(words));
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::new(
            "the screen needs a terminal; elsewhere use `portolan check`, `portolan list VIEW` or `portolan trace FROM TO`",
        ));
    }
    Err(Failure::new("the screen is not part of this build"))
}
