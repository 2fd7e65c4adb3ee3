//! The policy hops: whether policies admit what the sender sends, and what the receivers receive.
//!
//! A connection is judged on the backend pod's own port, after any translation, for egress and ingress apart. Where
//! senders or receivers differ the worst is shown and each is listed.

mod families;
mod outside;
mod told;
mod unseen;

use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::policy::Direction;
use crate::model::port::Protocol;
use crate::model::service::Family;
use crate::model::view::{View, as_node};
use crate::semantics::network::unenforced;
use crate::semantics::policy::addition::addition;
use crate::semantics::policy::address::internet;
use crate::semantics::policy::end::{End, NodeEnd, Span};
use crate::semantics::policy::family::Has;
use crate::semantics::policy::judge::{Answer, Asked, Decision, Judge};
use crate::semantics::policy::matching::pod_end;
use crate::trace::end::From;
use crate::trace::follow::Client;
use crate::trace::hop::{Hop, Stage, Verdict};
use crate::trace::walk::Walk;
pub(super) use outside::{anywhere, internet as to_internet};
use std::net::IpAddr;
use told::folded;
use unseen::unseen_sender;

/// How many lines a hop lists before it only counts.
const LISTED: usize = 20;

/// Where a connection ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Receiver<'w> {
    /// At a pod.
    Pod(&'w Pod),
    /// At an address that is no pod's.
    Address(IpAddr),
    /// At one of many addresses.
    Somewhere(Span),
}

/// What is asked of the policies.
#[derive(Clone, Debug)]
pub(super) struct Request<'w> {
    /// Each with its own port.
    pub(super) receivers: Vec<(Receiver<'w>, u16)>,
    /// The protocol.
    pub(super) protocol: Protocol,
    /// The Service addresses, one of a family, and the port that the client uses.
    pub(super) via: Vec<(IpAddr, u16)>,
    /// The family of the addresses between which the connection runs, where that is known.
    pub(super) family: Option<Family>,
    /// The client's address may be replaced by a node's on the way in.
    pub(super) replaced: bool,
}

impl Request<'_> {
    /// The Service address that is asked over a family: any, where that is not known.
    fn via_of(&self, family: Option<Family>) -> Option<(IpAddr, u16)> {
        let mut all = self.via.iter();
        let found = all.find(|(ip, _)| family.is_none_or(|family| family == Family::of(*ip)));
        found.copied()
    }
}

/// Both policy hops: the sender's, where it is a pod, and the receivers'.
pub(super) fn follow(walk: &mut Walk<'_, '_>, request: &Request<'_>) {
    let judge = Judge::new(walk.view);
    let senders = senders(walk);
    let possible = families::possible(walk, &judge, &senders, request);
    let over = |family| {
        let request = Request {
            family,
            ..request.clone()
        };
        over_family(walk, &judge, &senders, &request)
    };
    let (out, into) = if possible.both() {
        families::together(over(Some(Family::V4)), over(Some(Family::V6)))
    } else {
        over(request.family.or_else(|| possible.each().next()))
    };
    let controller = matches!(walk.client, Client::Controller(_));
    // A controller's own policies are worth a line only where they stand in the way.
    if let Some(out) = out.filter(|out| !controller || out.verdict != Verdict::Pass) {
        walk.step(out);
    }
    walk.step(into);
}

fn over_family(
    walk: &Walk<'_, '_>,
    judge: &Judge<'_, '_>,
    senders: &[End<'_>],
    request: &Request<'_>,
) -> families::Hops {
    let mut into = hop(walk, judge, Direction::Ingress, senders, request);
    let unenforced = unenforced(walk.view);
    let mut said = false;
    let out = sends(walk).then(|| {
        let mut out = hop(walk, judge, Direction::Egress, senders, request);
        if into.verdict == Verdict::Fail {
            // Both ends have to admit.
            out.addition = both(out.addition, into.addition.as_ref());
        }
        told::if_enforced(&mut out, unenforced, &mut said);
        out
    });
    told::if_enforced(&mut into, unenforced, &mut said);
    (out, into)
}

fn both(one: Option<String>, other: Option<&String>) -> Option<String> {
    Some(format!("{}---\n{}", one?, other?))
}

/// The sender's hop alone, towards addresses outside.
pub(super) fn egress(walk: &mut Walk<'_, '_>, request: &Request<'_>) {
    if sends(walk) {
        let judge = Judge::new(walk.view);
        let senders = senders(walk);
        let mut hop = hop(walk, &judge, Direction::Egress, &senders, request);
        told::if_enforced(&mut hop, unenforced(walk.view), &mut false);
        walk.step(hop);
    }
}

fn sends(walk: &Walk<'_, '_>) -> bool {
    match &walk.client {
        Client::Controller(pods) => !pods.is_empty(),
        _ => matches!(walk.from, From::Pod(_) | From::Workload(_)),
    }
}

/// Who sends; none where it is a controller whose pods were not seen.
fn senders<'w>(walk: &Walk<'_, 'w>) -> Vec<End<'w>> {
    let view = walk.view;
    if let Client::Controller(pods) = &walk.client {
        let pods = pods.iter().filter_map(|key| view.pod(key));
        return pods.map(|pod| End::Pod(pod_end(view, pod))).collect();
    }
    match walk.from {
        From::Pod(key) | From::Workload(key) => view
            .pod(key)
            .map(|pod| End::Pod(pod_end(view, pod)))
            .into_iter()
            .collect(),
        From::Node(key) => vec![End::Node(NodeEnd {
            name: key.name.clone(),
            node: view.advisory(|view| view.node(&key.name)),
        })],
        From::Ip(ip) => vec![address(view, *ip)],
        From::Internet => internet(view).into_iter().map(End::Outside).collect(),
    }
}

/// A node, where the address is one's.
fn address<'w>(view: &View<'w>, ip: IpAddr) -> End<'w> {
    let holds = |node: &&Node| node.internal_ips.contains(&ip) || node.external_ips.contains(&ip);
    let node = view.advisory(|view| view.all(Kind::Node).filter_map(as_node).find(holds));
    match node {
        Some(node) => End::Node(NodeEnd {
            name: node.meta.key.name.clone(),
            node: Some(node),
        }),
        None => End::Outside(Span::one(ip)),
    }
}

/// One judged pair.
struct Judged<'w> {
    ends: (End<'w>, End<'w>),
    sender: Option<Key>,
    receiver: Option<Key>,
    port: u16,
    span: Option<Span>,
    decision: Decision<'w>,
}

fn hop(
    walk: &Walk<'_, '_>,
    judge: &Judge<'_, '_>,
    direction: Direction,
    senders: &[End<'_>],
    request: &Request<'_>,
) -> Hop {
    let stage = stage(direction);
    if senders.is_empty() {
        return unseen_sender(walk, judge, direction, request);
    }
    let mut judged = Vec::new();
    let several = matches!(
        request.receivers.as_slice(),
        [(Receiver::Somewhere(_), _), ..]
    );
    for (sender, receiver, port) in pairs(walk.view, judge, senders, request) {
        for (sender, receiver) in pieces(judge, direction, &sender, &receiver) {
            let asked = Asked {
                protocol: request.protocol,
                port,
                via: request.via_of(request.family),
            };
            let mut decision = judge.judge(direction, &sender, &receiver, asked);
            if request.replaced && direction == Direction::Ingress {
                decision = with_node_sources(walk.view, judge, decision, &receiver, asked);
            }
            judged.push(Judged {
                ends: (sender.clone(), receiver.clone()),
                sender: key_of(&sender),
                receiver: key_of(&receiver),
                port,
                span: match (direction, sender, receiver) {
                    (Direction::Ingress, End::Outside(span), _)
                        if senders.len() > 1 || span.first != span.last =>
                    {
                        Some(span)
                    }
                    (Direction::Egress, _, End::Outside(span))
                        if several || span.first != span.last =>
                    {
                        Some(span)
                    }
                    _ => None,
                },
                decision,
            });
        }
    }
    let mut hop = folded(stage, direction, request.protocol, &judged);
    if hop.verdict == Verdict::Fail
        && let Some(worst) = judged.iter().max_by_key(|one| one.decision.answer)
    {
        hop.addition = addition(
            walk.view,
            judge,
            direction,
            (&worst.ends.0, &worst.ends.1),
            (request.protocol, worst.port),
            &worst.decision,
        );
    }
    hop
}

/// The end as it is met over one family of addresses.
fn by(mut end: End<'_>, family: Option<Family>) -> End<'_> {
    if let End::Pod(pod) = &mut end {
        pod.family = family;
    }
    end
}

/// Each sender with each receiver, but for those that have no part in a connection over the family that is asked: pods
/// without an address of it.
fn pairs<'w>(
    view: &View<'w>,
    judge: &Judge<'_, 'w>,
    senders: &[End<'w>],
    request: &Request<'w>,
) -> Vec<(End<'w>, End<'w>, u16)> {
    let met = |end: &End<'_>| match (end, request.family) {
        (End::Pod(pod), Some(family)) => {
            let has = Has::of(pod.pod, judge.surroundings().families());
            has.each().any(|one| one == family)
        }
        _ => true,
    };
    let receivers = request.receivers.iter();
    let all: Vec<_> = receivers
        .flat_map(|(receiver, port)| {
            let receiver = by(end_of(view, *receiver), request.family);
            let with = move |sender: &End<'w>| {
                (by(sender.clone(), request.family), receiver.clone(), *port)
            };
            senders.iter().map(with)
        })
        .collect();
    let (of_family, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(from, to, _)| met(from) && met(to));
    if of_family.is_empty() {
        others
    } else {
        of_family
    }
}

/// A range is cut so that each piece is judged alike.
fn pieces<'w>(
    judge: &Judge<'_, 'w>,
    direction: Direction,
    sender: &End<'w>,
    receiver: &End<'w>,
) -> Vec<(End<'w>, End<'w>)> {
    let whole = || vec![(sender.clone(), receiver.clone())];
    let ((Direction::Ingress, End::Outside(span), End::Pod(pod))
    | (Direction::Egress, End::Pod(pod), End::Outside(span))) = (direction, sender, receiver)
    else {
        return whole();
    };
    if span.first == span.last {
        return whole();
    }
    let applicable = judge.applicable(pod, direction);
    let nets = applicable
        .all()
        .flat_map(|chosen| chosen.rules(direction))
        .flat_map(crate::semantics::policy::address::nets);
    let pieces = crate::semantics::policy::address::cut(*span, nets);
    let pair = |piece: Span| match direction {
        Direction::Ingress => (End::Outside(piece), receiver.clone()),
        Direction::Egress => (sender.clone(), End::Outside(piece)),
    };
    pieces.into_iter().map(pair).collect()
}

/// On the way in a node may put its own address in place of the client's: both must be admitted for a certain answer.
fn with_node_sources<'w>(
    view: &View<'w>,
    judge: &Judge<'_, 'w>,
    decision: Decision<'w>,
    receiver: &End<'w>,
    asked: Asked,
) -> Decision<'w> {
    if decision.free.is_some() {
        return decision;
    }
    let node = End::Node(NodeEnd {
        name: "".into(),
        node: None,
    });
    let known: Vec<End<'w>> = view.advisory(|view| {
        let nodes = view.all(Kind::Node).filter_map(as_node);
        nodes
            .map(|node| {
                End::Node(NodeEnd {
                    name: node.meta.key.name.clone(),
                    node: Some(node),
                })
            })
            .collect()
    });
    let nodes = if known.is_empty() { vec![node] } else { known };
    let differs = nodes
        .iter()
        .map(|node| judge.judge(Direction::Ingress, node, receiver, asked))
        .any(|other| other.answer != decision.answer && other.free.is_none());
    if !differs {
        return decision;
    }
    let mut decision = decision;
    decision.answer = Answer::Unknown;
    for step in &mut decision.steps {
        step.doubt
            .get_or_insert(crate::semantics::policy::matching::Doubt::SourceReplaced);
    }
    decision
}

fn stage(direction: Direction) -> Stage {
    match direction {
        Direction::Egress => Stage::Egress,
        Direction::Ingress => Stage::Ingress,
    }
}

fn end_of<'w>(view: &View<'w>, receiver: Receiver<'w>) -> End<'w> {
    match receiver {
        Receiver::Pod(pod) => End::Pod(pod_end(view, pod)),
        Receiver::Address(ip) => address(view, ip),
        Receiver::Somewhere(span) => End::Outside(span),
    }
}

fn key_of(end: &End<'_>) -> Option<Key> {
    match end {
        End::Pod(pod) => Some(pod.key().clone()),
        End::Node(node) => Some(Key::cluster(Kind::Node, node.name.clone())),
        End::Outside(_) => None,
    }
}
