//! A live cluster: every kind listed once and then watched, never polled.
//!
//! Each kind is a task of its own ([`start`] spawns them on the tracker it is given) that pushes [`Delta`]s into one
//! bounded channel. Coverage says for each kind, and for each namespace where only some may be read, how well it is
//! known. [`Delta::Clock`] is not sent from here: the owner of the world tells it the time.

mod backoff;
mod crds;
mod discover;
mod feed;
mod hub;
mod list;
mod listing;
mod named;
mod page;
mod place;
mod recovery;
mod timing;
mod wanted;
mod watch;
mod watching;

pub use hub::{Stats, Status, Traffic};
pub use timing::Timing;

use crate::client::access::{self, Access, Act};
use crate::client::{Connection, ServerVersion};
use crate::model::coverage::State;
use crate::model::delta::Delta;
use crate::model::key::Name;
use crate::model::kind::{Kind, Live};
use feed::{Feed, Shared};
use hub::Hub;
use place::Place;
use std::sync::Arc;
use tokio::sync::{mpsc, watch as latest};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wanted::Wanted;

/// Whether Secrets are read that something names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// One by one, by their names; nothing is listed.
    #[default]
    ByName,
    /// Not at all.
    Never,
}

/// What to read, and what to fall back to where the whole cluster may not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Whether Secrets are read.
    pub secrets: Secrets,
    /// The namespaces of `-n`; may be empty. All that is readable is read in any case: these are only the ones that
    /// are tried where everything is forbidden.
    pub namespaces: Vec<Name>,
    /// The default namespace of the context, used in the same way where `-n` is not given.
    pub default: Option<Name>,
}

impl Scope {
    /// The namespaces to read a kind in when reading it everywhere is forbidden.
    fn fallback(&self, kind: Kind) -> Vec<Name> {
        if !kind.namespaced() && kind != Kind::Namespace {
            return Vec::new();
        }
        if self.namespaces.is_empty() {
            self.default.iter().cloned().collect()
        } else {
            self.namespaces.clone()
        }
    }
}

/// What a live source needs to run.
#[derive(Debug)]
pub struct Launch {
    /// The way to the API server.
    pub connection: Arc<Connection>,
    /// What to fall back to.
    pub scope: Scope,
    /// Every duration.
    pub timing: Timing,
    /// Where deltas go; the source ends when nobody takes them.
    pub deltas: mpsc::Sender<Delta>,
    /// Where tasks are spawned.
    pub tasks: TaskTracker,
    /// Ends everything.
    pub cancel: CancellationToken,
}

/// A live source that runs.
#[derive(Clone, Debug)]
pub struct Handle {
    hub: Arc<Hub>,
    cancel: CancellationToken,
}

impl Handle {
    /// Whoever waits after a fault tries at once: because a person asks for it, or after logging in.
    pub fn retry_now(&self) {
        self.hub.wake_now();
    }

    /// Every watch is opened anew from where it stood, without a list, and whoever waits tries at once: to be called
    /// when the machine has slept or changed its network, since a connection can be dead without knowing it.
    pub fn reconnect(&self) {
        self.hub.suspect_all();
    }

    /// Counters so far.
    pub fn stats(&self) -> Stats {
        self.hub.stats()
    }

    /// Whether the API server answers, now and as it changes.
    pub fn status(&self) -> latest::Receiver<Status> {
        self.hub.status.subscribe()
    }

    /// The API server's version, once it has told it.
    pub fn version(&self) -> latest::Receiver<Option<ServerVersion>> {
        self.hub.version.subscribe()
    }

    /// Ends this source alone, as when another context is chosen.
    pub fn stop(&self) {
        self.cancel.cancel();
    }
}

/// Starts to list and watch every kind.
pub fn start(launch: Launch) -> Handle {
    let hub = Arc::new(Hub::new());
    let cancel = launch.cancel.child_token();
    let secrets = launch.scope.secrets == Secrets::ByName;
    let shared = Arc::new(Shared {
        connection: launch.connection,
        scope: launch.scope,
        timing: launch.timing,
        hub: Arc::clone(&hub),
        deltas: launch.deltas,
        tasks: launch.tasks,
        cancel: cancel.clone(),
        wanted: Wanted::new(secrets),
    });
    for kind in Kind::ALL {
        if matches!(kind.info().live, Live::Watched | Live::WhereInstalled) {
            spawn(&shared, feed_of(Arc::clone(&shared), *kind));
        }
    }
    spawn(
        &shared,
        discover::keep(
            Arc::clone(&shared.connection),
            shared.timing.clone(),
            Arc::clone(&hub),
        ),
    );
    spawn(&shared, named::keep(Arc::clone(&shared)));
    spawn(&shared, crds::keep(Arc::clone(&shared)));
    spawn(&shared, tell_version(Arc::clone(&shared)));
    Handle { hub, cancel }
}

fn spawn(shared: &Arc<Shared>, task: impl Future<Output = ()> + Send + 'static) {
    let cancel = shared.cancel.clone();
    let task = Box::pin(task);
    shared
        .tasks
        .spawn(async move { cancel.run_until_cancelled_owned(task).await });
}

/// With `-n` the list of all namespaces is not even tried where it is not allowed.
async fn feed_of(shared: Arc<Shared>, kind: Kind) {
    let named = kind == Kind::Namespace && !shared.scope.namespaces.is_empty();
    if named
        && let Ok(Access::Denied(_)) =
            access::review(&shared.connection, &Act::list("", "namespaces", None)).await
    {
        let names = shared.scope.namespaces.clone();
        let detail = format!(
            "list namespaces is forbidden; asked for namespace {} alone",
            names.join(", ")
        );
        let note = Delta::Coverage {
            kind,
            namespace: None,
            state: State::Forbidden {
                detail: detail.into(),
            },
        };
        if shared.deltas.send(note).await.is_err() {
            return;
        }
        for name in names {
            let feed = Feed::new(Arc::clone(&shared), kind, Place::Itself(name));
            spawn(&shared, feed.run());
        }
        return;
    }
    Feed::new(shared, kind, Place::All).run().await;
}

/// Asks for the version, again whenever the server has come back: it may have been upgraded.
async fn tell_version(shared: Arc<Shared>) {
    let mut status = shared.hub.status.subscribe();
    loop {
        if status
            .wait_for(|status| *status == Status::Live)
            .await
            .is_err()
        {
            return;
        }
        if let Ok(version) = shared.connection.hello().await {
            shared.hub.version.send_replace(Some(version));
        }
        let away = status
            .wait_for(|status| matches!(status, Status::Offline { .. }))
            .await;
        if away.is_err() {
            return;
        }
    }
}
