//! One kind in one place, kept in step with the cluster: list, watch, and what to do when either fails.
//!
//! A first list grows as its pages arrive; every later one is a single [`Delta::Replace`]. A failed list or a broken
//! watch never takes anything away: the data stay and are marked stale.

use crate::client::{Connection, Fault};
use crate::model::coverage::State;
use crate::model::delta::Delta;
use crate::model::key::{Key, Name};
use crate::model::kind::{Kind, Live};
use crate::source::cluster::Scope;
use crate::source::cluster::backoff::Backoff;
use crate::source::cluster::hub::{Hub, Reporter, Wake};
use crate::source::cluster::list::Wire;
use crate::source::cluster::place::Place;
use crate::source::cluster::timing::Timing;
use crate::source::cluster::wanted::{NAMING, Wanted};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What all feeds of a cluster have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) connection: Arc<Connection>,
    pub(super) scope: Scope,
    pub(super) timing: Timing,
    pub(super) hub: Arc<Hub>,
    pub(super) deltas: mpsc::Sender<Delta>,
    pub(super) tasks: TaskTracker,
    pub(super) cancel: CancellationToken,
    /// The Secrets and `ConfigMaps` that are named.
    pub(super) wanted: Wanted,
}

/// Why a step ended before its time.
pub(super) enum Stop {
    /// Nobody takes the deltas any more.
    Unheard,
    /// The server, or the way to it.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The answer of a step: `Err(Unheard)` ends the feed.
pub(super) type Step = Result<(), Unheard>;

/// Nobody takes the deltas any more.
#[derive(Debug)]
pub(super) struct Unheard;

impl From<Unheard> for Stop {
    fn from(_: Unheard) -> Self {
        Self::Unheard
    }
}

/// A kind in a place.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) shared: Arc<Shared>,
    pub(super) kind: Kind,
    pub(super) place: Place,
    pub(super) reporter: Reporter,
    /// The API version asked for.
    pub(super) version: String,
    /// The resource version to watch from; none until listed.
    pub(super) cursor: Option<String>,
    /// Whether the world has ever held all of it.
    pub(super) synced: bool,
    /// Whether a list that never ended has put objects into the world.
    pub(super) grown: bool,
    /// When the data were last known to be good.
    pub(super) good: Timestamp,
    /// Watches that ended as too old one after the other.
    pub(super) expired: u32,
    /// The one object that [`Place::Itself`] has brought.
    pub(super) itself: Option<Key>,
    pub(super) backoff: Backoff,
    pub(super) wakes: watch::Receiver<Wake>,
    /// The calls that the attempt under way has heeded.
    pub(super) called: Wake,
    pub(super) noted: Option<State>,
    pub(super) narrowed: Option<Narrowed>,
}

/// The feeds that stand in while the whole cluster is forbidden.
#[derive(Debug)]
pub(super) struct Narrowed {
    pub(super) cancel: CancellationToken,
    pub(super) namespaces: Vec<Name>,
}

impl Feed {
    pub(super) fn new(shared: Arc<Shared>, kind: Kind, place: Place) -> Self {
        let timing = &shared.timing;
        Self {
            kind,
            reporter: (kind, place.namespace().cloned()),
            place,
            version: kind.info().version.to_owned(),
            cursor: None,
            synced: false,
            grown: false,
            good: Timestamp::now(),
            expired: 0,
            itself: None,
            backoff: Backoff::new(timing.backoff_first, timing.backoff_most),
            wakes: shared.hub.wakes(),
            called: Wake::default(),
            noted: None,
            narrowed: None,
            shared,
        }
    }

    /// Runs until nobody takes the deltas any more (or the task is dropped).
    pub(super) async fn run(mut self) {
        if self.note(State::Syncing { seen: 0 }).await.is_err() {
            return;
        }
        if self.kind.info().live == Live::WhereInstalled && self.until_served().await.is_err() {
            return;
        }
        loop {
            let step = match self.advance().await {
                Ok(()) => Ok(()),
                Err(Stop::Unheard) => Err(Unheard),
                Err(Stop::Fault(fault)) => self.recover(fault).await,
            };
            if step.is_err() {
                return;
            }
        }
    }

    async fn advance(&mut self) -> Result<(), Stop> {
        self.heed();
        let from = match self.cursor.clone() {
            Some(cursor) => cursor,
            None => self.list().await?,
        };
        self.watch(from).await
    }

    /// Calls up to now need no further attempt: this one is under way, or they were this feed's own.
    pub(super) fn heed(&mut self) {
        self.called = *self.wakes.borrow();
    }

    pub(super) fn wire<'w>(shared: &'w Shared, reporter: &'w Reporter) -> Wire<'w> {
        Wire {
            connection: &shared.connection,
            timing: &shared.timing,
            hub: &shared.hub,
            reporter,
        }
    }

    pub(super) async fn all_is_well(&mut self) -> Step {
        self.good = Timestamp::now();
        self.shared
            .hub
            .count(&self.reporter, |traffic| traffic.fault = None);
        self.note(State::Ready).await
    }

    /// Before everything was there once, a fault leaves the note as it is: still syncing.
    pub(super) async fn stale(&mut self, fault: &Fault) -> Step {
        if !self.synced || matches!(self.noted, Some(State::Forbidden { .. })) {
            return Ok(());
        }
        let state = State::Stale {
            since: self.good,
            detail: Name::from(fault.to_string()),
        };
        self.note(state).await
    }

    pub(super) async fn note(&mut self, state: State) -> Step {
        if self.noted.as_ref() == Some(&state) {
            return Ok(());
        }
        self.noted = Some(state.clone());
        if matches!(self.kind, Kind::Ingress | Kind::Pod) {
            self.tell_wanted(&state);
        }
        let along = self
            .narrowed
            .iter()
            .filter(|narrowed| narrowed.cancel.is_cancelled())
            .flat_map(|narrowed| narrowed.namespaces.iter().cloned().map(Some));
        let scopes: Vec<Option<Name>> = std::iter::once(self.reporter.1.clone())
            .chain(along)
            .collect();
        for namespace in scopes {
            self.send(Delta::Coverage {
                kind: self.kind,
                namespace,
                state: state.clone(),
            })
            .await?;
        }
        Ok(())
    }

    /// Tells the reader of what is named how far this feed is.
    fn tell_wanted(&self, state: &State) {
        let wanted = &self.shared.wanted;
        if matches!(state, State::Forbidden { .. }) && self.place == Place::All {
            let narrower = self.shared.scope.fallback(self.kind);
            if self.narrowed.is_none() {
                for place in &narrower {
                    wanted.settled(self.kind, Some(place), false);
                }
            }
        }
        let settled = !matches!(state, State::Syncing { .. });
        wanted.settled(self.kind, self.reporter.1.as_ref(), settled);
    }

    pub(super) async fn send(&self, delta: Delta) -> Step {
        if NAMING.contains(&self.kind)
            && let Some(fresh) = self.shared.wanted.note(&delta)
        {
            // Known to be awaited before what names it is judged: it is not missing.
            let keys = fresh.iter().map(|object| object.key().clone()).collect();
            for object in fresh {
                let awaited = Delta::Upsert(Box::new(object));
                let sent = self.shared.deltas.send(awaited).await;
                sent.map_err(|_| Unheard)?;
            }
            self.shared.wanted.announce(keys);
        }
        self.shared.deltas.send(delta).await.map_err(|_| Unheard)
    }

    /// Waits. A person's wish ends it at once; another kind's success ends it soon, but never sooner than a first
    /// step of the backoff, so that two that fail in turn cannot drive each other.
    pub(super) async fn pause(&mut self, wait: Duration) -> Step {
        let least = wait.min(self.shared.timing.backoff_first / 2);
        let began = Instant::now();
        let before = self.called;
        let call = self.wakes.wait_for(|now| *now != before);
        let Ok(called) = tokio::time::timeout(wait, call).await else {
            return Ok(());
        };
        let now = called.map(|now| *now).map_err(|_| Unheard)?;
        if now.urgent == before.urgent {
            tokio::time::sleep(least.saturating_sub(began.elapsed())).await;
        } else {
            self.backoff.reset();
        }
        Ok(())
    }
}
