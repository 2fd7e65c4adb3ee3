//! The world of a one-shot command: from a live cluster, from files or from the demo.

use crate::cli::COULD_NOT;
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::diagnosis::engine::Engine;
use crate::model::coverage::State;
use crate::model::world::Origin;
use crate::output::json::check::Unreadable;
use crate::source::demo;
use jiff::Timestamp;

/// A world that was read, with what of it could not be.
#[derive(Debug)]
pub struct Seen {
    /// Owns the world.
    pub engine: Engine,
    /// Documents that could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// Reads the world that the flags name and says on standard error what of it could not be read.
pub fn open(invocation: &Invocation) -> Result<Seen, Failure> {
    let seen = if invocation.global.demo {
        demo_world()
    } else if invocation.global.from.is_empty() {
        return Err(Failure::new(
            "live clusters are not part of this build; try --demo",
        ));
    } else {
        return Err(Failure::new("files are not part of this build; try --demo"));
    };
    seen.complain(invocation);
    Ok(seen)
}

fn demo_world() -> Seen {
    let now = Timestamp::now();
    let mut engine = Engine::new(Origin::Demo, now);
    for delta in demo::deltas(now) {
        engine.apply(delta);
    }
    Seen {
        engine,
        unreadable: Vec::new(),
    }
}

impl Seen {
    /// Whether some kind could not be read.
    pub fn names_unreadable_kinds(&self) -> bool {
        let mut states = self.engine.world().coverage().iter();
        states.any(|(_, _, state)| !state.is_known())
    }

    /// What an answer from this world ends with, unless it has something worse to say.
    pub fn exit_code(&self, invocation: &Invocation) -> u8 {
        if self.unreadable.is_empty() || invocation.global.lenient {
            0
        } else {
            COULD_NOT
        }
    }

    fn complain(&self, invocation: &Invocation) {
        for document in &self.unreadable {
            let Unreadable {
                file,
                document,
                line,
                message,
            } = document;
            let words = format!("{file}, document {document}, line {line}: {message}");
            invocation.complain(&Failure::new(words));
        }
        for (kind, namespace, state) in self.engine.world().coverage().iter() {
            let place = namespace
                .map(|namespace| format!(" in {namespace}"))
                .unwrap_or_default();
            let words = match state {
                State::Forbidden { detail } => format!("{kind}{place} cannot be read: {detail}"),
                State::Syncing { .. } => format!("{kind}{place} was not read in time"),
                _ => continue,
            };
            invocation.complain(&Failure::new(words));
        }
    }
}
