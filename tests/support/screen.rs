//! A screen without a terminal: worlds, key scripts, and what they draw.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portolan::diagnosis::engine::{Engine, diagnose};
use portolan::forward::pick::{Among, Choice};
use portolan::forward::profile::{LOOPBACK, Wanted};
use portolan::forward::right::Right;
use portolan::forward::status::{Counters, State as Forwarding, Status, Transition};
use portolan::forward::target::{Local, Target};
use portolan::model::coverage::State as Coverage;
use portolan::model::delta::Delta;
use portolan::model::key::{Key as Identity, Name};
use portolan::model::kind::Kind;
use portolan::model::object::{Fact, Object};
use portolan::model::port::PortRef;
use portolan::model::service::Service;
use portolan::model::world::{Origin, World};
use portolan::source::{demo, files};
use portolan::ui::effect::Effect;
use portolan::ui::key::Key;
use portolan::ui::msg::{
    Busy, ForwardId, ForwardRow, GroupRow, Link, LogLine, Member, Msg, QuestionId,
};
use portolan::ui::snapshot::Snapshot;
use portolan::ui::state::{Can, Session, State};
use portolan::ui::theme::{PROBE_SELECTED, Role, Theme};
use portolan::ui::update::update;
use portolan::ui::view::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

/// When every screen is looked at.
pub(crate) const NOW: &str = "2026-03-01T14:02:00Z";

/// That time.
pub(crate) fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

/// A snapshot of some deltas.
pub(crate) fn snapshot(origin: Origin, deltas: Vec<Delta>) -> Arc<Snapshot> {
    let mut engine = Engine::new(origin, now());
    engine.apply(Delta::Clock(now()));
    for delta in deltas {
        engine.apply(delta);
    }
    let report = engine.judge();
    Arc::new(Snapshot::new(engine.world().clone(), report))
}

/// The demo, as a cluster would show it.
pub(crate) fn demo_world() -> Arc<Snapshot> {
    // Read once: its manifests are long.
    static DEMO: LazyLock<Arc<Snapshot>> = LazyLock::new(|| {
        let origin = Origin::Live {
            context: Name::from("prod-eu"),
        };
        snapshot(origin, demo::deltas(now()))
    });
    Arc::clone(&DEMO)
}

/// A world from manifests.
pub(crate) fn world_of(yaml: &str) -> Arc<Snapshot> {
    let loaded = files::load_text("cluster.yaml", yaml, "default");
    assert!(loaded.unreadable.is_empty(), "{:?}", loaded.unreadable);
    snapshot(Origin::Files, loaded.deltas)
}

/// A session in which everything can be done.
pub(crate) fn session() -> Session {
    Session {
        name: Name::from("prod-eu"),
        forward: Can::Yes,
        no_forwards: None,
        logs: Can::Yes,
        yaml: Can::Yes,
        contexts: Can::Yes,
    }
}

/// A screen of a world.
pub(crate) fn screen(snapshot: Arc<Snapshot>, (width, height): (u16, u16)) -> State {
    let mut state = State::new(session(), snapshot, TimeZone::UTC);
    update(&mut state, Msg::Clock(now()));
    update(&mut state, Msg::Resize(width, height));
    state
}

/// Presses the keys of a script: names of keys, or words that are typed; returns what the screen asked for.
pub(crate) fn press(state: &mut State, script: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for word in script.split_whitespace() {
        let keys: Vec<Key> = match Key::parse(word) {
            Some(key) => vec![key],
            None => word.chars().map(Key::char).collect(),
        };
        for key in keys {
            effects.extend(update(state, Msg::Key(key)));
        }
    }
    effects
}

/// Draws a state.
pub(crate) fn draw(state: &State, theme: Theme) -> Buffer {
    let (width, height) = state.size;
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    view(state, &theme, area, &mut buffer);
    buffer
}

/// The words on a screen, line by line.
pub(crate) fn words(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        let mut skip = 0;
        for x in buffer.area.left()..buffer.area.right() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The roles on a screen drawn with [`Theme::probe`], as runs: `title*9 dim*3`; `*` before a run of the selected row.
pub(crate) fn roles(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut runs: Vec<(String, usize)> = Vec::new();
        for x in buffer.area.left()..buffer.area.right() {
            let cell = &buffer[(x, y)];
            let role = match cell.fg {
                Color::Indexed(at) => format!("{:?}", Role::ALL[usize::from(at)]).to_lowercase(),
                _ => "-".to_owned(),
            };
            let chosen = cell.bg == Color::Indexed(PROBE_SELECTED);
            let name = if chosen { format!("[{role}]") } else { role };
            match runs.last_mut() {
                Some((last, count)) if *last == name => *count += 1,
                _ => runs.push((name, 1)),
            }
        }
        while runs.last().is_some_and(|(name, _)| name == "-") {
            runs.pop();
        }
        let runs: Vec<String> = runs
            .into_iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let _ = writeln!(text, "{y:>2} {}", runs.join(", "));
    }
    text
}

/// Two forwards: one that works, one that waits.
pub(crate) fn forwards() -> Vec<ForwardRow> {
    let at = |minutes: i64| now() - jiff::SignedDuration::from_mins(minutes);
    let pod = Choice {
        pod: Identity::new(Kind::Pod, "shop", "catalog-5f6d7c9b8-k2x4q"),
        uid: Name::from("u-1"),
        port: 8080,
    };
    let transition = |seq, minutes, state, reason: &str, pod: Option<Identity>| Transition {
        seq,
        at: at(minutes),
        state,
        reason: reason.to_owned(),
        codes: Vec::new(),
        pod,
    };
    let working = Status {
        state: Forwarding::Listening,
        reason: "last connection worked".into(),
        hint: "",
        codes: Vec::new(),
        since: at(12),
        retry_at: None,
        serving: Some(pod.clone()),
        half_close: Some(true),
        counters: Counters {
            connections: 42,
            active: 2,
            bytes_in: 1_234_567,
            bytes_out: 98_304,
            reconnects: 1,
            ..Counters::default()
        },
        history: [
            transition(1, 40, Forwarding::Listening, "bound", None),
            transition(2, 14, Forwarding::Waiting, "no endpoint is ready", None),
            transition(
                3,
                12,
                Forwarding::Listening,
                "last connection worked",
                Some(pod.pod),
            ),
        ]
        .into(),
    };
    let waiting = Status {
        state: Forwarding::Waiting,
        reason: "no ready endpoint".into(),
        codes: vec!["SVC003"],
        since: at(2),
        serving: None,
        counters: Counters::default(),
        history: [transition(
            1,
            2,
            Forwarding::Waiting,
            "no ready endpoint",
            None,
        )]
        .into(),
        ..working.clone()
    };
    let row = |id, name: &str, local: u16, status| ForwardRow {
        id: ForwardId(id),
        context: Name::from("prod-eu"),
        target: Target {
            object: Identity::new(Kind::Service, "shop", name),
            remote: PortRef::Number(80),
            local: Local::Exactly(local),
        },
        mapping: "80 → http".into(),
        local: format!("127.0.0.1:{local}"),
        member: None,
        status,
    };
    vec![
        row(1, "catalog", 8080, working),
        row(2, "cart", 8081, waiting),
    ]
}

/// Saved sets: one that runs in part and was started by itself, one that a process is in the way of, one that cannot be
/// used.
pub(crate) fn groups() -> Vec<GroupRow> {
    let wanted = |name: &str, local| Wanted {
        target: Target {
            object: Identity::new(Kind::Service, "shop", name),
            remote: PortRef::Number(80),
            local,
        },
        address: LOOPBACK,
        among: Among::default(),
    };
    let row = |name: &str, autostart, wanted, defect: Option<&str>| GroupRow {
        name: Name::from(name),
        autostart,
        wanted,
        defect: defect.map(str::to_owned),
    };
    let shop = vec![
        wanted("catalog", Local::Exactly(8080)),
        wanted("cart", Local::Exactly(8081)),
        wanted("web", Local::Any),
    ];
    let nightly = vec![wanted("catalog", Local::Exactly(3000))];
    let busy = "127.0.0.1:3000 is in use by node (process 4711); 3001 is free";
    let torn = "profile `torn` lists no forward";
    vec![
        row("debug", false, vec![wanted("web", Local::Proposed)], None),
        row("nightly", false, nightly, Some(busy)),
        row("shop", true, shop, None),
        row("torn", false, Vec::new(), Some(torn)),
    ]
}

/// The forwards, of which the first was started with the group `shop`.
pub(crate) fn grouped() -> Vec<ForwardRow> {
    let mut rows = forwards();
    if let Some(first) = rows.first_mut() {
        first.member = Some(Member {
            group: Name::from("shop"),
            auto: true,
        });
    }
    rows
}

/// Runs a script of directives: `world …`, `press …`, `forwards`, `log …`, `log-ended …`, `link down`.
pub(crate) fn run(script: &str, size: (u16, u16)) -> State {
    let mut state = screen(demo_world(), size);
    for line in script.lines().map(str::trim) {
        let (directive, rest) = line.split_once(' ').unwrap_or((line, ""));
        let msg = match directive {
            "" | "#" => continue,
            "world" => {
                state = screen(named_world(rest), size);
                continue;
            }
            "press" => {
                press(&mut state, rest);
                continue;
            }
            "forwards" => Msg::Forwards(forwards()),
            "grouped" => Msg::Forwards(grouped()),
            "groups" => Msg::Groups(Ok(groups())),
            "right" => Msg::Right(
                QuestionId(state.latest_question.0.saturating_sub(1)),
                Right::Missing(rest.to_owned()),
            ),
            "busy" => Msg::Ports(
                state.latest_question,
                vec![Busy {
                    at: "127.0.0.1:8080".parse().expect("an address"),
                    why: rest.to_owned(),
                    next: Some(8081),
                }],
            ),
            "log" => Msg::Log(
                state.latest_stream,
                vec![LogLine {
                    at: Some(now()),
                    text: rest.to_owned(),
                }],
            ),
            "log-ended" => Msg::LogEnded(
                state.latest_stream,
                Some(rest.to_owned()).filter(|why| !why.is_empty()),
            ),
            "link" => Msg::Link(Link::Down {
                since: now() - jiff::SignedDuration::from_secs(34),
                retry_at: Some(now() + jiff::SignedDuration::from_secs(5)),
                why: "10.0.0.1:6443 cannot be reached: connection refused".into(),
            }),
            other => panic!("no directive {other}"),
        };
        update(&mut state, msg);
    }
    state
}

fn named_world(name: &str) -> Arc<Snapshot> {
    let live = || Origin::Live {
        context: Name::from("prod-eu"),
    };
    let note = |kind: Kind, state: Coverage| Delta::Coverage {
        kind,
        namespace: None,
        state,
    };
    match name.split_once(' ').unwrap_or((name, "")) {
        ("demo", _) => demo_world(),
        ("syncing", _) => {
            let mut deltas = vec![note(Kind::Namespace, Coverage::Ready)];
            deltas.push(note(Kind::Service, Coverage::Ready));
            deltas.push(note(Kind::Pod, Coverage::Syncing { seen: 1500 }));
            snapshot(live(), deltas)
        }
        ("forbidden", _) => {
            let world = demo_world().world.clone();
            let mut deltas: Vec<Delta> = world
                .objects()
                .filter(|object| object.key().kind != Kind::Pod)
                .map(|object| Delta::Upsert(Box::new((**object).clone())))
                .collect();
            let coverage = world.coverage().iter();
            deltas.extend(coverage.map(|(kind, _, state)| note(kind, state.clone())));
            let detail = Name::from("list pods is forbidden for user ada");
            deltas.push(note(Kind::Pod, Coverage::Forbidden { detail }));
            snapshot(live(), deltas)
        }
        ("changed", _) => changed_world(),
        ("scenario", name) => {
            let folder = format!(
                "{}/tests/scenarios/{name}/cluster.yaml",
                env!("CARGO_MANIFEST_DIR")
            );
            world_of(&std::fs::read_to_string(folder).expect("a scenario"))
        }
        (other, _) => panic!("no world {other}"),
    }
}

/// The demo, watched for ten minutes; then somebody mistypes a selector, and a Service is made anew.
fn changed_world() -> Arc<Snapshot> {
    let start = now() - jiff::SignedDuration::from_mins(10);
    let origin = Origin::Live {
        context: Name::from("prod-eu"),
    };
    let mut engine = Engine::new(origin, start).keeping_a_journal();
    let demo = demo::Demo::new(start);
    let step = |engine: &mut Engine, deltas: Vec<Delta>| {
        for delta in deltas {
            engine.apply(delta);
        }
        engine.judge();
    };
    step(&mut engine, demo.initial());
    step(&mut engine, demo.at(jiff::SignedDuration::from_mins(10)));
    let world = engine.world().clone();
    let changed = |name: &str, change: fn(&mut Service)| {
        let key = Identity::new(Kind::Service, "shop", name);
        let mut object = Object::clone(world.get(&key).expect("a Service of the demo"));
        if let Fact::Service(service) = &mut object.fact {
            change(service);
        }
        Delta::Upsert(Box::new(object))
    };
    let mistyped = changed("web", |service| {
        service.selector = [("app", "wep")].into_iter().collect();
    });
    let anew = changed("catalog", |service| {
        service.cluster_ips = Box::new(["10.96.9.9".parse().expect("an address")]);
    });
    let gone = Delta::Delete(Identity::new(Kind::Service, "shop", "catalog"));
    step(&mut engine, vec![Delta::Clock(now()), mistyped, gone]);
    step(&mut engine, vec![anew]);
    let report = engine.judge();
    let snapshot = Snapshot::new(engine.world().clone(), report).telling(engine.journal());
    Arc::new(snapshot)
}

/// A world as it is judged from scratch.
pub(crate) fn judged(world: World) -> Arc<Snapshot> {
    let report = diagnose(&world);
    Arc::new(Snapshot::new(world, Arc::new(report)))
}
