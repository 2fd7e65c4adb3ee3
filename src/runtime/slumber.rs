//! Notices that the machine has slept: the wall clock went on while the steady clock stood still.
//!
//! Afterwards no open connection is to be trusted: its other end may have given it up long ago.

use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, Instant};

/// How often to look.
pub const LOOK: Duration = Duration::from_secs(1);

/// A wall clock that is further ahead than this was not merely put right.
const JUMP: SignedDuration = SignedDuration::from_secs(5);

/// Where the steady clock goes on during sleep, a look that comes so late tells as much.
const LATE: Duration = Duration::from_secs(15);

/// The two clocks at the last look.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    wall: Timestamp,
    steady: Instant,
}

impl Clocks {
    /// As they stand now.
    pub fn read() -> Self {
        Self {
            wall: Timestamp::now(),
            steady: Instant::now(),
        }
    }

    /// Whether the machine has slept since the last look.
    pub fn slept(&mut self) -> bool {
        let now = Self::read();
        let before = std::mem::replace(self, now);
        slept(
            before.wall.duration_until(now.wall),
            now.steady.saturating_duration_since(before.steady),
        )
    }
}

/// Returns when the machine has slept.
pub async fn until_slept() {
    let mut clocks = Clocks::read();
    loop {
        tokio::time::sleep(LOOK).await;
        if clocks.slept() {
            return;
        }
    }
}

fn slept(wall: SignedDuration, steady: Duration) -> bool {
    let steadily = SignedDuration::try_from(steady).unwrap_or(SignedDuration::MAX);
    steady > LATE || wall.saturating_sub(steadily) > JUMP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_jump_forward_or_a_long_pause_is_sleep() {
        let table = [
            (1_000, 1_000, false),
            (1_300, 1_000, false),
            (5_900, 1_000, false),
            (6_100, 1_000, true),
            (8 * 3_600_000, 900, true),
            // Set back, as by a time server.
            (-3_600_000, 1_000, false),
            // A machine under load looks late.
            (9_000, 9_000, false),
            (16_000, 16_000, true),
        ];
        for (wall, steady, wanted) in table {
            assert_eq!(
                slept(
                    SignedDuration::from_millis(wall),
                    Duration::from_millis(steady)
                ),
                wanted,
                "{wall} {steady}"
            );
        }
    }
}
