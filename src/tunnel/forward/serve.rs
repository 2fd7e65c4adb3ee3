//! One local connection from its arrival to its end: a pod is found, dialled, served from, or given up on.

use crate::forward::cause::Cause;
use crate::forward::pick::{Choice, has_ended, is_leaving};
use crate::forward::session::{Ending, Seen};
use crate::tunnel::forward::dial::dial;
use crate::tunnel::forward::local::Local;
use crate::tunnel::forward::pump::{Outcome, Taken, pump};
use crate::tunnel::forward::shared::Reporter;
use crate::tunnel::forward::stream::Stream;
use crate::tunnel::forward::turns::Turn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// Before a pod that is on its way out or in is dialled again.
const AGAIN: Duration = Duration::from_secs(1);

/// How a local connection is to be closed.
enum Close {
    /// As an end.
    Orderly(Ending),
    /// As an error.
    Reset(Ending),
    /// The client is gone already.
    Nobody,
}

/// Serves a local connection until it ends or the forward is stopped.
pub(super) async fn serve(reporter: Reporter, socket: TcpStream, peer: SocketAddr) {
    reporter.tell(Seen::Opened).await;
    let mut local = Local::new(socket, peer);
    let cancel = reporter.shared.cancel.clone();
    let serving = Serving {
        reporter: &reporter,
        deadline: Instant::now() + reporter.shared.timing.wait,
    };
    let close = {
        // By reference: what runs under a cancellation is otherwise held twice, as given and as polled.
        let run = pin!(serving.run(&mut local));
        cancel.run_until_cancelled(run).await
    };
    let ending = match close {
        Some(Close::Orderly(ending)) => {
            cancel.run_until_cancelled(local.finish()).await;
            ending
        }
        Some(Close::Reset(ending)) => {
            local.reset();
            ending
        }
        Some(Close::Nobody) => Ending::Clean,
        None => {
            local.reset();
            Ending::Clean
        }
    };
    reporter.tell(Seen::Closed(ending)).await;
}

/// What became of a dial.
enum Tried {
    /// The connection is over.
    Over(Close),
    /// The pod did not take it.
    NotTaken(Cause),
}

/// What came of waiting for a turn.
enum Waited {
    /// It is there.
    Dial(Turn),
    /// The pod goes: another is to be chosen.
    Gone,
    /// The connection is over.
    Over(Close),
}

struct Serving<'a> {
    reporter: &'a Reporter,
    deadline: Instant,
}

impl Serving<'_> {
    async fn run(&self, local: &mut Local) -> Close {
        let shared = &self.reporter.shared;
        let mut recoveries = shared.recoveries.subscribe();
        let mut tried: Vec<Choice> = Vec::new();
        let mut refusals = 0;
        loop {
            let choice = match self.endpoint(local, &tried).await {
                Ok(choice) => choice,
                Err(close) => return close,
            };
            shared.chosen(&choice);
            let turn = match self.turn(local, &choice).await {
                Waited::Dial(turn) => turn,
                Waited::Gone => continue,
                Waited::Over(close) => return close,
            };
            recoveries.mark_unchanged();
            let cause = match self.attempt(local, &choice, turn).await {
                Tried::Over(close) => return close,
                Tried::NotTaken(cause) => cause,
            };
            self.reporter.dial_failed(&choice, &cause).await;
            let reason = format!("{}: {cause}", choice.pod.name);
            let wait_on = match cause {
                Cause::Unreachable(_) => {
                    self.wait_for(local, async { recoveries.changed().await.is_ok() })
                        .await
                }
                Cause::TooBusy => self.wait_for(local, pause()).await,
                _ if self.is_passing(&cause, &choice) => {
                    self.another_or_again(local, &mut tried, choice).await
                }
                _ if cause.is_of_the_pod() && refusals == 0 => {
                    refusals += 1;
                    tried.push(choice.clone());
                    if self.has_another(&tried) {
                        None
                    } else if self.leaves(local, &choice).await {
                        tried.clear();
                        None
                    } else {
                        // Nobody else: the client shall know now.
                        Some(Close::Reset(Ending::Broken(reason.clone())))
                    }
                }
                _ => Some(Close::Reset(Ending::Broken(reason.clone()))),
            };
            match wait_on {
                None if Instant::now() >= self.deadline => {
                    return Close::Reset(Ending::Broken(reason));
                }
                None => {}
                Some(close) => return close,
            }
        }
    }

    /// The pod for this connection; waits for one until the deadline.
    async fn endpoint(&self, local: &mut Local, tried: &[Choice]) -> Result<Choice, Close> {
        let shared = &self.reporter.shared;
        let mut worlds = shared.worlds.clone();
        loop {
            let world = worlds.borrow_and_update().clone();
            let missing = match shared.pick(&world, tried) {
                Ok(choice) => return Ok(choice),
                Err(missing) => missing,
            };
            let changed = async {
                if worlds.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(self.deadline) => {
                    return Err(Close::Reset(Ending::Broken(missing.reason)));
                }
                () = local.read_ahead() => return Err(Close::Nobody),
            }
        }
    }

    /// Waits for the turn to dial a pod, while others dial it.
    async fn turn(&self, local: &mut Local, choice: &Choice) -> Waited {
        let shared = &self.reporter.shared;
        if let Some(turn) = shared.turns.at_once(choice) {
            return Waited::Dial(turn);
        }
        let mut worlds = shared.worlds.clone();
        let gone = async {
            let leaving = worlds.wait_for(|world| is_leaving(world, choice));
            let left = leaving.await.is_ok();
            if !left {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = gone => Waited::Gone,
            turn = shared.turns.wait(choice) => Waited::Dial(turn),
            () = tokio::time::sleep_until(self.deadline) => {
                let reason = format!("{}: many connections wait to be opened", choice.pod.name);
                Waited::Over(Close::Reset(Ending::Broken(reason)))
            }
            () = local.read_ahead() => Waited::Over(Close::Nobody),
        }
    }

    /// Waits for something, at most until the deadline; `Some` where the client goes meanwhile.
    async fn wait_for(&self, local: &mut Local, what: impl Future<Output = bool>) -> Option<Close> {
        tokio::select! {
            _ = what => None,
            () = tokio::time::sleep_until(self.deadline) => None,
            () = local.read_ahead() => Some(Close::Nobody),
        }
    }

    /// The pod is about to go or to come: another one where there is one, else the same a little later or as soon as
    /// the world has changed.
    async fn another_or_again(
        &self,
        local: &mut Local,
        tried: &mut Vec<Choice>,
        choice: Choice,
    ) -> Option<Close> {
        tried.push(choice);
        if self.has_another(tried) {
            return None;
        }
        tried.clear();
        let mut worlds = self.reporter.shared.worlds.clone();
        let changed = async {
            tokio::select! {
                Ok(()) = worlds.changed() => true,
                waited = pause() => waited,
            }
        };
        self.wait_for(local, changed).await
    }

    fn has_another(&self, tried: &[Choice]) -> bool {
        let world = self.reporter.shared.worlds.borrow().clone();
        self.reporter.shared.pick(&world, tried).is_ok()
    }

    /// Nothing was delivered, and the world is about to offer something else: the pod goes or comes, or the way to
    /// its node is broken.
    fn is_passing(&self, cause: &Cause, choice: &Choice) -> bool {
        cause.is_of_the_moment()
            || matches!(cause, Cause::TimedOut | Cause::Node(_))
            || is_leaving(&self.reporter.shared.worlds.borrow(), choice)
    }

    /// A pod that was told to end closes its port before the world hears of it: whether that is why it refuses is
    /// known a moment later.
    async fn leaves(&self, local: &mut Local, choice: &Choice) -> bool {
        let mut worlds = self.reporter.shared.worlds.clone();
        let left = async {
            loop {
                let world = worlds.borrow_and_update().clone();
                if is_leaving(&world, choice) {
                    return true;
                }
                if worlds.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            left = left => left,
            () = sleep(self.reporter.shared.timing.grace) => false,
            () = local.read_ahead() => false,
        }
    }

    fn has_ended(&self, choice: &Choice) -> bool {
        has_ended(&self.reporter.shared.worlds.borrow(), choice)
    }

    async fn attempt(&self, local: &mut Local, choice: &Choice, turn: Turn) -> Tried {
        let shared = &self.reporter.shared;
        let mut turn = Some(turn);
        let outcome = loop {
            // On the heap, and gone once there is a stream: the dial's state is larger than that of carrying.
            let dialling = Box::pin(dial(
                &shared.connection,
                &shared.pool,
                choice,
                shared.timing.dial,
            ));
            let mut stream = match dialling.await {
                Ok(stream) => stream,
                Err(cause) => return Tried::NotTaken(cause),
            };
            // What is carried may take hours.
            drop(turn.take());
            let outcome = self.carry(local, choice, &mut stream).await;
            let reused = stream.reused;
            if let Some(tunnel) = stream.end().await {
                shared.pool.put(choice, tunnel);
            }
            // A tunnel that died in the pool says nothing about the pod, nor about the API server.
            if !(reused && matches!(outcome, Outcome::Refused(Cause::Unreachable(_)))) {
                break outcome;
            }
        };
        match outcome {
            Outcome::Refused(cause) => Tried::NotTaken(cause),
            Outcome::ClientClosed => Tried::Over(Close::Nobody),
            Outcome::PodClosed if self.has_ended(choice) => {
                let reason = format!("{}: {}", choice.pod.name, Cause::PodGone);
                Tried::Over(Close::Orderly(Ending::Broken(reason)))
            }
            Outcome::PodClosed => Tried::Over(Close::Orderly(Ending::Clean)),
            Outcome::Broken(cause) => {
                let reason = format!("{}: {cause}", choice.pod.name);
                Tried::Over(Close::Reset(Ending::Broken(reason)))
            }
        }
    }

    /// Carries bytes until an end, and tells the engine once the pod has taken the connection.
    async fn carry(&self, local: &mut Local, choice: &Choice, stream: &mut Stream) -> Outcome {
        let shared = &self.reporter.shared;
        let lease = shared.lease(choice);
        let (took, half_close) = (stream.took, stream.has_half_close());
        let (taken, mut seen) = watch::channel(Taken::Open);
        let told = AtomicBool::new(false);
        let telling = async {
            // The sender lives as long as this function.
            let _ = seen.wait_for(|taken| *taken == Taken::Yes).await;
            self.reporter.dialled(choice, took, half_close).await;
            told.store(true, Relaxed);
            std::future::pending().await
        };
        let ending = async {
            lease.pod_ended.cancelled().await;
            sleep(shared.timing.grace).await;
            Outcome::Broken(Cause::PodGone)
        };
        let outcome = tokio::select! {
            outcome = pump(local, stream, shared, &taken) => outcome,
            outcome = telling => outcome,
            outcome = ending => outcome,
        };
        if *taken.borrow() == Taken::Yes && !told.load(Relaxed) {
            self.reporter.dialled(choice, took, half_close).await;
        }
        outcome
    }
}

async fn pause() -> bool {
    sleep(AGAIN).await;
    true
}
