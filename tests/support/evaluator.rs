//! What the comparisons with other policy engines have in common: chance, selectors over the labels that the worlds
//! use, and a program that is asked a world a line and answers a line each.

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
