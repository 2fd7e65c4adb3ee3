//! Signals while the screen has the terminal.
//!
//! Whatever asks the program to end is an end like any other, so that the terminal is given back first. Whatever
//! stops it gives the terminal back for that time: a shell that comes forward finds it as it was.

use rustix::process::{Signal, getpid, kill_process};
use std::io;
use tokio::signal::unix::{self, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// To end.
    End,
    /// To stop until told to go on.
    Stop,
    /// To go on: somebody else may have had the terminal.
    GoOn,
}

/// The signals that are listened to.
pub(super) struct Signals {
    ends: Vec<unix::Signal>,
    stops: unix::Signal,
    goes_on: unix::Signal,
}

impl Signals {
    /// Listens from here on; what came before is not told.
    pub(super) fn listen() -> io::Result<Self> {
        let ends = [
            SignalKind::terminate(),
            SignalKind::hangup(),
            SignalKind::interrupt(),
            SignalKind::quit(),
        ];
        Ok(Self {
            ends: ends.into_iter().map(signal).collect::<Result<_, _>>()?,
            stops: signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?,
            goes_on: signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Asked {
        let ends = self.ends.iter_mut().map(|one| Box::pin(one.recv()));
        tokio::select! {
            _ = futures::future::select_all(ends) => Asked::End,
            _ = self.stops.recv() => Asked::Stop,
            _ = self.goes_on.recv() => Asked::GoOn,
        }
    }
}

/// Stops this program, and returns once somebody lets it go on.
pub(super) fn stop() -> io::Result<()> {
    Ok(kill_process(getpid(), Signal::STOP)?)
}
