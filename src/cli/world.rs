//! The world of a one-shot command: from a live cluster, from files or from the demo.

use crate::cli::COULD_NOT;
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::cli::live;
use crate::diagnosis::engine::Engine;
use crate::model::coverage::State;
use crate::model::delta::Delta;
use crate::model::key::Name;
use crate::model::world::Origin;
use crate::output::json::check::Unreadable;
use crate::source::{demo, files};
use jiff::Timestamp;
use std::io;

/// A world that was read, with what of it could not be.
#[derive(Debug)]
pub struct Seen {
    /// Owns the world.
    pub engine: Engine,
    /// The namespace of what names none: `-n`, else the context's, else `default`.
    pub namespace: Name,
    /// Documents that could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// Reads the world that the flags name and says on standard error what of it could not be read.
pub fn open(invocation: &Invocation) -> Result<Seen, Failure> {
    let seen = if invocation.global.demo {
        demo_world(invocation)
    } else if invocation.global.from.is_empty() {
        let read = live::read(invocation)?;
        Seen {
            engine: read.engine,
            namespace: read.namespace,
            unreadable: Vec::new(),
        }
    } else {
        files_world(invocation)?
    };
    seen.complain(invocation);
    Ok(seen)
}

fn demo_world(invocation: &Invocation) -> Seen {
    let now = Timestamp::now();
    Seen {
        engine: engine_of(Origin::Demo, now, demo::deltas(now)),
        namespace: invocation.offline_namespace(),
        unreadable: Vec::new(),
    }
}

fn files_world(invocation: &Invocation) -> Result<Seen, Failure> {
    let namespace = invocation.offline_namespace();
    let paths = &invocation.global.from;
    let loaded = files::load(paths, &mut io::stdin().lock(), &namespace).map_err(Failure::new)?;
    let unreadable = loaded.unreadable.iter().map(|document| Unreadable {
        file: document.file.to_string(),
        document: document.document,
        line: document.line,
        message: document.message.to_string(),
    });
    Ok(Seen {
        unreadable: unreadable.collect(),
        engine: engine_of(loaded.origin, Timestamp::now(), loaded.deltas),
        namespace,
    })
}

fn engine_of(origin: Origin, now: Timestamp, deltas: Vec<Delta>) -> Engine {
    let mut engine = Engine::new(origin, now);
    for delta in deltas {
        engine.apply(delta);
    }
    engine
}

impl Seen {
    /// Whether some kind could not be read.
    pub fn names_unreadable_kinds(&self) -> bool {
        let mut states = self.engine.world().coverage().iter();
        states.any(|(_, _, state)| !state.is_known())
    }

    /// What an answer from this world ends with, unless it has something worse to say.
    pub fn exit_code(&self, invocation: &Invocation) -> u8 {
        let mut states = self.engine.world().coverage().iter();
        let late = states.any(|(_, _, state)| matches!(state, State::Syncing { .. }));
        let unreadable = !self.unreadable.is_empty() && !invocation.global.lenient;
        let mut states = self.engine.world().coverage().iter();
        let blind = !states.any(|(_, _, state)| state.is_known() && *state != State::NotInstalled);
        if late || unreadable || blind {
            COULD_NOT
        } else {
            0
        }
    }

    fn complain(&self, invocation: &Invocation) {
        for document in &self.unreadable {
            invocation.complain(&Failure::new(place_of(document)));
        }
        let coverage = self.engine.world().coverage();
        for (kind, namespace, state) in coverage.iter() {
            // What is refused in the namespaces too is told of these.
            let narrower = coverage
                .iter()
                .any(|(other, place, state)| other == kind && place.is_some() && !state.is_known());
            if namespace.is_none() && narrower {
                continue;
            }
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
        self.complain_of_namespace(invocation);
    }

    /// That nothing is wrong in a namespace of which nothing is known is most likely a slip of the pen.
    fn complain_of_namespace(&self, invocation: &Invocation) {
        let world = self.engine.world();
        let named = invocation.reported_namespace();
        let unheard = named.filter(|name| !world.namespaces().contains(name));
        if let Some(name) = unheard {
            let words = format!("nothing is known of namespace {name}: no object is in it");
            invocation.complain(&Failure::new(words));
        }
    }
}

/// `api.yaml, document 2, line 14: …`; a fault of the whole file names only that.
fn place_of(unreadable: &Unreadable) -> String {
    let Unreadable {
        file,
        document,
        line,
        message,
    } = unreadable;
    let part = |name: &str, number: &u32| match number {
        0 => String::new(),
        number => format!(", {name} {number}"),
    };
    let place = [part("document", document), part("line", line)].concat();
    format!("{file}{place}: {message}")
}
