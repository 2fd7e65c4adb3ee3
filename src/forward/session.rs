//! The life of one forward as a state machine: evidence in, state and orders out.
//!
//! The state is not stored but derived from the evidence, so it cannot contradict it: never *listening*
//! while the last dial failed, while no endpoint is ready, or while the API server cannot be reached.

use crate::forward::cause::Cause;
use crate::forward::pick::{Among, Choice, Missing};
use crate::forward::status::{Counters, REMEMBERED, State, Status, Transition};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::time::Duration;

/// The first wait before the API server is asked again; each is twice the one before.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// The longest.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// The longest while somebody waits for an answer.
const IMPATIENT_RETRY: Duration = Duration::from_millis(500);

/// What a client cannot do where the API server offers no tunnel.
const NO_HALF_CLOSE: &str =
    "a client's half-close is not passed on, because the API server offers v4.channel.k8s.io only";

/// Something that was seen, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Seen,
}

/// What a session can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The listener is bound.
    Bound,
    /// The listener could not be bound.
    BindFailed(String),
    /// The latest world offers these endpoints, or none and why.
    Endpoints(Result<Vec<Choice>, Missing>),
    /// The watch of the API server is broken.
    Stale,
    /// It is whole again.
    Fresh,
    /// The machine has slept: what was known of the API server may no longer hold.
    Woken,
    /// A local client connected.
    Opened,
    /// A local connection ended.
    Closed(Ending),
    /// A pod took a connection after this long.
    Dialled(Choice, Duration),
    /// Whether a stream that was opened can carry a half-close to the pod.
    HalfClose(bool),
    /// A connection to a pod could not be made; the pod, where one was chosen.
    DialFailed(Option<Choice>, Cause),
    /// The API server answered.
    Reachable,
    /// The API server did not answer.
    Unreachable(String),
    /// So many bytes went by since this was last said.
    Moved {
        /// From the pod.
        bytes_in: u64,
        /// To the pod.
        bytes_out: u64,
    },
    /// It shall stop.
    Stop,
}

/// How a local connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// One of the two ends closed it.
    Clean,
    /// It broke, or never came about.
    Broken(String),
}

/// What the engine shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionAction {
    /// Tell of this transition.
    Announce(Transition),
    /// Ask the API server for a sign of life after this long; replaces an earlier order.
    AskIn(Duration),
    /// Ask it now; a question that is already due later stays so.
    AskNow,
    /// No need to ask any more.
    StopAsking,
    /// Make a connection to an endpoint and drop it, to learn whether dials work again.
    TryDial,
    /// Close the listener and every connection.
    Close,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Socket {
    Unbound,
    Bound,
    Refused(String),
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LastDial {
    None,
    Worked,
    Failed(Cause),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Outage {
    reason: String,
    attempts: u32,
    retry_at: Timestamp,
}

/// One forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    socket: Socket,
    endpoints: Result<Vec<Choice>, Missing>,
    outage: Option<Outage>,
    last_dial: LastDial,
    serving: Option<Choice>,
    half_close: Option<bool>,
    among: Among,
    counters: Counters,
    shown: State,
    since: Timestamp,
    was_listening: bool,
    seq: u64,
    history: VecDeque<Transition>,
}

impl Session {
    /// A session whose listener is not bound yet.
    pub fn new(at: Timestamp) -> Self {
        Self {
            socket: Socket::Unbound,
            endpoints: Ok(Vec::new()),
            outage: None,
            last_dial: LastDial::None,
            serving: None,
            half_close: None,
            among: Among::default(),
            counters: Counters::default(),
            shown: State::Waiting,
            since: at,
            was_listening: false,
            seq: 0,
            history: VecDeque::new(),
        }
    }

    /// The same, where pods are chosen in another way.
    pub fn choosing(mut self, among: Among) -> Self {
        self.among = among;
        self
    }

    /// What was seen leads to the next session and to orders, in the order to be carried out.
    pub fn on(mut self, event: SessionEvent) -> (Self, Vec<SessionAction>) {
        let mut actions = Vec::new();
        let pod_before = self.serving.as_ref().map(|choice| choice.pod.clone());
        if self.is_over() {
            self.count(&event.what);
            return (self, actions);
        }
        match event.what {
            Seen::Bound => self.socket = Socket::Bound,
            Seen::BindFailed(reason) => {
                self.fail(event.at, reason.clone());
                self.socket = Socket::Refused(reason);
                self.outage = None;
                actions.push(SessionAction::Close);
            }
            Seen::Endpoints(endpoints) => self.see_endpoints(endpoints, &mut actions),
            Seen::Stale => actions.extend(self.outage.is_none().then_some(SessionAction::AskNow)),
            // Whoever waits to ask has a reason to ask at once.
            Seen::Fresh => actions.extend(self.outage.is_some().then_some(SessionAction::AskNow)),
            Seen::Woken => actions.push(SessionAction::AskNow),
            Seen::Opened => {
                self.count(&Seen::Opened);
                actions.extend(self.outage.is_some().then_some(SessionAction::AskNow));
            }
            Seen::Dialled(choice, latency) => self.dialled(choice, latency, &mut actions),
            Seen::DialFailed(choice, cause) => {
                self.dial_failed(event.at, choice, cause, &mut actions);
            }
            Seen::HalfClose(carried) => self.half_close = Some(carried),
            Seen::Reachable => self.reachable(&mut actions),
            Seen::Unreachable(reason) => self.unreachable(event.at, reason, &mut actions),
            Seen::Closed(Ending::Broken(reason)) => {
                self.fail(event.at, reason);
                self.count(&Seen::Closed(Ending::Clean));
            }
            Seen::Stop => {
                self.socket = Socket::Closed;
                self.outage = None;
                actions.push(SessionAction::Close);
            }
            other => self.count(&other),
        }
        let pod_now = self.serving.as_ref().map(|choice| choice.pod.clone());
        // Where pods take turns, a turn is no news.
        let pod_changed =
            pod_before != pod_now && (self.among == Among::Sticky || pod_before.is_none());
        self.settle(event.at, pod_changed, &mut actions);
        (self, actions)
    }

    /// The state that the evidence allows.
    pub fn state(&self) -> State {
        match &self.socket {
            Socket::Closed => State::Stopped,
            Socket::Refused(_) => State::Failed,
            Socket::Unbound => State::Waiting,
            Socket::Bound if self.outage.is_some() => State::Reconnecting,
            Socket::Bound if self.endpoints.is_err() => State::Waiting,
            Socket::Bound if matches!(self.last_dial, LastDial::Failed(_)) => State::Failed,
            Socket::Bound => State::Listening,
        }
    }

    /// Whether nothing can change it any more: it was stopped, or could never listen.
    pub fn is_over(&self) -> bool {
        matches!(self.socket, Socket::Closed | Socket::Refused(_))
    }

    /// What it has carried so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Everything a screen or a script wants to know.
    pub fn status(&self) -> Status {
        Status {
            state: self.state(),
            reason: self.reason(),
            hint: match (&self.last_dial, self.state()) {
                (LastDial::Failed(cause), State::Failed) => cause.hint(),
                _ => "",
            },
            codes: self.codes(),
            since: self.since,
            retry_at: self
                .outage
                .as_ref()
                .filter(|_| self.state() == State::Reconnecting)
                .map(|outage| outage.retry_at),
            serving: self.serving.clone(),
            half_close: self.half_close,
            counters: self.counters.clone(),
            history: self.history.clone(),
        }
    }

    fn reason(&self) -> String {
        match (&self.socket, self.state()) {
            (Socket::Unbound, _) => "the local port is not bound yet".to_owned(),
            (Socket::Refused(reason), _) => reason.clone(),
            (_, State::Stopped) => "it was told to stop".to_owned(),
            (_, State::Reconnecting) => self.outage.as_ref().map_or_else(String::new, |outage| {
                format!("the API server cannot be reached: {}", outage.reason)
            }),
            (_, State::Waiting) => self
                .endpoints
                .as_ref()
                .err()
                .map_or_else(String::new, |missing| missing.reason.clone()),
            (_, State::Failed) => match &self.last_dial {
                // There is no outage any more, or the state would say so.
                LastDial::Failed(Cause::Unreachable(_)) => {
                    "the API server answers again, but no connection has been made since".to_owned()
                }
                LastDial::Failed(cause) => cause.to_string(),
                LastDial::None | LastDial::Worked => String::new(),
            },
            (_, State::Listening) => match &self.last_dial {
                LastDial::Worked if self.half_close == Some(false) => {
                    format!("the last connection reached its pod; {NO_HALF_CLOSE}")
                }
                LastDial::Worked => "the last connection reached its pod".to_owned(),
                _ => "no connection yet".to_owned(),
            },
        }
    }

    fn codes(&self) -> Vec<&'static str> {
        match (&self.endpoints, self.state()) {
            (Err(missing), State::Waiting) => missing.codes.clone(),
            _ => Vec::new(),
        }
    }

    fn count(&mut self, what: &Seen) {
        let counters = &mut self.counters;
        match what {
            Seen::Opened => {
                counters.connections += 1;
                counters.active += 1;
            }
            Seen::Closed(_) => counters.active = counters.active.saturating_sub(1),
            Seen::Moved {
                bytes_in,
                bytes_out,
            } => {
                counters.bytes_in = counters.bytes_in.saturating_add(*bytes_in);
                counters.bytes_out = counters.bytes_out.saturating_add(*bytes_out);
            }
            _ => {}
        }
    }

    fn fail(&mut self, at: Timestamp, reason: String) {
        self.counters.failures += 1;
        self.counters.last_error = Some((at, reason));
    }

    /// Other endpoints than those of the last failure are worth a try; and a world that moves during an
    /// outage is a sign of life.
    fn see_endpoints(
        &mut self,
        endpoints: Result<Vec<Choice>, Missing>,
        actions: &mut Vec<SessionAction>,
    ) {
        if self.endpoints == endpoints {
            return;
        }
        self.endpoints = endpoints;
        if self.outage.is_some() {
            actions.push(SessionAction::AskNow);
        } else {
            self.try_again(actions);
        }
    }

    fn try_again(&self, actions: &mut Vec<SessionAction>) {
        let some = self
            .endpoints
            .as_ref()
            .is_ok_and(|choices| !choices.is_empty());
        if some && matches!(self.last_dial, LastDial::Failed(_)) {
            actions.push(SessionAction::TryDial);
        }
    }

    fn dialled(&mut self, choice: Choice, latency: Duration, actions: &mut Vec<SessionAction>) {
        self.last_dial = LastDial::Worked;
        self.counters.latency = Some(latency);
        let moved = self
            .serving
            .as_ref()
            .is_some_and(|before| before.pod != choice.pod);
        // Coming back from another state is counted when the state is settled.
        if moved && self.among == Among::Sticky && self.shown == State::Listening {
            self.counters.reconnects += 1;
        }
        self.serving = Some(choice);
        self.end_outage(actions);
    }

    fn dial_failed(
        &mut self,
        at: Timestamp,
        choice: Option<Choice>,
        cause: Cause,
        actions: &mut Vec<SessionAction>,
    ) {
        let whom = choice.map_or_else(String::new, |choice| format!("{}: ", choice.pod.name));
        self.counters.last_error = Some((at, format!("{whom}{cause}")));
        match &cause {
            Cause::Unreachable(reason) => self.unreachable(at, reason.clone(), actions),
            // No answer may be the pod's node or the whole cluster: the API server itself will tell.
            Cause::TimedOut => actions.push(SessionAction::AskNow),
            _ => self.end_outage(actions),
        }
        self.last_dial = LastDial::Failed(cause);
    }

    fn reachable(&mut self, actions: &mut Vec<SessionAction>) {
        if self.outage.is_some() {
            self.end_outage(actions);
            self.try_again(actions);
        }
    }

    fn end_outage(&mut self, actions: &mut Vec<SessionAction>) {
        if self.outage.take().is_some() {
            actions.push(SessionAction::StopAsking);
        }
    }

    /// A failure before the next question is due changes nothing about when that is.
    fn unreachable(&mut self, at: Timestamp, reason: String, actions: &mut Vec<SessionAction>) {
        let before = self.outage.take();
        let due = before.as_ref().is_none_or(|outage| at >= outage.retry_at);
        let attempts = before
            .as_ref()
            .map_or(0, |outage| outage.attempts + u32::from(due));
        // Somebody who waits for it is not kept waiting longer than need be.
        let longest = if self.counters.active > 0 {
            IMPATIENT_RETRY
        } else {
            LONGEST_RETRY
        };
        let wait = FIRST_RETRY
            .saturating_mul(2_u32.saturating_pow(attempts))
            .min(longest);
        let retry_at = before
            .filter(|_| !due)
            .map_or_else(|| later(at, wait), |outage| outage.retry_at);
        // Clamped, because a wall clock that was set back must not put the question off.
        let left = Duration::try_from(at.duration_until(retry_at)).unwrap_or_default();
        actions.push(SessionAction::AskIn(left.min(wait)));
        self.outage = Some(Outage {
            reason,
            attempts,
            retry_at,
        });
    }

    /// Notes and announces the transition, if there was one.
    fn settle(&mut self, at: Timestamp, pod_changed: bool, actions: &mut Vec<SessionAction>) {
        let state = self.state();
        let first = self.seq == 0 && self.socket != Socket::Unbound;
        if state == self.shown && !first && !(pod_changed && state == State::Listening) {
            return;
        }
        if state != self.shown || first {
            self.since = at;
        }
        if state == State::Listening {
            if self.was_listening && self.shown != State::Listening {
                self.counters.reconnects += 1;
            }
            self.was_listening = true;
        }
        self.shown = state;
        self.seq += 1;
        let transition = Transition {
            seq: self.seq,
            at,
            state,
            reason: self.reason(),
            codes: self.codes(),
            pod: self.serving.as_ref().map(|choice| choice.pod.clone()),
        };
        if self.history.len() == REMEMBERED {
            self.history.pop_front();
        }
        self.history.push_back(transition.clone());
        actions.push(SessionAction::Announce(transition));
    }
}

fn later(at: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
