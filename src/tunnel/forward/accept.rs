//! Accepts local connections until the forward is stopped.

use crate::tunnel::forward::serve::serve;
use crate::tunnel::forward::shared::Reporter;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

/// How many local connections are open at once; more wait in the listener's queue.
const CONNECTIONS: usize = 4096;

/// Pause after the system refused to accept, for want of file descriptors.
const BREATH: Duration = Duration::from_millis(100);

pub(super) struct Accepting {
    pub(super) listener: TcpListener,
    pub(super) reporter: Reporter,
    pub(super) tracker: TaskTracker,
    pub(super) own: TaskTracker,
}

impl Accepting {
    /// Runs until cancelled; the port is free when it returns.
    pub(super) async fn run(self) {
        let cancel = self.reporter.shared.cancel.clone();
        cancel.run_until_cancelled(self.accept_all()).await;
    }

    async fn accept_all(&self) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            match self.listener.accept().await {
                Ok((socket, peer)) => {
                    let reporter = self.reporter.clone();
                    let serving = async move {
                        serve(reporter, socket, peer).await;
                        drop(place);
                    };
                    self.own.spawn(self.tracker.track_future(serving));
                }
                // The client gave up before it was accepted, or the process has no file descriptor left: in
                // either case the listener itself is sound.
                Err(error) => {
                    tracing::debug!(%error, "a local connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }
}
