//! The sender's hop towards addresses outside: all of the internet's, or one that is not known.

use super::{Receiver, Request, hop, senders, sends, told};
use crate::model::kind::Kind;
use crate::model::labels::Selector;
use crate::model::node::Node;
use crate::model::policy::Direction;
use crate::model::port::Protocol;
use crate::model::service::Service;
use crate::model::view::{View, as_node, as_pod, as_service};
use crate::semantics::network::unenforced;
use crate::semantics::policy::address::{cut, internet as public, nets, space};
use crate::semantics::policy::end::{End, NodeEnd, PodEnd, Span};
use crate::semantics::policy::judge::{Answer, Asked, Judge};
use crate::semantics::policy::matching::pod_end;
use crate::semantics::policy::ports::PortSet;
use crate::trace::cause::Cause;
use crate::trace::hop::{Hop, Stage, Verdict};
use crate::trace::walk::Walk;
use std::net::IpAddr;

fn request(receivers: Vec<Receiver<'_>>, protocol: Protocol, port: u16) -> Request<'_> {
    let receivers = receivers.into_iter().map(|receiver| (receiver, port));
    Request {
        receivers: receivers.collect(),
        protocol,
        via: Vec::new(),
        family: None,
        replaced: false,
    }
}

/// The sender's hop towards every globally routable address outside the cluster.
pub(in crate::trace) fn internet(walk: &mut Walk<'_, '_>, protocol: Protocol, port: u16) {
    if !sends(walk) {
        return;
    }
    let judge = Judge::new(walk.view);
    let spans = public(walk.view).into_iter().map(Receiver::Somewhere);
    let asked = request(spans.collect(), protocol, port);
    let mut hop = hop(walk, &judge, Direction::Egress, &senders(walk), &asked);
    told::if_enforced(&mut hop, unenforced(walk.view), &mut false);
    walk.step(hop);
}

/// The sender's hop where it is not known to which address its request goes. It is denied only where no address that
/// a name could stand for is admitted, nor anything that is reached by one.
pub(in crate::trace) fn anywhere(walk: &mut Walk<'_, '_>, addresses: &[IpAddr], port: u16) {
    if !sends(walk) {
        return;
    }
    let judge = Judge::new(walk.view);
    let senders = senders(walk);
    if nowhere(walk.view, &judge, &senders, port) {
        let spans = vec![Receiver::Somewhere(space(true))];
        let asked = request(spans, Protocol::Tcp, port);
        let mut hop = hop(walk, &judge, Direction::Egress, &senders, &asked);
        told::if_enforced(&mut hop, unenforced(walk.view), &mut false);
        walk.step(hop);
        return;
    }
    let known = !addresses.is_empty();
    let fallback = [IpAddr::from([192, 0, 2, 1])];
    let addresses = if known { addresses } else { &fallback };
    let receivers = addresses.iter().map(|ip| Receiver::Address(*ip));
    let asked = request(receivers.collect(), Protocol::Tcp, port);
    let mut hop = hop(walk, &judge, Direction::Egress, &senders, &asked);
    let open = hop.verdict == Verdict::Pass && hop.subject.is_none();
    if !open && (!known || hop.verdict == Verdict::Fail) {
        let words = "the sender's policies limit what it may reach, and to which address the request goes is not certain";
        hop = Hop::new(Stage::Egress, hop.subject, Verdict::Unknown, words)
            .because(Cause::PolicyOpen);
    }
    walk.step(hop);
}

/// Whether the senders may reach no address at all on a port, whoever holds it: none outside, no node, and no pod that
/// a Service leads to from an address of its own.
fn nowhere(view: &View<'_>, judge: &Judge<'_, '_>, senders: &[End<'_>], port: u16) -> bool {
    if senders.is_empty() || on_nodes(view, port) {
        return false;
    }
    let Some(behind) = behind(view, port) else {
        return false;
    };
    let nodes: Vec<End<'_>> = view.advisory(|view| {
        let nodes = view.all(Kind::Node).filter_map(as_node);
        nodes.map(end_of_node).collect()
    });
    let asked = Asked {
        protocol: Protocol::Tcp,
        port,
        via: None,
    };
    senders.iter().all(|sender| {
        let End::Pod(pod) = sender else { return false };
        let denies = |end: &End<'_>| {
            let decision = judge.judge(Direction::Egress, sender, end, asked);
            // Its own node it always reaches; nothing listens there.
            decision.answer == Answer::Deny || own_node(pod, end)
        };
        let every = PortSet::of(Protocol::Tcp);
        let closed = |end: &End<'_>| {
            let outcome = judge.outcome(Direction::Egress, sender, end, &every);
            outcome.is_some_and(|outcome| outcome.allow.is_empty())
        };
        let spans = spans(judge, pod).into_iter().map(End::Outside);
        spans.collect::<Vec<_>>().iter().chain(&nodes).all(denies) && behind.iter().all(closed)
    })
}

fn end_of_node(node: &Node) -> End<'_> {
    End::Node(NodeEnd {
        name: node.meta.key.name.clone(),
        node: Some(node),
    })
}

fn own_node(pod: &PodEnd<'_>, end: &End<'_>) -> bool {
    matches!(end, End::Node(node) if pod.node_name() == Some(&node.name))
}

/// Every address there is, in pieces that the sender's policies see alike.
fn spans(judge: &Judge<'_, '_>, pod: &PodEnd<'_>) -> Vec<Span> {
    let applicable = judge.applicable(pod, Direction::Egress);
    let rules = applicable
        .all()
        .flat_map(|chosen| chosen.rules(Direction::Egress));
    let named: Vec<_> = rules.flat_map(nets).collect();
    [true, false]
        .into_iter()
        .flat_map(|v4| cut(space(v4), named.iter().copied()))
        .collect()
}

/// Whether a pod listens at nodes on a port, by their network or by a port of theirs.
fn on_nodes(view: &View<'_>, port: u16) -> bool {
    let mut pods = view.all(Kind::Pod).filter_map(as_pod);
    pods.any(|pod| {
        let mut ports = pod.containers.iter().flat_map(|one| one.ports.iter());
        !pod.is_terminal()
            && ports
                .any(|one| one.host_port == Some(port) || (pod.host_network && one.port == port))
    })
}

/// What Services lead to from a port of theirs; none where that cannot be told. A name may stand for any of their
/// addresses, but for that of the API server.
fn behind<'w>(view: &View<'w>, port: u16) -> Option<Vec<End<'w>>> {
    if view.gap(Kind::Service, None).is_some() || view.gap(Kind::Pod, None).is_some() {
        return None;
    }
    let services = view.all(Kind::Service).filter_map(as_service);
    let asked = services.filter(|service| answers(service, port) && !is_api_server(service));
    let mut found = Vec::new();
    for service in asked {
        let Some(selector) = service.effective_selector() else {
            let slices = view.slices_of(&service.meta.key);
            let endpoints = slices.iter().flat_map(|slice| slice.endpoints.iter());
            let addresses = endpoints.flat_map(|one| one.addresses.iter());
            let known = addresses.filter_map(|ip| ip.parse().ok());
            found.extend(known.map(|ip| super::address(view, ip)));
            continue;
        };
        let namespace = service.meta.key.namespace.as_ref()?;
        let pods = view.pods_selected(namespace, &Selector::of_labels(selector));
        found.extend(pods.into_iter().map(|pod| End::Pod(pod_end(view, pod))));
    }
    Some(found)
}

fn answers(service: &Service, port: u16) -> bool {
    let mut ports = service.ports.iter();
    ports.any(|one| one.port == port || one.node_port == Some(port))
}

fn is_api_server(service: &Service) -> bool {
    let key = &service.meta.key;
    key.namespace_str() == "default" && key.name == "kubernetes"
}
