//! Random worlds of NetworkPolicies and of Cilium's own against Cilium's policy engine (`pkg/policy`), resolved as its
//! agent resolves it (`tests/cilium_oracle`).
//!
//! The engine takes minutes to build, so this runs under `PORTOLAN_LONG=1`, and wherever it was built before.
//!
//! *Unknown* is right only where an end is a node, which Cilium tells apart by where the other end runs and by settings,
//! where a NetworkPolicy's range is asked about a pod, or where a world holds what is not judged; it is counted. What is
//! known to differ, and why, stands in `docs/policy-semantics.md` and in the tests at the end.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise and tells its figures"
)]

#[path = "support/evaluator.rs"]
mod evaluator;

use evaluator::{
    Dice, PORTS, Question, answers, built, every_pair, labels_and_ports, namespace, namespaces,
    places, selector, skipped, written,
};
use jiff::Timestamp;
use portolan::model::kind::Kind;
use portolan::model::policy::Direction;
use portolan::model::view::{View, as_pod};
use portolan::model::world::{Origin, World};
use portolan::semantics::policy::end::{End, NodeEnd, Span};
use portolan::semantics::policy::judge::{Answer, Asked, Judge};
use portolan::semantics::policy::matching::pod_end;
use portolan::source::files::load_text;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::Command;

// --- worlds ---

/// Which address families the cluster has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Family {
    Four,
    Six,
    Both,
}

impl Family {
    const fn four(self) -> bool {
        matches!(self, Self::Four | Self::Both)
    }

    const fn six(self) -> bool {
        matches!(self, Self::Six | Self::Both)
    }
}

struct Made {
    family: Family,
    namespaces: Vec<Value>,
    nodes: Vec<Value>,
    pods: Vec<Value>,
    policies: Vec<Value>,
    cilium: Vec<Value>,
    cluster: Vec<Value>,
    /// Whether the agent is told to read these.
    outer: bool,
    /// Whether it takes selectors to mean any cluster's pods, which was the default before 1.19.
    any: bool,
    /// Whether something is in it of which more than addresses and ports decides.
    beyond: bool,
}

impl Made {
    fn all(&self) -> Value {
        let (own, cluster_ip) = if self.family.four() {
            ("192.168.0.1", "10.96.0.1")
        } else {
            ("fd01::1", "fd02::1")
        };
        let agent = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": "cilium-x", "namespace": "kube-system", "labels": { "k8s-app": "cilium" } },
            "spec": { "nodeName": "m1", "hostNetwork": true,
                "containers": [{ "name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.20.2" }] },
            "status": { "phase": "Running", "podIP": own, "hostIP": own },
        });
        let service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "kubernetes", "namespace": "default" },
            "spec": { "clusterIP": cluster_ip, "ports": [{ "port": 443 }] },
        });
        let slice = json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": { "name": "kubernetes", "namespace": "default", "labels": { "kubernetes.io/service-name": "kubernetes" } },
            "addressType": "IPv4", "endpoints": [{ "addresses": [SERVER] }], "ports": [{ "port": 6443 }],
        });
        let kinds = [
            &self.namespaces,
            &self.nodes,
            &self.pods,
            &self.policies,
            &self.cilium,
            &self.cluster,
        ];
        let mut items: Vec<&Value> = kinds.into_iter().flatten().collect();
        items.extend([&agent, &service, &slice]);
        let others = services();
        items.extend(others.iter().flatten());
        json!({ "apiVersion": "v1", "kind": "List", "items": items })
    }
}

/// Services by namespace and name, with their selector or the address behind them.
const SERVICES: &[(&str, &str, &str, &str)] = &[
    ("n0", "pods", "a", ""),
    ("n1", "pods", "b", ""),
    ("n1", "outer", "", "192.0.2.1"),
    ("n2", "outer", "", "192.0.2.200"),
];

/// A Service that policies name and that is not there.
const LOST: &str = "lost";

/// These as objects, each with its slice where it has an address.
fn services() -> Vec<Vec<Value>> {
    let objects = |(namespace, name, app, address): &(&str, &str, &str, &str)| {
        let mut spec = json!({ "clusterIP": "None", "ports": [{ "port": 80 }] });
        if !app.is_empty() {
            spec["selector"] = json!({ "app": app });
        }
        let mut all = vec![json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": name, "namespace": namespace }, "spec": spec,
        })];
        if !address.is_empty() {
            all.push(json!({
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": { "name": name, "namespace": namespace, "labels": { "kubernetes.io/service-name": name } },
                "addressType": "IPv4", "endpoints": [{ "addresses": [address] }], "ports": [{ "port": 80 }],
            }));
        }
        all
    };
    SERVICES.iter().map(objects).collect()
}

/// Where the API server is: outside the cluster.
const SERVER: &str = "198.51.100.1";

fn ranges() -> Vec<Value> {
    [
        "10.0.0.0/8",
        "10.0.0.0/29",
        "192.0.2.0/24",
        "192.0.2.200/32",
        "0.0.0.0/0",
        "198.51.100.0/24",
        "fd00::/8",
        "2001:db8::/32",
        "::/0",
    ]
    .map(Value::from)
    .to_vec()
}

fn with_except(dice: &mut Dice) -> Value {
    dice.any(&[
        json!({ "cidr": "0.0.0.0/0", "except": ["10.0.0.0/30", "192.0.2.0/25"] }),
        json!({ "cidr": "192.0.2.0/24", "except": ["192.0.2.0/26", "192.0.2.200/32"] }),
        json!({ "cidr": "10.0.0.0/8" }),
        json!({ "cidr": "::/0", "except": ["fd00::/126", "2001:db8::/33"] }),
        json!({ "cidr": "0.0.0.0/0", "except": ["198.51.100.0/24"] }),
    ])
}

fn k8s_port(dice: &mut Dice) -> Value {
    dice.any(&[
        json!({ "port": 80 }),
        json!({ "port": "http" }),
        json!({ "port": "http", "protocol": "UDP" }),
        json!({ "port": 8000, "endPort": 8100 }),
        json!({ "protocol": "UDP" }),
        json!({ "protocol": "UDP", "port": 53 }),
        json!({ "protocol": "SCTP", "port": 80 }),
        json!({ "protocol": "TCP" }),
    ])
}

fn k8s_rules(dice: &mut Dice, peers: &str) -> Value {
    dice.list(0, 2, |dice| {
        let mut rule = json!({});
        if !dice.one_in(4) {
            rule[peers] = dice.list(0, 2, |dice| match dice.roll(6) {
                0 => json!({ "podSelector": selector(dice) }),
                1 => json!({ "namespaceSelector": places(dice) }),
                2..=4 => {
                    json!({ "namespaceSelector": places(dice), "podSelector": selector(dice) })
                }
                _ => json!({ "ipBlock": with_except(dice) }),
            });
        }
        if !dice.one_in(3) {
            rule["ports"] = dice.list(0, 2, k8s_port);
        }
        rule
    })
}

fn network_policy(dice: &mut Dice, at: u64) -> Value {
    let types = dice.any(&[
        json!(["Ingress"]),
        json!(["Egress"]),
        json!(["Ingress", "Egress"]),
    ]);
    let mut spec = json!({ "podSelector": selector(dice), "policyTypes": types });
    // Rules of a direction that is not among the types are left out: see the end of this file.
    for (word, field, peers) in [("Ingress", "ingress", "from"), ("Egress", "egress", "to")] {
        if types.as_array().unwrap().contains(&json!(word)) && !dice.one_in(4) {
            spec[field] = k8s_rules(dice, peers);
        }
    }
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": { "name": format!("p{at}"), "namespace": format!("n{}", dice.roll(3)) },
        "spec": spec,
    })
}

/// A selector over the labels of Cilium.
fn endpoint(dice: &mut Dice) -> Value {
    let place = "k8s:io.kubernetes.pod.namespace";
    let label = "k8s:io.cilium.k8s.namespace.labels";
    if dice.one_in(2) {
        return selector(dice);
    }
    dice.any(&[
        json!({ "matchLabels": { "k8s:app": "a" } }),
        json!({ "matchLabels": { "any:app": "b" } }),
        json!({ "matchLabels": { place: "n1" } }),
        json!({ "matchLabels": { "io.kubernetes.pod.namespace": "n0", "app": "a" } }),
        json!({ "matchExpressions": [{ "key": place, "operator": "Exists" }] }),
        json!({ "matchExpressions": [{ "key": place, "operator": "NotIn", "values": ["n1"] }] }),
        json!({ "matchExpressions": [{ "key": place, "operator": "In", "values": ["n1", "n2"] }, { "key": "app", "operator": "NotIn", "values": ["a"] }] }),
        json!({ "matchLabels": { format!("{label}.team"): "red" } }),
        json!({ "matchExpressions": [{ "key": format!("{label}.team"), "operator": "NotIn", "values": ["red"] }] }),
        json!({ "matchExpressions": [{ "key": format!("{label}.team"), "operator": "DoesNotExist" }] }),
        json!({ "matchLabels": { "reserved:world": "" } }),
        json!({ "matchLabels": { "reserved:host": "" } }),
        json!({ "matchLabels": { "reserved:world-ipv4": "" } }),
        json!({ "matchLabels": { "reserved:kube-apiserver": "" } }),
        json!({ "matchLabels": { "reserved:none": "" } }),
        json!({ "matchExpressions": [{ "key": "reserved:remote-node", "operator": "Exists" }] }),
    ])
}

fn entities(dice: &mut Dice) -> Value {
    dice.list(0, 2, |dice| {
        let words = [
            "all",
            "world",
            "world-ipv4",
            "world-ipv6",
            "cluster",
            "host",
            "remote-node",
            "kube-apiserver",
            "health",
            "unmanaged",
            "none",
            "init",
            "ingress",
        ];
        dice.any(&words.map(Value::from))
    })
}

fn cilium_port(dice: &mut Dice) -> Value {
    dice.any(&[
        json!({ "port": "80" }),
        json!({ "port": "80", "protocol": "TCP" }),
        json!({ "port": "http" }),
        json!({ "port": "http", "protocol": "TCP" }),
        json!({ "port": "HTTP", "protocol": "UDP" }),
        json!({ "port": "8000", "endPort": 8100, "protocol": "TCP" }),
        json!({ "port": "1", "endPort": 100 }),
        json!({ "port": "0", "protocol": "UDP" }),
        json!({ "port": "0" }),
        json!({ "port": "53", "protocol": "UDP" }),
        json!({ "port": "80", "protocol": "SCTP" }),
        json!({ "port": "80", "protocol": "ANY" }),
    ])
}

/// Rules of one direction, that allow or deny.
fn cilium_rules(dice: &mut Dice, side: &str, deny: bool, beyond: bool) -> Value {
    dice.list(0, 2, |dice| {
        let mut rule = Map::new();
        let field = |word: &str| format!("{side}{word}");
        match dice.roll(if beyond { 9 } else { 8 }) {
            7 if side == "to" && !deny => {
                let named = dice.list(1, 2, |dice| {
                    dice.any(&[
                        json!({ "k8sService": { "serviceName": "pods", "namespace": "n0" } }),
                        json!({ "k8sService": { "serviceName": "pods", "namespace": "n1" } }),
                        json!({ "k8sService": { "serviceName": "outer", "namespace": "n1" } }),
                        json!({ "k8sService": { "serviceName": LOST, "namespace": "n0" } }),
                    ])
                });
                rule.insert("toServices".to_owned(), named);
            }
            0 | 7 => {}
            1..=3 => {
                rule.insert(field("Endpoints"), dice.list(0, 2, endpoint));
            }
            4 => {
                rule.insert(field("Entities"), entities(dice));
            }
            5 => {
                rule.insert(field("CIDR"), dice.list(0, 2, |dice| dice.any(&ranges())));
            }
            6 => {
                rule.insert(field("CIDRSet"), dice.list(0, 2, with_except));
            }
            _ if side == "to" && !deny => {
                rule.insert("toFQDNs".to_owned(), json!([{ "matchName": "example.com" }]));
            }
            _ => {
                rule.insert(field("Nodes"), json!([{}]));
            }
        }
        if !dice.one_in(3) {
            let ports = dice.list(1, 2, |dice| {
                let mut group = json!({ "ports": dice.list(1, 2, cilium_port) });
                if beyond && !deny && dice.one_in(3) {
                    group = json!({ "ports": [{ "port": "80", "protocol": "TCP" }], "rules": { "http": [{ "method": "GET" }] } });
                }
                group
            });
            rule.insert("toPorts".to_owned(), ports);
        } else if dice.one_in(8) {
            rule.insert("icmps".to_owned(), json!([{ "fields": [{ "type": 8, "family": "IPv4" }] }]));
        }
        if beyond && !deny && dice.one_in(8) {
            rule.insert("authentication".to_owned(), json!({ "mode": dice.any(&[json!("required"), json!("disabled")]) }));
        }
        Value::Object(rule)
    })
}

fn cilium_policy(dice: &mut Dice, at: u64, beyond: bool) -> Value {
    let wide = dice.one_in(3);
    let about = if wide && dice.one_in(2) {
        dice.any(&[
            json!({ "matchLabels": { "k8s:io.kubernetes.pod.namespace": "n1" } }),
            json!({ "matchLabels": { "k8s:io.cilium.k8s.namespace.labels.team": "red", "app": "a" } }),
            json!({ "matchExpressions": [{ "key": "k8s:io.cilium.k8s.namespace.labels.team", "operator": "NotIn", "values": ["red"] }] }),
        ])
    } else {
        selector(dice)
    };
    let mut spec = json!({ "endpointSelector": about });
    for (field, side, deny, often) in [
        ("ingress", "from", false, 2),
        ("egress", "to", false, 2),
        ("ingressDeny", "from", true, 4),
        ("egressDeny", "to", true, 4),
    ] {
        if dice.one_in(often) {
            spec[field] = cilium_rules(dice, side, deny, beyond);
        }
    }
    // The agent refuses a policy without any.
    let sections = spec.as_object().unwrap().len() - 1;
    if sections == 0 {
        spec["ingress"] = cilium_rules(dice, "from", false, beyond);
    }
    if dice.one_in(4) {
        // True without rules is left out: versions differ.
        let mut default = json!({});
        for (word, deny) in [("ingress", "ingressDeny"), ("egress", "egressDeny")] {
            let any = [word, deny]
                .map(|field| {
                    spec[field]
                        .as_array()
                        .is_some_and(|rules| !rules.is_empty())
                })
                .contains(&true);
            match dice.roll(3) {
                0 => default[word] = json!(false),
                1 if any => default[word] = json!(true),
                _ => {}
            }
        }
        spec["enableDefaultDeny"] = default;
    }
    let mut policy = json!({
        "apiVersion": "cilium.io/v2", "metadata": { "name": format!("c{at}") },
    });
    if wide {
        policy["kind"] = json!("CiliumClusterwideNetworkPolicy");
    } else {
        policy["kind"] = json!("CiliumNetworkPolicy");
        policy["metadata"]["namespace"] = json!(format!("n{}", dice.roll(3)));
    }
    if dice.one_in(5) {
        policy["specs"] = json!([spec]);
    } else {
        policy["spec"] = spec;
    }
    policy
}

/// Of the Admin tier: of the Baseline tier see the end of this file.
fn admin_policy(dice: &mut Dice, at: u64) -> Value {
    let about = |dice: &mut Dice| {
        if dice.one_in(3) {
            json!({ "namespaces": places(dice) })
        } else {
            json!({ "pods": { "namespaceSelector": places(dice), "podSelector": selector(dice) } })
        }
    };
    let mut spec = json!({ "tier": "Admin", "priority": at * 3 + 1, "subject": about(dice) });
    for (section, side) in [("ingress", "from"), ("egress", "to")] {
        spec[section] = dice.list(0, 3, |dice| {
            let action = dice.any(&["Accept", "Deny", "Pass"].map(Value::from));
            let mut rule = json!({ "action": action });
            rule[side] = dice.list(1, 2, |dice| {
                if side == "to" && dice.one_in(3) {
                    json!({ "networks": [dice.any(&ranges())] })
                } else {
                    about(dice)
                }
            });
            if !dice.one_in(3) {
                rule["protocols"] = dice.any(&[
                    json!([{ "tcp": { "destinationPort": { "number": 80 } } }]),
                    json!([{ "destinationNamedPort": "http" }]),
                    json!([{ "udp": { "destinationPort": { "number": 53 } } }, { "destinationNamedPort": "http" }]),
                    json!([{ "tcp": { "destinationPort": { "range": { "start": 8000, "end": 8100 } } } }, { "sctp": { "destinationPort": { "number": 80 } } }]),
                ]);
            }
            rule
        });
    }
    json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
        "metadata": { "name": format!("a{at}") }, "spec": spec,
    })
}

fn pod(dice: &mut Dice, at: u64, family: Family) -> Value {
    let (labels, ports) = labels_and_ports(dice);
    let node = 1 + dice.roll(2);
    let host = dice.one_in(8);
    let (four, six) = if host {
        (format!("192.168.0.{node}"), format!("fd01::{node}"))
    } else {
        (format!("10.0.0.{}", at + 1), format!("fd00::{}", at + 1))
    };
    let mut ips = Vec::new();
    ips.extend(family.four().then_some(four));
    ips.extend(family.six().then_some(six));
    let listed: Vec<Value> = ips.iter().map(|ip| json!({ "ip": ip })).collect();
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": format!("p{at}"), "namespace": format!("n{}", dice.roll(3)), "labels": labels },
        "spec": { "nodeName": format!("m{node}"), "hostNetwork": host, "containers": [{ "name": "c", "image": "i", "ports": ports }] },
        "status": { "phase": "Running", "podIP": ips[0], "podIPs": listed },
    })
}

fn node(at: u64, family: Family) -> Value {
    let mut addresses = Vec::new();
    if family.four() {
        addresses.push(json!({ "type": "InternalIP", "address": format!("192.168.0.{at}") }));
    }
    if family.six() {
        addresses.push(json!({ "type": "InternalIP", "address": format!("fd01::{at}") }));
    }
    json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": format!("m{at}") }, "status": { "addresses": addresses } })
}

fn random(seed: u64) -> Made {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let family = match dice.roll(4) {
        0 => Family::Six,
        1 => Family::Both,
        _ => Family::Four,
    };
    let beyond = dice.one_in(4);
    let pods = 2 + dice.roll(5);
    Made {
        family,
        namespaces: namespaces(),
        nodes: vec![node(1, family), node(2, family)],
        pods: (0..pods).map(|at| pod(&mut dice, at, family)).collect(),
        policies: (0..dice.roll(3))
            .map(|at| network_policy(&mut dice, at))
            .collect(),
        cilium: (0..=dice.roll(4))
            .map(|at| cilium_policy(&mut dice, at, beyond))
            .collect(),
        cluster: (0..dice.roll(3).saturating_sub(dice.roll(3)))
            .map(|at| admin_policy(&mut dice, at))
            .collect(),
        outer: dice.one_in(2),
        any: dice.one_in(3),
        beyond,
    }
}

// --- the two sides ---

fn name_of(pod: &Value) -> String {
    let meta = &pod["metadata"];
    format!(
        "{}/{}",
        meta["namespace"].as_str().unwrap(),
        meta["name"].as_str().unwrap()
    )
}

/// Every pair of pods, and of pods with what is none, by every port.
fn questions(made: &Made) -> Vec<Question> {
    let mut ends: Vec<String> = made.pods.iter().map(name_of).collect();
    let pods = ends.len();
    ends.push("node/m1".to_owned());
    if made.family.four() {
        ends.extend(
            ["192.0.2.1", "192.0.2.200", "8.8.8.8", "10.0.0.200", SERVER].map(str::to_owned),
        );
    }
    if made.family.six() {
        ends.extend(["2001:db8::1", "2001:db8:8000::1", "2600::1", "fd00::c8"].map(str::to_owned));
    }
    every_pair(&ends, pods)
}

fn end<'w>(view: &View<'w>, name: &str) -> End<'w> {
    if let Ok(ip) = name.parse::<IpAddr>() {
        return End::Outside(Span::one(ip));
    }
    if let Some(node) = name.strip_prefix("node/") {
        return End::Node(NodeEnd {
            name: node.into(),
            node: view.node(&node.into()),
        });
    }
    let pods = view.all(Kind::Pod).filter_map(as_pod);
    let mut found = pods.filter(|pod| {
        let key = &pod.meta.key;
        name == format!("{}/{}", key.namespace.clone().unwrap_or_default(), key.name)
    });
    End::Pod(pod_end(view, found.next().unwrap()))
}

fn ours(made: &Made, asked: &[Question]) -> Vec<[Answer; 2]> {
    let loaded = load_text("world.json", &made.all().to_string(), "default");
    assert!(loaded.unreadable.is_empty(), "{:?}", loaded.unreadable);
    let mut world = World::new(Origin::Files, Timestamp::UNIX_EPOCH);
    for delta in loaded.deltas {
        world.apply(delta);
    }
    let view = View::new(&world);
    let judge = Judge::new(&view);
    let one = |question: &Question| {
        let (_, protocol, port) = PORTS[question.at];
        let asked = Asked {
            protocol,
            port,
            via: None,
        };
        let (from, to) = (end(&view, &question.from), end(&view, &question.to));
        [Direction::Egress, Direction::Ingress]
            .map(|way| judge.judge(way, &from, &to, asked).answer)
    };
    asked.iter().map(one).collect()
}

/// The program; none where it is not to be had, which is said.
fn engine() -> Option<String> {
    let long = std::env::var_os("PORTOLAN_LONG").is_some();
    let mut script = Command::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/cilium_oracle/build"
    ));
    if !long {
        script.arg("--built");
    }
    match built(script) {
        Ok(program) => Some(program),
        Err(status) => {
            let strict = long && std::env::var_os("CI").is_some_and(|ci| ci == "true");
            assert!(
                status.code() == Some(3) && !strict,
                "no engine to compare with: {status}"
            );
            skipped("cilium_oracle, whose engine is built under PORTOLAN_LONG=1");
            None
        }
    }
}

struct Said {
    egress: Vec<char>,
    ingress: Vec<char>,
    refused: BTreeMap<String, Value>,
}

fn ask(program: &str, worlds: &[(&Made, &[Question])]) -> Vec<Said> {
    let worlds = worlds.iter().map(|(made, asked)| {
        let questions = written(asked);
        let known: Vec<Value> = SERVICES
            .iter()
            .map(|(namespace, name, app, address)| {
                let selector = if app.is_empty() {
                    json!({})
                } else {
                    json!({ "app": app })
                };
                let addresses: Vec<&str> = Some(*address).filter(|ip| !ip.is_empty()).into_iter().collect();
                json!({ "Namespace": namespace, "Name": name, "Selector": selector, "Addresses": addresses })
            })
            .collect();
        json!({
            "AnyCluster": made.any, "IPv4": made.family.four(), "IPv6": made.family.six(), "APIServer": [SERVER],
            "Services": known, "Namespaces": made.namespaces, "Pods": made.pods, "Policies": made.policies,
            "Cilium": made.cilium, "Cluster": if made.outer { &*made.cluster } else { &[] }, "Questions": questions,
        })
    });
    let letters = |value: &Value| value.as_str().unwrap().chars().collect();
    answers(program, worlds)
        .iter()
        .map(|line| {
            let refused = line["refused"].as_object().unwrap().clone();
            Said {
                egress: letters(&line["egress"]),
                ingress: letters(&line["ingress"]),
                refused: refused.into_iter().collect(),
            }
        })
        .collect()
}

// --- the comparison ---

/// Whether *unknown* is right of a question.
fn open(made: &Made, said: &Said, question: &Question) -> bool {
    let names = [&question.from, &question.to];
    let on_node = |name: &&String| {
        name.starts_with("node/")
            || made
                .pods
                .iter()
                .any(|pod| name_of(pod) == **name && pod["spec"]["hostNetwork"] == true)
    };
    let pods = names.iter().all(|name| name.contains('/'));
    let ranges = || {
        let mut policies = made.policies.iter().map(Value::to_string);
        policies.any(|text| text.contains("ipBlock"))
    };
    let outer = !made.cluster.is_empty();
    // There is none of this name: where nothing else is named either, the engine means everyone.
    let lost = made
        .cilium
        .iter()
        .any(|policy| policy.to_string().contains(LOST));
    // What namespaces do not have is not had by what is no pod either.
    let excluding = || {
        let mut all = made
            .policies
            .iter()
            .chain(&made.cilium)
            .map(Value::to_string);
        all.any(|text| text.contains("NotIn") || text.contains("DoesNotExist"))
    };
    made.beyond
        || outer
        || lost
        || (!pods && excluding())
        || !said.refused.is_empty()
        || names.iter().any(on_node)
        || (pods && ranges())
}

/// The same world, in which whatever more than addresses and ports decides admits nobody.
fn without_beyond(made: &Made) -> Made {
    let strict = |rule: &mut Value| {
        let Some(fields) = rule.as_object_mut() else {
            return;
        };
        if fields
            .get("authentication")
            .is_some_and(|one| one["mode"] == "required")
        {
            fields.clear();
            return;
        }
        let Some(groups) = fields.get_mut("toPorts").and_then(Value::as_array_mut) else {
            return;
        };
        groups.retain(|group| group["rules"].is_null());
        if groups.is_empty() {
            fields.clear();
        }
    };
    let mut cilium = made.cilium.clone();
    for policy in &mut cilium {
        for spec in ["/spec", "/specs/0"] {
            for section in ["ingress", "egress"] {
                let rules = policy.pointer_mut(&format!("{spec}/{section}"));
                rules
                    .and_then(Value::as_array_mut)
                    .into_iter()
                    .flatten()
                    .for_each(strict);
            }
        }
    }
    Made {
        family: made.family,
        namespaces: made.namespaces.clone(),
        nodes: made.nodes.clone(),
        pods: made.pods.clone(),
        policies: made.policies.clone(),
        cilium,
        cluster: made.cluster.clone(),
        outer: made.outer,
        any: made.any,
        beyond: false,
    }
}

/// The first difference of a world, if any.
fn difference(
    made: &Made,
    asked: &[Question],
    said: &Said,
    strict: &Said,
    counted: &mut Counted,
) -> Option<String> {
    let here = ours(made, asked);
    counted.refused += said.refused.len();
    for (at, question) in asked.iter().enumerate() {
        let ways = [
            (0, said.egress[at], strict.egress[at]),
            (1, said.ingress[at], strict.ingress[at]),
        ];
        for (way, there, strictly) in ways {
            let here = here[at][way];
            counted.verdicts += 1;
            counted.denied += usize::from(there == 'd');
            counted.unknown += usize::from(here == Answer::Unknown);
            let agrees = match (here, there) {
                (Answer::Allow, 'a') | (Answer::Deny, 'd') => true,
                // The proxy may see it, and something else admits it whatever the proxy is asked.
                (Answer::Allow, 'p') => strictly == 'a',
                (Answer::Unknown, _) => open(made, said, question),
                _ => false,
            };
            if !agrees {
                let way = ["egress", "ingress"][way];
                let (protocol, _, port) = PORTS[question.at];
                let all = [&made.pods, &made.policies, &made.cilium, &made.cluster];
                let all: Vec<String> = all.into_iter().flatten().map(Value::to_string).collect();
                return Some(format!(
                    "{way} {} -> {} {protocol} {port}: here {here:?}, there {there}; refused {:?}\n{}",
                    question.from,
                    question.to,
                    said.refused,
                    all.join("\n"),
                ));
            }
        }
    }
    None
}

#[derive(Default, Debug)]
struct Counted {
    verdicts: usize,
    denied: usize,
    unknown: usize,
    refused: usize,
}

#[test]
fn cilium_agrees_on_random_worlds() {
    let Some(program) = engine() else {
        return;
    };
    let many = if std::env::var_os("PORTOLAN_LONG").is_some() {
        10_000
    } else {
        60
    };
    let mut counted = Counted::default();
    let mut different = Vec::new();
    let seeds: Vec<u64> = (1..=many).collect();
    for seeds in seeds.chunks(250) {
        let worlds: Vec<(Made, Vec<Question>)> = seeds
            .iter()
            .map(|seed| {
                let made = random(*seed);
                let asked = questions(&made);
                (made, asked)
            })
            .collect();
        let given: Vec<(&Made, &[Question])> = worlds
            .iter()
            .map(|(made, asked)| (made, asked.as_slice()))
            .collect();
        let said = ask(&program, &given);
        let strict: Vec<Made> = worlds
            .iter()
            .map(|(made, _)| without_beyond(made))
            .collect();
        let given: Vec<(&Made, &[Question])> = strict
            .iter()
            .zip(&worlds)
            .map(|(made, (_, asked))| (made, asked.as_slice()))
            .collect();
        let strict = ask(&program, &given);
        let all = worlds.iter().zip(said.iter().zip(&strict)).zip(seeds);
        for (((made, asked), (said, strict)), seed) in all {
            if let Some(found) = difference(made, asked, said, strict, &mut counted) {
                different.push(format!("world {seed}: {found}"));
            }
        }
    }
    println!("{many} worlds, {counted:?}");
    assert!(
        different.is_empty(),
        "{} of {many} worlds differ, the first of them:\n{}",
        different.len(),
        different
            .iter()
            .take(5)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n\n")
    );
    // A comparison in which next to nothing is denied, or admitted, or known, compares nothing.
    let Counted {
        verdicts,
        denied,
        unknown,
        ..
    } = counted;
    assert!(denied * 10 > verdicts && denied * 10 < verdicts * 9 && unknown * 5 < verdicts);
}

// --- where they are known to differ, or leave it open ---

/// Two pods of one namespace on one node, and what Cilium and Portolan say of the first sending to the second's port
/// 80/TCP, out and in.
fn first_to_second(
    program: &str,
    policies: Vec<Value>,
    cluster: Vec<Value>,
) -> ([Answer; 2], [char; 2]) {
    let pod = |name: &str, ip: &str| {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": name, "namespace": "n0", "labels": { "app": name } },
            "spec": { "nodeName": "m1", "containers": [{ "name": "c", "image": "i" }] },
            "status": { "phase": "Running", "podIP": ip, "podIPs": [{ "ip": ip }] },
        })
    };
    let made = Made {
        family: Family::Four,
        namespaces: vec![namespace("n0", None)],
        nodes: vec![node(1, Family::Four)],
        pods: vec![pod("a", "10.0.0.1"), pod("b", "10.0.0.2")],
        policies,
        cilium: Vec::new(),
        cluster,
        outer: true,
        any: false,
        beyond: false,
    };
    let asked = [Question {
        from: "n0/a".to_owned(),
        to: "n0/b".to_owned(),
        at: 0,
    }];
    let said = ask(program, &[(&made, &asked)]).remove(0);
    assert!(said.refused.is_empty(), "{:?}", said.refused);
    (ours(&made, &asked)[0], [said.egress[0], said.ingress[0]])
}

fn network_policy_of(spec: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": { "name": "p", "namespace": "n0" }, "spec": spec,
    })
}

/// `networking.k8s.io/v1`: without `Egress` among the types egress rules are ignored. Cilium isolates by them.
#[test]
fn rules_without_their_type_isolate_in_cilium() {
    let Some(program) = engine() else {
        return;
    };
    let policy = network_policy_of(&json!({
        "podSelector": { "matchLabels": { "app": "a" } }, "policyTypes": ["Ingress"], "egress": [{ "ports": [{ "port": 53 }] }],
    }));
    assert_eq!(
        first_to_second(&program, vec![policy], Vec::new()),
        ([Answer::Unknown, Answer::Allow], ['d', 'a'])
    );
}

/// A pod that a NetworkPolicy isolates never sees the Baseline tier (network-policy-api, `BaselineTier`). In Cilium what
/// no NetworkPolicy decides goes on to it.
#[test]
fn baseline_admits_to_isolated_pods_in_cilium() {
    let Some(program) = engine() else {
        return;
    };
    let policy = network_policy_of(&json!({
        "podSelector": { "matchLabels": { "app": "b" } }, "policyTypes": ["Ingress"],
    }));
    let baseline = json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": { "name": "open" },
        "spec": {
            "tier": "Baseline", "priority": 1, "subject": { "namespaces": {} },
            "ingress": [{ "action": "Accept", "from": [{ "namespaces": {} }] }],
        },
    });
    assert_eq!(
        first_to_second(&program, vec![policy.clone()], Vec::new()),
        ([Answer::Allow, Answer::Deny], ['a', 'd'])
    );
    assert_eq!(
        first_to_second(&program, vec![policy], vec![baseline]),
        ([Answer::Allow, Answer::Unknown], ['a', 'a'])
    );
}
