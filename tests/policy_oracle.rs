//! Random worlds against published evaluators: the engine that kube-network-policies enforces with, and the matcher
//! of cyclonus. Both are built from Go modules (`tests/policy_oracle/build`).
//!
//! The worlds hold nothing that Kubernetes leaves open, so an answer of *unknown* is a failure like a wrong one. What
//! is known to differ, and why, stands in `docs/policy-semantics.md` and in the tests at the end.
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
use portolan::semantics::policy::end::{End, Span};
use portolan::semantics::policy::judge::{Answer, Asked, Judge};
use portolan::semantics::policy::matching::pod_end;
use portolan::source::files::load_text;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::process::Command;

// --- worlds ---

/// Which address family the cluster has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Four,
    Six,
}

/// Which administrators' API is in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Above {
    Nothing,
    Alpha1,
    Alpha2,
}

#[derive(Default)]
struct Objects {
    namespaces: Vec<Value>,
    pods: Vec<Value>,
    policies: Vec<Value>,
    admin: Vec<Value>,
    baseline: Vec<Value>,
    cluster: Vec<Value>,
}

impl Objects {
    fn all(&self) -> Value {
        let kinds = [
            &self.namespaces,
            &self.pods,
            &self.policies,
            &self.admin,
            &self.baseline,
            &self.cluster,
        ];
        let items: Vec<&Value> = kinds.into_iter().flatten().collect();
        json!({ "apiVersion": "v1", "kind": "List", "items": items })
    }
}

fn block(dice: &mut Dice, family: Family) -> Value {
    let (four, six): (&[Value], &[Value]) = (
        &[
            json!({ "cidr": "10.0.0.0/8" }),
            json!({ "cidr": "10.0.0.0/29" }),
            json!({ "cidr": "10.0.0.3/32" }),
            json!({ "cidr": "0.0.0.0/0" }),
            json!({ "cidr": "0.0.0.0/0", "except": ["10.0.0.0/30", "192.0.2.0/25"] }),
            json!({ "cidr": "192.0.2.0/24", "except": ["192.0.2.0/26"] }),
            json!({ "cidr": "::/0" }),
        ],
        &[
            json!({ "cidr": "fd00::/8" }),
            json!({ "cidr": "fd00::/125" }),
            json!({ "cidr": "fd00::3/128" }),
            json!({ "cidr": "::/0" }),
            json!({ "cidr": "::/0", "except": ["fd00::/126", "2001:db8::/33"] }),
            json!({ "cidr": "2001:db8::/32" }),
            json!({ "cidr": "0.0.0.0/0" }),
        ],
    );
    dice.pick(if family == Family::Four { four } else { six })
        .clone()
}

fn port(dice: &mut Dice) -> Value {
    dice.pick(&[
        json!({ "port": 80 }),
        json!({ "port": "http" }),
        json!({ "port": "http", "protocol": "UDP" }),
        json!({ "port": 8000, "endPort": 8100 }),
        json!({ "protocol": "UDP" }),
        json!({ "protocol": "UDP", "port": 53 }),
        json!({ "protocol": "SCTP", "port": 80 }),
        json!({ "protocol": "TCP" }),
    ])
    .clone()
}

fn peer(dice: &mut Dice, family: Family) -> Value {
    match dice.roll(6) {
        0 => json!({ "podSelector": selector(dice) }),
        1 => json!({ "namespaceSelector": places(dice) }),
        2 | 3 => json!({ "namespaceSelector": places(dice), "podSelector": selector(dice) }),
        _ => json!({ "ipBlock": block(dice, family) }),
    }
}

fn rules(dice: &mut Dice, peers: &str, family: Family) -> Value {
    dice.list(0, 2, |dice| {
        let mut rule = json!({});
        if !dice.one_in(4) {
            rule[peers] = dice.list(0, 2, |dice| peer(dice, family));
        }
        if !dice.one_in(3) {
            rule["ports"] = dice.list(0, 2, port);
        }
        rule
    })
}

fn network_policy(dice: &mut Dice, at: u64, family: Family, both: bool) -> Value {
    let mut spec = json!({ "podSelector": selector(dice) });
    if !dice.one_in(4) {
        spec["ingress"] = rules(dice, "from", family);
    }
    if dice.one_in(2) {
        spec["egress"] = rules(dice, "to", family);
    }
    let types = match dice.roll(5) {
        _ if both => json!(["Ingress", "Egress"]),
        0 => json!(["Ingress"]),
        1 => json!(["Egress"]),
        2 => json!(["Ingress", "Egress"]),
        3 => json!([]),
        _ => Value::Null,
    };
    if !types.is_null() {
        spec["policyTypes"] = types;
    }
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": { "name": format!("p{at}"), "namespace": format!("n{}", dice.roll(3)) },
        "spec": spec,
    })
}

fn subject(dice: &mut Dice) -> Value {
    if dice.one_in(3) {
        return json!({ "namespaces": places(dice) });
    }
    json!({ "pods": { "namespaceSelector": places(dice), "podSelector": selector(dice) } })
}

/// Peers of an administrators' rule: one or two of them.
fn admin_peers(dice: &mut Dice, direction: Direction, family: Family) -> Value {
    let networks: &[&str] = match family {
        Family::Four => &["10.0.0.0/29", "0.0.0.0/0", "192.0.2.0/25", "fd00::/8"],
        Family::Six => &["fd00::/125", "::/0", "2001:db8::/33", "10.0.0.0/8"],
    };
    (0..=dice.roll(2))
        .map(|_| {
            let sides = if direction == Direction::Egress { 3 } else { 2 };
            match dice.roll(sides) {
                0 => json!({ "namespaces": places(dice) }),
                1 => json!({ "pods": { "namespaceSelector": places(dice), "podSelector": selector(dice) } }),
                _ => json!({ "networks": [dice.pick(networks)] }),
            }
        })
        .collect()
}

fn admin_ports(dice: &mut Dice, above: Above) -> Option<(&'static str, Value)> {
    if dice.one_in(3) {
        return None;
    }
    Some(if above == Above::Alpha1 {
        // `namedPort` is left out: see the end of this file.
        let ports = [
            json!([{ "portNumber": { "protocol": "TCP", "port": 80 } }]),
            json!([{ "portRange": { "protocol": "TCP", "start": 8000, "end": 8100 } }, { "portNumber": { "protocol": "UDP", "port": 53 } }]),
        ];
        ("ports", dice.pick(&ports).clone())
    } else {
        let ports = [
            json!([{ "tcp": { "destinationPort": { "number": 80 } } }]),
            json!([{ "udp": {} }, { "destinationNamedPort": "http" }]),
            json!([{ "tcp": { "destinationPort": { "range": { "start": 8000, "end": 8100 } } } }, { "sctp": {} }]),
        ];
        ("protocols", dice.pick(&ports).clone())
    })
}

fn admin_rules(
    dice: &mut Dice,
    direction: Direction,
    family: Family,
    above: Above,
    tier: &str,
) -> Value {
    let actions: &[&str] = match (above, tier) {
        (Above::Alpha1, "Baseline") => &["Allow", "Deny"],
        (Above::Alpha1, _) => &["Allow", "Deny", "Pass"],
        _ => &["Accept", "Deny", "Pass"],
    };
    dice.list(0, 3, |dice| {
        let mut rule = json!({ "action": dice.pick(actions) });
        rule[direction.peers_field()] = admin_peers(dice, direction, family);
        if let Some((field, ports)) = admin_ports(dice, above) {
            rule[field] = ports;
        }
        rule
    })
}

fn admin_policy(dice: &mut Dice, at: u64, family: Family, above: Above, tier: &str) -> Value {
    let mut spec = json!({
        "subject": subject(dice),
        "ingress": admin_rules(dice, Direction::Ingress, family, above, tier),
        "egress": admin_rules(dice, Direction::Egress, family, above, tier),
    });
    // Of equal priorities the order is not defined: there are none.
    let priority = at * 3 + 1;
    let (version, kind, name) = match (above, tier) {
        (Above::Alpha1, "Baseline") => (
            "v1alpha1",
            "BaselineAdminNetworkPolicy",
            "default".to_owned(),
        ),
        (Above::Alpha1, _) => {
            spec["priority"] = json!(priority);
            ("v1alpha1", "AdminNetworkPolicy", format!("a{at}"))
        }
        _ => {
            spec["tier"] = json!(tier);
            spec["priority"] = json!(priority);
            ("v1alpha2", "ClusterNetworkPolicy", format!("c{at}"))
        }
    };
    json!({
        "apiVersion": format!("policy.networking.k8s.io/{version}"), "kind": kind,
        "metadata": { "name": name }, "spec": spec,
    })
}

fn pod(dice: &mut Dice, at: u64, family: Family) -> Value {
    let (labels, ports) = labels_and_ports(dice);
    let ip = match family {
        Family::Four => format!("10.0.0.{}", at + 1),
        Family::Six => format!("fd00::{}", at + 1),
    };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": format!("p{at}"), "namespace": format!("n{}", dice.roll(3)), "labels": labels },
        "spec": { "nodeName": "m1", "containers": [{ "name": "c", "image": "i", "ports": ports }] },
        "status": { "phase": "Running", "podIP": ip, "podIPs": [{ "ip": ip }] },
    })
}

fn random(seed: u64) -> (Objects, Family) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let family = if dice.one_in(3) {
        Family::Six
    } else {
        Family::Four
    };
    let above = *dice.pick(&[Above::Nothing, Above::Alpha1, Above::Alpha2]);
    let mut made = Objects {
        namespaces: namespaces(),
        ..Objects::default()
    };
    let pods = 2 + dice.roll(5);
    made.pods = (0..pods).map(|at| pod(&mut dice, at, family)).collect();
    let baseline = above != Above::Nothing && dice.one_in(2);
    made.policies = (0..dice.roll(5))
        .map(|at| network_policy(&mut dice, at, family, baseline))
        .collect();
    let admin = |dice: &mut Dice, at, tier| admin_policy(dice, at, family, above, tier);
    match above {
        Above::Nothing => {}
        Above::Alpha1 => {
            made.admin = (0..=dice.roll(3))
                .map(|at| admin(&mut dice, at, "Admin"))
                .collect();
            made.baseline = (0..u64::from(baseline))
                .map(|at| admin(&mut dice, at, "Baseline"))
                .collect();
        }
        Above::Alpha2 => {
            made.cluster = (0..=dice.roll(3))
                .map(|at| admin(&mut dice, at, "Admin"))
                .collect();
            let more: Vec<Value> = (0..2 * u64::from(baseline))
                .map(|at| admin(&mut dice, 10 + at, "Baseline"))
                .collect();
            made.cluster.extend(more);
        }
    }
    (made, family)
}

// --- the two sides ---

fn questions(made: &Objects, family: Family) -> Vec<Question> {
    let mut ends: Vec<String> = made
        .pods
        .iter()
        .map(|pod| pod["status"]["podIP"].as_str().unwrap().to_owned())
        .collect();
    let pods = ends.len();
    ends.extend(
        match family {
            Family::Four => ["192.0.2.1", "192.0.2.200", "8.8.8.8", "10.0.0.200"],
            Family::Six => ["2001:db8::1", "2001:db8:8000::1", "2600::1", "fd00::c8"],
        }
        .map(str::to_owned),
    );
    every_pair(&ends, pods)
}

fn end<'w>(view: &View<'w>, ip: &str) -> End<'w> {
    let ip: IpAddr = ip.parse().unwrap();
    let pod = view
        .all(Kind::Pod)
        .filter_map(as_pod)
        .find(|pod| pod.ips.contains(&ip));
    pod.map_or_else(
        || End::Outside(Span::one(ip)),
        |pod| End::Pod(pod_end(view, pod)),
    )
}

fn ours(made: &Objects, asked: &[Question]) -> Vec<Answer> {
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
        let egress = judge.judge(Direction::Egress, &from, &to, asked).answer;
        let ingress = judge.judge(Direction::Ingress, &from, &to, asked).answer;
        egress.max(ingress)
    };
    asked.iter().map(one).collect()
}

/// What the evaluators say of one world.
struct Said {
    engine: Vec<bool>,
    matcher: Option<Vec<bool>>,
}

/// Builds the evaluators; none where they cannot be had, which is said, and which is a failure under `CI=true`.
fn evaluators() -> Option<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy_oracle/build");
    match built(Command::new(script)) {
        Ok(program) => Some(program),
        Err(status) => {
            let strict = std::env::var_os("CI").is_some_and(|ci| ci == "true");
            assert!(
                status.code() == Some(3) && !strict,
                "no evaluators to compare with: {status}"
            );
            skipped("policy_oracle, which needs Go to build the evaluators it compares with");
            None
        }
    }
}

fn ask(program: &str, worlds: &[(&Objects, &[Question])]) -> Vec<Said> {
    let worlds = worlds.iter().map(|(made, asked)| {
        let questions = written(asked);
        json!({
            "Namespaces": made.namespaces, "Pods": made.pods, "Policies": made.policies, "Admin": made.admin,
            "Baseline": made.baseline, "Cluster": made.cluster, "Questions": questions,
        })
    });
    let flags = |value: &Value| -> Option<Vec<bool>> {
        let list = value.as_array()?.iter();
        Some(list.map(|it| it.as_bool().unwrap()).collect())
    };
    answers(program, worlds)
        .iter()
        .map(|line| Said {
            engine: flags(&line["engine"]).unwrap(),
            matcher: flags(&line["matcher"]),
        })
        .collect()
}

// --- the comparison ---

#[test]
fn published_evaluators_agree_on_random_worlds() {
    let Some(program) = evaluators() else {
        return;
    };
    let many = if std::env::var_os("PORTOLAN_LONG").is_some() {
        10_000
    } else {
        120
    };
    let (mut pairs, mut denied, mut matched) = (0_usize, 0_usize, 0_usize);
    let seeds: Vec<u64> = (1..=many).collect();
    for seeds in seeds.chunks(500) {
        let worlds: Vec<(Objects, Vec<Question>)> = seeds
            .iter()
            .map(|seed| {
                let (made, family) = random(*seed);
                let asked = questions(&made, family);
                (made, asked)
            })
            .collect();
        let lent: Vec<(&Objects, &[Question])> = worlds
            .iter()
            .map(|(made, asked)| (made, asked.as_slice()))
            .collect();
        let said = ask(&program, &lent);
        let mut different = Vec::new();
        for ((seed, (made, asked)), said) in seeds.iter().zip(&worlds).zip(&said) {
            let ours = ours(made, asked);
            assert_eq!(ours.len(), said.engine.len());
            // cyclonus takes `NotIn` for not met where the label is missing: see below.
            let not_in = made.all().to_string().contains("\"NotIn\"");
            for (at, (question, answer)) in asked.iter().zip(&ours).enumerate() {
                let matcher = said
                    .matcher
                    .as_ref()
                    .map(|said| said[at])
                    .filter(|_| !not_in);
                let theirs = said.engine[at];
                let same = *answer == if theirs { Answer::Allow } else { Answer::Deny };
                if !(same && matcher.is_none_or(|it| it == theirs)) {
                    let world = format!(
                        "seed {seed}: {} → {} {:?}: here {answer:?}, kube-network-policies {theirs}, cyclonus {matcher:?}",
                        question.from, question.to, PORTS[question.at],
                    );
                    different.push((world, made));
                }
                pairs += 1;
                denied += usize::from(!theirs);
                matched += usize::from(matcher.is_some());
            }
        }
        let words: Vec<&str> = different
            .iter()
            .take(40)
            .map(|(words, _)| words.as_str())
            .collect();
        if let Some((_, made)) = different.first() {
            panic!(
                "{} differ: {words:#?}\nthe first of them in\n{}",
                different.len(),
                made.all()
            );
        }
    }
    println!(
        "{many} worlds, {pairs} connections, {denied} denied, {matched} asked of both evaluators"
    );
    // A comparison in which next to nothing is denied, or admitted, compares nothing.
    assert!(pairs > 300 && denied * 10 > pairs && denied * 10 < pairs * 9 && matched > 0);
}

// --- where they are known to differ ---

/// Two pods of one namespace, `10.0.0.1` and `10.0.0.2`; the second has `http` on 8080.
fn small() -> Objects {
    let pod = |name: &str, ip: &str, ports: Value| {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": name, "namespace": "n0", "labels": { "app": name } },
            "spec": { "nodeName": "m1", "containers": [{ "name": "c", "image": "i", "ports": ports }] },
            "status": { "phase": "Running", "podIP": ip, "podIPs": [{ "ip": ip }] },
        })
    };
    Objects {
        namespaces: vec![namespace("n0", None)],
        pods: vec![
            pod("a", "10.0.0.1", json!([])),
            pod(
                "b",
                "10.0.0.2",
                json!([{ "name": "http", "containerPort": 8080, "protocol": "TCP" }]),
            ),
        ],
        ..Objects::default()
    }
}

/// From the first pod to port 80/TCP of the second: what is said here, by the engine, by the matcher.
fn first_to_second(program: &str, made: &Objects) -> (Answer, bool, Option<bool>) {
    let asked = [Question {
        from: "10.0.0.1".to_owned(),
        to: "10.0.0.2".to_owned(),
        at: 0,
    }];
    let said = ask(program, &[(made, &asked)]).remove(0);
    let matcher = said.matcher.map(|said| said[0]);
    (ours(made, &asked)[0], said.engine[0], matcher)
}

/// `AdminNetworkPolicyPort.namedPort`: "selects a port on a pod(s) based on name": that port, not any of that pod.
#[test]
fn a_named_port_of_an_administrators_policy_is_that_port_only() {
    let Some(program) = evaluators() else {
        return;
    };
    let mut made = small();
    made.admin.push(json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy",
        "metadata": { "name": "http" },
        "spec": {
            "priority": 1, "subject": { "namespaces": {} },
            "ingress": [{ "action": "Deny", "from": [{ "namespaces": {} }], "ports": [{ "namedPort": "http" }] }],
        },
    }));
    assert_eq!(
        first_to_second(&program, &made),
        (Answer::Allow, false, None)
    );
}

/// A NetworkPolicy "always makes a final decision for selected pods": here in the directions in which it isolates
/// them, there in both.
#[test]
fn a_policy_for_one_direction_leaves_baseline_to_the_other() {
    let Some(program) = evaluators() else {
        return;
    };
    let mut made = small();
    made.policies.push(json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": { "name": "egress-only", "namespace": "n0" },
        "spec": { "podSelector": { "matchLabels": { "app": "b" } }, "policyTypes": ["Egress"] },
    }));
    made.cluster.push(json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
        "metadata": { "name": "closed" },
        "spec": {
            "tier": "Baseline", "priority": 1, "subject": { "namespaces": {} },
            "ingress": [{ "action": "Deny", "from": [{ "namespaces": {} }] }],
        },
    }));
    assert_eq!(first_to_second(&program, &made), (Answer::Deny, true, None));
}

/// The documentation of labels: `notin` also selects what has no label with that key.
#[test]
fn not_in_holds_where_the_label_is_missing() {
    let Some(program) = evaluators() else {
        return;
    };
    let mut made = small();
    made.policies.push(json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": { "name": "closed", "namespace": "n0" },
        "spec": { "podSelector": { "matchExpressions": [{ "key": "tier", "operator": "NotIn", "values": ["open"] }] } },
    }));
    assert_eq!(
        first_to_second(&program, &made),
        (Answer::Deny, false, Some(true))
    );
}
