//! The forwards that run, whatever context is on the screen.

use crate::forward::plan;
use crate::forward::target::Target;
use crate::model::key::Name;
use crate::runtime::cluster::Cluster;
use crate::tunnel::forward::{self, Forward, Habitat};
use crate::ui::msg::{ForwardId, ForwardRow};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Counters move with every packet; the screen need not.
const PACE: Duration = Duration::from_millis(100);

/// A forward, and what is told about it.
#[derive(Debug)]
pub(super) struct Running {
    forward: Forward,
    context: Name,
    mapping: String,
}

/// What becomes of forwards, to be taken in by the event loop.
#[derive(Debug)]
pub(super) enum Event {
    /// One has begun.
    Started(Running),
    /// One could not begin: one sentence.
    Refused(String),
    /// Something about one has changed.
    Changed,
}

/// All forwards, in the order in which they were started.
#[derive(Debug)]
pub(super) struct Forwards {
    running: Vec<Running>,
    habitat: Habitat,
    events: mpsc::Sender<Event>,
}

impl Forwards {
    /// None yet.
    pub(super) fn new(habitat: Habitat, events: mpsc::Sender<Event>) -> Self {
        Self {
            running: Vec::new(),
            habitat,
            events,
        }
    }

    /// Starts one; what becomes of it arrives as an event.
    pub(super) fn start(&self, cluster: &Cluster, target: &Target) {
        let world = Arc::clone(&cluster.published.worlds.borrow());
        let planned = plan::plan(&world, target);
        let connection = Arc::clone(&cluster.connection);
        let worlds = cluster.published.worlds.clone();
        let context = cluster.context.clone();
        let events = self.events.clone();
        let habitat = self.habitat.clone();
        self.habitat.tracker.spawn(async move {
            let event = match planned {
                Err(blocked) => Event::Refused(blocked.to_string()),
                Ok(plan) => match forward::start(connection, &plan, worlds, &habitat).await {
                    Ok(forward) => Event::Started(Running {
                        forward,
                        context,
                        mapping: plan.mapping,
                    }),
                    Err(error) => Event::Refused(error.to_string()),
                },
            };
            // Where the loop has ended the forward ends too, by its habitat.
            let _ = events.send(event).await;
        });
    }

    /// Keeps one that has begun, and watches it.
    pub(super) fn keep(&mut self, running: Running) {
        let mut states = running.forward.states.clone();
        let events = self.events.clone();
        self.habitat.tracker.spawn(async move {
            while states.changed().await.is_ok() {
                if events.send(Event::Changed).await.is_err() {
                    return;
                }
                tokio::time::sleep(PACE).await;
            }
        });
        self.running.push(running);
    }

    /// Stops one and forgets it.
    pub(super) fn stop(&mut self, id: ForwardId) {
        self.running.retain(|running| {
            let wanted = running.forward.id == id.0;
            if wanted {
                running.forward.stop();
            }
            !wanted
        });
    }

    /// Whether one leads to a context's cluster.
    pub(super) fn lead_to(&self, context: &Name) -> bool {
        let mut all = self.running.iter();
        all.any(|running| running.context == *context)
    }

    /// The machine has slept: none of their connections is to be trusted.
    pub(super) fn woken(&self) {
        self.habitat.alarm.ring();
    }

    /// All of them, for the screen.
    pub(super) fn rows(&self) -> Vec<ForwardRow> {
        let rows = self.running.iter().map(|running| ForwardRow {
            id: ForwardId(running.forward.id),
            context: running.context.clone(),
            target: running.forward.target.clone(),
            mapping: running.mapping.clone(),
            local: running.forward.local.to_string(),
            status: running.forward.states.borrow().as_ref().clone(),
        });
        rows.collect()
    }
}
