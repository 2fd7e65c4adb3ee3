//! Carries bytes between a local connection and a stream to a pod until one of them ends, and says how.
//!
//! The two directions run independently, each with back pressure: a slow reader on either side stops its own
//! direction and nothing else. At most one message a direction is held in memory, or as many small ones as go into
//! one write, besides the few bytes that are kept until it is known whether the pod takes the connection.

use crate::forward::cause::Cause;
use crate::tunnel::forward::block::Block;
use crate::tunnel::forward::local::{FromClient, KEPT, Local, read};
use crate::tunnel::forward::pace::{BREATH, Pace};
use crate::tunnel::forward::pulse::Pulse;
use crate::tunnel::forward::shared::Shared;
use crate::tunnel::forward::stream::{FromPod, Incoming, Outgoing, Stream};
use futures::FutureExt as _;
use std::io::{ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_util::bytes::{Bytes, BytesMut};

/// After an error text or a failed send, how long the server may take to say the rest.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The longest error text that is read.
const LONGEST_ERROR: usize = 16 * 1024;

/// How much is gathered for one write to the client.
const AT_ONCE: usize = 64 * 1024;

/// Between two looks at whether a lingering client is still there.
const LOOK: Duration = Duration::from_secs(2);

/// How a connection ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The pod closed it in good order.
    PodClosed,
    /// The client closed it.
    ClientClosed,
    /// The pod did not take it: nothing was delivered, and what the client sent is kept.
    Refused(Cause),
    /// It broke while in use.
    Broken(Cause),
}

/// Whether the pod takes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Not known yet: the protocol only tells of a refusal.
    Open,
    /// It sent something, closed in good order, or a refusal is overdue.
    Yes,
}

/// Carries bytes until an end. `taken` becomes `Yes` as soon as that is known.
pub(super) async fn pump(
    local: &mut Local,
    stream: &mut Stream,
    shared: &Shared,
    taken: &watch::Sender<Taken>,
) -> Outcome {
    let pulse = Pulse::new();
    let ends = Ends::default();
    let overdue = overdue(stream.took);
    let (from_client, to_client) = local.socket.split();
    let mut up = Up {
        from_client,
        peer: local.peer,
        kept: &mut local.kept,
        ended: &mut local.ended,
        outgoing: &mut stream.outgoing,
        shared,
        pulse: &pulse,
        ends: &ends,
        taken: taken.subscribe(),
    };
    let mut down = Down {
        to_client,
        incoming: &mut stream.incoming,
        shared,
        pulse: &pulse,
        ends: &ends,
        taken,
    };
    let settle = async {
        sleep(overdue).await;
        take(taken);
        std::future::pending().await
    };
    tokio::select! {
        outcome = down.run() => outcome,
        outcome = up.run() => outcome,
        outcome = watch_over(&pulse, shared) => outcome,
        outcome = settle => outcome,
    }
}

/// When a refusal is overdue: it comes a trip to the pod's node after the opening, which itself took several.
pub(super) fn overdue(opening: Duration) -> Duration {
    (2 * opening).clamp(Duration::from_millis(100), Duration::from_secs(1))
}

fn take(taken: &watch::Sender<Taken>) {
    taken.send_if_modified(|taken| std::mem::replace(taken, Taken::Yes) == Taken::Open);
}

/// Ends the connection when the server no longer answers: for two pings, or soon after the machine has slept.
async fn watch_over(pulse: &Pulse, shared: &Shared) -> Outcome {
    let timing = &shared.timing;
    let mut alarm = shared.alarm.hear();
    let mut beat = interval_at(Instant::now() + timing.ping, timing.ping);
    loop {
        tokio::select! {
            _ = beat.tick() => if pulse.is_lost(timing.ping) {
                let silence = pulse.silence().as_secs();
                return Outcome::Broken(Cause::Cut(format!(
                    "no answer to a ping, silent for {silence} s"
                )));
            },
            () = alarm.rung() => {
                let before = pulse.heard();
                sleep(timing.ask).await;
                if pulse.heard() == before && !pulse.is_stalled() {
                    let why = "no sign of life after the machine has slept";
                    return Outcome::Broken(Cause::Cut(why.to_owned()));
                }
            }
        }
    }
}

/// Returns once the pod has taken the connection.
async fn is_taken(taken: &mut watch::Receiver<Taken>) {
    // The sender outlives both directions.
    let _ = taken.wait_for(|taken| *taken == Taken::Yes).await;
}

/// Which end has closed its sending half.
#[derive(Default)]
struct Ends {
    client: AtomicBool,
    pod: AtomicBool,
}

/// From the client to the pod.
struct Up<'a> {
    from_client: ReadHalf<'a>,
    peer: SocketAddr,
    kept: &'a mut BytesMut,
    ended: &'a mut bool,
    outgoing: &'a mut Outgoing,
    shared: &'a Shared,
    pulse: &'a Pulse,
    ends: &'a Ends,
    taken: watch::Receiver<Taken>,
}

impl Up<'_> {
    async fn run(&mut self) -> Outcome {
        match self.carry().await {
            Ok(FromClient::Gone) => Outcome::ClientClosed,
            Ok(_) => match self.linger().await {
                Ok(outcome) => outcome,
                Err(cause) => self.give_way(cause).await,
            },
            Err(cause) => self.give_way(cause).await,
        }
    }

    /// A send failed: the other direction may be about to learn why.
    async fn give_way(&self, cause: Cause) -> Outcome {
        sleep(LAST_WORDS).await;
        Outcome::Broken(cause)
    }

    /// Until the client ends, in one way or the other.
    async fn carry(&mut self) -> Result<FromClient, Cause> {
        if !self.kept.is_empty() {
            let again = Block::of(self.kept);
            self.send(again).await?;
        }
        let mut beat = interval_at(
            Instant::now() + self.shared.timing.ping,
            self.shared.timing.ping,
        );
        let mut taken = self.taken.clone();
        let mut alarm = self.shared.alarm.hear();
        let mut open = true;
        while !*self.ended {
            tokio::select! {
                // Without a sign that the pod takes the connection, no more is read than can be kept.
                from = read(&self.from_client), if !open || self.kept.len() < KEPT => match from {
                    FromClient::Block(block) => {
                        if open {
                            self.kept.extend_from_slice(block.payload());
                        }
                        self.send(block).await?;
                    }
                    FromClient::End => *self.ended = true,
                    FromClient::Gone => return Ok(FromClient::Gone),
                },
                () = is_taken(&mut taken), if open => {
                    open = false;
                    *self.kept = BytesMut::new();
                }
                _ = beat.tick() => self.outgoing.ping().await?,
                () = alarm.rung() => self.outgoing.ping().await?,
                id = self.outgoing.question() => self.outgoing.answer(id).await?,
            }
        }
        Ok(FromClient::End)
    }

    async fn send(&mut self, block: Block) -> Result<(), Cause> {
        let length = u64::try_from(block.payload().len()).unwrap_or(u64::MAX);
        self.pulse.sent(length);
        self.outgoing.send(block).await?;
        self.shared.bytes_out.fetch_add(length, Relaxed);
        Ok(())
    }

    /// The client has closed its sending half. The pod is told where the transport can; the client may still read:
    /// listen for it until it is gone. Where neither can be told, until the pod has been silent for long.
    async fn linger(&mut self) -> Result<Outcome, Cause> {
        let timing = &self.shared.timing;
        self.outgoing.finish().await?;
        self.ends.client.store(true, Relaxed);
        if self.ends.pod.load(Relaxed) {
            return Ok(Outcome::PodClosed);
        }
        let told = self.outgoing.has_half_close();
        let begun = Instant::now();
        let mut beat = interval_at(begun + timing.ping, timing.ping);
        let mut look = interval_at(begun + LOOK / 2, LOOK);
        let mut alarm = self.shared.alarm.hear();
        loop {
            tokio::select! {
                () = alarm.rung() => self.outgoing.ping().await?,
                _ = beat.tick() => self.outgoing.ping().await?,
                id = self.outgoing.question() => self.outgoing.answer(id).await?,
                _ = look.tick() => {
                    let silent = begun.elapsed().min(self.pulse.drought()) >= timing.linger;
                    let given_up = silent && !told;
                    if self.shared.peers.is_gone(self.peer).await.unwrap_or(given_up) {
                        return Ok(Outcome::ClientClosed);
                    }
                }
            }
        }
    }
}

/// What came together from the pod.
struct Gathered {
    pieces: Vec<Bytes>,
    /// Of all pieces, in bytes.
    length: usize,
    /// What came after them, where it is no data.
    other: Option<FromPod>,
    /// Nothing more is there yet.
    drained: bool,
}

/// From the pod to the client.
struct Down<'a> {
    to_client: WriteHalf<'a>,
    incoming: &'a mut Incoming,
    shared: &'a Shared,
    pulse: &'a Pulse,
    ends: &'a Ends,
    taken: &'a watch::Sender<Taken>,
}

impl Down<'_> {
    async fn run(&mut self) -> Outcome {
        let mut came = None;
        let mut pace = Pace::since(Instant::now());
        loop {
            let next = match came.take() {
                Some(next) => next,
                None => self.incoming.next().await,
            };
            match next {
                FromPod::Alive => self.pulse.hear(),
                FromPod::Data(bytes) => {
                    take(self.taken);
                    let gathered = self.gather(bytes);
                    came = gathered.other;
                    if self.deliver(&gathered.pieces).await.is_err() {
                        return Outcome::ClientClosed;
                    }
                    if pace.is_fast(gathered.length, Instant::now()) && gathered.drained {
                        sleep(BREATH).await;
                    }
                }
                FromPod::Error(text) => return self.last_words(text).await,
                FromPod::Ended => {
                    take(self.taken);
                    if self.to_client.shutdown().await.is_err() {
                        return Outcome::ClientClosed;
                    }
                    self.ends.pod.store(true, Relaxed);
                    if self.ends.client.load(Relaxed) {
                        return Outcome::PodClosed;
                    }
                }
                FromPod::Closed => {
                    take(self.taken);
                    return Outcome::PodClosed;
                }
                // Cut while opening: it is the way that is broken, not the pod.
                FromPod::Broken(Cause::Cut(why)) if self.is_open() && self.pulse.sent_nothing() => {
                    return Outcome::Refused(Cause::Unreachable(why));
                }
                FromPod::Broken(cause) => return Outcome::Broken(cause),
            }
        }
    }

    fn is_open(&self) -> bool {
        *self.taken.borrow() == Taken::Open
    }

    /// What has come already besides, so that one write carries it all.
    fn gather(&mut self, first: Bytes) -> Gathered {
        let mut gathered = Gathered {
            length: first.len(),
            pieces: vec![first],
            other: None,
            drained: false,
        };
        while gathered.length < AT_ONCE && gathered.other.is_none() && !gathered.drained {
            match self.incoming.next().now_or_never() {
                None => gathered.drained = true,
                Some(FromPod::Data(bytes)) => {
                    gathered.length += bytes.len();
                    gathered.pieces.push(bytes);
                }
                other => gathered.other = other,
            }
        }
        gathered
    }

    async fn deliver(&mut self, pieces: &[Bytes]) -> std::io::Result<()> {
        self.pulse.hear_data();
        self.pulse.stall();
        let filled = pieces.iter().filter(|piece| !piece.is_empty());
        let mut slices: Vec<IoSlice<'_>> = filled.map(|piece| IoSlice::new(piece)).collect();
        let mut left = slices.as_mut_slice();
        while !left.is_empty() {
            match self.to_client.write_vectored(left).await? {
                0 => return Err(ErrorKind::WriteZero.into()),
                written => IoSlice::advance_slices(&mut left, written),
            }
        }
        self.pulse.resume();
        let length = pieces.iter().map(Bytes::len).sum::<usize>();
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        self.shared.bytes_in.fetch_add(length, Relaxed);
        Ok(())
    }

    /// The server says what went wrong, and then closes.
    async fn last_words(&mut self, first: Bytes) -> Outcome {
        let mut text = first.to_vec();
        let rest = async {
            while let FromPod::Error(more) = self.incoming.next().await {
                let room = LONGEST_ERROR.saturating_sub(text.len());
                text.extend(more.iter().take(room));
            }
        };
        let _ = timeout(LAST_WORDS, rest).await;
        text.truncate(LONGEST_ERROR);
        let cause = Cause::of_error_channel(&String::from_utf8_lossy(&text), self.incoming.port());
        // What was sent is only sent again where it cannot have been delivered.
        let never_there = matches!(
            cause,
            Cause::Refused { .. } | Cause::PodGone | Cause::NotRunning(_)
        );
        if self.is_open() && (never_there || self.pulse.sent_nothing()) {
            Outcome::Refused(cause)
        } else {
            Outcome::Broken(cause)
        }
    }
}
