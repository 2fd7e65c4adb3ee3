//! The task that owns the session: it takes reports and worlds, carries out what the session orders, and
//! publishes what it says.

use crate::client::Connection;
use crate::forward::cause::Cause;
use crate::forward::pick::{Among, Choice, Missing, candidates, has_ended};
use crate::forward::session::{Seen, Session, SessionAction, SessionEvent};
use crate::forward::status::Status;
use crate::model::coverage::State as Coverage;
use crate::model::kind::Kind;
use crate::model::world::World;
use crate::tunnel::forward::dial::dial;
use crate::tunnel::forward::shared::Shared;
use crate::tunnel::forward::stream::FromPod;
use futures::future::{BoxFuture, OptionFuture};
use http::Request;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// How often counters are published while bytes flow.
const TELL: Duration = Duration::from_millis(250);

pub(super) struct Engine {
    shared: Arc<Shared>,
    reports: mpsc::Receiver<Seen>,
    session: Session,
    states: watch::Sender<Arc<Status>>,
    endpoints: Option<Result<Vec<Choice>, Missing>>,
    stale: bool,
    ask_at: Option<Instant>,
    asking: Option<BoxFuture<'static, Seen>>,
    trying: Option<BoxFuture<'static, Seen>>,
    try_again: bool,
}

impl Engine {
    pub(super) fn new(
        shared: Arc<Shared>,
        reports: mpsc::Receiver<Seen>,
        among: Among,
    ) -> (Self, watch::Receiver<Arc<Status>>) {
        let session = Session::new(Timestamp::now()).choosing(among);
        let (states, watching) = watch::channel(Arc::new(session.status()));
        let mut engine = Self {
            shared,
            reports,
            session,
            states,
            endpoints: None,
            stale: false,
            ask_at: None,
            asking: None,
            trying: None,
            try_again: false,
        };
        let world = engine.shared.worlds.borrow().clone();
        engine.see_world(&world);
        engine.see(Seen::Bound);
        engine.publish();
        (engine, watching)
    }

    /// Runs until it was stopped and the last connection has reported its end.
    pub(super) async fn run(mut self) {
        let cancel = self.shared.cancel.clone();
        let mut worlds = self.shared.worlds.clone();
        let mut alarm = self.shared.alarm.hear();
        let mut stopped = false;
        let mut world_ends = false;
        loop {
            let active = self.session.counters().active > 0;
            tokio::select! {
                report = self.reports.recv() => match report {
                    Some(seen) => self.see_all(seen),
                    // Nobody is left who could report: the forward was stopped.
                    None => break,
                },
                changed = worlds.changed(), if !world_ends && !stopped => match changed {
                    Ok(()) => {
                        let world = worlds.borrow_and_update().clone();
                        self.see_world(&world);
                    }
                    Err(_) => world_ends = true,
                },
                () = cancel.cancelled(), if !stopped => {
                    stopped = true;
                    self.see(Seen::Stop);
                }
                () = alarm.rung(), if !stopped => {
                    // They may be dead without knowing it.
                    self.shared.pool.discard(|_, _| true);
                    self.see(Seen::Woken);
                }
                () = sleep(TELL), if active => {}
                () = until(self.ask_at) => {
                    self.ask_at = None;
                    self.ask();
                }
                Some(seen) = OptionFuture::from(self.asking.as_mut()) => {
                    self.asking = None;
                    self.see(seen);
                }
                Some(seen) = OptionFuture::from(self.trying.as_mut()) => {
                    self.trying = None;
                    self.see(seen);
                    if std::mem::take(&mut self.try_again) {
                        self.try_dial();
                    }
                }
            }
            self.publish();
        }
        self.see(Seen::Stop);
        self.publish();
    }

    /// A report and all that came with it, before anything is published.
    fn see_all(&mut self, first: Seen) {
        self.see(first);
        for _ in 0..self.reports.len() {
            if let Ok(seen) = self.reports.try_recv() {
                self.see(seen);
            }
        }
    }

    fn see_world(&mut self, world: &World) {
        self.shared.end_streams(|choice| has_ended(world, choice));
        // A tunnel to a pod that is gone stays open and silent.
        self.shared.pool.discard(|pod, uid| {
            let choice = Choice {
                pod: pod.clone(),
                uid: uid.clone(),
                port: 0,
            };
            has_ended(world, &choice)
        });
        let endpoints = candidates(world, &self.shared.target);
        if self.endpoints.as_ref() != Some(&endpoints) {
            self.endpoints = Some(endpoints.clone());
            self.see(Seen::Endpoints(endpoints));
        }
        let stale = is_stale(world, self.shared.target.object.namespace.as_deref());
        if stale != self.stale {
            self.see(if stale { Seen::Stale } else { Seen::Fresh });
        }
        self.stale = stale;
    }

    fn see(&mut self, what: Seen) {
        let at = Timestamp::now();
        let session = std::mem::replace(&mut self.session, Session::new(at));
        let (session, actions) = session.on(SessionEvent { at, what });
        self.session = session;
        for action in actions {
            self.perform(&action);
        }
    }

    fn perform(&mut self, action: &SessionAction) {
        match action {
            // Transitions are part of the published history; what stops is cancelled by the same token.
            SessionAction::Announce(_) | SessionAction::Close => {}
            SessionAction::AskIn(wait) => self.ask_at = Some(Instant::now() + *wait),
            SessionAction::AskNow => self.ask(),
            SessionAction::StopAsking => {
                self.ask_at = None;
                self.shared.recoveries.send_modify(|times| *times += 1);
            }
            SessionAction::TryDial => self.try_dial(),
        }
        if matches!(action, SessionAction::Close) {
            self.asking = None;
            self.trying = None;
            self.ask_at = None;
        }
    }

    fn ask(&mut self) {
        if self.asking.is_none() && !self.session.is_over() {
            let connection = Arc::clone(&self.shared.connection);
            let within = self.shared.timing.ask;
            self.asking = Some(Box::pin(async move { ask(&connection, within).await }));
        }
    }

    /// One try at a time; what orders another meanwhile gets it afterwards.
    fn try_dial(&mut self) {
        if self.trying.is_some() {
            self.try_again = true;
            return;
        }
        let world = self.shared.worlds.borrow().clone();
        if let Ok(choice) = self.shared.pick(&world, &[]) {
            let shared = Arc::clone(&self.shared);
            self.trying = Some(Box::pin(async move { try_one(&shared, choice).await }));
        }
    }

    fn publish(&mut self) {
        let (bytes_in, bytes_out) = self.shared.take_bytes();
        if bytes_in > 0 || bytes_out > 0 {
            self.see(Seen::Moved {
                bytes_in,
                bytes_out,
            });
        }
        let status = self.session.status();
        self.states.send_if_modified(|shown| {
            let news = **shown != status;
            if news {
                *shown = Arc::new(status);
            }
            news
        });
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Whether the kinds that endpoints rest on are known from old data only.
fn is_stale(world: &World, namespace: Option<&str>) -> bool {
    [Kind::Pod, Kind::EndpointSlice].iter().any(|kind| {
        matches!(
            world.coverage().state(*kind, namespace),
            Coverage::Stale { .. }
        )
    })
}

/// Any answer of the API server is a sign of life.
async fn ask(connection: &Connection, within: Duration) -> Seen {
    let Ok(request) = Request::get("/version").body(Vec::new()) else {
        return Seen::Reachable;
    };
    match connection.send(request, within).await {
        Ok(_) => Seen::Reachable,
        Err(fault) if fault.answered() => Seen::Reachable,
        Err(fault) => Seen::Unreachable(fault.to_string()),
    }
}

/// Dials a pod and closes again, to learn whether it takes connections.
async fn try_one(shared: &Shared, choice: Choice) -> Seen {
    let dialling = dial(
        &shared.connection,
        &shared.pool,
        &choice,
        shared.timing.dial,
    );
    let mut stream = match dialling.await {
        Ok(stream) => stream,
        Err(cause) => return Seen::DialFailed(Some(choice), cause),
    };
    let refusal = async {
        loop {
            match stream.incoming.next().await {
                FromPod::Alive => {}
                FromPod::Data(_) | FromPod::Ended | FromPod::Closed => return None,
                FromPod::Error(text) => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    return Some(Cause::of_error_channel(&text, choice.port));
                }
                FromPod::Broken(cause) => return Some(cause),
            }
        }
    };
    let seen = match tokio::time::timeout(super::pump::overdue(stream.took), refusal).await {
        Ok(Some(cause)) => Seen::DialFailed(Some(choice.clone()), cause),
        Ok(None) | Err(_) => Seen::Dialled(choice.clone(), stream.took),
    };
    if let Some(tunnel) = stream.end().await {
        shared.pool.put(&choice, tunnel);
    }
    seen
}
