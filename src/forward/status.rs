//! What a forward says of itself: its state, why and since when, what it has carried, and its past.

use crate::forward::pick::Choice;
use crate::model::key::Key;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// How many transitions are remembered.
pub const REMEMBERED: usize = 64;

/// The state of a forward. It is driven by evidence alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Bound; the last dial worked, or there was none yet.
    Listening,
    /// No endpoint is ready; new connections wait for one.
    Waiting,
    /// The API server cannot be reached; it is asked again.
    Reconnecting,
    /// The last dial failed, or the port could never be bound.
    Failed,
    /// It was told to stop.
    Stopped,
}

impl State {
    /// The word of the JSON contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Listening => "listening",
            Self::Waiting => "waiting",
            Self::Reconnecting => "reconnecting",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// A change of state, or of the pod while listening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// 1 for the first, then one more each.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The state since then.
    pub state: State,
    /// Why.
    pub reason: String,
    /// Codes of the findings that explain it.
    pub codes: Vec<&'static str>,
    /// The pod that served last, if any.
    pub pod: Option<Key>,
}

/// What a forward has carried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Local connections accepted.
    pub connections: u64,
    /// Of these, open now.
    pub active: u64,
    /// Bytes from the pod to local clients.
    pub bytes_in: u64,
    /// Bytes from local clients to the pod.
    pub bytes_out: u64,
    /// Times it came back to listening after it had been something else, or went on with another pod.
    pub reconnects: u64,
    /// Connections that ended otherwise than by one of the two ends closing.
    pub failures: u64,
    /// The latest failure.
    pub last_error: Option<(Timestamp, String)>,
    /// How long the latest dial took that worked.
    pub latency: Option<Duration>,
}

/// A snapshot of a forward for the screen and for scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The state.
    pub state: State,
    /// Why, in one clause.
    pub reason: String,
    /// What to do about it; may be empty.
    pub hint: &'static str,
    /// Codes of the findings that explain it.
    pub codes: Vec<&'static str>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When the API server is asked again, while reconnecting.
    pub retry_at: Option<Timestamp>,
    /// The pod that served last, and the port on it.
    pub serving: Option<Choice>,
    /// Whether the pod learns that a client has closed its sending half; not known before the first connection.
    pub half_close: Option<bool>,
    /// What it has carried.
    pub counters: Counters,
    /// The latest transitions, oldest first, at most [`REMEMBERED`].
    pub history: VecDeque<Transition>,
}

impl Status {
    /// The transitions after one that was already seen (0 for none), oldest first.
    pub fn after(&self, seq: u64) -> impl Iterator<Item = &Transition> {
        self.history
            .iter()
            .filter(move |transition| transition.seq > seq)
    }
}
