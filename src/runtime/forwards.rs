//! The forwards that run, whatever context is on the screen.

use crate::client::Connection;
use crate::forward::plan::{self, Blocked, Plan};
use crate::forward::profile::Wanted;
use crate::forward::right::Right;
use crate::forward::url;
use crate::model::key::Name;
use crate::model::world::World;
use crate::runtime::forward::clash;
use crate::runtime::rights;
use crate::tunnel::forward::{self, Forward, Habitat, not_free};
use crate::ui::dialog::Then;
use crate::ui::msg::{ForwardId, ForwardRow, Member};
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
pub struct Running {
    forward: Forward,
    context: Name,
    mapping: String,
    /// What is wanted once it listens, where somebody asked for it on the screen.
    then: Option<Then>,
    /// The local port that would have been proposed for it.
    usual: u16,
    /// The saved set that it belongs to.
    member: Option<Member>,
}

impl Running {
    /// Its URL.
    pub fn url(&self) -> Option<String> {
        let local = self.forward.local.to_string();
        url::of(&local, &self.forward.target, &self.mapping)
    }

    /// What is wanted now that it listens.
    pub fn then(&self) -> Then {
        self.then.unwrap_or_default()
    }

    /// What is to be remembered of one that was asked for on the screen: context, target, and the local port where
    /// it is not the usual one.
    pub fn memory(&self) -> Option<(Name, String, Option<u16>)> {
        self.then?;
        let port = self.forward.local.port();
        let local = Some(port).filter(|port| *port != self.usual);
        Some((self.context.clone(), self.forward.target.to_string(), local))
    }
}

/// The cluster to which forwards lead.
#[derive(Clone, Debug)]
pub struct Ground {
    /// How it is reached.
    pub connection: Arc<Connection>,
    /// What is known of it, as that changes.
    pub worlds: watch::Receiver<Arc<World>>,
    /// The context's name.
    pub context: Name,
}

/// What is to be started: all of it, or nothing.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Every port.
    pub wanted: Vec<Wanted>,
    /// What somebody at the screen wants of the first; none where nobody chose it there.
    pub then: Option<Then>,
    /// The saved set that it belongs to.
    pub member: Option<Member>,
}

/// What becomes of forwards, to be taken in by the event loop.
#[derive(Debug)]
pub enum Event {
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
pub struct Forwards {
    running: Vec<Running>,
    habitat: Habitat,
    events: mpsc::Sender<Event>,
}

impl Forwards {
    /// None yet.
    pub fn new(habitat: Habitat, events: mpsc::Sender<Event>) -> Self {
        Self {
            running: Vec::new(),
            habitat,
            events,
        }
    }

    /// Starts what is ordered, once the world can tell whether it can work; what becomes of it arrives as events.
    pub fn start(&self, ground: Ground, order: Order) {
        let events = self.events.clone();
        let habitat = self.habitat.clone();
        self.habitat.tracker.spawn(async move {
            // Where the loop has ended the forwards end too, by their habitat.
            let event = match start_all(&ground, &order, &habitat).await {
                Ok((running, warnings)) => {
                    for one in running {
                        let _ = events.send(Event::Started(one)).await;
                    }
                    warnings.into_iter().next().map(Event::Warned)
                }
                Err(why) => Some(Event::Refused(match &order.member {
                    Some(member) => format!("group {}: {why}", member.group),
                    None => why,
                })),
            };
            if let Some(event) = event {
                let _ = events.send(event).await;
            }
        });
    }

    /// Keeps one that has begun, and watches it.
    pub fn keep(&mut self, running: Running) {
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
    pub fn stop(&mut self, id: ForwardId) {
        self.running.retain(|running| {
            let wanted = running.forward.id == id.0;
            if wanted {
                running.forward.stop();
            }
            !wanted
        });
    }

    /// Whether one leads to a context's cluster.
    pub fn lead_to(&self, context: &Name) -> bool {
        let mut all = self.running.iter();
        all.any(|running| running.context == *context)
    }

    /// The machine has slept: none of their connections is to be trusted.
    pub fn woken(&self) {
        self.habitat.alarm.ring();
    }

    /// All of them, for the screen.
    pub fn rows(&self) -> Vec<ForwardRow> {
        let rows = self.running.iter().map(|running| ForwardRow {
            id: ForwardId(running.forward.id),
            context: running.context.clone(),
            target: running.forward.target.clone(),
            mapping: running.mapping.clone(),
            local: running.forward.local.to_string(),
            member: running.member.clone(),
            status: running.forward.states.borrow().as_ref().clone(),
        });
        rows.collect()
    }
}

/// Starts every forward of an order, or says why none is: with what a person should know of those that began.
async fn start_all(
    ground: &Ground,
    order: &Order,
    habitat: &Habitat,
) -> Result<(Vec<Running>, Vec<String>), String> {
    let (mut plans, mut warnings) = (Vec::new(), Vec::new());
    for wanted in &order.wanted {
        let plan = planned(ground.worlds.clone(), wanted).await;
        let plan = plan.map_err(|blocked| blocked.to_string())?;
        let target = &plan.target;
        let right = rights::to_target(&ground.connection, ground.worlds.clone(), target).await;
        if let Right::Missing(why) = right {
            return Err(why);
        }
        warnings.extend(warning(&plan, &right));
        plans.push(plan);
    }
    if let Some(clash) = clash(&plans) {
        return Err(clash);
    }
    if let Some((_, error)) = not_free(&plans).await.first() {
        return Err(error.to_string());
    }
    let mut running: Vec<Running> = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        let (connection, worlds) = (Arc::clone(&ground.connection), ground.worlds.clone());
        match forward::start(connection, plan, worlds, habitat).await {
            Ok(forward) => running.push(Running {
                forward,
                context: ground.context.clone(),
                mapping: plan.mapping.clone(),
                then: order
                    .then
                    .map(|then| if number == 0 { then } else { Then::Nothing }),
                usual: plan.usual,
                member: order.member.clone(),
            }),
            Err(error) => {
                for one in &running {
                    one.forward.stop();
                }
                return Err(error.to_string());
            }
        }
    }
    Ok((running, warnings))
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
