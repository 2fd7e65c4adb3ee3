//! Why a port is admitted, dropped or not known in one direction, in a sentence: for traces and for the map alike.

use crate::model::policy::{Direction, Rule};
use crate::semantics::policy::evaluate::{Effect, Step};
use crate::semantics::policy::judge::{Answer, Decision, Free};
use crate::semantics::policy::words;

/// A decision in a sentence. `other` names the end that the deciding policies are not about, `port` what is asked
/// for: `8080/TCP`.
pub fn sentence(
    direction: Direction,
    decision: &Decision<'_>,
    other: Option<&str>,
    port: &str,
) -> String {
    if let Some(gap) = decision.gaps.first() {
        return gap.why.to_string();
    }
    if let Some(free) = decision.free {
        return open(direction, free).to_owned();
    }
    let deciding = decision.deciding();
    match decision.answer {
        Answer::Allow => admits(direction, &deciding),
        Answer::Deny => denies(direction, &deciding, other, port),
        Answer::Unknown => doubts(&deciding),
    }
}

/// Why no policy is asked.
pub fn open(direction: Direction, free: Free) -> &'static str {
    match (free, direction) {
        (Free::Itself, _) => "a pod always reaches itself",
        (Free::OwnNode, _) => "a node and its own pods always reach each other",
        (Free::NoPod, _) => "policies are about pods; this end is none",
        (Free::HostNetwork, _) => "the pod shares its node's network and no policy is about it",
        (Free::NotSelected, Direction::Egress) => "no policy limits what the sender may reach",
        (Free::NotSelected, Direction::Ingress) => "no policy isolates the receiver",
    }
}

/// The rule of a step and its place among the policy's.
pub fn rule_of<'w>(direction: Direction, step: &Step<'w>) -> Option<(usize, &'w Rule)> {
    let at = step.rule?;
    let rule = step.chosen.rules(direction).get(at)?;
    Some((at, rule))
}

fn by_rule(direction: Direction, step: &Step<'_>, verb: &str) -> Option<String> {
    let (at, rule) = rule_of(direction, step)?;
    Some(format!(
        "{} {verb} it: {} {}",
        words::name(step.chosen.policy),
        words::place(step.chosen.policy, direction, at),
        words::rule(direction, rule)
    ))
}

fn admits(direction: Direction, deciding: &[&Step<'_>]) -> String {
    let first = deciding.first();
    first
        .and_then(|step| by_rule(direction, step, "admits"))
        .unwrap_or_else(|| "no rule denies it".to_owned())
}

fn denies(direction: Direction, deciding: &[&Step<'_>], other: Option<&str>, port: &str) -> String {
    let mut acting = deciding
        .iter()
        .filter(|step| step.effect != Effect::Isolates);
    if let Some(said) = acting.find_map(|step| by_rule(direction, step, "denies")) {
        return said;
    }
    let names: Vec<String> = deciding
        .iter()
        .map(|step| words::name(step.chosen.policy))
        .collect();
    let names = match names.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, rest @ ..] => format!("{one} and {} others", rest.len()),
        [] => "a policy".to_owned(),
    };
    let other = other.unwrap_or("this address");
    let (whom, rule) = match direction {
        Direction::Egress => ("sender", "to"),
        Direction::Ingress => ("receiver", "from"),
    };
    format!("the {whom} is isolated by {names}; no rule admits {rule} {other} on {port}")
}

fn doubts(deciding: &[&Step<'_>]) -> String {
    let mut said: Vec<String> = deciding
        .iter()
        .filter_map(|step| {
            let name = words::name(step.chosen.policy);
            Some(format!("{name} {}", words::doubt(step.doubt?)))
        })
        .collect();
    said.sort();
    said.dedup();
    match said.len() {
        0 => "what the policies decide cannot be told for this end".to_owned(),
        _ => said.join("; "),
    }
}
