//! The world of a one-shot command from a live cluster: connect, read everything once, and stop.

use crate::cli::args::ReadonlyForwards;
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::client::{Connection, Environment, Settings};
use crate::diagnosis::engine::Engine;
use crate::forward::profile::Readonly;
use crate::model::coverage::State;
use crate::model::delta::Delta;
use crate::model::key::Name;
use crate::model::kind::{Kind, Live};
use crate::model::world::{Origin, World};
use crate::runtime::profiles;
use crate::source::cluster::{self, Handle, Launch, Scope, Secrets, Status, Timing};
use jiff::Timestamp;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Deltas that may wait to be applied.
const PENDING: usize = 4096;

/// How often progress is shown.
const PROGRESS: Duration = Duration::from_millis(200);

/// What was read of a cluster.
#[derive(Debug)]
pub struct Read {
    /// Owns the world.
    pub engine: Engine,
    /// The namespace of what names none.
    pub namespace: Name,
}

/// What the flags say of the cluster and the user.
pub fn settings(invocation: &Invocation) -> Settings {
    let global = &invocation.global;
    Settings {
        kubeconfig: global.kubeconfig.clone(),
        context: global.context.clone(),
        as_user: global.as_user.clone(),
        as_groups: global.as_group.clone(),
        namespace: invocation.named_namespace().map(str::to_owned),
    }
}

/// Whether Secrets are read that a route names.
pub fn secrets(invocation: &Invocation) -> Secrets {
    if invocation.global.no_secrets {
        Secrets::Never
    } else {
        Secrets::ByName
    }
}

/// Whether port-forwards may be opened; one sentence where they may not, with what says so.
pub fn forwards_allowed(invocation: &Invocation) -> Result<(), String> {
    let global = &invocation.global;
    if !global.readonly {
        return Ok(());
    }
    let refusal = |who: &str| format!("port-forwards are off under --readonly: {who} says so");
    match global.readonly_forwards {
        Some(ReadonlyForwards::Allow) => Ok(()),
        Some(ReadonlyForwards::Forbid) => Err(refusal("--readonly-forwards")),
        None => match profiles::read() {
            Ok(file) if file.readonly_forwards == Some(Readonly::Forbid) => {
                Err(refusal("readonly_forwards in forwards.toml"))
            }
            Ok(_) => Ok(()),
            // It may say that they are forbidden.
            Err(why) => Err(format!(
                "port-forwards are off under --readonly as long as the file that may forbid them cannot be read: {why}"
            )),
        },
    }
}

/// The runtime of commands that talk to a cluster.
pub fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no thread can be started: {error}")))
}

/// Why nothing came of connecting in time.
pub fn late(patience: Duration) -> Failure {
    Failure::new(format!(
        "the cluster has not answered within {} s; pass a longer --timeout, or try --demo",
        patience.as_secs().max(1)
    ))
}

/// Reads the cluster that the flags name, within `--timeout`.
pub fn read(invocation: &Invocation) -> Result<Read, Failure> {
    let runtime = runtime()?;
    let read = runtime.block_on(connect_and_read(invocation));
    runtime.shutdown_background();
    read
}

async fn connect_and_read(invocation: &Invocation) -> Result<Read, Failure> {
    let patience = invocation.global.timeout;
    let deadline = Instant::now() + patience;
    let connecting = Connection::open(settings(invocation), Environment::read());
    let connection = timeout_at(deadline, connecting).await;
    let connection = connection
        .map_err(|_| late(patience))?
        .map_err(Failure::new)?;
    timeout_at(deadline, connection.hello())
        .await
        .map_err(|_| late(patience))?
        .map_err(Failure::new)?;
    let scope = Scope {
        namespaces: invocation
            .named_namespace()
            .map(Name::from)
            .into_iter()
            .collect(),
        secrets: secrets(invocation),
        default: connection.namespace().map(Name::from),
    };
    let origin = Origin::Live {
        context: Name::from(connection.context()),
    };
    let namespace = Name::from(connection.namespace().unwrap_or("default"));
    let (deltas, arriving) = mpsc::channel(PENDING);
    let handle = cluster::start(Launch {
        connection: Arc::new(connection),
        scope: scope.clone(),
        timing: Timing {
            answer: patience.min(Timing::default().answer),
            ..Timing::default()
        },
        deltas,
        tasks: TaskTracker::new(),
        cancel: CancellationToken::new(),
    });
    let engine = Engine::new(origin, Timestamp::now());
    let engine = synchronise(engine, arriving, &scope, &handle, deadline).await;
    handle.stop();
    Ok(Read {
        engine: engine?,
        namespace,
    })
}

/// Takes what arrives until every kind is known or the time is over. What has not come by then stays *syncing*.
async fn synchronise(
    mut engine: Engine,
    mut arriving: mpsc::Receiver<Delta>,
    scope: &Scope,
    handle: &Handle,
    deadline: Instant,
) -> Result<Engine, Failure> {
    let mut status = handle.status();
    let mut progress = Progress::new();
    let mut tick = interval_at(Instant::now() + PROGRESS, PROGRESS);
    let mut ever_live = false;
    while !is_complete(engine.world(), scope) {
        tokio::select! {
            delta = arriving.recv() => match delta {
                Some(delta) => { engine.apply(delta); }
                None => break,
            },
            changed = status.changed() => {
                let now = status.borrow_and_update().clone();
                match now {
                    Status::Live => ever_live = true,
                    Status::Offline { why, .. } if !ever_live => {
                        progress.clear();
                        return Err(Failure::new(why));
                    }
                    Status::Offline { .. } | Status::Connecting => {}
                }
                if changed.is_err() {
                    break;
                }
            },
            _ = tick.tick() => progress.show(engine.world()),
            () = tokio::time::sleep_until(deadline) => break,
        }
    }
    progress.clear();
    engine.apply(Delta::Clock(Timestamp::now()));
    Ok(engine)
}

/// Whether every kind is known as well as it ever will be: read, refused, or not served. Where the whole cluster is
/// refused, the namespaces that are read in its stead have to be known too.
fn is_complete(world: &World, scope: &Scope) -> bool {
    let watched = Kind::ALL
        .iter()
        .filter(|kind| kind.info().live != Live::FilesOnly);
    let stand_ins: Vec<&Name> = if scope.namespaces.is_empty() {
        scope.default.iter().collect()
    } else {
        scope.namespaces.iter().collect()
    };
    watched.into_iter().all(|kind| {
        let note = |namespace: Option<&Name>| {
            let mut notes = world.coverage().iter();
            notes.find(|(noted, place, _)| noted == kind && *place == namespace)
        };
        let settled = |namespace: Option<&Name>| {
            note(namespace).is_some_and(|(_, _, state)| !matches!(state, State::Syncing { .. }))
        };
        let refused = matches!(note(None), Some((_, _, State::Forbidden { .. })));
        let whole = kind.info().live == Live::Named || !kind.namespaced();
        let narrowed = refused && (!whole || *kind == Kind::Namespace);
        settled(None) && (!narrowed || stand_ins.iter().all(|place| settled(Some(place))))
    })
}

/// Progress on standard error, only where a person looks at it.
struct Progress {
    shown: bool,
    wanted: bool,
}

impl Progress {
    fn new() -> Self {
        Self {
            shown: false,
            wanted: io::stderr().is_terminal(),
        }
    }

    fn show(&mut self, world: &World) {
        if !self.wanted {
            return;
        }
        self.shown = true;
        let waiting: Vec<&str> = Kind::ALL
            .iter()
            .filter(|kind| kind.info().live != Live::FilesOnly)
            .filter(|kind| matches!(world.coverage().state(**kind, None), State::Syncing { .. }))
            .map(|kind| kind.name())
            .collect();
        let objects = world.objects().count();
        let first = waiting.first().copied().unwrap_or_default();
        let line = format!("\r\x1b[Kreading the cluster: {objects} objects, waiting for {first}");
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = io::stderr().lock().write_all(b"\r\x1b[K");
        }
    }
}
