//! How many connections to one pod are being opened at once.
//!
//! Hundreds may have waited for a pod. Were all dialled in the moment it is ready, each over a WebSocket of its own, the
//! API server and the node would serve the first of them late; taking turns, those that come after find tunnels that
//! the first have already handed back.

use crate::forward::pick::Choice;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Far more than a browser opens at once, and too few to crowd a node out.
const AT_ONCE: usize = 64;

/// Permission to dial; the next one's turn comes when it is dropped.
pub(super) type Turn = OwnedSemaphorePermit;

/// The queue of every pod that is being dialled. One that hangs holds up nobody who wants another pod.
#[derive(Default)]
pub(super) struct Turns(Mutex<Vec<(Choice, Weak<Semaphore>)>>);

impl Turns {
    /// Permission, if nobody has to be waited for.
    pub(super) fn at_once(&self, choice: &Choice) -> Option<Turn> {
        self.queue(choice).try_acquire_owned().ok()
    }

    /// Waits for permission.
    pub(super) async fn wait(&self, choice: &Choice) -> Turn {
        loop {
            // A queue is never closed; were it, the next is another.
            if let Ok(turn) = self.queue(choice).acquire_owned().await {
                return turn;
            }
        }
    }

    fn queue(&self, choice: &Choice) -> Arc<Semaphore> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody waits in are forgotten, and with them the pods that are gone.
        all.retain(|(_, queue)| queue.strong_count() > 0);
        let known = all.iter().find(|(pod, _)| pod == choice);
        if let Some(queue) = known.and_then(|(_, queue)| queue.upgrade()) {
            return queue;
        }
        let queue = Arc::new(Semaphore::new(AT_ONCE));
        all.push((choice.clone(), Arc::downgrade(&queue)));
        queue
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, Turn, Turns};
    use crate::forward::pick::Choice;
    use crate::model::key::Key;
    use crate::model::kind::Kind;
    use std::time::Duration;
    use tokio::time::timeout;

    fn pod(name: &str) -> Choice {
        Choice {
            pod: Key::new(Kind::Pod, "shop", name),
            uid: name.into(),
            port: 80,
        }
    }

    #[tokio::test]
    async fn a_pod_that_hangs_holds_up_its_own_only() {
        let turns = Turns::default();
        let mut taken: Vec<Turn> = Vec::new();
        while let Some(turn) = turns.at_once(&pod("one")) {
            taken.push(turn);
        }
        assert_eq!(taken.len(), AT_ONCE);
        assert!(turns.at_once(&pod("another")).is_some());
        let (one, moment) = (pod("one"), Duration::from_millis(20));
        assert!(timeout(moment, turns.wait(&one)).await.is_err());
        taken.pop();
        assert!(timeout(moment, turns.wait(&one)).await.is_ok());
        taken.clear();
        assert!(turns.at_once(&pod("another")).is_some());
        let kept = turns.0.lock().map(|all| all.len()).ok();
        assert_eq!(kept, Some(1), "queues that are over are forgotten");
    }
}
