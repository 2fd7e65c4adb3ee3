//! What the comparisons with other policy engines have in common: chance, selectors over the labels that the worlds
//! use, and a program that is asked a world a line and answers a line each.

use portolan::model::port::Protocol;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, ExitStatus, Stdio};

/// Chance that a seed repeats; 0 is no seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    pub(crate) fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }

    pub(crate) fn any(&mut self, from: &[Value]) -> Value {
        self.pick(from).clone()
    }

    pub(crate) fn list(
        &mut self,
        least: u64,
        most: u64,
        mut one: impl FnMut(&mut Self) -> Value,
    ) -> Value {
        (0..least + self.roll(most - least + 1))
            .map(|_| one(self))
            .collect()
    }
}

pub(crate) fn selector(dice: &mut Dice) -> Value {
    dice.any(&[
        json!({}),
        json!({ "matchLabels": { "app": "a" } }),
        json!({ "matchLabels": { "app": "b", "tier": "x" } }),
        json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": ["a", "c"] }] }),
        json!({ "matchExpressions": [{ "key": "tier", "operator": "DoesNotExist" }] }),
        json!({ "matchLabels": { "app": "c" }, "matchExpressions": [{ "key": "tier", "operator": "NotIn", "values": ["x"] }] }),
        json!({ "matchExpressions": [{ "key": "app", "operator": "NotIn", "values": ["b"] }, { "key": "tier", "operator": "Exists" }] }),
    ])
}

/// A selector of namespaces.
pub(crate) fn places(dice: &mut Dice) -> Value {
    dice.any(&[
        json!({}),
        json!({ "matchLabels": { "kubernetes.io/metadata.name": "n1" } }),
        json!({ "matchLabels": { "team": "red" } }),
        json!({ "matchExpressions": [{ "key": "team", "operator": "NotIn", "values": ["red"] }] }),
        json!({ "matchExpressions": [{ "key": "team", "operator": "In", "values": ["red", "blue"] }] }),
    ])
}

pub(crate) fn namespace(name: &str, team: Option<&str>) -> Value {
    let mut labels = json!({ "kubernetes.io/metadata.name": name });
    if let Some(team) = team {
        labels["team"] = json!(team);
    }
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } })
}

/// The namespaces of every world: n0, n1 and n2.
pub(crate) fn namespaces() -> Vec<Value> {
    vec![
        namespace("n0", Some("red")),
        namespace("n1", None),
        namespace("n2", Some("blue")),
    ]
}

/// A pod's labels, and the ports of its container.
pub(crate) fn labels_and_ports(dice: &mut Dice) -> (Value, Value) {
    let mut labels = json!({ "app": dice.pick(&["a", "b", "c"]) });
    match dice.roll(3) {
        0 => labels["tier"] = json!("x"),
        1 => labels["tier"] = json!("y"),
        _ => {}
    }
    let ports = dice.any(&[
        json!([]),
        json!([{ "name": "http", "containerPort": 80, "protocol": "TCP" }]),
        json!([{ "name": "http", "containerPort": 8080, "protocol": "TCP" }, { "name": "dns", "containerPort": 53, "protocol": "UDP" }]),
        json!([{ "name": "http", "containerPort": 53, "protocol": "UDP" }]),
    ]);
    (labels, ports)
}

/// What is asked of each pair of ends.
pub(crate) const PORTS: &[(&str, Protocol, u16)] = &[
    ("TCP", Protocol::Tcp, 80),
    ("TCP", Protocol::Tcp, 8050),
    ("TCP", Protocol::Tcp, 8080),
    ("TCP", Protocol::Tcp, 1),
    ("UDP", Protocol::Udp, 53),
    ("UDP", Protocol::Udp, 80),
    ("SCTP", Protocol::Sctp, 80),
];

/// Whether one end may send to another on the port of that place in [`PORTS`].
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) at: usize,
}

/// Every pair of different ends by every port; the first ends are pods, and two that are none are not asked about.
pub(crate) fn every_pair(ends: &[String], pods: usize) -> Vec<Question> {
    let mut asked = Vec::new();
    for (i, from) in ends.iter().enumerate() {
        for (j, to) in ends.iter().enumerate() {
            if i == j || (i >= pods && j >= pods) {
                continue;
            }
            asked.extend((0..PORTS.len()).map(|at| Question {
                from: from.clone(),
                to: to.clone(),
                at,
            }));
        }
    }
    asked
}

/// Questions as the programs read them.
pub(crate) fn written(asked: &[Question]) -> Vec<Value> {
    let one = |it: &Question| {
        let (protocol, _, port) = PORTS[it.at];
        json!({ "From": it.from, "To": it.to, "Protocol": protocol, "Port": port })
    };
    asked.iter().map(one).collect()
}

/// The program that a script builds; its status where it does not. Status 3 is: not to be had here.
pub(crate) fn built(mut script: Command) -> Result<String, ExitStatus> {
    let built = script.stderr(Stdio::inherit()).output().unwrap();
    if built.status.success() {
        Ok(String::from_utf8(built.stdout).unwrap().trim().to_owned())
    } else {
        Err(built.status)
    }
}

/// Says why nothing is compared, past the capture of the test's output, which nobody sees.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "test skipped: {why}");
}

/// Asks about worlds, and returns an answer to each.
pub(crate) fn answers(program: &str, worlds: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut asked = 0;
    for world in worlds {
        lines.extend(world.to_string().into_bytes());
        lines.push(b'\n');
        asked += 1;
    }
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || stdin.write_all(&lines));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let said: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(said.len(), asked);
    said
}
