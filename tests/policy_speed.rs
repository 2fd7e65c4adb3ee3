//! The map at size: pods are judged by class, so it stays small and quick. Times are generous enough for a build
//! without optimisation; `scripts/bench` reads the real ones.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at the first surprise and tells its figures"
)]

use jiff::Timestamp;
use portolan::model::view::View;
use portolan::model::world::{Origin, World};
use portolan::output::json;
use portolan::semantics::policy::reach::{Connection, Focus, Part, Reach};
use portolan::source::files::load_text;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::{Duration, Instant};

fn pod(namespace: usize, workload: usize, at: usize, number: usize) -> Value {
    let ip = format!(
        "10.{}.{}.{}",
        1 + number / 62_500,
        number / 250 % 250,
        1 + number % 250
    );
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": format!("w{workload}-{at}"), "namespace": format!("n{namespace}"),
            "labels": { "app": format!("w{workload}"), "tier": format!("t{}", workload % 5), "pod": format!("{at}") },
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("w{workload}"), "uid": "u", "controller": true }],
        },
        "spec": { "containers": [{ "name": "c", "image": "i", "ports": [{ "name": "http", "containerPort": 8080 }] }] },
        "status": { "phase": "Running", "podIP": ip },
    })
}

fn policy(number: usize, namespaces: usize, workloads: usize) -> Value {
    let workload = number % workloads;
    let spec = match number % 6 {
        0 => json!({ "podSelector": {}, "policyTypes": ["Ingress"] }),
        1 => json!({ "podSelector": {}, "ingress": [{ "from": [{ "podSelector": {} }] }] }),
        2 => {
            json!({ "podSelector": { "matchLabels": { "app": format!("w{workload}") } }, "ingress": [{ "from": [{ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": format!("n{}", (number + 7) % namespaces) } } }], "ports": [{ "port": "http" }] }] })
        }
        3 => {
            json!({ "podSelector": { "matchLabels": { "tier": "t1" } }, "ingress": [{ "from": [{ "namespaceSelector": {}, "podSelector": { "matchLabels": { "tier": "t2" } } }], "ports": [{ "port": 8000, "endPort": 8100 }] }] })
        }
        4 => {
            json!({ "podSelector": { "matchLabels": { "tier": "t3" } }, "policyTypes": ["Egress"], "egress": [{ "to": [{ "ipBlock": { "cidr": format!("10.{}.0.0/16", number % 200), "except": [format!("10.{}.3.0/24", number % 200)] } }] }, { "ports": [{ "port": 53, "protocol": "UDP" }] }] })
        }
        _ => {
            json!({ "podSelector": { "matchExpressions": [{ "key": "tier", "operator": "In", "values": ["t0", "t4"] }] }, "ingress": [{ "from": [{ "ipBlock": { "cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"] } }], "ports": [{ "port": 8080 }] }] })
        }
    };
    json!({ "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": format!("p{number}"), "namespace": format!("n{}", workload % namespaces) }, "spec": spec })
}

fn world(pods: usize, workloads: usize, namespaces: usize, policies: usize) -> World {
    let each = pods / workloads;
    let mut items: Vec<Value> = (0..workloads)
        .flat_map(|workload| {
            (0..each).map(move |at| pod(workload % namespaces, workload, at, workload * each + at))
        })
        .collect();
    items.extend((0..policies).map(|number| policy(number, namespaces, workloads)));
    let text = json!({ "apiVersion": "v1", "kind": "List", "items": items }).to_string();
    let loaded = load_text("world.json", &text, "default");
    let mut world = World::new(Origin::Files, Timestamp::UNIX_EPOCH);
    for delta in loaded.deltas {
        world.apply(delta);
    }
    world
}

fn measure(
    pods: usize,
    workloads: usize,
    namespaces: usize,
    policies: usize,
) -> (Duration, (usize, usize), usize) {
    let world = world(pods, workloads, namespaces, policies);
    let view = View::new(&world);
    let start = Instant::now();
    let mut reach = Reach::new(&view);
    let made = start.elapsed();
    json::reach::write(&mut std::io::sink(), &mut reach, &Focus::All).unwrap();
    let took = start.elapsed();
    let mut count = 0;
    let told: Result<(), Infallible> =
        reach.tell(Part::Connections, &Focus::All, &mut |_: Connection<'_>| {
            count += 1;
            Ok(())
        });
    told.unwrap();
    println!(
        "{pods} pods, {workloads} workloads, {policies} policies: table {made:?}, all {took:?}, {:?} owners and classes, {count} connections",
        reach.size()
    );
    (took, reach.size(), count)
}

#[test]
fn a_map_of_two_thousand_pods_is_a_table_of_two_hundred_classes() {
    let (took, (owners, classes), count) = measure(2_000, 200, 50, 300);
    assert_eq!(owners, 200);
    assert!(classes <= 600, "{classes} classes");
    assert!(count > 0);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_map_of_twenty_thousand_pods_when_asked_for() {
    if std::env::var_os("PORTOLAN_LONG").is_none() {
        return;
    }
    let (took, (owners, _), _) = measure(20_000, 2_000, 200, 1_000);
    assert_eq!(owners, 2_000);
    assert!(took < Duration::from_mins(2), "{took:?}");
}
