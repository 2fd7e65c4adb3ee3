//! `trace`: one request, hop by hop.

use crate::cli::answer;
use crate::cli::args::{TextFormat, Trace};
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::cli::world::{self, Seen};
use crate::model::view::View;
use crate::output::{json, text};
use crate::trace::follow::trace_via;
use crate::trace::hop::Verdict;
use crate::trace::parse::{self, Request};
use crate::trace::path::Path;

/// The path fails.
const FAILS: u8 = 1;
/// It cannot be told.
const UNKNOWN: u8 = 3;

/// Follows a request and prints its path.
pub fn run(invocation: &Invocation, args: &Trace) -> Result<u8, Failure> {
    let mut seen = world::open(invocation)?;
    let report = seen.engine.judge();
    let path = follow(&seen, args)?;
    answer(|out| match args.output {
        TextFormat::Json => json::write(out, &json::trace::Trace::from(&path)),
        TextFormat::Text => text::trace::write(out, &path, &report, invocation.charset()),
    })?;
    match seen.exit_code(invocation) {
        0 => Ok(code(path.verdict())),
        could_not => Ok(could_not),
    }
}

fn follow(seen: &Seen, args: &Trace) -> Result<Path, Failure> {
    let world = seen.engine.world();
    let from = parse::from(&args.sender, world, &seen.namespace).map_err(Failure::new)?;
    let place = parse::namespace_of(&from, &seen.namespace);
    let request = Request {
        method: args.method.clone(),
        headers: args.headers.clone(),
    };
    let to = parse::to(&args.target, world, place, &request).map_err(Failure::new)?;
    let to = parse::as_asked_by(&from, to, world, place).map_err(Failure::new)?;
    let via = args.via.as_deref().map(|text| parse::key(text, place));
    let via = via.transpose().map_err(Failure::new)?;
    if let Some(via) = via.as_ref().filter(|via| world.get(via).is_none()) {
        return Err(Failure::new(format!("--via: {via} is not there")));
    }
    Ok(trace_via(&View::new(world), &from, &to, via.as_ref()))
}

fn code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass | Verdict::Skipped => 0,
        Verdict::Fail => FAILS,
        Verdict::Unknown => UNKNOWN,
    }
}
