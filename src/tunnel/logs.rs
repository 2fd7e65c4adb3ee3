//! The log of one container as a stream of lines: followed across dropped connections and restarts of the
//! container, without a line twice, or read once.
//!
//! Lines are data from outside: they may hold anything, and are made visible where they are shown.

mod lines;
mod resume;

use crate::client::fetch::encode;
use crate::client::http::Pieces;
use crate::client::{Connection, Fault};
use crate::model::key::{Key, Name};
use http::{Request, header};
use jiff::Timestamp;
use lines::Cutter;
use resume::Resume;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many lines may wait for their reader; a slower reader slows the server down.
const WAITING: usize = 1024;

/// How long the head of an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// A followed log that is silent for so long is asked for anew: the connection may be dead without anybody knowing.
const SILENCE: Duration = Duration::from_mins(5);

/// The longest pause before a log is asked for again, in seconds.
const LONGEST_PAUSE: u64 = 30;

/// Which log, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The pod.
    pub pod: Key,
    /// The container; may be one that has not started yet.
    pub container: Name,
    /// Now, on and on, or of the container before.
    pub mode: Mode,
    /// Only so many of the latest lines; all where none.
    pub tail: Option<u32>,
}

/// How a log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// What is there.
    Once,
    /// What is there and whatever comes, until cancelled.
    Follow,
    /// What the container wrote before its last restart.
    Previous,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it was written, by the node's clock.
    pub at: Option<Timestamp>,
    /// Its text as the container wrote it, without the line's end; not made visible.
    pub text: String,
    /// Whether it was longer and is cut.
    pub cut: bool,
}

/// What a log tells its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEvent {
    /// A line.
    Line(Line),
    /// There is nothing now, for this reason; it is asked for again.
    Paused(String),
    /// There will be no more; the error, unless it is simply the end.
    End(Option<String>),
}

/// Starts reading. The last event is `End`; none follows a cancellation. Dropping the receiver ends the reading.
pub fn read(
    connection: Arc<Connection>,
    wanted: Wanted,
    tracker: &TaskTracker,
    cancel: &CancellationToken,
) -> mpsc::Receiver<LogEvent> {
    let (events, lines) = mpsc::channel(WAITING);
    let cancel = cancel.clone();
    let reader = Reader {
        connection,
        wanted,
        events,
        resume: Resume::default(),
    };
    tracker.spawn(async move {
        cancel.run_until_cancelled(reader.run()).await;
    });
    lines
}

/// The reader of the log is gone: nobody wants it any more.
struct Unwanted;

struct Reader {
    connection: Arc<Connection>,
    wanted: Wanted,
    events: mpsc::Sender<LogEvent>,
    resume: Resume,
}

/// What to do when a stream has ended.
enum Next {
    /// Ask again, for this reason.
    Again(String),
    /// No more.
    End(Option<String>),
}

impl Reader {
    async fn run(mut self) {
        let mut pauses = 0;
        loop {
            let before = self.resume.count();
            let Ok(next) = self.read_once().await else {
                return;
            };
            let reason = match next {
                Next::End(error) => {
                    // Nobody need hear it.
                    let _ = self.tell(LogEvent::End(error)).await;
                    return;
                }
                Next::Again(reason) => reason,
            };
            if self.resume.count() > before {
                pauses = 0;
            }
            if self.tell(LogEvent::Paused(reason)).await.is_err() {
                return;
            }
            let pause = 2_u64.saturating_pow(pauses).min(LONGEST_PAUSE);
            pauses += 1;
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(pause)) => {}
                () = self.events.closed() => return,
            }
        }
    }

    async fn tell(&self, event: LogEvent) -> Result<(), Unwanted> {
        self.events.send(event).await.map_err(|_| Unwanted)
    }

    async fn read_once(&mut self) -> Result<Next, Unwanted> {
        let opened = match self.open().await {
            Err(Fault::Unauthorised) if self.connection.renew().await.unwrap_or(false) => {
                self.open().await
            }
            other => other,
        };
        let mut pieces = match opened {
            Ok(pieces) => pieces,
            Err(fault) => return Ok(self.refused(&fault)),
        };
        let mut cutter = Cutter::default();
        loop {
            let piece = tokio::select! {
                piece = pieces.next(SILENCE) => piece,
                () = self.events.closed() => return Err(Unwanted),
            };
            match piece {
                Ok(Some(bytes)) => {
                    for raw in cutter.cut(&bytes) {
                        self.take(raw).await?;
                    }
                }
                Ok(None) => {
                    if let Some(raw) = cutter.rest() {
                        self.take(raw).await?;
                    }
                    return Ok(match self.wanted.mode {
                        Mode::Follow => Next::Again("the log has ended for now".to_owned()),
                        Mode::Once | Mode::Previous => Next::End(None),
                    });
                }
                // What was begun comes again whole.
                Err(fault) if self.wanted.mode == Mode::Follow => {
                    return Ok(Next::Again(fault.to_string()));
                }
                Err(fault) => return Ok(Next::End(Some(fault.to_string()))),
            }
        }
    }

    async fn take(&mut self, raw: lines::Raw) -> Result<(), Unwanted> {
        let line = raw.into_line();
        if self.resume.is_new(line.at) {
            self.tell(LogEvent::Line(line)).await?;
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<Pieces, Fault> {
        let since = self.resume.begin();
        let request = Request::get(path(&self.wanted, since))
            .header(header::ACCEPT, "*/*")
            .body(Vec::new())
            .map_err(|error| Fault::Garbled(error.to_string()))?;
        self.connection.send(request, PATIENCE).await
    }

    /// A container that has not started yet is waited for; what will never come is not.
    fn refused(&self, fault: &Fault) -> Next {
        let follows = self.wanted.mode == Mode::Follow;
        match fault {
            Fault::NotFound(_) | Fault::Forbidden(_) | Fault::Unauthorised => {
                Next::End(Some(fault.to_string()))
            }
            // 400 is the API server's way to say that the container does not run yet; it also says so of a container
            // that the pod does not have.
            Fault::Refused(400, words) if !follows || words.contains("is not valid for pod") => {
                Next::End(Some(words.clone()))
            }
            Fault::Refused(400, words) => Next::Again(words.clone()),
            _ if follows => Next::Again(fault.to_string()),
            _ => Next::End(Some(fault.to_string())),
        }
    }
}

fn path(wanted: &Wanted, since: Option<Timestamp>) -> String {
    let mut path = format!(
        "/api/v1/namespaces/{}/pods/{}/log?container={}&timestamps=true",
        encode(wanted.pod.namespace_str()),
        encode(&wanted.pod.name),
        encode(&wanted.container)
    );
    match wanted.mode {
        Mode::Once => {}
        Mode::Follow => path.push_str("&follow=true"),
        Mode::Previous => path.push_str("&previous=true"),
    }
    // Writing to a String cannot fail.
    let _ = match (since, wanted.tail) {
        (Some(since), _) => write!(path, "&sinceTime={}", encode(&since.to_string())),
        (None, Some(tail)) => write!(path, "&tailLines={tail}"),
        (None, None) => Ok(()),
    };
    path
}
