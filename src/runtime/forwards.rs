//! The forwards that run, whatever context is on the screen.

use crate::forward::plan::{self, Blocked, Plan};
use crate::forward::profile::Wanted;
use crate::forward::right::Right;
use crate::forward::url;
use crate::model::key::Name;
use crate::model::world::World;
use crate::runtime::cluster::Cluster;
use crate::runtime::rights;
use crate::tunnel::forward::{self, Forward, Habitat};
use crate::ui::dialog::Then;
use crate::ui::msg::{ForwardId, ForwardRow};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

/// Counters move with every packet; the screen need not.
const PACE: Duration = Duration::from_millis(100);

/// How long a forward waits for the kinds it rests on to be read.
const PATIENCE: Duration = Duration::from_secs(30);

/// A forward, and what is told about it.
#[derive(Debug)]
pub(super) struct Running {
    forward: Forward,
    context: Name,
    mapping: String,
    /// What is wanted once it listens, where somebody asked for it on the screen.
    then: Option<Then>,
    /// The local port that would have been proposed for it.
    usual: u16,
}

impl Running {
    /// Its URL.
    pub(super) fn url(&self) -> Option<String> {
        let local = self.forward.local.to_string();
        url::of(&local, &self.forward.target, &self.mapping)
    }

    /// What is wanted now that it listens.
    pub(super) fn then(&self) -> Then {
        self.then.unwrap_or_default()
    }

    /// What is to be remembered of one that was asked for on the screen: context, target, and the local port where
    /// it is not the usual one.
    pub(super) fn memory(&self) -> Option<(Name, String, Option<u16>)> {
        self.then?;
        let port = self.forward.local.port();
        let local = Some(port).filter(|port| *port != self.usual);
        Some((self.context.clone(), self.forward.target.to_string(), local))
    }
}

/// What becomes of forwards, to be taken in by the event loop.
#[derive(Debug)]
pub(super) enum Event {
    /// One has begun.
    Started(Running),
    /// One could not begin: one sentence.
    Refused(String),
    /// What a person should know about one that has begun: one sentence.
    Warned(String),
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

    /// Starts one, once the world can tell whether it can work; what becomes of it arrives as events.
    /// `then` is what somebody at the screen wants of it.
    pub(super) fn start(&self, cluster: &Cluster, wanted: &Wanted, then: Option<Then>) {
        let wanted = wanted.clone();
        let connection = Arc::clone(&cluster.connection);
        let worlds = cluster.published.worlds.clone();
        let context = cluster.context.clone();
        let events = self.events.clone();
        let habitat = self.habitat.clone();
        self.habitat.tracker.spawn(async move {
            let plan = match planned(worlds.clone(), &wanted).await {
                Ok(plan) => plan,
                Err(blocked) => {
                    let _ = events.send(Event::Refused(blocked.to_string())).await;
                    return;
                }
            };
            let right = rights::to_target(&connection, worlds.clone(), &plan.target).await;
            if let Right::Missing(why) = right {
                let _ = events.send(Event::Refused(why)).await;
                return;
            }
            let starting = forward::start(connection, &plan, worlds, &habitat);
            let event = match starting.await {
                Err(error) => Event::Refused(error.to_string()),
                Ok(forward) => Event::Started(Running {
                    forward,
                    context,
                    mapping: plan.mapping.clone(),
                    then,
                    usual: plan.usual,
                }),
            };
            let began = matches!(event, Event::Started(_));
            // Where the loop has ended the forward ends too, by its habitat.
            let _ = events.send(event).await;
            if began && let Some(warning) = warning(&plan, &right) {
                let _ = events.send(Event::Warned(warning)).await;
            }
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

/// The plan, once the world can tell; else the reason against.
async fn planned(
    mut worlds: watch::Receiver<Arc<World>>,
    wanted: &Wanted,
) -> Result<Plan, Box<Blocked>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let world = Arc::clone(&worlds.borrow_and_update());
        let blocked = match plan::plan(&world, &wanted.target) {
            Ok(plan) => return Ok(plan.on_address(wanted.address).choosing(wanted.among)),
            Err(blocked) => blocked,
        };
        let changed = timeout_at(deadline, worlds.changed());
        if !blocked.syncing || !matches!(changed.await, Ok(Ok(()))) {
            return Err(blocked);
        }
    }
}

/// What a person should know of one that has begun, the gravest first.
fn warning(plan: &Plan, right: &Right) -> Option<String> {
    if plan.is_exposed() {
        return Some(plan.exposure());
    }
    match right {
        Right::Doubtful(words) => Some(words.clone()),
        Right::Given | Right::Missing(_) | Right::NotKnown(_) => plan.notes.first().cloned(),
    }
}
