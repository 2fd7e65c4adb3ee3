//! Tunnels that wait for their next connection: opening one costs several trips, using an open one a single trip.
//!
//! Each is a task of its own that answers and sends pings, and notices when the far end goes away.

use crate::forward::pick::Choice;
use crate::model::key::{Key, Name};
use crate::tunnel::forward::pair::Tunnel;
use crate::tunnel::forward::stream::FromPod;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many are kept at most: what a browser opens at once, and some.
const MOST: usize = 8;

/// How many outlast a pause in use.
const WARM: usize = 2;

/// The pause after which the others are closed.
const PAUSE: Duration = Duration::from_secs(30);

/// How long a closing handshake may take.
const CLOSING: Duration = Duration::from_secs(1);

/// The idle tunnels of one forward.
pub(super) struct Pool {
    idle: Mutex<Vec<Idle>>,
    tracker: TaskTracker,
    own: TaskTracker,
    cancel: CancellationToken,
    ping: Duration,
}

struct Idle {
    pod: Key,
    uid: Name,
    since: Instant,
    wanted: CancellationToken,
    discarded: CancellationToken,
    keeping: JoinHandle<Option<Tunnel>>,
}

impl Pool {
    pub(super) fn new(
        tracker: TaskTracker,
        own: TaskTracker,
        cancel: CancellationToken,
        ping: Duration,
    ) -> Self {
        Self {
            idle: Mutex::default(),
            tracker,
            own,
            cancel,
            ping,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a tunnel for the next connection to its pod.
    pub(super) fn put(&self, choice: &Choice, tunnel: Tunnel) {
        let mut idle = self.lock();
        let now = Instant::now();
        idle.retain(|idle| !idle.keeping.is_finished());
        let mut warm = WARM;
        for old in idle.iter().rev() {
            if warm > 0 {
                warm -= 1;
            } else if now.duration_since(old.since) > PAUSE {
                old.discarded.cancel();
            }
        }
        if let Some(oldest) = idle.first().filter(|_| idle.len() >= MOST) {
            oldest.discarded.cancel();
            idle.remove(0);
        }
        let (wanted, discarded) = (CancellationToken::new(), self.cancel.child_token());
        let keeping = keep(tunnel, wanted.clone(), discarded.clone(), self.ping);
        idle.push(Idle {
            pod: choice.pod.clone(),
            uid: choice.uid.clone(),
            since: now,
            wanted,
            discarded,
            keeping: self.own.spawn(self.tracker.track_future(keeping)),
        });
    }

    /// A tunnel to this very pod that is not known to be dead, the one used last first.
    pub(super) async fn take(&self, choice: &Choice) -> Option<Tunnel> {
        loop {
            let idle = {
                let mut all = self.lock();
                let fits = |idle: &Idle| idle.pod == choice.pod && idle.uid == choice.uid;
                let at = all.iter().rposition(fits)?;
                all.remove(at)
            };
            idle.wanted.cancel();
            if let Ok(Some(tunnel)) = idle.keeping.await {
                return Some(tunnel);
            }
        }
    }

    /// Closes those whose pod has ended, or all.
    pub(super) fn discard(&self, which: impl Fn(&Key, &Name) -> bool) {
        self.lock().retain(|idle| {
            let out = which(&idle.pod, &idle.uid);
            if out {
                idle.discarded.cancel();
            }
            !out
        });
    }
}

/// Keeps a tunnel alive until it is wanted; none where it has died, or is wanted no more.
async fn keep(
    mut tunnel: Tunnel,
    wanted: CancellationToken,
    discarded: CancellationToken,
    ping: Duration,
) -> Option<Tunnel> {
    let mut beat = interval_at(Instant::now() + ping, ping);
    let mut unanswered = 0;
    loop {
        tokio::select! {
            biased;
            () = discarded.cancelled() => break,
            () = wanted.cancelled() => return Some(tunnel),
            heard = tunnel.incoming.next() => match heard {
                FromPod::Alive => unanswered = 0,
                _ => break,
            },
            id = tunnel.outgoing.question() => if tunnel.outgoing.answer(id).await.is_err() {
                break;
            },
            _ = beat.tick() => {
                unanswered += 1;
                if unanswered > 2 {
                    break;
                }
                // A path that takes nothing any more is as good as cut.
                if !matches!(timeout(ping, tunnel.outgoing.ping()).await, Ok(Ok(()))) {
                    break;
                }
            }
        }
    }
    let _ = timeout(CLOSING, tunnel.outgoing.close()).await;
    None
}
