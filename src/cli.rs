//! The command line: arguments in, an answer on standard output, diagnostics on standard error, an exit code out.
//!
//! May know everything beneath it and clap; holds no judgement of its own.

pub mod args;
pub mod check;
pub mod docs;
pub mod explain;
pub mod failure;
pub mod forward;
pub mod invocation;
pub mod list;
pub mod live;
pub mod log;
pub mod reach;
pub mod routes;
pub mod screen;
pub mod snapshot;
pub mod trace;
pub mod world;

use args::{Cli, Command};
use clap::{CommandFactory as _, FromArgMatches as _};
use failure::{Failure, unless_reader_gone};
use invocation::Invocation;
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Could not judge: bad usage, unreadable input, no cluster.
const COULD_NOT: u8 = 2;

/// Runs one invocation and returns its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let command = docs::command(called_as_plugin(&args));
    let parsed = command.try_get_matches_from(&args);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output with 0, everything else to standard error with 2.
            let code = if error.use_stderr() { COULD_NOT } else { 0 };
            return error.print().map_or(code, |()| code);
        }
    };
    let mut invocation = Invocation::new(cli.global);
    match dispatch(&mut invocation, cli.command, &cli.view) {
        Ok(code) => code,
        Err(failure) => {
            invocation.complain(&failure);
            COULD_NOT
        }
    }
}

/// Whether kubectl runs this as its plugin, so that the help speaks of `kubectl portolan`.
fn called_as_plugin(args: &[OsString]) -> bool {
    let program = args.first().map(Path::new);
    program
        .and_then(Path::file_stem)
        .is_some_and(|name| name == "kubectl-portolan")
}

fn dispatch(
    invocation: &mut Invocation,
    command: Option<Command>,
    view: &[String],
) -> Result<u8, Failure> {
    log::start(&invocation.global)?;
    match command {
        None => screen::run(invocation, view),
        Some(Command::List(list)) => list::run(invocation, &list),
        Some(Command::Check(check)) => check::run(invocation, &check),
        Some(Command::Trace(trace)) => trace::run(invocation, &trace),
        Some(Command::Forward(forward)) => forward::run(invocation, &forward),
        Some(Command::Reach(reach)) => reach::run(invocation, &reach),
        Some(Command::Routes(routes)) => routes::run(invocation, &routes),
        Some(Command::Snapshot(snapshot)) => snapshot::run(invocation, &snapshot),
        Some(Command::Explain(explain)) => explain::run(&explain),
        Some(Command::Completions(completions)) => {
            answer(|out| out.write_all(&docs::completions(completions.shell, Cli::command())))
        }
        Some(Command::Man) => answer(|out| out.write_all(docs::man_page()?.as_bytes())),
    }
}

/// Writes an answer to standard output and ends with 0.
fn answer(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<u8, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    unless_reader_gone(written)?;
    Ok(0)
}
