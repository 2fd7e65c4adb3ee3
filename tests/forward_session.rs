//! The session machine: what it may never say, whatever it sees.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use jiff::Timestamp;
use portolan::forward::cause::Cause;
use portolan::forward::pick::{Choice, Missing};
use portolan::forward::session::{Ending, Seen, Session, SessionAction, SessionEvent};
use portolan::forward::status::{REMEMBERED, State};
use portolan::model::key::Key;
use portolan::model::kind::Kind;
use proptest::prelude::*;
use std::time::Duration;

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn choice(name: &str) -> Choice {
    Choice {
        pod: Key::new(Kind::Pod, "shop", name),
        uid: name.into(),
        port: 80,
    }
}

fn ready(names: &[&str]) -> Seen {
    Seen::Endpoints(Ok(names.iter().map(|name| choice(name)).collect()))
}

fn none() -> Seen {
    Seen::Endpoints(Err(Missing {
        reason: "no endpoint is ready".into(),
        codes: vec!["SVC003"],
    }))
}

fn refused() -> Cause {
    Cause::Refused { port: 80 }
}

/// A session that saw these, one second apart, and everything it ordered at the last.
fn after(events: Vec<Seen>) -> (Session, Vec<SessionAction>) {
    let mut session = Session::new(time(0));
    let mut last = Vec::new();
    for (at, what) in (1..).zip(events) {
        (session, last) = session.on(SessionEvent { at: time(at), what });
    }
    (session, last)
}

fn state(events: Vec<Seen>) -> State {
    after(events).0.state()
}

#[test]
fn bound_with_an_endpoint_is_listening() {
    let (session, actions) = after(vec![Seen::Bound]);
    assert_eq!(session.state(), State::Listening);
    assert!(
        matches!(&actions[..], [SessionAction::Announce(first)] if first.seq == 1 && first.state == State::Listening)
    );
    assert_eq!(state(vec![]), State::Waiting);
}

#[test]
fn no_endpoint_is_waiting_with_the_finding_and_since() {
    let (session, _) = after(vec![ready(&["a"]), Seen::Bound, none(), Seen::Opened]);
    let status = session.status();
    assert_eq!(
        (status.state, status.codes.as_slice()),
        (State::Waiting, &["SVC003"][..])
    );
    assert_eq!(status.reason, "no endpoint is ready");
    assert_eq!(status.since, time(3));
    let (session, actions) = after(vec![Seen::Bound, none(), ready(&["a"])]);
    assert_eq!(session.state(), State::Listening);
    assert!(
        !actions.contains(&SessionAction::TryDial),
        "nothing failed, nothing to try"
    );
    assert_eq!(session.status().counters.reconnects, 1);
}

#[test]
fn a_failed_dial_is_failed_until_one_works() {
    let failed = vec![
        ready(&["a"]),
        Seen::Bound,
        Seen::DialFailed(Some(choice("a")), refused()),
    ];
    let (session, _) = after(failed.clone());
    let status = session.status();
    assert_eq!(status.state, State::Failed);
    assert_eq!(status.reason, "connection refused in the pod on port 80");
    assert!(!status.hint.is_empty());
    assert_eq!(
        status.counters.last_error,
        Some((
            time(3),
            "a: connection refused in the pod on port 80".into()
        ))
    );

    let with = |more: Vec<Seen>| failed.iter().cloned().chain(more).collect::<Vec<_>>();
    assert_eq!(
        state(with(vec![Seen::Opened, ready(&["a"])])),
        State::Failed
    );
    assert_eq!(
        state(with(vec![Seen::Dialled(choice("a"), Duration::ZERO)])),
        State::Listening
    );
    let (session, actions) = after(with(vec![ready(&["b"])]));
    assert_eq!(
        (session.state(), actions),
        (State::Failed, vec![SessionAction::TryDial])
    );
    assert_eq!(state(with(vec![none()])), State::Waiting);
    let (session, actions) = after(with(vec![none(), ready(&["a"])]));
    assert_eq!(session.state(), State::Failed);
    assert!(actions.contains(&SessionAction::TryDial));
}

#[test]
fn an_outage_is_asked_about_ever_more_slowly_and_at_once_when_the_world_moves() {
    let out = || Seen::Unreachable("no route".into());
    let mut session = Session::new(time(0))
        .on(SessionEvent {
            at: time(0),
            what: Seen::Bound,
        })
        .0;
    let mut at = time(1);
    let mut waits = Vec::new();
    for _ in 0..7 {
        let (next, actions) = session.on(SessionEvent { at, what: out() });
        session = next;
        assert_eq!(session.state(), State::Reconnecting);
        let wait = actions.iter().find_map(|action| match action {
            SessionAction::AskIn(wait) => Some(*wait),
            _ => None,
        });
        waits.push(wait.unwrap().as_secs());
        at = session.status().retry_at.unwrap();
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
    let early = at.checked_sub(Duration::from_secs(20)).unwrap();
    let (session, actions) = session.on(SessionEvent {
        at: early,
        what: out(),
    });
    assert_eq!(
        actions,
        [SessionAction::AskIn(Duration::from_secs(20))],
        "an early failure does not push it off"
    );
    let (session, actions) = session.on(SessionEvent {
        at: early,
        what: ready(&["z"]),
    });
    assert_eq!(actions, [SessionAction::AskNow]);
    let (session, actions) = session.on(SessionEvent {
        at: early,
        what: Seen::Reachable,
    });
    assert_eq!(
        (session.state(), &actions[0]),
        (State::Listening, &SessionAction::StopAsking)
    );
    assert_eq!(session.status().counters.reconnects, 1);
}

#[test]
fn whoever_has_a_reason_to_ask_during_an_outage_asks_at_once() {
    let outage = [ready(&["a"]), Seen::Bound, Seen::Unreachable("x".into())];
    let with = |what: Seen| after(outage.iter().cloned().chain([what]).collect()).1;
    assert_eq!(with(Seen::Fresh), [SessionAction::AskNow]);
    assert_eq!(with(Seen::Opened), [SessionAction::AskNow]);
    assert_eq!(with(Seen::Woken), [SessionAction::AskNow]);
    // A machine that has slept may have lost the API server without a sign.
    assert_eq!(
        after(vec![Seen::Bound, Seen::Woken]).1,
        [SessionAction::AskNow]
    );
    assert_eq!(after(vec![Seen::Bound, Seen::Fresh]).1, []);
}

#[test]
fn while_somebody_waits_the_api_server_is_asked_twice_a_second() {
    let unreachable = Seen::Unreachable("x".into());
    let mut events = vec![Seen::Bound, Seen::Opened];
    events.extend(std::iter::repeat_n(unreachable, 40));
    let (_, actions) = after(events);
    let waits: Vec<&SessionAction> = actions
        .iter()
        .filter(|action| matches!(action, SessionAction::AskIn(_)))
        .collect();
    assert_eq!(waits, [&SessionAction::AskIn(Duration::from_millis(500))]);
}

#[test]
fn after_an_outage_that_a_dial_met_a_dial_must_work() {
    let met = vec![
        ready(&["a"]),
        Seen::Bound,
        Seen::DialFailed(None, Cause::Unreachable("x".into())),
    ];
    assert_eq!(state(met.clone()), State::Reconnecting);
    let (session, actions) = after(met.into_iter().chain([Seen::Reachable]).collect());
    assert_eq!(session.state(), State::Failed);
    assert!(actions.contains(&SessionAction::TryDial));
}

#[test]
fn a_port_that_cannot_be_bound_is_the_end() {
    let (session, actions) = after(vec![Seen::BindFailed("8080 is held by 1 (init)".into())]);
    assert!(session.is_over() && actions.contains(&SessionAction::Close));
    assert_eq!(session.status().reason, "8080 is held by 1 (init)");
    assert_eq!(
        state(vec![
            Seen::BindFailed(String::new()),
            Seen::Bound,
            ready(&["a"])
        ]),
        State::Failed
    );
}

#[test]
fn stopped_stays_stopped_and_still_counts_its_last_bytes() {
    let moved = Seen::Moved {
        bytes_in: 5,
        bytes_out: 7,
    };
    let (session, _) = after(vec![
        Seen::Bound,
        Seen::Opened,
        Seen::Stop,
        moved,
        Seen::Closed(Ending::Clean),
        none(),
    ]);
    let status = session.status();
    assert_eq!(status.state, State::Stopped);
    assert_eq!(
        (
            status.counters.bytes_in,
            status.counters.bytes_out,
            status.counters.active
        ),
        (5, 7, 0)
    );
}

#[test]
fn another_pod_while_listening_is_a_transition() {
    let (session, actions) = after(vec![
        Seen::Bound,
        Seen::Dialled(choice("a"), Duration::from_millis(3)),
        Seen::Dialled(choice("a"), Duration::from_millis(4)),
        Seen::Dialled(choice("b"), Duration::from_millis(5)),
    ]);
    let status = session.status();
    assert!(
        matches!(&actions[..], [SessionAction::Announce(t)] if t.seq == 3 && t.pod == Some(choice("b").pod))
    );
    assert_eq!((status.since, status.counters.reconnects), (time(1), 1));
    assert_eq!(status.counters.latency, Some(Duration::from_millis(5)));
    assert_eq!(status.after(1).map(|t| t.seq).collect::<Vec<_>>(), [2, 3]);
}

fn any_choice() -> impl Strategy<Value = Choice> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(choice)
}

fn any_cause() -> impl Strategy<Value = Cause> {
    prop_oneof![
        Just(refused()),
        Just(Cause::PodGone),
        Just(Cause::TimedOut),
        Just(Cause::Unreachable("x".into())),
        Just(Cause::Forbidden("x".into())),
    ]
}

fn any_seen() -> impl Strategy<Value = Seen> {
    prop_oneof![
        Just(Seen::Bound),
        Just(none()),
        prop::collection::vec(any_choice(), 1..3).prop_map(|choices| Seen::Endpoints(Ok(choices))),
        Just(Seen::Stale),
        Just(Seen::Opened),
        Just(Seen::Closed(Ending::Clean)),
        Just(Seen::Closed(Ending::Broken("cut".into()))),
        any_choice().prop_map(|choice| Seen::Dialled(choice, Duration::ZERO)),
        (prop::option::of(any_choice()), any_cause())
            .prop_map(|(choice, cause)| Seen::DialFailed(choice, cause)),
        Just(Seen::Reachable),
        Just(Seen::Unreachable("x".into())),
        (any::<u64>(), any::<u64>()).prop_map(|(bytes_in, bytes_out)| Seen::Moved {
            bytes_in,
            bytes_out
        }),
    ]
}

fn rare_seen() -> impl Strategy<Value = Seen> {
    prop_oneof![
        60 => any_seen(),
        1 => Just(Seen::Stop),
        1 => Just(Seen::BindFailed("busy".into())),
    ]
}

/// What a bystander knows from the events alone.
#[derive(Default)]
struct Bystander {
    bound: bool,
    dial_failed: bool,
    no_endpoint: bool,
    asked_in: Option<Duration>,
    announced: u64,
    open: u64,
}

impl Bystander {
    fn watch(&mut self, event: &Seen) {
        match event {
            Seen::Bound => self.bound = true,
            Seen::Dialled(..) => self.dial_failed = false,
            Seen::DialFailed(..) => self.dial_failed = true,
            Seen::Endpoints(endpoints) => self.no_endpoint = endpoints.is_err(),
            _ => {}
        }
    }

    fn hear(&mut self, actions: &[SessionAction]) {
        for action in actions {
            match action {
                SessionAction::Announce(_) => self.announced += 1,
                SessionAction::AskIn(wait) => {
                    assert!(*wait <= Duration::from_secs(30));
                    self.asked_in = Some(*wait);
                }
                SessionAction::StopAsking => self.asked_in = None,
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_state_never_contradicts_the_evidence(
        events in prop::collection::vec((rare_seen(), -2_i64..40), 1..200)
    ) {
        let mut session = Session::new(time(0));
        let mut bystander = Bystander::default();
        let mut now = 0;
        let mut over = false;
        for (what, step) in events {
            now += step;
            if !over {
                bystander.watch(&what);
            }
            match &what {
                Seen::Opened => bystander.open += 1,
                Seen::Closed(_) => bystander.open = bystander.open.saturating_sub(1),
                _ => {}
            }
            let before = session.state();
            let (next, actions) = session.on(SessionEvent { at: time(now), what });
            session = next;
            bystander.hear(&actions);
            let status = session.status();
            prop_assert!(!over || status.state == before, "nothing follows the end");
            over = session.is_over();
            if status.state == State::Listening {
                prop_assert!(bystander.bound && !bystander.dial_failed && !bystander.no_endpoint);
            }
            if status.state == State::Reconnecting {
                prop_assert!(bystander.asked_in.is_some(), "an outage without a question to come");
                prop_assert!(status.retry_at.is_some());
            } else {
                prop_assert_eq!(status.retry_at, None);
            }
            prop_assert!(!status.reason.is_empty());
            prop_assert!(status.history.len() <= REMEMBERED);
            prop_assert_eq!(status.counters.active, bystander.open);
            let last = status.history.back();
            prop_assert_eq!(last.map_or(0, |t| t.seq), bystander.announced);
            if let Some(last) = last {
                prop_assert_eq!(last.state, status.state);
            }
            prop_assert!(status.history.iter().zip(status.history.iter().skip(1)).all(|(a, b)| a.seq + 1 == b.seq));
        }
    }

    #[test]
    fn whatever_went_before_a_dial_that_works_makes_it_listen(
        events in prop::collection::vec((any_seen(), 0_i64..40), 0..60)
    ) {
        let mut session = Session::new(time(0));
        let mut now = 0;
        for (what, step) in events {
            now += step;
            session = session.on(SessionEvent { at: time(now), what }).0;
        }
        for what in [Seen::Bound, ready(&["a"]), Seen::Dialled(choice("a"), Duration::ZERO)] {
            session = session.on(SessionEvent { at: time(now), what }).0;
        }
        prop_assert_eq!(session.state(), State::Listening);
    }
}
