//! What a policy hop says: the worst judgement in words, with its evidence, and the others beneath it.

use super::{Judged, LISTED};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::policy::Direction;
use crate::model::port::Protocol;
use crate::semantics::policy::end::Span;
use crate::semantics::policy::evaluate::{Effect, Step};
use crate::semantics::policy::judge::{Answer, Free};
use crate::semantics::policy::words;
use crate::trace::cause::Cause;
use crate::trace::hop::{Hop, Note, Stage, Verdict};

fn verdict(answer: Answer) -> Verdict {
    match answer {
        Answer::Allow => Verdict::Pass,
        Answer::Unknown => Verdict::Unknown,
        Answer::Deny => Verdict::Fail,
    }
}

/// Where nothing is seen to enforce policies, what they deny is denied only if something does: said once with the
/// reason.
pub(super) fn if_enforced(hop: &mut Hop, unenforced: Option<&str>, said: &mut bool) {
    let Some(why) = unenforced.filter(|_| hop.verdict == Verdict::Fail) else {
        return;
    };
    hop.verdict = Verdict::Unknown;
    hop.cause = Some(Cause::PolicyOpen);
    hop.reason = format!("denied if enforced: {}", hop.reason);
    if !*said {
        hop.reason = format!("{}; {why}", hop.reason);
    }
    *said = true;
}

/// One hop of many judgements: the worst decides, and each is listed where they differ.
pub(super) fn folded(
    stage: Stage,
    direction: Direction,
    protocol: Protocol,
    judged: &[Judged<'_>],
) -> Hop {
    let ranges = judged.iter().any(|one| one.span.is_some());
    let worst = judged.iter().max_by_key(|one| one.decision.answer);
    let Some(worst) = worst else {
        return Hop::new(
            stage,
            None,
            Verdict::Pass,
            "no pod of this cluster receives it",
        );
    };
    let same = judged
        .iter()
        .all(|one| one.decision.answer == worst.decision.answer);
    if ranges && !same {
        return partly(stage, direction, protocol, judged, worst);
    }
    let mut hop = told(stage, direction, protocol, worst);
    if !same {
        let agree = judged
            .iter()
            .filter(|one| one.decision.answer == worst.decision.answer)
            .count();
        hop.reason = format!("for {agree} of {}: {}", judged.len(), hop.reason);
        hop.notes.extend(listed(judged));
    }
    hop
}

fn listed(judged: &[Judged<'_>]) -> Vec<Note> {
    let note = |one: &Judged<'_>| {
        let name = |key: &Option<Key>| key.as_ref().map(|key| key.name.to_string());
        let ends: Vec<String> = [name(&one.sender), name(&one.receiver)]
            .into_iter()
            .flatten()
            .collect();
        Note {
            subject: one.receiver.clone().or_else(|| one.sender.clone()),
            verdict: verdict(one.decision.answer),
            text: format!("{}:{}", ends.join(" → "), one.port),
        }
    };
    let mut notes: Vec<Note> = judged.iter().map(note).collect();
    notes.dedup();
    let more = notes.len().saturating_sub(LISTED);
    if more > 0 {
        notes.truncate(LISTED);
        notes.push(Note {
            subject: None,
            verdict: Verdict::Skipped,
            text: format!("and {more} more"),
        });
    }
    notes
}

/// A verdict that holds only for part of the addresses is unknown, with the ranges.
fn partly(
    stage: Stage,
    direction: Direction,
    protocol: Protocol,
    judged: &[Judged<'_>],
    worst: &Judged<'_>,
) -> Hop {
    let of = |answer: Answer| -> String {
        let mut spans: Vec<Span> = Vec::new();
        for span in judged
            .iter()
            .filter(|one| one.decision.answer == answer)
            .filter_map(|one| one.span)
        {
            match spans.last_mut() {
                Some(last) if crate::semantics::policy::address::follows(last.last, span.first) => {
                    last.last = span.last;
                }
                _ => spans.push(span),
            }
        }
        let shown: Vec<String> = spans.iter().take(LISTED).map(ToString::to_string).collect();
        let more = spans.len().saturating_sub(LISTED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}{more}", shown.join(", "))
    };
    let (mut allowed, mut denied) = (of(Answer::Allow), of(Answer::Deny));
    if allowed.is_empty() {
        "none".clone_into(&mut allowed);
    }
    if denied.is_empty() {
        "none".clone_into(&mut denied);
    }
    let mut hop = told(stage, direction, protocol, worst);
    hop.verdict = Verdict::Unknown;
    hop.cause = Some(Cause::PolicyOpen);
    hop.reason = format!("admitted from {allowed}; denied from {denied}");
    hop
}

/// One judgement as a hop.
fn told(stage: Stage, direction: Direction, protocol: Protocol, judged: &Judged<'_>) -> Hop {
    let decision = &judged.decision;
    if let Some(gap) = decision.gaps.first() {
        return crate::trace::walk::unreadable(stage, gap.clone());
    }
    let verdict = verdict(decision.answer);
    if let Some(free) = decision.free {
        return Hop::new(stage, None, verdict, open_words(direction, free));
    }
    let deciding = decision.deciding();
    let subject = deciding
        .first()
        .map(|step| step.chosen.policy.meta.key.clone());
    let port = format!("{}/{protocol}", judged.port);
    let words = match decision.answer {
        Answer::Allow => allow_words(direction, &deciding),
        Answer::Deny => deny_words(direction, &deciding, judged, &port),
        Answer::Unknown => doubt_words(&deciding),
    };
    let mut hop = Hop::new(stage, subject.clone(), verdict, words);
    match decision.answer {
        Answer::Allow => {}
        Answer::Deny => {
            hop.cause = subject.map(Cause::PolicyDenies);
            hop.evidence = deciding
                .iter()
                .map(|step| evidence(direction, step, judged, &port))
                .collect();
        }
        Answer::Unknown => {
            let foreign = deciding.iter().any(|step| step.effect == Effect::NotJudged);
            hop.cause = Some(if foreign {
                Cause::PoliciesNotJudged
            } else {
                Cause::PolicyOpen
            });
            hop.evidence = deciding
                .iter()
                .map(|step| evidence(direction, step, judged, &port))
                .collect();
        }
    }
    hop.evidence.dedup();
    hop
}

fn open_words(direction: Direction, free: Free) -> &'static str {
    match (free, direction) {
        (Free::Itself, _) => "a pod always reaches itself",
        (Free::OwnNode, _) => "a node and its own pods always reach each other",
        (Free::NoPod, _) => "policies are about pods; this end is none",
        (Free::HostNetwork, _) => "the pod shares its node's network and no policy is about it",
        (Free::NotSelected, Direction::Egress) => "no policy limits what the sender may reach",
        (Free::NotSelected, Direction::Ingress) => "no policy isolates the receiver",
    }
}

fn allow_words(direction: Direction, deciding: &[&Step<'_>]) -> String {
    let Some(step) = deciding.first() else {
        return "no rule denies it".to_owned();
    };
    let Some((at, rule)) = rule_of(direction, step) else {
        return "no rule denies it".to_owned();
    };
    format!(
        "{} admits it: {} {}",
        words::name(step.chosen.policy),
        words::place(step.chosen.policy, direction, at),
        words::rule(direction, rule)
    )
}

fn rule_of<'w>(
    direction: Direction,
    step: &Step<'w>,
) -> Option<(usize, &'w crate::model::policy::Rule)> {
    let at = step.rule?;
    let rule = step.chosen.rules(direction).get(at)?;
    Some((at, rule))
}

fn deny_words(
    direction: Direction,
    deciding: &[&Step<'_>],
    judged: &Judged<'_>,
    port: &str,
) -> String {
    if let Some((step, (at, rule))) = deciding
        .iter()
        .filter(|step| step.effect != Effect::Isolates)
        .find_map(|step| Some((step, rule_of(direction, step)?)))
    {
        return format!(
            "{} denies it: {} {}",
            words::name(step.chosen.policy),
            words::place(step.chosen.policy, direction, at),
            words::rule(direction, rule)
        );
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
    let other = match direction {
        Direction::Egress => judged.receiver.as_ref(),
        Direction::Ingress => judged.sender.as_ref(),
    };
    let other = other.map_or("this address".to_owned(), Key::short);
    let (whom, rule) = match direction {
        Direction::Egress => ("sender", "to"),
        Direction::Ingress => ("receiver", "from"),
    };
    format!("the {whom} is isolated by {names}; no rule admits {rule} {other} on {port}")
}

fn doubt_words(deciding: &[&Step<'_>]) -> String {
    let mut said: Vec<String> = deciding
        .iter()
        .filter_map(|step| {
            Some(format!(
                "{} {}",
                words::name(step.chosen.policy),
                words::doubt(step.doubt?)
            ))
        })
        .collect();
    said.sort();
    said.dedup();
    match said.len() {
        0 => "what the policies decide cannot be told for this end".to_owned(),
        _ => said.join("; "),
    }
}

fn evidence(direction: Direction, step: &Step<'_>, judged: &Judged<'_>, port: &str) -> Evidence {
    let policy = &step.chosen.policy;
    if let Some((at, rule)) = rule_of(direction, step) {
        return Evidence::new(
            &policy.meta.key,
            &words::place(policy, direction, at),
            words::rule(direction, rule),
            "",
        );
    }
    let other = match direction {
        Direction::Egress => judged.receiver.as_ref(),
        Direction::Ingress => judged.sender.as_ref(),
    };
    let other = other.map_or("this address".to_owned(), Key::short);
    let field = if policy.types.is_some() {
        "spec.policyTypes".to_owned()
    } else {
        format!("spec.{}", direction.word())
    };
    Evidence::new(
        &policy.meta.key,
        &field,
        direction.type_word(),
        format!("a rule admitting {other} on {port}"),
    )
}
