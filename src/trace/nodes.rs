//! What each node answers on a Service's node port, as lines beneath an entry.

use crate::model::evidence::Evidence;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::meta::Truth;
use crate::model::node::Node;
use crate::model::service::{Service, ServicePort, TrafficPolicy};
use crate::model::view::{View, as_node};
use crate::semantics::endpoints::{self, Backend};
use crate::semantics::node_ports::{self, Open, Said};
use crate::semantics::proxy::{self, ClientNode, NodeAnswer};
use crate::trace::cause::Cause;
use crate::trace::hop::{Note, Verdict};
use std::net::IpAddr;

/// The most nodes that are named in a line.
const TOLD: usize = 4;

/// A node and its zone.
pub(super) fn client_node(view: &View<'_>, name: &Name) -> ClientNode {
    let node = view.advisory(|view| view.node(name));
    ClientNode {
        node: Some(name.clone()),
        zone: node.and_then(Node::zone).cloned(),
    }
}

/// What keeps a node port of a node from being open on an address, or may: the verdict, more words, why, and the ground.
pub(super) fn not_opened(
    view: &View<'_>,
    node: &Name,
    ip: IpAddr,
) -> Option<(Verdict, String, Cause, Option<Evidence>)> {
    let ground = |said: &Said, expected: String| {
        let Said {
            object,
            field,
            value,
        } = said;
        Some(Evidence::new(object, field, value.as_str(), expected))
    };
    Some(match node_ports::open(view, node, ip) {
        Open::Yes => return None,
        Open::No(said) => (
            Verdict::Fail,
            format!(": kube-proxy opens node ports on other addresses ({said})"),
            Cause::NoWayIn,
            ground(&said, format!("a network that holds {ip}")),
        ),
        Open::InFront(said) => (
            Verdict::Unknown,
            format!(
                ": kube-proxy opens node ports on other addresses of the node ({said}); whether a network before it \
                 turns this one into one of those cannot be seen"
            ),
            Cause::OutsideCluster,
            ground(&said, format!("a network that holds {ip}")),
        ),
        Open::Unclear(said) => (
            Verdict::Unknown,
            format!(": on which addresses kube-proxy opens node ports cannot be told ({said})"),
            Cause::OutsideCluster,
            ground(
                &said,
                "the addresses on which node ports are open".to_owned(),
            ),
        ),
        Open::Unread(gap) => (
            Verdict::Unknown,
            format!(
                ": on which addresses kube-proxy opens node ports is not known: {}",
                gap.why
            ),
            Cause::Unreadable(gap),
            None,
        ),
    })
}

/// What a node answers from outside.
pub(super) fn answer(
    view: &View<'_>,
    service: &Service,
    port: Option<&ServicePort>,
    node: &ClientNode,
) -> NodeAnswer {
    let backends = endpoints::backends(view, service);
    proxy::node_answer(&candidates(&backends, port), service.external_policy, node)
}

fn candidates<'b>(backends: &'b [Backend], port: Option<&ServicePort>) -> Vec<&'b Backend> {
    let resolves = |backend: &&Backend| port.is_none_or(|port| backend.port_for(port).is_some());
    backends.iter().filter(resolves).collect()
}

/// The nodes by what they answer: those that lead on, and those that drop. Nodes that are not ready are left out.
fn sorted<'w>(
    view: &View<'w>,
    service: &Service,
    port: Option<&ServicePort>,
) -> (Vec<&'w Node>, Vec<&'w Node>) {
    let backends = endpoints::backends(view, service);
    let candidates = candidates(&backends, port);
    let nodes = view.advisory(|view| view.all(Kind::Node).filter_map(as_node));
    let up = nodes.filter(|node| node.conditions.is_empty() || node.ready() == Truth::True);
    let (mut serving, mut dropping) = (Vec::new(), Vec::new());
    for node in up {
        let at = ClientNode {
            node: Some(node.meta.key.name.clone()),
            zone: node.zone().cloned(),
        };
        match proxy::node_answer(&candidates, service.external_policy, &at) {
            NodeAnswer::Serves(_) => serving.push(node),
            NodeAnswer::Drops => dropping.push(node),
            NodeAnswer::Refuses | NodeAnswer::Unknown => {}
        }
    }
    (serving, dropping)
}

/// On which nodes a node port is open, and a line each for those that answer and those that drop.
pub fn doors(
    view: &View<'_>,
    service: &Service,
    port: Option<&ServicePort>,
) -> (String, Vec<Note>) {
    if service.external_policy != TrafficPolicy::Local {
        return ("every node".to_owned(), Vec::new());
    }
    let (serving, dropping) = sorted(view, service, port);
    let place = "nodes with an endpoint of their own (externalTrafficPolicy Local)".to_owned();
    let number = port.and_then(|port| port.node_port);
    let mut notes = Vec::new();
    notes.extend(line(&serving, number, Verdict::Pass, ("answers", "answer")));
    notes.extend(line(
        &dropping,
        number,
        Verdict::Fail,
        (
            "drops: no endpoint of its own",
            "drop: no endpoint of their own",
        ),
    ));
    (place, notes)
}

/// What the nodes answer to a load balancer's health check.
pub(super) fn health(view: &View<'_>, service: &Service, port: Option<&ServicePort>) -> Vec<Note> {
    let (serving, dropping) = sorted(view, service, port);
    let check = service.health_check_node_port;
    let mut notes = Vec::new();
    notes.extend(line(
        &serving,
        check,
        Verdict::Pass,
        (
            "has an endpoint and gets traffic",
            "have an endpoint and get traffic",
        ),
    ));
    notes.extend(line(
        &dropping,
        check,
        Verdict::Skipped,
        (
            "has none; its health check keeps the load balancer away",
            "have none; their health checks keep the load balancer away",
        ),
    ));
    notes
}

/// That node ports ask no source ranges.
pub(super) fn bypass(view: &View<'_>, service: &Service, port: Option<&ServicePort>) -> Vec<Note> {
    let Some(number) = port.and_then(|port| port.node_port) else {
        return Vec::new();
    };
    let (serving, _) = sorted(view, service, port);
    let at = named(&serving, Some(number)).unwrap_or_else(|| "every node".to_owned());
    vec![Note {
        subject: None,
        verdict: Verdict::Unknown,
        text: format!(
            "node port {number} does not ask these ranges: {at} answers whom no firewall keeps away"
        ),
    }]
}

fn line(
    nodes: &[&Node],
    port: Option<u16>,
    verdict: Verdict,
    (one, many): (&str, &str),
) -> Option<Note> {
    let named = named(nodes, port)?;
    let told = if nodes.len() == 1 { one } else { many };
    let subject = match nodes {
        [only] => Some(only.meta.key.clone()),
        _ => None,
    };
    Some(Note {
        subject,
        verdict,
        text: format!("{named} {told}"),
    })
}

/// `10.0.0.1:30080 (n1), 10.0.0.2:30080 (n2) and 3 more`.
fn named(nodes: &[&Node], port: Option<u16>) -> Option<String> {
    let shown: Vec<String> = nodes
        .iter()
        .take(TOLD)
        .map(|node| door(node, port))
        .collect();
    let more = nodes.len().saturating_sub(TOLD);
    if shown.is_empty() {
        return None;
    }
    let shown = shown.join(", ");
    Some(if more == 0 {
        shown
    } else {
        format!("{shown} and {more} more")
    })
}

fn door(node: &Node, port: Option<u16>) -> String {
    let name = &node.meta.key.name;
    let mut addresses = node.external_ips.iter().chain(node.internal_ips.iter());
    match (addresses.next(), port) {
        (Some(IpAddr::V6(ip)), Some(port)) => format!("[{ip}]:{port} ({name})"),
        (Some(ip), Some(port)) => format!("{ip}:{port} ({name})"),
        _ => name.to_string(),
    }
}
