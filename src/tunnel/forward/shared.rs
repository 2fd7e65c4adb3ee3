//! What the tasks of one forward have in common.

use crate::client::Connection;
use crate::forward::cause::Cause;
use crate::forward::pick::{Among, Choice, Memory, Missing, pick};
use crate::forward::session::Seen;
use crate::forward::target::Target;
use crate::model::world::World;
use crate::tunnel::forward::peers::Peers;
use crate::tunnel::forward::pool::Pool;
use crate::tunnel::forward::turns::Turns;
use crate::tunnel::forward::{Alarm, Habitat, Timing};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// How long a pod that failed is passed over where there is another.
const SHUN: Duration = Duration::from_secs(5);

/// The common ground of a forward's tasks.
pub(super) struct Shared {
    pub(super) connection: Arc<Connection>,
    pub(super) target: Target,
    among: Among,
    pub(super) worlds: watch::Receiver<Arc<World>>,
    pub(super) cancel: CancellationToken,
    pub(super) timing: Timing,
    pub(super) alarm: Alarm,
    pub(super) peers: Peers,
    pub(super) pool: Pool,
    pub(super) turns: Turns,
    /// Counts the times that the API server came back.
    pub(super) recoveries: watch::Sender<u64>,
    pub(super) bytes_in: AtomicU64,
    pub(super) bytes_out: AtomicU64,
    recent: Mutex<Recent>,
    in_use: Mutex<InUse>,
}

#[derive(Default)]
struct Recent {
    last: Option<Choice>,
    failed: Vec<(Choice, Instant)>,
}

#[derive(Default)]
struct InUse {
    next: u64,
    streams: Vec<(u64, Choice, CancellationToken)>,
}

/// A stream to a pod while it is open: its token is cancelled when the pod has ended.
pub(super) struct Lease {
    shared: Arc<Shared>,
    number: u64,
    pub(super) pod_ended: CancellationToken,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let number = self.number;
        lock(&self.shared.in_use)
            .streams
            .retain(|(held, ..)| *held != number);
    }
}

impl Shared {
    pub(super) fn new(
        connection: Arc<Connection>,
        (target, among): (Target, Among),
        local: SocketAddr,
        worlds: watch::Receiver<Arc<World>>,
        pool: Pool,
        habitat: Habitat,
    ) -> Self {
        Self {
            pool,
            turns: Turns::default(),
            connection,
            target,
            among,
            worlds,
            cancel: habitat.cancel,
            timing: habitat.timing,
            alarm: habitat.alarm,
            peers: Peers::of(local),
            recoveries: watch::Sender::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            recent: Mutex::default(),
            in_use: Mutex::default(),
        }
    }

    /// The pod for a connection that already tried some.
    pub(super) fn pick(&self, world: &World, tried: &[Choice]) -> Result<Choice, Missing> {
        let memory = {
            let mut recent = lock(&self.recent);
            recent.failed.retain(|(_, at)| at.elapsed() < SHUN);
            Memory {
                among: self.among,
                last: recent.last.clone(),
                failed: recent
                    .failed
                    .iter()
                    .map(|(choice, _)| choice.clone())
                    .collect(),
                tried: tried.to_vec(),
            }
        };
        pick(world, &self.target, &memory)
    }

    /// Registers a stream to a pod.
    pub(super) fn lease(self: &Arc<Self>, choice: &Choice) -> Lease {
        let pod_ended = CancellationToken::new();
        let mut in_use = lock(&self.in_use);
        let number = in_use.next;
        in_use.next += 1;
        in_use
            .streams
            .push((number, choice.clone(), pod_ended.clone()));
        Lease {
            shared: Arc::clone(self),
            number,
            pod_ended,
        }
    }

    /// Tells the streams of every pod for which `ended` holds.
    pub(super) fn end_streams(&self, ended: impl Fn(&Choice) -> bool) {
        for (_, choice, token) in &lock(&self.in_use).streams {
            if !token.is_cancelled() && ended(choice) {
                token.cancel();
            }
        }
    }

    /// The bytes since the last call: from the pod, to the pod.
    pub(super) fn take_bytes(&self) -> (u64, u64) {
        let bytes_in = self.bytes_in.swap(0, Ordering::Relaxed);
        (bytes_in, self.bytes_out.swap(0, Ordering::Relaxed))
    }

    /// Records who serves a connection, so that the next takes its turn while this one is still being dialled.
    pub(super) fn chosen(&self, choice: &Choice) {
        if self.among == Among::Spread {
            lock(&self.recent).last = Some(choice.clone());
        }
    }

    fn worked(&self, choice: &Choice) {
        let mut recent = lock(&self.recent);
        recent.failed.retain(|(failed, _)| failed != choice);
        if self.among == Among::Sticky {
            recent.last = Some(choice.clone());
        }
    }

    fn failed(&self, choice: &Choice) {
        let mut recent = lock(&self.recent);
        recent.failed.retain(|(failed, _)| failed != choice);
        recent.failed.push((choice.clone(), Instant::now()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection's way to tell the engine what it saw.
#[derive(Clone)]
pub(super) struct Reporter {
    pub(super) shared: Arc<Shared>,
    pub(super) events: mpsc::Sender<Seen>,
}

impl Reporter {
    /// Tells it. The engine outlives every reporter, so nothing is lost.
    pub(super) async fn tell(&self, seen: Seen) {
        let _ = self.events.send(seen).await;
    }

    /// A pod took a connection.
    pub(super) async fn dialled(&self, choice: &Choice, took: Duration, half_close: bool) {
        self.shared.worked(choice);
        self.tell(Seen::HalfClose(half_close)).await;
        self.tell(Seen::Dialled(choice.clone(), took)).await;
    }

    /// A pod could not be dialled.
    pub(super) async fn dial_failed(&self, choice: &Choice, cause: &Cause) {
        if cause.is_of_the_pod() {
            self.shared.failed(choice);
        }
        self.tell(Seen::DialFailed(Some(choice.clone()), cause.clone()))
            .await;
    }
}
