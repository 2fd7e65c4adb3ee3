//! Figures of the pure parts: `chart FIGURE PODS SERVICES TIMES`.
//!
//! | figure | what is done each time |
//! |---|---|
//! | `diagnose` | the whole world is judged from scratch |
//! | `incremental` | a pod changes its readiness, and what that touches is judged again |
//! | `frame` | one frame of the pods at 140×45 is drawn |
//! | `key` | the selection moves down a row, and a frame is drawn |
//! | `renew` | the screen of all pods takes in a newer snapshot |
//!
//! Prints the median of the times in microseconds. `scripts/bench` also runs it under callgrind with two numbers of
//! times: the difference is the instructions of one, whatever the machine is doing.
//!
//! `chart manifests WORKLOADS SERVICES INGRESSES` prints a list for `--from` instead.
#![expect(clippy::print_stdout, reason = "a figure is its output")]

use jiff::Timestamp;
use portolan::diagnosis::engine::{Engine, diagnose};
use portolan::lower::lower;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::key::Name;
use portolan::model::kind::Kind;
use portolan::model::world::Origin;
use portolan::output::glyph::Charset;
use portolan::ui::key::{Code, Key};
use portolan::ui::msg::Msg;
use portolan::ui::snapshot::Snapshot;
use portolan::ui::state::{Session, State as Screen};
use portolan::ui::theme::{Terminal, Theme};
use portolan::ui::update::update;
use portolan::ui::view::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|one| one != "--bench")
        .collect();
    let number = |at: usize, otherwise: usize| -> usize {
        arguments
            .get(at)
            .and_then(|text| text.parse().ok())
            .unwrap_or(otherwise)
    };
    let (pods, services, times) = (number(1, 2000), number(2, 500), number(3, 20));
    let figure = arguments.first().map_or("diagnose", String::as_str);
    if figure == "manifests" {
        println!("{}", manifests(pods, services, number(3, 300)));
        return;
    }
    let mut engine = engine(pods, services);
    match figure {
        "diagnose" => report(times, || {
            black_box(diagnose(engine.world()));
        }),
        "incremental" => incremental(&mut engine, services, times),
        "frame" => {
            let screen = screen(&mut engine);
            let mut buffer = Buffer::empty(SIZE);
            report(times, || draw(&screen, &mut buffer));
        }
        "key" => {
            let mut screen = screen(&mut engine);
            let mut buffer = Buffer::empty(SIZE);
            report(times, || {
                black_box(update(&mut screen, Msg::Key(Key::of(Code::Down))));
                draw(&screen, &mut buffer);
            });
        }
        "renew" => {
            let mut screen = screen(&mut engine);
            let snapshot = Arc::clone(&screen.snapshot);
            report(times, || {
                black_box(update(&mut screen, Msg::Snapshot(Arc::clone(&snapshot))));
            });
        }
        other => println!("there is no figure {other}"),
    }
}

/// The size of a frame.
const SIZE: Rect = Rect::new(0, 0, 140, 45);

fn incremental(engine: &mut Engine, services: usize, times: usize) {
    engine.judge();
    let mut ready = false;
    report(times, || {
        engine.apply(Delta::Upsert(Box::new(lower(
            Kind::Pod,
            &pod(0, services, ready).to_string(),
        ))));
        ready = !ready;
        black_box(engine.judge());
    });
}

/// The table of all pods.
fn screen(engine: &mut Engine) -> Screen {
    let report = engine.judge();
    let snapshot = Arc::new(Snapshot::new(engine.world().clone(), report));
    let mut state = Screen::new(Session::default(), snapshot, jiff::tz::TimeZone::UTC);
    update(&mut state, Msg::Resize(SIZE.width, SIZE.height));
    state.open("po");
    state
}

fn draw(screen: &Screen, buffer: &mut Buffer) {
    let terminal = Terminal {
        no_color: false,
        colorterm: "truecolor".to_owned(),
        term: "xterm-256color".to_owned(),
        locale: String::new(),
    };
    let theme = Theme::suited_to(&terminal, Charset::Unicode);
    view(screen, &theme, SIZE, buffer);
    black_box(&buffer);
}

/// Workloads, Services and Ingresses as one would keep them in files, as one list.
fn manifests(workloads: usize, services: usize, ingresses: usize) -> Value {
    let meta =
        |at: usize| json!({"name": format!("app-{at}"), "namespace": format!("load-{}", at % 10)});
    let workload = |at: usize| {
        let labels = json!({"app": format!("app-{at}"), "tier": format!("t{}", at % 3)});
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(at), "spec": {
            "replicas": 3, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{
                "name": "main", "image": "registry.example/web:1",
                "ports": [{"name": "http", "containerPort": 8080}],
                "env": [{"name": "MODE", "value": "production"}],
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}}}]}}}})
    };
    let service = |at: usize| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": meta(at), "spec": {
            "selector": {"app": format!("app-{at}")},
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}})
    };
    let ingress = |at: usize| {
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta(at), "spec": {
            "rules": [{"host": format!("app-{at}.example.com"), "http": {"paths": [{
                "path": "/", "pathType": "Prefix",
                "backend": {"service": {"name": format!("app-{at}"), "port": {"name": "http"}}}}]}}]}})
    };
    let items: Vec<Value> = (0..workloads)
        .map(workload)
        .chain((0..services).map(service))
        .chain((0..ingresses).map(ingress))
        .collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

fn report(times: usize, mut work: impl FnMut()) {
    let mut took: Vec<u128> = (0..times)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_micros()
        })
        .collect();
    took.sort_unstable();
    println!("{}", took.get(took.len() / 2).copied().unwrap_or_default());
}

/// A live world of pods behind services in ten namespaces; every tenth Service has an Ingress, one in fifty is broken.
fn engine(pods: usize, services: usize) -> Engine {
    let now: Timestamp = Timestamp::UNIX_EPOCH;
    let mut engine = Engine::new(
        Origin::Live {
            context: Name::from("bench"),
        },
        now,
    );
    let mut add = |kind: Kind, document: &Value| {
        engine.apply(Delta::Upsert(Box::new(lower(kind, &document.to_string()))));
    };
    for at in 0..10 {
        let name = format!("load-{at}");
        add(
            Kind::Namespace,
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        );
    }
    add(
        Kind::IngressClass,
        &json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "nginx"},
                "spec": {"controller": "k8s.io/ingress-nginx"}}),
    );
    for at in 0..services {
        let namespace = format!("load-{}", at % 10);
        let meta = json!({"name": format!("app-{at}"), "namespace": namespace});
        let wanted = if at % 50 == 7 {
            "no-such-app".to_owned()
        } else {
            format!("app-{at}")
        };
        add(
            Kind::Service,
            &json!({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {
            "selector": {"app": wanted}, "clusterIP": format!("10.96.{}.{}", at / 250, at % 250),
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}}),
        );
        let endpoints: Vec<Value> = (0..pods / services)
            .map(|replica| {
                let number = at + replica * services;
                json!({"addresses": [ip(number)], "conditions": {"ready": true, "serving": true, "terminating": false},
                       "nodeName": "n1", "targetRef": {"kind": "Pod", "name": format!("app-{at}-{number}")}})
            })
            .collect();
        let endpoints = if at % 50 == 7 {
            json!([])
        } else {
            json!(endpoints)
        };
        add(
            Kind::EndpointSlice,
            &json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": format!("app-{at}-x"), "namespace": namespace,
                         "labels": {"kubernetes.io/service-name": format!("app-{at}")}},
            "addressType": "IPv4", "ports": [{"name": "http", "port": 8080}], "endpoints": endpoints}),
        );
        if at % 10 == 0 {
            add(
                Kind::Ingress,
                &json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta, "spec": {
                "ingressClassName": "nginx", "rules": [{"host": format!("app-{at}.test"), "http": {"paths": [{
                    "path": "/", "pathType": "Prefix",
                    "backend": {"service": {"name": format!("app-{at}"), "port": {"name": "http"}}}}]}}]}}),
            );
        }
    }
    for at in 0..pods {
        add(Kind::Pod, &pod(at, services, true));
    }
    for kind in Kind::ALL {
        engine.apply(Delta::Coverage {
            kind: *kind,
            namespace: None,
            state: State::Ready,
        });
    }
    engine
}

fn ip(at: usize) -> String {
    format!(
        "10.{}.{}.{}",
        244 + at / 62_500,
        at / 250 % 250,
        at % 250 + 1
    )
}

fn pod(at: usize, services: usize, ready: bool) -> Value {
    let app = at % services;
    let status = if ready { "True" } else { "False" };
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("app-{app}-{at}"), "namespace": format!("load-{}", app % 10), "uid": format!("u{at}"),
                     "labels": {"app": format!("app-{app}"), "tier": format!("t{}", app % 3), "pod-template-hash": "7d9f"},
                     "creationTimestamp": "1969-12-31T00:00:00Z"},
        "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "web:1",
            "ports": [{"name": "http", "containerPort": 8080}],
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}}}]},
        "status": {"phase": "Running", "podIP": ip(at), "podIPs": [{"ip": ip(at)}],
            "conditions": [{"type": "Ready", "status": status}, {"type": "ContainersReady", "status": status}],
            "containerStatuses": [{"name": "main", "ready": ready, "restartCount": 0,
                "state": {"running": {"startedAt": "1969-12-31T00:00:01Z"}}}]}})
}
