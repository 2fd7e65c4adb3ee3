//! `reach`: who may talk to whom.

use crate::cli::answer;
use crate::cli::args::{Reach as Args, ReachFormat};
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::cli::world::{self, Seen};
use crate::model::view::View;
use crate::output::{dot, json, text};
use crate::semantics::policy::reach::{Focus, Reach, owners};
use crate::trace::parse;

/// Prints the map.
pub fn run(invocation: &Invocation, args: &Args) -> Result<u8, Failure> {
    let seen = world::open(invocation)?;
    let view = View::new(seen.engine.world());
    let mut reach = Reach::new(&view);
    let focus = focus(invocation, args, &seen, &view, &reach)?;
    answer(|out| match args.output {
        ReachFormat::Json => json::reach::write(out, &mut reach, &focus),
        ReachFormat::Table => text::reach::write(out, &mut reach, &focus),
        ReachFormat::Dot => dot::write(out, &mut reach, &focus),
    })?;
    Ok(seen.exit_code(invocation))
}

/// Whose connections are asked for: a workload as the map names it, or as kubectl would; else a namespace's.
fn focus(
    invocation: &Invocation,
    args: &Args,
    seen: &Seen,
    view: &View<'_>,
    reach: &Reach<'_>,
) -> Result<Focus, Failure> {
    let Some(text) = args.focus.as_deref() else {
        let namespace = invocation.reported_namespace();
        return Ok(namespace.map_or(Focus::All, |name| Focus::Namespace(name.to_string())));
    };
    let known = |name: &str| reach.owners().any(|owner| owner.name == name);
    if known(text) {
        return Ok(Focus::Owner(text.to_owned()));
    }
    let key = parse::key(text, &seen.namespace).map_err(Failure::new)?;
    let name = view
        .pod(&key)
        .map_or_else(|| key.to_string(), |pod| owners::top(view, pod));
    if known(&name) {
        return Ok(Focus::Owner(name));
    }
    Err(Failure::new(format!("--focus: {key} has no running pod")))
}
