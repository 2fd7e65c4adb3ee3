//! Two DaemonSets whose pods ask for the same port of every node.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::labels::Labels;
use crate::model::pod::{Pod, Role, Standing};
use crate::model::port::Protocol;
use crate::model::view::{View, as_pod};

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD013",
    slug: "host-port-clash",
    title: "two DaemonSets ask for one port of the nodes",
    on: &[Kind::DaemonSet],
    page: include_str!("host_port_clash.md"),
    check,
};

/// A port of the node, whatever its address.
type HostPort = (u16, Protocol);

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(own) = pod_of(view, key) else {
        return;
    };
    let wanted: Vec<HostPort> = ports(own).collect();
    if wanted.is_empty() || own.has_node_affinity {
        return;
    }
    for object in view.all(Kind::DaemonSet) {
        // Of each two the first by name speaks.
        let other = object.key();
        if other <= key {
            continue;
        }
        let Some(beside) = pod_of(view, other).filter(|pod| !pod.has_node_affinity) else {
            continue;
        };
        let shared = ports(beside).find(|port| wanted.contains(port));
        let together = is_part(&own.node_selector, &beside.node_selector)
            || is_part(&beside.node_selector, &own.node_selector);
        if let Some(port) = shared.filter(|_| together) {
            sink.report(told(key, other, port));
        }
    }
}

/// The pod that a DaemonSet of the files stands for: what runs already shows itself whether it found its port.
fn pod_of<'w>(view: &View<'w>, set: &Key) -> Option<&'w Pod> {
    let mut pods = view.owned_by(set, Kind::Pod).into_iter().filter_map(as_pod);
    pods.find(|pod| pod.standing == Standing::Assumed && pod.node.is_none())
}

/// The ports of the node that a pod asks for on every address of it: in the node's own network each declared one.
fn ports(pod: &Pod) -> impl Iterator<Item = HostPort> {
    let containers = pod.containers.iter().filter(|one| one.role != Role::Init);
    let all = containers.flat_map(|container| container.ports.iter());
    let own = pod.host_network;
    all.filter(|port| port.host_ip.is_none())
        .filter_map(move |port| {
            let number = port.host_port.or(own.then_some(port.port))?;
            Some((number, port.protocol))
        })
}

/// Whether every node that the larger selector admits is one that the smaller admits too.
fn is_part(smaller: &Labels, larger: &Labels) -> bool {
    smaller.iter().all(|(key, value)| larger.has(key, value))
}

fn told(key: &Key, other: &Key, (number, protocol): HostPort) -> Draft {
    let port = format!("{number}/{protocol}");
    let field = "spec.template.spec.containers[].ports[].hostPort";
    Draft::warning(key, format!("{port} of the nodes is asked for twice"))
        .detail(format!("{port} {}", other.short()))
        .at(field)
        .says(format!(
            "DaemonSets {} and {} both ask for port {port} of each node, and a node has it once: wherever both are to run, \
             the pod of one stays pending.",
            key.short(),
            other.short()
        ))
        .evidence(Evidence::new(key, field, port.as_str(), "a port of its own"))
        .evidence(Evidence::new(other, field, port.as_str(), "a port of its own"))
        .confirm(kubectl::get(other).option("-o", "yaml"))
        .fix("Give one of them another hostPort, or keep them apart by nodeSelector.")
}
