//! What each node answers on a Service's node port, as lines beneath an entry.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::Labels;
use crate::model::meta::Truth;
use crate::model::node::Node;
use crate::model::service::{Service, ServicePort, TrafficPolicy};
use crate::model::view::{View, as_node};
use crate::semantics::endpoints::{self, Backend};
use crate::semantics::proxy::{self, ClientNode, NodeAnswer};
use crate::trace::hop::{Note, Verdict};

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

/// On which addresses the kube-proxy of a node opens node ports, where its arguments say so; its configuration file is
/// not read.
pub(super) fn opened_on(view: &View<'_>, node: &Name) -> Option<(Key, String)> {
    let place = Name::from("kube-system");
    let labels: Labels = [("k8s-app", "kube-proxy")].into_iter().collect();
    let pods = view.advisory(|view| view.pods_labelled(&place, &labels));
    let mut here = pods
        .into_iter()
        .filter(|pod| pod.node.as_ref().is_none_or(|on| on == node));
    here.find_map(|pod| {
        let mut containers = pod.serving_containers();
        let told = containers.find_map(|one| one.flag("--nodeport-addresses"))?;
        (!told.is_empty()).then(|| (pod.meta.key.clone(), told.to_owned()))
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
        (Some(std::net::IpAddr::V6(ip)), Some(port)) => format!("[{ip}]:{port} ({name})"),
        (Some(ip), Some(port)) => format!("{ip}:{port} ({name})"),
        _ => name.to_string(),
    }
}
