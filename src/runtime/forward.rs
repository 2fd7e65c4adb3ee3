//! `portolan forward`: the port-forward engine without the screen.

use crate::client::Connection;
use crate::forward::plan::{Blocked, Plan, plan};
use crate::forward::profile::{Wanted, overlap};
use crate::forward::right::Right;
use crate::forward::session::{Seen, Session, SessionEvent};
use crate::forward::status::{State, Status, Transition};
use crate::forward::target::Target;
use crate::model::text::visible;
use crate::model::world::World;
use crate::output::glyph::Charset;
use crate::output::{json, text};
use crate::runtime::rights;
use crate::tunnel::forward::{BindError, Forward, Habitat, not_free, start};
use futures::future::select_all;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Exit code after a signal.
pub const STOPPED: u8 = 0;

/// Exit code where it could never listen.
pub const NEVER_LISTENED: u8 = 2;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// Every port; all of them listen, or none does.
    pub wanted: Vec<Wanted>,
    /// The file descriptor that hears when every forward is listening.
    pub ready_fd: Option<u32>,
    /// How transitions are written.
    pub style: Style,
    /// How long the cluster may take to say whether the targets exist.
    pub patience: Duration,
}

/// How transitions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A line for people.
    Text(Charset),
    /// A line of JSON.
    Json,
}

/// Where the answer and the diagnostics go.
pub struct Streams<'a> {
    /// The answer: one line a transition.
    pub out: &'a mut (dyn Write + Send),
    /// Everything else.
    pub err: &'a mut (dyn Write + Send),
}

impl std::fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Streams")
    }
}

/// Forwards until `stop` completes, and tells of every transition; the exit code. A reader of the answer that goes
/// away ends it like a signal.
pub async fn run(
    connection: Arc<Connection>,
    worlds: watch::Receiver<Arc<World>>,
    order: &Order,
    habitat: &Habitat,
    stop: impl Future<Output = ()>,
    streams: Streams<'_>,
) -> io::Result<u8> {
    let mut running = Running {
        style: order.style,
        streams,
        forwards: Vec::new(),
        ready_fd: order.ready_fd,
    };
    let mut stop = Box::pin(stop);
    let started = tokio::select! {
        started = running.start(connection, worlds, order, habitat) => started,
        () = &mut stop => Ok(Start::Stopped),
    };
    let told = match started {
        Ok(Start::Listening) => tokio::select! {
            told = running.tell_on() => told.map(|()| STOPPED),
            () = &mut stop => Ok(STOPPED),
        },
        Ok(Start::Stopped) => Ok(STOPPED),
        Ok(Start::Refused) => Ok(NEVER_LISTENED),
        Err(error) => Err(error),
    };
    let ended = running.end().await;
    match told.and_then(|code| ended.map(|()| code)) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(STOPPED),
        other => other,
    }
}

/// Completes at the first signal that asks a program to end.
pub async fn signalled() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
            _ = hang_up.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await
    }
}

enum Start {
    Listening,
    Refused,
    Stopped,
}

struct Told {
    forward: Forward,
    states: watch::Receiver<Arc<Status>>,
    /// The last transition that was told.
    seq: u64,
}

struct Running<'a> {
    style: Style,
    streams: Streams<'a>,
    forwards: Vec<Told>,
    /// Where it still has to be said that every forward listens.
    ready_fd: Option<u32>,
}

impl Running<'_> {
    async fn start(
        &mut self,
        connection: Arc<Connection>,
        worlds: watch::Receiver<Arc<World>>,
        order: &Order,
        habitat: &Habitat,
    ) -> io::Result<Start> {
        let plans = match plans(worlds.clone(), order).await {
            Ok(plans) => plans,
            Err(blocked) => {
                for blocked in blocked {
                    self.say(&blocked.to_string())?;
                }
                return Ok(Start::Refused);
            }
        };
        if let Some(clash) = clash(&plans) {
            self.say(&clash)?;
            return Ok(Start::Refused);
        }
        self.warn(&plans)?;
        if !self.may(&connection, &worlds, &plans).await? {
            return Ok(Start::Refused);
        }
        let busy = not_free(&plans).await;
        if !busy.is_empty() {
            for (plan, error) in busy {
                self.never(plan, &error)?;
            }
            return Ok(Start::Refused);
        }
        for plan in &plans {
            match start(Arc::clone(&connection), plan, worlds.clone(), habitat).await {
                Ok(forward) => self.forwards.push(Told {
                    states: forward.states.clone(),
                    forward,
                    seq: 0,
                }),
                Err(error) => {
                    self.never(plan, &error)?;
                    return Ok(Start::Refused);
                }
            }
        }
        Ok(Start::Listening)
    }

    /// What a person should know before it starts.
    fn warn(&mut self, plans: &[Plan]) -> io::Result<()> {
        for plan in plans {
            for note in &plan.notes {
                self.say(&format!("{}: {note}", plan.target))?;
            }
            if plan.is_exposed() {
                self.say(&plan.exposure())?;
            }
        }
        Ok(())
    }

    /// Whether this user may do it; says what is missing, in doubt or not known.
    async fn may(
        &mut self,
        connection: &Connection,
        worlds: &watch::Receiver<Arc<World>>,
        plans: &[Plan],
    ) -> io::Result<bool> {
        let mut places: BTreeMap<&str, Vec<&Plan>> = BTreeMap::new();
        for plan in plans {
            let place = plan.target.object.namespace_str();
            places.entry(place).or_default().push(plan);
        }
        let mut may = true;
        for (place, plans) in places {
            let whole = rights::port_forward(connection, place, &[]).await;
            let mut said: Vec<String> = Vec::new();
            for plan in plans {
                let right = match &whole {
                    Right::Given | Right::NotKnown(_) => whole.clone(),
                    Right::Missing(_) | Right::Doubtful(_) => {
                        let pods = rights::pods(worlds.clone(), &plan.target).await;
                        rights::port_forward(connection, place, &pods).await
                    }
                };
                if let Right::Missing(words) = &right {
                    may = false;
                    self.failed(plan, words)?;
                }
                let words = right.words().unwrap_or_default();
                if !words.is_empty() && !said.iter().any(|known| known == words) {
                    self.say(words)?;
                    said.push(words.to_owned());
                }
            }
        }
        Ok(may)
    }

    /// Tells of transitions as they come; returns on an error of the output, or when every forward is over.
    async fn tell_on(&mut self) -> io::Result<()> {
        loop {
            self.tell_news()?;
            let changes = self
                .forwards
                .iter_mut()
                .map(|told| Box::pin(told.states.changed()));
            let (changed, ..) = select_all(changes).await;
            if changed.is_err() {
                return Ok(());
            }
        }
    }

    fn tell_news(&mut self) -> io::Result<()> {
        for told in &mut self.forwards {
            let status = Arc::clone(&told.states.borrow_and_update());
            for transition in status.after(told.seq) {
                let (target, local) = (&told.forward.target, told.forward.local);
                write_line(
                    &mut *self.streams.out,
                    self.style,
                    target,
                    local,
                    transition,
                )?;
                told.seq = transition.seq;
            }
        }
        self.streams.out.flush()?;
        self.tell_ready()
    }

    /// Says once that every forward listens.
    fn tell_ready(&mut self) -> io::Result<()> {
        let listens = |told: &Told| told.states.borrow().state == State::Listening;
        if self.forwards.is_empty() || !self.forwards.iter().all(listens) {
            return Ok(());
        }
        let Some(fd) = self.ready_fd.take() else {
            return Ok(());
        };
        let places = self.forwards.iter().map(|told| told.forward.local);
        let line = places.fold("ready".to_owned(), |line, local| format!("{line} {local}"));
        let written = OpenOptions::new()
            .write(true)
            .open(format!("/dev/fd/{fd}"))
            .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        match written {
            Ok(()) => Ok(()),
            Err(error) => self.say(&format!("file descriptor {fd} cannot be written: {error}")),
        }
    }

    /// Ends every forward; tells of that too.
    async fn end(&mut self) -> io::Result<()> {
        for told in &self.forwards {
            told.forward.stop();
        }
        for told in &self.forwards {
            told.forward.stopped().await;
        }
        self.tell_news()
    }

    fn never(&mut self, plan: &Plan, error: &BindError) -> io::Result<()> {
        self.failed(plan, &error.to_string())?;
        self.say(&error.to_string())
    }

    /// Tells that one could never listen.
    fn failed(&mut self, plan: &Plan, why: &str) -> io::Result<()> {
        let at = Timestamp::now();
        let what = Seen::BindFailed(why.to_owned());
        let (session, _) = Session::new(at).on(SessionEvent { at, what });
        let local = SocketAddr::new(plan.address, plan.local);
        for transition in session.status().after(0) {
            write_line(
                &mut *self.streams.out,
                self.style,
                &plan.target,
                local,
                transition,
            )?;
        }
        Ok(())
    }

    fn say(&mut self, sentence: &str) -> io::Result<()> {
        writeln!(self.streams.err, "portolan: {}", visible(sentence))
    }
}

fn write_line(
    out: &mut dyn Write,
    style: Style,
    target: &Target,
    local: SocketAddr,
    transition: &Transition,
) -> io::Result<()> {
    match style {
        Style::Text(charset) => text::forward::write_line(out, target, local, transition, charset),
        Style::Json => {
            let line = json::forward::Line::of(target, local, transition);
            json::write_line(out, &line)
        }
    }
}

/// The plans of all targets, once the world can tell; else every reason against.
async fn plans(
    mut worlds: watch::Receiver<Arc<World>>,
    order: &Order,
) -> Result<Vec<Plan>, Vec<Box<Blocked>>> {
    let deadline = tokio::time::Instant::now() + order.patience;
    loop {
        let world = Arc::clone(&worlds.borrow_and_update());
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for wanted in &order.wanted {
            match plan(&world, &wanted.target) {
                Ok(plan) => {
                    good.push(plan.on_address(wanted.address).choosing(wanted.among));
                }
                Err(blocked) => bad.push(blocked),
            }
        }
        if bad.is_empty() {
            return Ok(good);
        }
        if bad.iter().any(|blocked| !blocked.syncing) {
            return Err(bad);
        }
        let changed = tokio::time::timeout_at(deadline, worlds.changed()).await;
        if !matches!(changed, Ok(Ok(()))) {
            return Err(bad);
        }
    }
}

/// Two ports that would listen in the same place.
pub(super) fn clash(plans: &[Plan]) -> Option<String> {
    plans.iter().enumerate().find_map(|(at, plan)| {
        let other = plans.iter().take(at).find(|other| {
            plan.local != 0 && other.local == plan.local && overlap(other.address, plan.address)
        })?;
        Some(format!(
            "{} and {} would both listen on port {}: write LOCAL:PORT",
            other.target, plan.target, plan.local
        ))
    })
}
