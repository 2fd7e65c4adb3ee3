//! What happened: everything that can change the screen.

use crate::forward::profile::Wanted;
use crate::forward::right::Right;
use crate::forward::status::Status;
use crate::forward::target::Target;
use crate::model::delta::Delta;
use crate::model::key::{Key as Identity, Name};
use crate::ui::key::Key;
use crate::ui::snapshot::Snapshot;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// The number of a forward: unique while the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForwardId(pub u64);

/// The number of a log that was asked for: what arrives for an older one is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// The number of a question to the shell: an answer to an older one is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(pub u64);

/// A local port that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// Where it was wanted.
    pub at: SocketAddr,
    /// Why not, with who holds it where that is known.
    pub why: String,
    /// The next port that is free there.
    pub next: Option<u16>,
}

/// The local ports that targets had the last time, by context and target.
pub type PortsBefore = BTreeMap<(Name, String), u16>;

/// A forward, as it is now.
#[derive(Clone, Debug)]
pub struct ForwardRow {
    /// Its number.
    pub id: ForwardId,
    /// The context whose cluster it leads to.
    pub context: Name,
    /// What was asked for.
    pub target: Target,
    /// The Service's or pod's port to the pod's: `80 → http`.
    pub mapping: String,
    /// Where it listens, for example `127.0.0.1:8080`; empty while it does not.
    pub local: String,
    /// The saved set that it was started with.
    pub member: Option<Member>,
    /// How it is.
    pub status: Status,
}

impl ForwardRow {
    /// Whether it was started with a saved set.
    pub fn is_of(&self, group: &Name) -> bool {
        let member = self.member.as_ref();
        member.is_some_and(|member| member.group == *group)
    }
}

/// With which saved set a forward was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The set's name.
    pub group: Name,
    /// Whether it was started by itself.
    pub auto: bool,
}

/// A saved set of the context on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// Its name.
    pub name: Name,
    /// Whether it is started by itself with this context.
    pub autostart: bool,
    /// What it forwards; nothing where it cannot be used.
    pub wanted: Vec<Wanted>,
    /// What is in its way.
    pub defect: Option<String>,
}

/// A context of the kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextRow {
    /// Its name.
    pub name: Name,
    /// Its cluster.
    pub cluster: Name,
    /// Its user.
    pub user: Name,
    /// Its namespace; may be empty.
    pub namespace: Name,
    /// Whether it is the one on the screen.
    pub current: bool,
}

/// How the connection to the API server is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// It works, or there is none to speak of.
    #[default]
    Up,
    /// It is being made for the first time.
    Connecting,
    /// It is broken.
    Down {
        /// Since when.
        since: Timestamp,
        /// When it is tried again.
        retry_at: Option<Timestamp>,
        /// Why, in one sentence with the remedy.
        why: String,
    },
}

/// What Portolan itself is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Resident memory in bytes, where it is known.
    pub memory: Option<u64>,
    /// Bytes read from the API server.
    pub read: u64,
    /// Requests made.
    pub requests: u64,
    /// The server's version.
    pub server: Option<String>,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When the container wrote it.
    pub at: Option<Timestamp>,
    /// The words, raw.
    pub text: String,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key.
    Key(Key),
    /// A text was pasted.
    Paste(String),
    /// The screen has this many columns and rows.
    Resize(u16, u16),
    /// A newer world.
    Snapshot(Arc<Snapshot>),
    /// It is now this late.
    Clock(Timestamp),
    /// All forwards, as they are now.
    Forwards(Vec<ForwardRow>),
    /// A forward could not be started.
    ForwardRefused(String),
    /// Whether forwards may be opened.
    Right(QuestionId, Right),
    /// Which of the local ports that were asked for cannot be had.
    Ports(QuestionId, Vec<Busy>),
    /// The saved sets of the context, or why they cannot be read.
    Groups(Result<Vec<GroupRow>, String>),
    /// The local ports of last time.
    PortsBefore(PortsBefore),
    /// The contexts of the kubeconfig, or why they cannot be read.
    Contexts(Result<Vec<ContextRow>, String>),
    /// The connection.
    Link(Link),
    /// What Portolan itself is doing.
    Vitals(Vitals),
    /// Another context's world begins: the old one is no longer shown.
    Switched(Name),
    /// Lines of a log, in order.
    Log(StreamId, Vec<LogLine>),
    /// A log has ended, and why if that was not its end.
    LogEnded(StreamId, Option<String>),
    /// An object as the API holds it, or why it cannot be had.
    Yaml(Identity, Result<String, String>),
    /// What a file of planned policies holds, or why it cannot be read.
    Plan(String, Result<Vec<Delta>, String>),
    /// Something was done, or why not: said at the bottom.
    Done(Result<String, String>),
}
