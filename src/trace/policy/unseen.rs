//! The hop of a sender whose pods were not seen.

use super::{Request, end_of, stage};
use crate::model::key::Key;
use crate::model::policy::{Action, Direction};
use crate::model::port::Protocol;
use crate::semantics::policy::end::End;
use crate::semantics::policy::judge::Judge;
use crate::semantics::policy::meant::ports;
use crate::semantics::policy::rules::{Applicable, Chosen};
use crate::trace::cause::Cause;
use crate::trace::follow::Client;
use crate::trace::hop::{Hop, Verdict};
use crate::trace::walk::Walk;

/// The NetworkPolicy that admits whoever asks for a port; none where another API's policies have a say before it.
fn opens(
    applicable: &Applicable<'_>,
    direction: Direction,
    receiver: &End<'_>,
    protocol: Protocol,
    port: u16,
) -> Option<Key> {
    if !(applicable.gaps.is_empty() && applicable.foreign.is_empty() && applicable.admin.is_empty())
    {
        return None;
    }
    let mut rules = applicable
        .namespaced
        .iter()
        .flat_map(|chosen| chosen.rules(direction));
    if rules.any(|rule| rule.action == Action::Deny) {
        return None;
    }
    let everyone = |chosen: &&Chosen<'_>| {
        let mut rules = chosen.rules(direction).iter();
        rules.any(|rule| {
            rule.peers.is_none() && ports(rule, receiver).certain.contains(protocol, port)
        })
    };
    let found = applicable.isolating().find(everyone)?;
    Some(found.policy.meta.key.clone())
}

/// A controller whose pods were not seen: only what admits everyone is certain.
pub(super) fn unseen_sender(
    walk: &Walk<'_, '_>,
    judge: &Judge<'_, '_>,
    direction: Direction,
    request: &Request<'_>,
) -> Hop {
    let mut limiting: Vec<Key> = Vec::new();
    let mut open: Vec<Key> = Vec::new();
    let mut gaps = Vec::new();
    for (receiver, port) in &request.receivers {
        let receiver = end_of(walk.view, *receiver);
        if let End::Pod(pod) = &receiver {
            let applicable = judge.applicable(pod, direction);
            if let Some(policy) = opens(&applicable, direction, &receiver, request.protocol, *port)
            {
                open.push(policy);
                continue;
            }
            let all = applicable.all();
            limiting.extend(all.map(|chosen| chosen.policy.meta.key.clone()));
            gaps.extend(applicable.gaps);
        }
    }
    let stage = stage(direction);
    if let Some(gap) = gaps.into_iter().next() {
        return crate::trace::walk::unreadable(stage, gap);
    }
    limiting.sort();
    limiting.dedup();
    let Some(first) = limiting.first() else {
        let words = match open.first() {
            Some(policy) => format!("{} {} admits everyone", policy.kind, policy.short()),
            None => "no policy isolates the receiver".to_owned(),
        };
        return Hop::new(stage, open.into_iter().next(), Verdict::Pass, words);
    };
    let who = match walk.client {
        Client::Controller(_) => "the controller's pods were not seen",
        _ => "no pod of the sender is there",
    };
    let words = format!(
        "{} {} limits who reaches the receiver, and {who}",
        first.kind,
        first.short()
    );
    Hop::new(stage, Some(first.clone()), Verdict::Unknown, words).because(Cause::PolicyOpen)
}
