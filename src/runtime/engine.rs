//! The one task that owns a world: takes deltas, judges what they touch, publishes snapshots.

use crate::diagnosis::engine::Engine;
use crate::model::delta::Delta;
use crate::model::world::World;
use crate::ui::snapshot::Snapshot;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How many deltas may wait; a source that brings more waits for the engine.
pub(super) const PENDING: usize = 8192;

/// How many deltas are taken before the task looks up.
const BATCH: usize = 1024;

/// The least time between two snapshots: 30 a second.
const PACE: Duration = Duration::from_millis(33);

/// How often the world is told the time.
const CLOCK: Duration = Duration::from_secs(1);

/// How many seconds may pass without a newer snapshot, so that ages on the screen stay true.
const STALE: u8 = 10;

/// Where an engine publishes.
#[derive(Clone, Debug)]
pub(super) struct Published {
    /// For the screen.
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
    /// For forwards.
    pub(super) worlds: watch::Receiver<Arc<World>>,
}

/// The engine with the ends of its channels.
pub(super) struct Task {
    engine: Engine,
    deltas: mpsc::Receiver<Delta>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    worlds: watch::Sender<Arc<World>>,
}

impl Task {
    /// A task over an engine; what it publishes begins with the engine's world as it is.
    pub(super) fn new(mut engine: Engine, deltas: mpsc::Receiver<Delta>) -> (Self, Published) {
        let report = engine.judge();
        let world = engine.world().clone();
        let (worlds, worlds_out) = watch::channel(Arc::new(world.clone()));
        let (snapshots, snapshots_out) = watch::channel(Arc::new(Snapshot::new(world, report)));
        let task = Self {
            engine,
            deltas,
            snapshots,
            worlds,
        };
        let published = Published {
            snapshots: snapshots_out,
            worlds: worlds_out,
        };
        (task, published)
    }

    /// Runs until it is cancelled; where its source ends, the world stays and grows old.
    pub(super) async fn run(mut self, cancel: CancellationToken) {
        let mut batch: Vec<Delta> = Vec::with_capacity(BATCH);
        let mut clock = interval(CLOCK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut published = Instant::now();
        let mut dirty = false;
        let mut quiet: u8 = 0;
        let mut open = true;
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                count = self.deltas.recv_many(&mut batch, BATCH), if open => {
                    open = count > 0;
                    dirty |= open;
                    for delta in batch.drain(..) {
                        self.engine.apply(delta);
                    }
                }
                _ = clock.tick() => {
                    self.engine.apply(Delta::Clock(Timestamp::now()));
                    quiet += 1;
                    let report = self.engine.judge();
                    let moved = !Arc::ptr_eq(&report, &self.snapshots.borrow().report);
                    dirty |= moved || quiet >= STALE;
                }
                () = tokio::time::sleep_until(published + PACE), if dirty => {
                    self.publish();
                    published = Instant::now();
                    dirty = false;
                    quiet = 0;
                }
            }
        }
    }

    fn publish(&mut self) {
        let report = self.engine.judge();
        let world = self.engine.world().clone();
        // Nobody listening is no error: the screen may look at another context.
        self.worlds.send_replace(Arc::new(world.clone()));
        self.snapshots
            .send_replace(Arc::new(Snapshot::new(world, report)));
    }
}
