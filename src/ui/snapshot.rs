//! What the engine publishes: one world with its report, immutable.

use crate::diagnosis::journal::Journal;
use crate::diagnosis::report::Report;
use crate::model::coverage::State as Coverage;
use crate::model::key::Name;
use crate::model::kind::{Kind, Live};
use crate::model::world::{Origin, World};
use crate::output::table::Facts;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A world and its report.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The facts.
    pub world: World,
    /// What is to be said of them.
    pub report: Arc<Report>,
    /// What has changed while it was watched.
    pub journal: Journal,
}

/// Kinds by how well they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Kinds that are synced.
    pub ready: usize,
    /// Kinds that are being listed, with the objects seen so far.
    pub syncing: Vec<(Kind, usize)>,
    /// Kinds whose watch is broken.
    pub stale: Vec<Kind>,
    /// Kinds that may not be read anywhere.
    pub forbidden: Vec<Kind>,
    /// How many kinds are synced in some namespaces only.
    pub narrowed: usize,
    /// Those namespaces.
    pub namespaces: BTreeSet<Name>,
    /// Since when the oldest stale data are.
    pub stale_since: Option<Timestamp>,
}

impl Snapshot {
    /// The snapshot of a world and its report.
    pub fn new(world: World, report: Arc<Report>) -> Self {
        Self {
            world,
            report,
            journal: Journal::default(),
        }
    }

    /// The same snapshot with what has changed so far.
    pub fn telling(mut self, journal: Journal) -> Self {
        self.journal = journal;
        self
    }

    /// A snapshot of nothing, before anything is known.
    pub fn empty(origin: Origin, now: Timestamp) -> Self {
        Self::new(World::new(origin, now), Arc::default())
    }

    /// The facts as tables read them.
    pub fn facts(&self) -> Facts<'_> {
        Facts::new(&self.world, &self.report).telling(&self.journal)
    }

    /// The time of the world.
    pub fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// How far the kinds are that are asked for.
    pub fn progress(&self) -> Progress {
        let mut progress = Progress::default();
        for kind in Kind::ALL {
            if self.is_live() && kind.info().live == Live::FilesOnly {
                continue;
            }
            let notes = || {
                let notes = self.world.coverage().iter();
                notes.filter(|(known, ..)| known == kind)
            };
            let held: BTreeSet<Name> = notes()
                .filter(|(_, _, state)| **state == Coverage::Ready)
                .filter_map(|(_, namespace, _)| namespace.cloned())
                .collect();
            let whole = notes().find(|(_, namespace, _)| namespace.is_none());
            if !held.is_empty() && !matches!(whole, Some((_, _, Coverage::Ready))) {
                progress.narrowed += 1;
                progress.namespaces.extend(held);
                continue;
            }
            let worst = notes()
                .map(|(_, _, state)| state)
                .min_by_key(|state| urgency(state));
            match worst {
                Some(Coverage::Ready) => progress.ready += 1,
                Some(Coverage::Syncing { seen }) => progress.syncing.push((*kind, *seen)),
                Some(Coverage::Stale { since, .. }) => {
                    progress.stale.push(*kind);
                    let oldest = progress.stale_since.map_or(*since, |old| old.min(*since));
                    progress.stale_since = Some(oldest);
                }
                Some(Coverage::Forbidden { .. }) => progress.forbidden.push(*kind),
                // A kind that may not be installed is not waited for.
                None if kind.info().live == Live::Watched => progress.syncing.push((*kind, 0)),
                Some(Coverage::NotInstalled | Coverage::Absent) | None => {}
            }
        }
        progress
    }

    /// Whether the world is a cluster's.
    pub fn is_live(&self) -> bool {
        matches!(self.world.origin(), Origin::Live { .. })
    }
}

fn urgency(state: &Coverage) -> u8 {
    match state {
        Coverage::Forbidden { .. } => 0,
        Coverage::Stale { .. } => 1,
        Coverage::Syncing { .. } => 2,
        Coverage::Ready => 3,
        Coverage::Absent => 4,
        Coverage::NotInstalled => 5,
    }
}
