//! The word that open connections may be dead without knowing it: the machine has slept, or its network changed.

use tokio::sync::watch;

/// Told by whoever notices, heard by every forward.
#[derive(Clone, Debug)]
pub struct Alarm(watch::Sender<u64>);

impl Default for Alarm {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Alarm {
    /// Open tunnels are given up, open connections have to show that they live, and the API server is asked.
    pub fn ring(&self) {
        self.0.send_modify(|rung| *rung = rung.wrapping_add(1));
    }

    /// Where it is heard from now on.
    pub(super) fn hear(&self) -> Hearing {
        Hearing(self.0.subscribe())
    }
}

/// One listener.
pub(super) struct Hearing(watch::Receiver<u64>);

impl Hearing {
    /// Returns when it rings; never where nobody is left to ring it.
    pub(super) async fn rung(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
