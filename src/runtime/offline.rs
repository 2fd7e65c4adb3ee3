//! Worlds that are read at once: files, and the demo, which lives on.

use crate::diagnosis::engine::Engine;
use crate::model::delta::Delta;
use crate::model::world::Origin;
use crate::runtime::engine::{PENDING, Published, Task};
use crate::source::demo::Demo;
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the demo moves.
const PULSE: Duration = Duration::from_secs(1);

/// The world of files: whole from the first frame on.
pub(super) fn files(
    origin: Origin,
    deltas: Vec<Delta>,
    tasks: &TaskTracker,
    cancel: &CancellationToken,
) -> Published {
    let engine = engine_of(origin, Timestamp::now(), deltas);
    let (_, none) = mpsc::channel(1);
    let (task, published) = Task::new(engine, none);
    tasks.spawn(task.run(cancel.clone()));
    published
}

/// The demo: whole from the first frame on, and moving.
pub(super) fn demo(tasks: &TaskTracker, cancel: &CancellationToken) -> Published {
    let start = Timestamp::now();
    let demo = Demo::new(start);
    let engine = engine_of(Origin::Demo, start, demo.initial());
    let (sender, deltas) = mpsc::channel(PENDING);
    let (task, published) = Task::new(engine, deltas);
    tasks.spawn(task.run(cancel.clone()));
    tasks.spawn(live(demo, start, sender, cancel.clone()));
    published
}

async fn live(
    demo: Demo,
    start: Timestamp,
    deltas: mpsc::Sender<Delta>,
    cancel: CancellationToken,
) {
    let mut pulse = tokio::time::interval(PULSE);
    let mut last: Vec<Delta> = Vec::new();
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = pulse.tick() => {}
        }
        let now = demo.at(Timestamp::now().duration_since(start));
        // What is as before is not sent: nothing moves without a cause.
        let news: Vec<Delta> = now
            .iter()
            .filter(|delta| !matches!(delta, Delta::Clock(_)) && !last.contains(delta))
            .cloned()
            .collect();
        last = now;
        for delta in news {
            if deltas.send(delta).await.is_err() {
                return;
            }
        }
    }
}

fn engine_of(origin: Origin, now: Timestamp, deltas: Vec<Delta>) -> Engine {
    let mut engine = Engine::new(origin, now);
    for delta in deltas {
        engine.apply(delta);
    }
    engine
}
