//! The live port-forward: a local listener that stays bound while pods come and go.
//!
//! Each accepted connection gets its own stream to a pod chosen from the latest world. One engine task owns
//! the [`Session`](crate::forward::session::Session); connections report to it what they saw.

mod accept;
mod alarm;
mod bind;
mod block;
mod channel;
mod dial;
mod engine;
mod holder;
mod local;
mod pace;
mod pair;
mod peers;
mod pool;
mod pulse;
mod pump;
mod serve;
mod shared;
mod stream;
mod turns;
mod websocket;

pub use alarm::Alarm;
pub use bind::BindError;
pub use holder::Holder;

use crate::client::Connection;
use crate::forward::plan::Plan;
use crate::forward::status::Status;
use crate::forward::target::Target;
use crate::model::world::World;
use shared::{Reporter, Shared};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many reports may wait for the engine.
const REPORTS: usize = 1024;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// The times a forward keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long a connection waits for a ready endpoint or for the API server.
    pub wait: Duration,
    /// How long the API server may take to open a stream.
    pub dial: Duration,
    /// How long a sign of life may take.
    pub ask: Duration,
    /// Between two pings.
    pub ping: Duration,
    /// How long after the local side has closed a silent pod is listened to, where it cannot be told whether
    /// anybody still reads.
    pub linger: Duration,
    /// How long a connection to a pod that has ended may finish what is under way.
    pub grace: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(30),
            dial: Duration::from_secs(10),
            ask: Duration::from_secs(5),
            ping: Duration::from_secs(20),
            linger: Duration::from_mins(1),
            grace: Duration::from_secs(1),
        }
    }
}

/// Where a forward lives: what its tasks are counted on, and what ends them.
#[derive(Clone, Debug)]
pub struct Habitat {
    /// Counts every task.
    pub tracker: TaskTracker,
    /// Ends every forward.
    pub cancel: CancellationToken,
    /// The times it keeps.
    pub timing: Timing,
    /// Rung when the machine has slept.
    pub alarm: Alarm,
}

impl Habitat {
    /// With the usual times.
    pub fn new(tracker: TaskTracker, cancel: CancellationToken) -> Self {
        Self {
            tracker,
            cancel,
            timing: Timing::default(),
            alarm: Alarm::default(),
        }
    }
}

/// A running forward. Dropping it does not stop it.
#[derive(Clone, Debug)]
pub struct Forward {
    /// Its identity, never used twice in a process.
    pub id: u64,
    /// What is forwarded.
    pub target: Target,
    /// Where it listens.
    pub local: SocketAddr,
    /// What it says of itself, whenever that changes; a snapshot may skip states, its history does not.
    pub states: watch::Receiver<Arc<Status>>,
    own: TaskTracker,
    cancel: CancellationToken,
}

impl Forward {
    /// Closes the listener and every connection; returns at once.
    pub fn stop(&self) {
        self.cancel.cancel();
    }

    /// Returns when no task and no socket of the forward is left.
    pub async fn stopped(&self) {
        self.own.wait().await;
    }
}

/// The places that cannot be listened on, and why. One that is named twice is busy the second time.
pub async fn busy(places: &[SocketAddr]) -> Vec<(SocketAddr, BindError)> {
    let mut busy = Vec::new();
    let mut held = Vec::new();
    for place in places {
        match bind::bind(*place).await {
            Ok(bound) => held.push(bound),
            Err(error) => busy.push((*place, error)),
        }
    }
    drop(held);
    busy
}

/// The plans whose local port cannot be had, and why: all of them, before any is served.
pub async fn not_free(plans: &[Plan]) -> Vec<(&Plan, BindError)> {
    let mut busy = Vec::new();
    // Held until all have been tried, so that two that want the same are found too.
    let mut held = Vec::new();
    for plan in plans {
        match bind::bind(SocketAddr::new(plan.address, plan.local)).await {
            Ok(bound) => held.push(bound),
            Err(error) => busy.push((plan, error)),
        }
    }
    drop(held);
    busy
}

/// Binds the local port and serves it until stopped. The world's sender must outlive it.
pub async fn start(
    connection: Arc<Connection>,
    plan: &Plan,
    worlds: watch::Receiver<Arc<World>>,
    habitat: &Habitat,
) -> Result<Forward, BindError> {
    let (listener, local) = bind::bind(SocketAddr::new(plan.address, plan.local)).await?;
    let (events, reports) = mpsc::channel(REPORTS);
    let cancel = habitat.cancel.child_token();
    let own = TaskTracker::new();
    let pool = pool::Pool::new(
        habitat.tracker.clone(),
        own.clone(),
        cancel.clone(),
        habitat.timing.ping,
    );
    let shared = Arc::new(Shared::new(
        connection,
        (plan.target.clone(), plan.among),
        local,
        worlds,
        pool,
        Habitat {
            cancel: cancel.clone(),
            ..habitat.clone()
        },
    ));
    let (engine, states) = engine::Engine::new(Arc::clone(&shared), reports, plan.among);
    // Counted out of the habitat before it counts as stopped.
    own.spawn(habitat.tracker.track_future(engine.run()));
    let accepting = accept::Accepting {
        listener,
        reporter: Reporter { shared, events },
        tracker: habitat.tracker.clone(),
        own: own.clone(),
    };
    own.spawn(habitat.tracker.track_future(accepting.run()));
    own.close();
    Ok(Forward {
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        target: plan.target.clone(),
        local,
        states,
        own,
        cancel,
    })
}
