//! What a policy hop says: the worst judgement in words, with its evidence, and the others beneath it.

use super::{Judged, LISTED};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::policy::Direction;
use crate::model::port::Protocol;
use crate::semantics::policy::end::Span;
use crate::semantics::policy::evaluate::{Effect, Step};
use crate::semantics::policy::judge::Answer;
use crate::semantics::policy::{reason, words};
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
    let word = direction.peers_field();
    hop.reason = format!("admitted {word} {allowed}; denied {word} {denied}");
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
        return Hop::new(stage, None, verdict, reason::open(direction, free));
    }
    let deciding = decision.deciding();
    let subject = deciding
        .first()
        .map(|step| step.chosen.policy.meta.key.clone());
    let port = format!("{}/{protocol}", judged.port);
    let other = other_of(direction, judged);
    let words = reason::sentence(direction, decision, Some(&other), &port);
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

/// The end that the policies of a direction are not about.
fn other_of(direction: Direction, judged: &Judged<'_>) -> String {
    let other = match direction {
        Direction::Egress => judged.receiver.as_ref(),
        Direction::Ingress => judged.sender.as_ref(),
    };
    let many = judged.span.is_some_and(|span| span.first != span.last);
    let address = if many {
        "any address outside"
    } else {
        "this address"
    };
    other.map_or(address.to_owned(), Key::short)
}

fn evidence(direction: Direction, step: &Step<'_>, judged: &Judged<'_>, port: &str) -> Evidence {
    let policy = &step.chosen.policy;
    if let Some((at, rule)) = reason::rule_of(direction, step) {
        return Evidence::new(
            &policy.meta.key,
            &words::place(policy, direction, at),
            words::rule(direction, rule),
            "",
        );
    }
    let other = other_of(direction, judged);
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
