//! Figures of policies: `policy FIGURE PODS WORKLOADS NAMESPACES POLICIES TIMES`.
//!
//! | figure | what is done each time |
//! |---|---|
//! | `reach` | the whole map is made and written as JSON |
//! | `verdict` | one port of one pair is judged, in both directions |
//! | `rejudge` | a policy changes, and what that touches is judged again |
//! | `memory` | `reach` once; prints how many KiB the process held at most beyond the world itself |
//!
//! Prints the median of the times in microseconds.
#![expect(clippy::print_stdout, reason = "a figure is its output")]

use jiff::Timestamp;
use portolan::diagnosis::engine::Engine;
use portolan::lower::lower;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::kind::Kind;
use portolan::model::policy::Direction;
use portolan::model::port::Protocol;
use portolan::model::view::{View, as_pod};
use portolan::model::world::Origin;
use portolan::output::json;
use portolan::semantics::policy::end::End;
use portolan::semantics::policy::judge::{Asked, Judge};
use portolan::semantics::policy::matching::pod_end;
use portolan::semantics::policy::reach::{Focus, Reach};
use serde_json::{Value, json};
use std::hint::black_box;
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
    let size = Size {
        pods: number(1, 2_000),
        workloads: number(2, 200),
        namespaces: number(3, 50),
        policies: number(4, 300),
    };
    let times = number(5, 11);
    let mut engine = engine(&size);
    match arguments.first().map_or("reach", String::as_str) {
        "reach" => report(times, || map(&engine)),
        "verdict" => verdict(&engine, times),
        "rejudge" => rejudge(&mut engine, &size, times),
        "memory" => {
            let before = kib("VmRSS");
            map(&engine);
            println!("{}", kib("VmHWM").saturating_sub(before));
        }
        other => println!("there is no figure {other}"),
    }
}

struct Size {
    pods: usize,
    workloads: usize,
    namespaces: usize,
    policies: usize,
}

fn map(engine: &Engine) {
    let view = View::new(engine.world());
    let mut reach = Reach::new(&view);
    // Writing into nothing cannot fail.
    let _ = json::reach::write(&mut std::io::sink(), &mut reach, &Focus::All);
}

/// Verdicts between two looks at the clock: one alone is too short for it.
const AT_ONCE: usize = 100;

fn verdict(engine: &Engine, times: usize) {
    let view = View::new(engine.world());
    let judge = Judge::new(&view);
    let pods: Vec<End<'_>> = view
        .all(Kind::Pod)
        .filter_map(as_pod)
        .map(|pod| End::Pod(pod_end(&view, pod)))
        .collect();
    let asked = Asked {
        protocol: Protocol::Tcp,
        port: 8080,
        via: None,
    };
    let mut took: Vec<u128> = Vec::with_capacity(times);
    for round in 0..times {
        let pairs: Vec<(&End<'_>, &End<'_>)> = (0..AT_ONCE)
            .filter_map(|at| {
                let step = round * AT_ONCE + at;
                let from = pods.get(step * 7 % pods.len())?;
                Some((from, pods.get(step * 13 % pods.len())?))
            })
            .collect();
        let start = Instant::now();
        for (from, to) in pairs {
            black_box(judge.judge(Direction::Egress, from, to, asked));
            black_box(judge.judge(Direction::Ingress, from, to, asked));
        }
        took.push(start.elapsed().as_nanos());
    }
    took.sort_unstable();
    let nanos = took.get(took.len() / 2).copied().unwrap_or_default() / AT_ONCE as u128;
    println!("{}.{:03}", nanos / 1000, nanos % 1000);
}

fn rejudge(engine: &mut Engine, size: &Size, times: usize) {
    engine.judge();
    let mut open = false;
    report(times, || {
        let mut changed = policy(1, size);
        if open && let Some(ports) = changed.pointer_mut("/spec/ingress/0") {
            *ports = json!({});
        }
        open = !open;
        let object = lower(Kind::NetworkPolicy, &changed.to_string());
        engine.apply(Delta::Upsert(Box::new(object)));
        black_box(engine.judge());
    });
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

/// A figure of the process; 0 where the system does not tell.
fn kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    lines
        .find_map(|line| {
            let rest = line.strip_prefix(field)?.strip_prefix(':')?;
            rest.trim().trim_end_matches("kB").trim().parse().ok()
        })
        .unwrap_or_default()
}

fn engine(size: &Size) -> Engine {
    let origin = Origin::Live {
        context: "bench".into(),
    };
    let mut engine = Engine::new(origin, Timestamp::UNIX_EPOCH);
    let mut add = |kind: Kind, document: &Value| {
        engine.apply(Delta::Upsert(Box::new(lower(kind, &document.to_string()))));
    };
    for namespace in 0..size.namespaces {
        let name = format!("n{namespace}");
        let labels = json!({ "kubernetes.io/metadata.name": name });
        add(
            Kind::Namespace,
            &json!({ "metadata": { "name": name, "labels": labels } }),
        );
    }
    for at in 0..size.pods {
        add(Kind::Pod, &pod(at, size));
    }
    for at in 0..size.policies {
        add(Kind::NetworkPolicy, &policy(at, size));
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

fn pod(at: usize, size: &Size) -> Value {
    let workload = at % size.workloads;
    let ip = format!("10.{}.{}.{}", 1 + at / 62_500, at / 250 % 250, 1 + at % 250);
    json!({
        "metadata": {
            "name": format!("w{workload}-{at}"), "namespace": format!("n{}", workload % size.namespaces),
            "labels": { "app": format!("w{workload}"), "tier": format!("t{}", workload % 5), "pod": format!("{at}") },
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("w{workload}"), "uid": "u", "controller": true }],
        },
        "spec": { "nodeName": format!("m{}", at % 40), "containers": [{ "name": "c", "image": "i", "ports": [{ "name": "http", "containerPort": 8080 }] }] },
        "status": { "phase": "Running", "podIP": ip, "podIPs": [{ "ip": ip }], "conditions": [{ "type": "Ready", "status": "True" }] },
    })
}

/// Policies of six sorts: closed, by namespace, by label, by name of a port, by range, outwards.
fn policy(at: usize, size: &Size) -> Value {
    let workload = at % size.workloads;
    let own = json!({ "matchLabels": { "app": format!("w{workload}") } });
    let other = format!("n{}", (at + 7) % size.namespaces);
    let spec = match at % 6 {
        0 => json!({ "podSelector": {}, "policyTypes": ["Ingress"] }),
        1 => json!({ "podSelector": {}, "ingress": [{ "from": [{ "podSelector": {} }] }] }),
        2 => {
            json!({ "podSelector": own, "ingress": [{ "from": [{ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": other } } }], "ports": [{ "port": "http" }] }] })
        }
        3 => {
            json!({ "podSelector": { "matchLabels": { "tier": "t1" } }, "ingress": [{ "from": [{ "namespaceSelector": {}, "podSelector": { "matchLabels": { "tier": "t2" } } }], "ports": [{ "port": 8000, "endPort": 8100 }] }] })
        }
        4 => {
            json!({ "podSelector": { "matchLabels": { "tier": "t3" } }, "policyTypes": ["Egress"], "egress": [{ "to": [{ "ipBlock": { "cidr": format!("10.{}.0.0/16", at % 200), "except": [format!("10.{}.3.0/24", at % 200)] } }] }, { "ports": [{ "port": 53, "protocol": "UDP" }] }] })
        }
        _ => {
            json!({ "podSelector": { "matchExpressions": [{ "key": "tier", "operator": "In", "values": ["t0", "t4"] }] }, "ingress": [{ "from": [{ "ipBlock": { "cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"] } }], "ports": [{ "port": 8080 }] }] })
        }
    };
    json!({ "metadata": { "name": format!("p{at}"), "namespace": format!("n{}", workload % size.namespaces) }, "spec": spec })
}
