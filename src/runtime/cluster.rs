//! A live cluster on the screen: its connection, its source, its engine.

use crate::client::{Connection, Environment, Kubeconfigs, Settings};
use crate::diagnosis::engine::Engine;
use crate::model::key::Name;
use crate::model::world::Origin;
use crate::runtime::Refused;
use crate::runtime::engine::{PENDING, Published, Task};
use crate::source::cluster::{self, Handle, Launch, Scope, Status, Timing};
use crate::ui::msg::{ContextRow, Link, Vitals};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A cluster that is watched.
#[derive(Clone)]
pub(super) struct Cluster {
    /// The context's name.
    pub(super) context: Name,
    /// The way to its API server.
    pub(super) connection: Arc<Connection>,
    /// The running source.
    pub(super) handle: Handle,
    /// What its engine publishes.
    pub(super) published: Published,
    /// Ends source and engine.
    pub(super) cancel: CancellationToken,
}

/// How long the first sign of life is waited for. A server that is only slow gets its screen, which says so.
const GREETING: Duration = Duration::from_secs(3);

/// Builds the client of a context and greets its server, so that one that refuses is told before there is a screen.
/// Nothing is on the screen yet: a credential plugin may ask.
pub(super) async fn connect(
    settings: Settings,
    environment: Environment,
) -> Result<Connection, Refused> {
    let opened = match Connection::open(settings.clone(), environment.clone()).await {
        Err(error) if error.wants_login() => Connection::log_in(settings, environment).await,
        opened => opened,
    };
    let connection = opened.map_err(|error| Refused(error.to_string()))?;
    match timeout(GREETING, connection.hello()).await {
        Ok(Err(error)) => Err(Refused(error.to_string())),
        Ok(Ok(_)) | Err(_) => Ok(connection),
    }
}

/// Starts to watch a cluster.
pub(super) fn watch(
    connection: Connection,
    mut scope: Scope,
    tasks: &TaskTracker,
    cancel: &CancellationToken,
) -> Cluster {
    let context = Name::from(connection.context());
    scope.default = connection.namespace().map(Name::from);
    let connection = Arc::new(connection);
    let cancel = cancel.child_token();
    let (sender, deltas) = mpsc::channel(PENDING);
    let origin = Origin::Live {
        context: context.clone(),
    };
    let (task, published) = Task::new(Engine::new(origin, Timestamp::now()), deltas);
    tasks.spawn(task.run(cancel.clone()));
    let handle = cluster::start(Launch {
        connection: Arc::clone(&connection),
        scope,
        timing: Timing::default(),
        deltas: sender,
        tasks: tasks.clone(),
        cancel: cancel.clone(),
    });
    Cluster {
        context,
        connection,
        handle,
        published,
        cancel,
    }
}

/// How the connection is, as the screen says it.
pub(super) fn link(status: &Status) -> Link {
    match status {
        Status::Connecting => Link::Connecting,
        Status::Live => Link::Up,
        Status::Offline {
            since,
            next_retry,
            why,
        } => Link::Down {
            since: *since,
            retry_at: Some(*next_retry),
            why: if why.wants_login() {
                format!("{why} (ctrl-r logs in)")
            } else {
                why.to_string()
            },
        },
    }
}

/// The memory of this process, where the system tells.
pub(super) fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

/// What the source has done so far.
pub(super) fn vitals(cluster: &Cluster) -> Vitals {
    let total = cluster.handle.stats().total();
    let version = cluster.handle.version();
    let server = version
        .borrow()
        .as_ref()
        .map(|known| known.git_version.clone());
    Vitals {
        memory: None,
        read: total.bytes,
        requests: total.lists + total.watches,
        server,
    }
}

/// Whether only a person at a credential plugin's prompt can help.
pub(super) fn wants_login(cluster: &Cluster) -> bool {
    matches!(&*cluster.handle.status().borrow(), Status::Offline { why, .. } if why.wants_login())
}

/// The contexts of the kubeconfig.
pub(super) fn contexts(
    settings: &Settings,
    environment: &Environment,
    current: &Name,
) -> Result<Vec<ContextRow>, String> {
    let read = Kubeconfigs::load(settings, environment).map_err(|error| error.to_string())?;
    let found = read.ok_or("there is no kubeconfig")?;
    let rows = found.contexts().into_iter().map(|info| ContextRow {
        current: *current == *info.name,
        name: Name::from(info.name),
        cluster: Name::from(info.cluster),
        user: Name::from(info.user),
        namespace: Name::from(info.namespace.unwrap_or_default()),
    });
    Ok(rows.collect())
}
