//! `reach`: who may talk to whom.

use crate::cli::answer;
use crate::cli::args::{Reach as Args, ReachFormat};
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::cli::world::{self, Seen};
use crate::model::view::View;
use crate::model::world::World;
use crate::output::{dot, json, text};
use crate::semantics::policy::reach::difference::difference;
use crate::semantics::policy::reach::planned::with_policies;
use crate::semantics::policy::reach::{Focus, Reach, owners};
use crate::source::files;
use crate::trace::parse;
use std::io;
use std::path::Path;

/// Prints the map.
pub fn run(invocation: &Invocation, args: &Args) -> Result<u8, Failure> {
    let seen = world::open(invocation)?;
    let view = View::new(seen.engine.world());
    let mut reach = Reach::new(&view);
    let focus = focus(invocation, args, &seen, &view, &reach)?;
    let charset = invocation.charset();
    if let Some(file) = &args.with {
        let planned = planned(invocation, &seen, file)?;
        let later = View::new(&planned);
        let changes = difference(&mut reach, &mut Reach::new(&later), &focus);
        let unenforced = reach.unenforced();
        answer(|out| match args.output {
            ReachFormat::Json => {
                json::write(out, &json::reach::DifferenceJson::new(&changes, unenforced))
            }
            ReachFormat::Table => text::reach::write_difference(out, &changes, unenforced, charset),
            ReachFormat::Dot => dot::write_difference(out, &changes, unenforced),
        })?;
        return Ok(seen.exit_code(invocation));
    }
    answer(|out| match args.output {
        ReachFormat::Json => json::reach::write(out, &mut reach, &focus),
        ReachFormat::Table => text::reach::write(out, &mut reach, &focus, charset),
        ReachFormat::Dot => dot::write(out, &mut reach, &focus),
    })?;
    Ok(seen.exit_code(invocation))
}

/// The world as it would be with the policies of a file.
fn planned(invocation: &Invocation, seen: &Seen, file: &Path) -> Result<World, Failure> {
    let paths = [file.to_owned()];
    let loaded =
        files::load(&paths, &mut io::stdin().lock(), &seen.namespace).map_err(Failure::new)?;
    if let Some(document) = loaded.unreadable.first() {
        let words = format!(
            "{}, line {}: {}",
            document.file, document.line, document.message
        );
        let failure = Failure::new(words);
        if !invocation.global.lenient {
            return Err(failure);
        }
        invocation.complain(&failure);
    }
    with_policies(seen.engine.world(), loaded.deltas).ok_or_else(|| {
        Failure::new(format!(
            "--with: {} holds no network policy",
            file.display()
        ))
    })
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
    let why = if view.object(&key).is_some() {
        "has no running pod"
    } else {
        "is not there"
    };
    Err(Failure::new(format!("--focus: {key} {why}")))
}
