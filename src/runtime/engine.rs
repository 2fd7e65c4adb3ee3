//! The one task that owns a world: takes deltas, judges what they touch, publishes snapshots.

use crate::diagnosis::engine::Engine;
use crate::model::delta::Delta;
use crate::model::world::World;
use crate::ui::snapshot::Snapshot;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many deltas may wait; a source that brings more waits for the engine.
pub(super) const PENDING: usize = 8192;

/// How many deltas are taken before the task looks up.
const BATCH: usize = 1024;

/// The least time between two snapshots: 30 a second.
const PACE: Duration = Duration::from_millis(33);

/// How often the world is told the time: as often as a small share of one core allows, between these bounds.
const CLOCK: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// One part in so many of a core goes into judging what only time has touched.
const SHARE: u32 = 250;

/// How long there may be no newer snapshot, so that ages on the screen stay true.
const STALE: Duration = Duration::from_secs(10);

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
        engine = engine.keeping_a_journal();
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
        let mut clock = Instant::now() + CLOCK.0;
        let mut published = Instant::now();
        let mut dirty = false;
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
                () = tokio::time::sleep_until(clock) => {
                    let start = Instant::now();
                    self.engine.apply(Delta::Clock(Timestamp::now()));
                    let report = self.engine.judge();
                    let moved = !Arc::ptr_eq(&report, &self.snapshots.borrow().report);
                    dirty |= moved || published.elapsed() >= STALE;
                    let pause = start.elapsed() * SHARE;
                    clock = Instant::now() + pause.clamp(CLOCK.0, CLOCK.1);
                }
                () = tokio::time::sleep_until(published + PACE), if dirty => {
                    self.publish();
                    published = Instant::now();
                    dirty = false;
                }
            }
        }
    }

    fn publish(&mut self) {
        let report = self.engine.judge();
        let world = self.engine.world().clone();
        // Nobody listening is no error: the screen may look at another context.
        self.worlds.send_replace(Arc::new(world.clone()));
        let snapshot = Snapshot::new(world, report).telling(self.engine.journal());
        self.snapshots.send_replace(Arc::new(snapshot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::coverage::State;
    use crate::model::kind::Kind;
    use crate::model::world::Origin;

    fn task() -> (Task, Published, mpsc::Sender<Delta>) {
        let (sender, deltas) = mpsc::channel(PENDING);
        let engine = Engine::new(Origin::Files, Timestamp::UNIX_EPOCH);
        let (task, published) = Task::new(engine, deltas);
        (task, published, sender)
    }

    fn note(seen: usize) -> Delta {
        Delta::Coverage {
            kind: Kind::Pod,
            namespace: None,
            state: State::Syncing { seen },
        }
    }

    #[tokio::test]
    async fn what_arrives_is_published_to_screen_and_forwards() {
        let (task, published, deltas) = task();
        let cancel = CancellationToken::new();
        let running = tokio::spawn(task.run(cancel.clone()));
        deltas.send(note(7)).await.unwrap();
        let mut snapshots = published.snapshots;
        snapshots.changed().await.unwrap();
        let coverage = snapshots.borrow().world.coverage().clone();
        assert_eq!(coverage.state(Kind::Pod, None), State::Syncing { seen: 7 });
        let world = published.worlds.borrow().clone();
        assert_eq!(*world.coverage(), coverage);
        cancel.cancel();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn many_deltas_make_few_snapshots() {
        let (task, published, deltas) = task();
        let cancel = CancellationToken::new();
        let running = tokio::spawn(task.run(cancel.clone()));
        let mut snapshots = published.snapshots;
        let start = Instant::now();
        let sending = tokio::spawn(async move {
            for seen in 0..20_000 {
                deltas.send(note(seen)).await.unwrap();
            }
            deltas
        });
        let mut count: u32 = 0;
        let last = State::Syncing { seen: 19_999 };
        while snapshots.borrow().world.coverage().state(Kind::Pod, None) != last {
            snapshots.changed().await.unwrap();
            count += 1;
        }
        let most = start.elapsed().as_millis() / PACE.as_millis() + 2;
        assert!(
            u128::from(count) <= most,
            "{count} in {:?}",
            start.elapsed()
        );
        drop(sending.await.unwrap());
        cancel.cancel();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_source_that_ends_leaves_the_world() {
        let (task, published, deltas) = task();
        let cancel = CancellationToken::new();
        let running = tokio::spawn(task.run(cancel.clone()));
        drop(deltas);
        tokio::time::sleep(PACE * 3).await;
        assert!(!running.is_finished());
        assert!(published.snapshots.has_changed().is_ok());
        cancel.cancel();
        running.await.unwrap();
    }
}
