//! Whether the far end of a stream still lives: what its two directions tell each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::Instant;

/// How long a server that was sent data may leave a ping unanswered: it reads the ping only after the data, and
/// the data only as fast as the pod does.
const BUSY_PATIENCE: Duration = Duration::from_mins(5);

/// The signs of life of one stream.
pub(super) struct Pulse {
    begun: Instant,
    /// Milliseconds since the beginning at which anything was last heard.
    heard: AtomicU64,
    /// The same for data.
    heard_data: AtomicU64,
    /// Bytes sent in all.
    sent: AtomicU64,
    /// Bytes sent since anything was last heard.
    unheard: AtomicU64,
    /// Nothing is read now, because the client does not take what came.
    stalled: AtomicBool,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::now(),
            heard: AtomicU64::new(0),
            heard_data: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            unheard: AtomicU64::new(0),
            stalled: AtomicBool::new(false),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn since(&self, moment: &AtomicU64) -> Duration {
        Duration::from_millis(self.now().saturating_sub(moment.load(Relaxed)))
    }

    /// Something came.
    pub(super) fn hear(&self) {
        self.heard.store(self.now(), Relaxed);
        self.unheard.store(0, Relaxed);
    }

    /// Data came.
    pub(super) fn hear_data(&self) {
        self.hear();
        self.heard_data.store(self.now(), Relaxed);
    }

    /// Bytes are about to be sent.
    pub(super) fn sent(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Relaxed);
        self.unheard.fetch_add(bytes, Relaxed);
    }

    /// Whether nothing was sent at all.
    pub(super) fn sent_nothing(&self) -> bool {
        self.sent.load(Relaxed) == 0
    }

    /// From now on nothing is read.
    pub(super) fn stall(&self) {
        self.stalled.store(true, Relaxed);
    }

    /// Reading goes on; the silence until now says nothing.
    pub(super) fn resume(&self) {
        self.hear();
        self.stalled.store(false, Relaxed);
    }

    /// When anything was last heard: differs from an earlier answer only where something came meanwhile.
    pub(super) fn heard(&self) -> u64 {
        self.heard.load(Relaxed)
    }

    /// Whether nothing is read now.
    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Relaxed)
    }

    /// How long nothing has been heard.
    pub(super) fn silence(&self) -> Duration {
        self.since(&self.heard)
    }

    /// How long no data has come.
    pub(super) fn drought(&self) -> Duration {
        self.since(&self.heard_data)
    }

    /// Whether two pings went unanswered and nothing excuses it.
    pub(super) fn is_lost(&self, ping: Duration) -> bool {
        let busy = self.unheard.load(Relaxed) > 0;
        let patience = if busy {
            BUSY_PATIENCE.max(2 * ping)
        } else {
            2 * ping
        };
        !self.stalled.load(Relaxed) && self.silence() >= patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: Duration = Duration::from_secs(20);

    /// A stream that began so long ago and has been silent since.
    fn silent_for(seconds: u64) -> Pulse {
        let mut pulse = Pulse::new();
        pulse.begun = Instant::now()
            .checked_sub(Duration::from_secs(seconds))
            .unwrap();
        pulse
    }

    #[tokio::test]
    async fn two_unanswered_pings_are_the_end() {
        assert!(!silent_for(39).is_lost(PING));
        assert!(silent_for(40).is_lost(PING));
        let pulse = silent_for(40);
        pulse.hear();
        assert!(!pulse.is_lost(PING));
        assert!(pulse.drought() >= Duration::from_secs(40));
        pulse.hear_data();
        assert!(pulse.drought() < Duration::from_secs(40));
    }

    #[tokio::test]
    async fn a_pod_that_reads_slowly_is_given_time() {
        for (seconds, lost) in [(40, false), (299, false), (300, true)] {
            let pulse = silent_for(seconds);
            pulse.sent(1);
            assert_eq!(pulse.is_lost(PING), lost, "{seconds}");
            pulse.hear();
            assert!(!pulse.is_lost(PING));
        }
    }

    #[tokio::test]
    async fn a_client_that_reads_slowly_is_not_held_against_the_pod() {
        let pulse = silent_for(10_000);
        pulse.stall();
        assert!(!pulse.is_lost(PING));
        pulse.resume();
        assert!(!pulse.is_lost(PING));
    }
}
