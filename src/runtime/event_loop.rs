//! Input, snapshots, tasks and time in; frames out.

use crate::output::table::Sheet;
use crate::runtime::cluster::{self, Cluster};
use crate::runtime::effects::{Contexts, Remains, Sight, Tasks, perform};
use crate::runtime::forwards::{Event as ForwardEvent, Forwards, Running};
use crate::runtime::remembered;
use crate::runtime::signals::{self, Asked, Signals};
use crate::runtime::slumber::Clocks;
use crate::runtime::terminal::Guard;
use crate::runtime::{Refused, SessionConfig, World, descriptors, input, offline};
use crate::source::cluster::Status;
use crate::tunnel::forward::Habitat;
use crate::ui::dialog::Then;
use crate::ui::msg::{Link, Msg, Vitals};
use crate::ui::page::Page;
use crate::ui::place::{Place, Scope};
use crate::ui::snapshot::Snapshot;
use crate::ui::state::{Can, Session, State};
use crate::ui::theme::Role;
use crate::ui::update::update;
use crate::ui::view::view;
use crossterm::event::EventStream;
use futures::StreamExt as _;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The least time between two frames: 60 a second.
const FRAME: Duration = Duration::from_millis(16);

/// How often the clock is looked at.
const CLOCK: Duration = Duration::from_secs(1);

/// How many messages of tasks may wait.
const INBOX: usize = 256;

/// How long what still runs may take to end.
const FAREWELL: Duration = Duration::from_millis(500);

/// The ends of channels on which the loop listens.
struct Ears {
    inbox: mpsc::Receiver<Msg>,
    forwards: mpsc::Receiver<ForwardEvent>,
    arrivals: mpsc::Receiver<Box<crate::client::Connection>>,
}

/// Runs the screen.
pub(super) async fn run(config: SessionConfig, start: Option<String>) -> color_eyre::Result<()> {
    let SessionConfig {
        world,
        namespace,
        theme,
        zone,
        notice,
        no_forwards,
    } = config;
    let (mut session, mut tasks, mut ears) = begin(world).await?;
    if session.forward.is() {
        session.no_forwards = no_forwards;
    }
    let snapshot = tasks.sight.published().snapshots.borrow().clone();
    let mut state = State::new(session, snapshot, zone);
    if let Some(name) = namespace {
        state.scope = Scope::One(name.clone());
        state.favourites.push(name);
    }
    if state.session.forward.is()
        && let Some(place) = remembered::place()
    {
        state.ports_before = remembered::read(&place);
    }
    let effects = state.open(start.as_deref().unwrap_or("problems"));
    if let Some(words) = notice {
        state.say(Role::Warning, words);
    }
    let mut guard = Guard::take().map_err(|error| Refused(format!("no screen: {error}")))?;
    let (width, height) = guard.size()?;
    update(&mut state, Msg::Resize(width, height));
    let mut shell = Shell {
        guard: &mut guard,
        tasks: &mut tasks,
        state: &mut state,
        login_wanted: false,
        clocks: Clocks::read(),
    };
    shell.perform_all(effects)?;
    shell.autostart()?;
    let ended = shell.live(&theme, &mut ears).await;
    drop(guard);
    tasks.cancel.cancel();
    tasks.tracker.close();
    // What has not ended by then ends with the process.
    let _ = tokio::time::timeout(FAREWELL, tasks.tracker.wait()).await;
    ended
}

/// Starts what brings the world.
async fn begin(world: World) -> Result<(Session, Tasks, Ears), Refused> {
    let tracker = TaskTracker::new();
    let cancel = CancellationToken::new();
    let (inbox_in, inbox) = mpsc::channel(INBOX);
    let (forwards_in, forwards) = mpsc::channel(INBOX);
    let (arrivals_in, arrivals) = mpsc::channel(1);
    let mut contexts = None;
    let (session, sight) = match world {
        World::Live {
            settings,
            environment,
            scope,
        } => {
            let connection = cluster::connect(settings.clone(), environment.clone()).await?;
            contexts = Some(Contexts {
                settings,
                environment,
                scope: scope.clone(),
            });
            let cluster = cluster::watch(connection, scope, &tracker, &cancel);
            let session = Session {
                name: cluster.context.clone(),
                forward: Can::Yes,
                no_forwards: None,
                logs: Can::Yes,
                yaml: Can::Yes,
                contexts: Can::Yes,
            };
            (session, Sight::Live(Box::new(cluster)))
        }
        World::Files {
            deltas,
            origin,
            name,
        } => {
            let session = Session {
                name,
                yaml: Can::Yes,
                ..Session::default()
            };
            let published = offline::files(origin, deltas, &tracker, &cancel);
            (session, Sight::Offline(published))
        }
        World::Demo => {
            let session = Session {
                name: "demo".into(),
                ..Session::default()
            };
            (session, Sight::Offline(offline::demo(&tracker, &cancel)))
        }
    };
    descriptors::allow_many();
    let habitat = Habitat::new(tracker.clone(), cancel.clone());
    let tasks = Tasks {
        sight,
        kept: Vec::new(),
        contexts,
        forwards: Forwards::new(habitat, forwards_in),
        log: None,
        inbox: inbox_in,
        arrivals: arrivals_in,
        tracker,
        cancel,
    };
    let ears = Ears {
        inbox,
        forwards,
        arrivals,
    };
    Ok((session, tasks, ears))
}

/// What the loop works on.
struct Shell<'s> {
    guard: &'s mut Guard,
    tasks: &'s mut Tasks,
    state: &'s mut State,
    /// The terminal is to be given to a credential plugin.
    login_wanted: bool,
    clocks: Clocks,
}

/// The connection's status, where there is a connection; otherwise it never changes.
async fn next_status(status: &mut Option<watch::Receiver<Status>>) -> Link {
    let Some(watched) = status else {
        return std::future::pending().await;
    };
    if watched.changed().await.is_err() {
        return std::future::pending().await;
    }
    cluster::link(&watched.borrow_and_update())
}

/// A newer snapshot, but not before some time.
async fn newer(
    snapshots: &mut watch::Receiver<Arc<Snapshot>>,
    after: Instant,
) -> Result<(), watch::error::RecvError> {
    tokio::time::sleep_until(after).await;
    snapshots.changed().await
}

impl Shell<'_> {
    async fn live(
        &mut self,
        theme: &crate::ui::theme::Theme,
        ears: &mut Ears,
    ) -> color_eyre::Result<()> {
        let mut events = EventStream::new();
        let mut signals = Signals::listen()?;
        let mut clock = interval(CLOCK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut snapshots = self.tasks.sight.published().snapshots.clone();
        let mut status = self.status();
        let mut drawn = Instant::now();
        let mut taken = Instant::now();
        let mut dirty = true;
        loop {
            if self.state.quitting {
                return Ok(());
            }
            if std::mem::take(&mut self.login_wanted) {
                // Whoever asks has to have the terminal, and what is typed, alone.
                drop(events);
                self.log_in().await?;
                events = EventStream::new();
                // What was typed there to break it off was not meant for the screen.
                signals = Signals::listen()?;
                dirty = true;
            }
            tokio::select! {
                biased;
                event = events.next() => match event {
                    Some(Ok(event)) => {
                        if let Some(msg) = input::message(event) {
                            self.take_in(msg)?;
                            dirty = true;
                        }
                    }
                    // The terminal is gone: there is nobody to show anything to.
                    Some(Err(_)) | None => return Ok(()),
                },
                asked = signals.next() => {
                    if asked == Asked::End {
                        return Ok(());
                    }
                    self.guard.suspend()?;
                    if asked == Asked::Stop {
                        signals::stop()?;
                        // That it goes on is no news.
                        signals = Signals::listen()?;
                    }
                    self.guard.resume()?;
                    dirty = true;
                }
                () = tokio::time::sleep_until(drawn + FRAME), if dirty => {
                    let state = &*self.state;
                    self.guard.draw(|frame| view(state, theme, frame.area(), frame.buffer_mut()))?;
                    drawn = Instant::now();
                    dirty = false;
                }
                Some(msg) = ears.inbox.recv() => {
                    self.take_in(msg)?;
                    dirty = true;
                }
                Some(event) = ears.forwards.recv() => {
                    self.forward_event(event)?;
                    dirty = true;
                }
                Some(connection) = ears.arrivals.recv() => {
                    snapshots = self.arrived(*connection)?;
                    status = self.status();
                    dirty = true;
                }
                link = next_status(&mut status) => {
                    self.take_in(Msg::Link(link))?;
                    dirty = true;
                }
                changed = newer(&mut snapshots, taken) => {
                    changed.map_err(|_| Refused("the engine has stopped: please report this".into()))?;
                    let snapshot = snapshots.borrow_and_update().clone();
                    let start = Instant::now();
                    self.take_in(Msg::Snapshot(snapshot))?;
                    // Tables of very many rows take a moment to make: keys come first.
                    taken = Instant::now() + start.elapsed() * 4;
                    dirty = true;
                }
                _ = clock.tick() => dirty |= self.tick()?,
            }
        }
    }

    /// Gives the terminal to a credential plugin until it is done.
    async fn log_in(&mut self) -> color_eyre::Result<()> {
        self.guard.suspend()?;
        let outcome = self.tasks.log_in().await;
        self.guard.resume()?;
        let words = "logged in; asking again".to_owned();
        self.take_in(Msg::Done(outcome.map(|()| words)))
    }

    /// Another context's cluster takes the screen.
    fn arrived(
        &mut self,
        connection: crate::client::Connection,
    ) -> color_eyre::Result<watch::Receiver<Arc<Snapshot>>> {
        self.tasks.look_at(connection);
        let mut snapshots = self.tasks.sight.published().snapshots.clone();
        let snapshot = snapshots.borrow_and_update().clone();
        self.take_in(Msg::Snapshot(snapshot))?;
        if let Sight::Live(cluster) = &self.tasks.sight {
            let name = cluster.context.clone();
            self.take_in(Msg::Link(Link::Connecting))?;
            self.take_in(Msg::Switched(name))?;
            self.autostart()?;
        }
        Ok(snapshots)
    }

    /// Starts what shall start by itself in this context.
    fn autostart(&mut self) -> color_eyre::Result<()> {
        if self.state.session.no_forwards.is_some() {
            return Ok(());
        }
        match self.tasks.autostart() {
            Ok(()) => Ok(()),
            Err(why) => self.take_in(Msg::Done(Err(why))),
        }
    }

    /// Whether a second has changed anything that is shown.
    fn tick(&mut self) -> color_eyre::Result<bool> {
        if self.clocks.slept() {
            self.tasks.woken();
        }
        let now = Timestamp::now();
        let minute = |at: Timestamp| at.as_second().div_euclid(60);
        let counting =
            matches!(self.state.link, Link::Down { .. }) || !self.state.forwards.is_empty();
        let moved = minute(now) != minute(self.state.now) || counting;
        let shown = matches!(&self.state.page, Page::Table(table) if table.place == Place::Sheet(Sheet::Info));
        if shown {
            let mut vitals = match &self.tasks.sight {
                Sight::Live(cluster) => cluster::vitals(cluster),
                Sight::Offline(_) => Vitals::default(),
            };
            vitals.memory = cluster::memory();
            // The last kilobytes come and go: only what is seen to change is drawn.
            let same =
                vitals.requests == self.state.vitals.requests && self.state.vitals.memory.is_some();
            if !same {
                self.take_in(Msg::Vitals(vitals))?;
                self.take_in(Msg::Clock(now))?;
                return Ok(true);
            }
        }
        self.take_in(Msg::Clock(now))?;
        Ok(moved)
    }

    fn status(&self) -> Option<watch::Receiver<Status>> {
        match &self.tasks.sight {
            Sight::Live(cluster) => {
                let cluster: &Cluster = cluster;
                let mut status = cluster.handle.status();
                status.mark_changed();
                Some(status)
            }
            Sight::Offline(_) => None,
        }
    }

    fn take_in(&mut self, msg: Msg) -> color_eyre::Result<()> {
        let effects = update(self.state, msg);
        self.perform_all(effects)
    }

    fn perform_all(&mut self, effects: Vec<crate::ui::effect::Effect>) -> color_eyre::Result<()> {
        for effect in effects {
            match perform(effect, self.tasks) {
                Remains::Nothing | Remains::Quit => {}
                Remains::Copy(text) => self.guard.copy(&text)?,
                Remains::LogIn => self.login_wanted = true,
                Remains::Forwards => {
                    let rows = self.tasks.forwards.rows();
                    self.take_in(Msg::Forwards(rows))?;
                }
            }
        }
        Ok(())
    }

    /// One listens: what was wanted of it is done, and its local port is remembered.
    fn started(&mut self, running: Running) -> color_eyre::Result<()> {
        match (running.then(), running.url()) {
            (Then::Open, Some(url)) => self.tasks.browse(url),
            (Then::Copy, Some(url)) => {
                self.guard.copy(&url)?;
                self.take_in(Msg::Done(Ok(format!("copied: {url}"))))?;
            }
            _ => {}
        }
        if let Some((context, target, local)) = running.memory() {
            let key = (context.clone(), target.clone());
            let mut ports = self.state.ports_before.clone();
            match local {
                Some(local) => ports.insert(key, local),
                None => ports.remove(&key),
            };
            self.take_in(Msg::PortsBefore(ports))?;
            self.tasks.remember(context, target, local);
        }
        self.tasks.forwards.keep(running);
        Ok(())
    }

    fn forward_event(&mut self, event: ForwardEvent) -> color_eyre::Result<()> {
        match event {
            ForwardEvent::Started(running) => self.started(running)?,
            ForwardEvent::Refused(why) => return self.take_in(Msg::ForwardRefused(why)),
            ForwardEvent::Warned(why) => return self.take_in(Msg::Done(Err(why))),
            ForwardEvent::Changed => {}
        }
        let rows = self.tasks.forwards.rows();
        self.take_in(Msg::Forwards(rows))
    }
}
