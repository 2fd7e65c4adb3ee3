//! What the feeds of one cluster share: whether the server answers, when to try again, what it serves, and counters.

use crate::client::ConnectError;
use crate::client::connection::ServerVersion;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::source::cluster::discover::Served;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// Whether the API server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing has been heard of it yet.
    Connecting,
    /// It answers.
    Live,
    /// It does not; the last good data are kept.
    Offline {
        /// Since when.
        since: Timestamp,
        /// When the next attempt is made.
        next_retry: Timestamp,
        /// Why, with the remedy.
        why: ConnectError,
    },
}

/// The traffic of one kind in one scope since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// LIST requests, one for each page.
    pub lists: u64,
    /// WATCH requests.
    pub watches: u64,
    /// Objects that lists brought.
    pub listed: u64,
    /// Events that watches brought, bookmarks left out.
    pub events: u64,
    /// Bytes of both, after decompression.
    pub bytes: u64,
    /// The last fault, where it has not been overcome.
    pub fault: Option<String>,
}

/// Counters of a live source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// By kind and namespace; `None` is the whole cluster.
    pub traffic: BTreeMap<(Kind, Option<Name>), Traffic>,
}

impl Stats {
    /// All kinds together.
    pub fn total(&self) -> Traffic {
        self.traffic
            .values()
            .fold(Traffic::default(), |sum, one| Traffic {
                lists: sum.lists + one.lists,
                watches: sum.watches + one.watches,
                listed: sum.listed + one.listed,
                events: sum.events + one.events,
                bytes: sum.bytes + one.bytes,
                fault: None,
            })
    }
}

/// How often those who wait have been called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wake {
    /// Because the server answers again.
    pub(super) recovered: u64,
    /// Because a person wants it.
    pub(super) urgent: u64,
    /// Because open connections may be dead without knowing it.
    pub(super) suspect: u64,
}

/// Who reports: a kind in a scope.
pub(super) type Reporter = (Kind, Option<Name>);

#[derive(Debug)]
pub(super) struct Hub {
    pub(super) status: watch::Sender<Status>,
    pub(super) version: watch::Sender<Option<ServerVersion>>,
    pub(super) served: watch::Sender<Option<Arc<Served>>>,
    pub(super) rediscover: Notify,
    wake: watch::Sender<Wake>,
    bookmarks: AtomicBool,
    lost: Mutex<BTreeMap<Reporter, Timestamp>>,
    stats: Mutex<Stats>,
}

impl Hub {
    pub(super) fn new() -> Self {
        Self {
            status: watch::Sender::new(Status::Connecting),
            version: watch::Sender::new(None),
            served: watch::Sender::new(None),
            rediscover: Notify::new(),
            wake: watch::Sender::new(Wake::default()),
            bookmarks: AtomicBool::new(false),
            lost: Mutex::default(),
            stats: Mutex::default(),
        }
    }

    /// A receiver that changes whenever everyone who waits should try again.
    pub(super) fn wakes(&self) -> watch::Receiver<Wake> {
        self.wake.subscribe()
    }

    /// A person wants everyone who waits to try at once.
    pub(super) fn wake_now(&self) {
        self.wake
            .send_modify(|wake| wake.urgent = wake.urgent.wrapping_add(1));
        self.rediscover.notify_one();
    }

    /// Open connections are not to be trusted: whoever watches opens a new one.
    pub(super) fn suspect_all(&self) {
        self.wake.send_modify(|wake| {
            wake.suspect = wake.suspect.wrapping_add(1);
            wake.urgent = wake.urgent.wrapping_add(1);
        });
    }

    /// The server answered this reporter, whatever it said. The first answer after a loss wakes the others.
    pub(super) fn answered(&self, reporter: &Reporter) {
        held(&self.lost).remove(reporter);
        let mut was_offline = false;
        self.status.send_if_modified(|status| {
            was_offline = matches!(status, Status::Offline { .. });
            let changed = *status != Status::Live;
            *status = Status::Live;
            changed
        });
        if was_offline {
            self.wake
                .send_modify(|wake| wake.recovered = wake.recovered.wrapping_add(1));
            self.rediscover.notify_one();
        }
    }

    /// The server did not answer this reporter, or takes its credentials no more.
    pub(super) fn lost(&self, reporter: &Reporter, error: &ConnectError, next: Timestamp) {
        let mut lost = held(&self.lost);
        lost.insert(reporter.clone(), next);
        let soonest = lost.values().min().copied().unwrap_or(next);
        drop(lost);
        self.status.send_if_modified(|status| {
            let since = match status {
                Status::Offline { since, .. } => *since,
                _ => Timestamp::now(),
            };
            let now = Status::Offline {
                since,
                next_retry: soonest,
                why: error.clone(),
            };
            let changed = *status != now;
            *status = now;
            changed
        });
    }

    /// A bookmark was seen: from now on silence means something.
    pub(super) fn saw_bookmark(&self) {
        self.bookmarks.store(true, Ordering::Relaxed);
    }

    pub(super) fn sends_bookmarks(&self) -> bool {
        self.bookmarks.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, reporter: &Reporter, change: impl FnOnce(&mut Traffic)) {
        change(
            held(&self.stats)
                .traffic
                .entry(reporter.clone())
                .or_default(),
        );
    }

    pub(super) fn stats(&self) -> Stats {
        held(&self.stats).clone()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
