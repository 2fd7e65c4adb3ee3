//! Every duration of the live source in one place, so that tests can make them short.

use std::time::Duration;

/// How long things may take, and how often they are tried.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Objects in a page of a list.
    pub page: u32,
    /// A request's answer must begin within this.
    pub answer: Duration,
    /// Longest silence inside the body of a list.
    pub silence: Duration,
    /// How long the server is asked to keep a watch open; each is made up to a tenth shorter by chance.
    pub watch: Duration,
    /// Longest silence of a watch where the server sends bookmarks (about one a minute).
    pub bookmark_silence: Duration,
    /// How much longer than asked a watch may last where the server sends no bookmarks.
    pub grace: Duration,
    /// A watch that lived this long was a good one: the next is opened at once.
    pub settled: Duration,
    /// First wait after a fault; doubled each time.
    pub backoff_first: Duration,
    /// Longest wait after a fault.
    pub backoff_most: Duration,
    /// Wait before something forbidden is tried again.
    pub forbidden: Duration,
    /// How long a named Secret that is there is not asked for again, unless something suggests that it changed.
    pub named: Duration,
    /// How long one that is not there is not asked for again.
    pub named_missing: Duration,
    /// How soon after an answer a suggestion is followed.
    pub named_again: Duration,
    /// Wait between a change of the served resources and asking for them; done twice, the second time five times later.
    pub discovery: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            page: 500,
            answer: Duration::from_secs(30),
            silence: Duration::from_secs(30),
            watch: Duration::from_secs(290),
            bookmark_silence: Duration::from_secs(100),
            grace: Duration::from_secs(15),
            settled: Duration::from_secs(1),
            backoff_first: Duration::from_millis(500),
            backoff_most: Duration::from_secs(30),
            forbidden: Duration::from_mins(5),
            named: Duration::from_mins(5),
            named_missing: Duration::from_secs(30),
            named_again: Duration::from_secs(10),
            discovery: Duration::from_secs(1),
        }
    }
}
