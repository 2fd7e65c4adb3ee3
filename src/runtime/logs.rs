//! The log that is on the screen.

use crate::client::Connection;
use crate::model::key::{Key, Name};
use crate::tunnel::logs::{self, LogEvent, Mode, Wanted};
use crate::ui::msg::{LogLine, Msg, StreamId};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many of the latest lines are read first.
const TAIL: u32 = 2000;

/// How many lines are sent to the screen at once.
const BATCH: usize = 512;

/// Which log.
#[derive(Debug)]
pub(super) struct Request {
    /// Under which number its lines are sent.
    pub(super) stream: StreamId,
    /// The pod.
    pub(super) pod: Key,
    /// The container.
    pub(super) container: Name,
    /// Its run before this one.
    pub(super) previous: bool,
}

/// Reads a log and sends its lines to the screen until it is cancelled.
pub(super) fn open(
    connection: Arc<Connection>,
    request: Request,
    inbox: mpsc::Sender<Msg>,
    tasks: &TaskTracker,
    cancel: &CancellationToken,
) {
    let wanted = Wanted {
        pod: request.pod,
        container: request.container,
        mode: if request.previous {
            Mode::Previous
        } else {
            Mode::Follow
        },
        tail: Some(TAIL),
    };
    let events = logs::read(connection, wanted, tasks, cancel);
    let cancel = cancel.clone();
    let stream = request.stream;
    tasks.spawn(async move {
        cancel
            .run_until_cancelled(pass_on(events, stream, inbox))
            .await;
    });
}

async fn pass_on(mut events: mpsc::Receiver<LogEvent>, stream: StreamId, inbox: mpsc::Sender<Msg>) {
    let mut batch = Vec::with_capacity(BATCH);
    while events.recv_many(&mut batch, BATCH).await > 0 {
        let mut lines = Vec::with_capacity(batch.len());
        let mut ended = None;
        for event in batch.drain(..) {
            match event {
                LogEvent::Line(line) => {
                    let cut = if line.cut { " …" } else { "" };
                    lines.push(LogLine {
                        at: line.at,
                        text: format!("{}{cut}", line.text),
                    });
                }
                LogEvent::Paused(why) => lines.push(LogLine {
                    at: None,
                    text: format!("— {why}; asking again —"),
                }),
                LogEvent::End(why) => ended = Some(why),
            }
        }
        if !lines.is_empty() && inbox.send(Msg::Log(stream, lines)).await.is_err() {
            return;
        }
        if let Some(why) = ended {
            // The screen may be gone; then nobody need hear it.
            let _ = inbox.send(Msg::LogEnded(stream, why)).await;
            return;
        }
    }
}
