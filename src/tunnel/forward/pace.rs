//! Lets a fast stream gather before it is read on: woken for every few KiB, a process spends more on waking than on
//! carrying. What a network card does for its interrupts.

use std::time::Duration;
use tokio::time::Instant;

/// How long a fast stream is left to gather: the shortest time that the runtime's clock knows.
pub(super) const BREATH: Duration = Duration::from_millis(1);

/// Over which a stream's pace is taken.
const WINDOW: Duration = Duration::from_millis(16);

/// What a fast stream carries in a window, in bytes: 64 MiB a second. An answer below this size never waits.
const FAST: usize = 1024 * 1024;

/// The pace of one direction.
pub(super) struct Pace {
    begun: Instant,
    carried: usize,
    fast: bool,
}

impl Pace {
    /// Of a stream that has carried nothing yet.
    pub(super) fn since(now: Instant) -> Self {
        Self {
            begun: now,
            carried: 0,
            fast: false,
        }
    }

    /// Whether the stream is fast now that so many bytes more were carried: judged by the last whole window.
    pub(super) fn is_fast(&mut self, length: usize, now: Instant) -> bool {
        self.carried += length;
        let spent = now.duration_since(self.begun);
        if spent >= WINDOW {
            // What came after a pause was not carried in a window's time.
            self.fast = spent < 2 * WINDOW && self.carried >= FAST;
            (self.begun, self.carried) = (now, 0);
        }
        self.fast
    }
}

#[cfg(test)]
mod tests {
    use super::{FAST, Pace, WINDOW};
    use tokio::time::Instant;

    /// Whether it is fast after a window in which so much was carried, a little at a time.
    fn after(pace: &mut Pace, now: &mut Instant, carried: usize) -> bool {
        let mut fast = false;
        for _ in 0..16 {
            *now += WINDOW / 16;
            fast = pace.is_fast(carried / 16, *now);
        }
        fast
    }

    #[test]
    fn only_what_keeps_up_for_a_whole_window_is_fast() {
        let mut now = Instant::now();
        let mut pace = Pace::since(now);
        assert!(!pace.is_fast(8 * FAST, now), "one answer, however large");
        let mut pace = Pace::since(now);
        assert!(!after(&mut pace, &mut now, FAST / 2));
        assert!(after(&mut pace, &mut now, FAST));
        assert!(after(&mut pace, &mut now, FAST));
        assert!(!after(&mut pace, &mut now, FAST / 2));
    }

    #[test]
    fn after_a_pause_a_stream_begins_anew() {
        let mut now = Instant::now();
        let mut pace = Pace::since(now);
        assert!(after(&mut pace, &mut now, FAST));
        assert!(!pace.is_fast(2 * FAST, now + 10 * WINDOW));
    }
}
