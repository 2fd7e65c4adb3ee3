//! Which ports an object offers to a forward: what the picker lists.

use crate::forward::pick::{pods_of, service_port};
use crate::forward::plan::{mapping_of, proposed};
use crate::forward::target::{Local, Target};
use crate::model::ingress::{Backend, BackendPort, Ingress};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::port::{PortRef, Protocol};
use crate::model::view::View;
use crate::model::world::World;

/// A port that can be asked for, ready to be shown and taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What taking it asks for.
    pub target: Target,
    /// What it maps to: `http 80 → 8080`.
    pub mapping: String,
    /// The local port that would be proposed; 0 where the number is not known yet.
    pub local: u16,
}

/// The TCP ports that an object offers, in the object's own order: of a Service, a workload, a Pod, or of the
/// Services behind an Ingress. Others can still be typed.
pub fn offers(world: &World, object: &Key) -> Vec<Offer> {
    let view = View::new(world);
    match object.kind {
        Kind::Service => of_service(&view, object),
        Kind::Pod => of_pods(object, &view.pod(object).into_iter().collect::<Vec<_>>()),
        Kind::Ingress => of_ingress(&view, object),
        kind if Kind::WORKLOADS.contains(&kind) => of_pods(object, &pods_of(&view, object)),
        _ => Vec::new(),
    }
}

fn offer(object: &Key, remote: PortRef, mapping: String, number: u16) -> Offer {
    Offer {
        target: Target {
            object: object.clone(),
            remote,
            local: Local::Proposed,
        },
        mapping,
        local: if number == 0 { 0 } else { proposed(number) },
    }
}

fn of_service(view: &View<'_>, key: &Key) -> Vec<Offer> {
    let ports = view
        .service(key)
        .into_iter()
        .flat_map(|service| service.ports.iter());
    ports
        .filter(|port| port.protocol == Protocol::Tcp)
        .map(|port| offer(key, PortRef::Number(port.port), mapping_of(port), port.port))
        .collect()
}

fn of_pods(key: &Key, pods: &[&Pod]) -> Vec<Offer> {
    let mut seen: Vec<(Name, u16)> = Vec::new();
    let declared = pods
        .iter()
        .flat_map(|pod| pod.serving_containers())
        .flat_map(|container| container.ports.iter())
        .filter(|port| port.protocol == Protocol::Tcp);
    let mut found = Vec::new();
    for port in declared {
        // A named port may have another number in each pod: the name alone is what is offered.
        let known = seen.iter().any(|(name, number)| {
            if port.name.is_empty() {
                *number == port.port
            } else {
                *name == port.name
            }
        });
        if known {
            continue;
        }
        seen.push((port.name.clone(), port.port));
        let (remote, mapping) = if port.name.is_empty() {
            (PortRef::Number(port.port), port.port.to_string())
        } else {
            (
                PortRef::Name(port.name.clone()),
                format!("{} → {}", port.name, port.port),
            )
        };
        found.push(offer(key, remote, mapping, port.port));
    }
    found
}

/// The ports that an Ingress's backends name, in the order of its rules, each once.
fn of_ingress(view: &View<'_>, key: &Key) -> Vec<Offer> {
    let mut found: Vec<Offer> = Vec::new();
    let backends = view.ingress(key).into_iter().flat_map(Ingress::backends);
    for backend in backends {
        let Backend::Service { name, port } = backend else {
            continue;
        };
        let wanted = match port {
            BackendPort::Number(number) => PortRef::Number(*number),
            BackendPort::Name(name) => PortRef::Name(name.clone()),
            BackendPort::Both(..) | BackendPort::Missing => continue,
        };
        let object = key.sibling(Kind::Service, name.clone());
        let port = view
            .service(&object)
            .and_then(|service| service_port(service, &wanted));
        let Some(port) = port.filter(|port| port.protocol == Protocol::Tcp) else {
            continue;
        };
        let new = offer(
            &object,
            PortRef::Number(port.port),
            mapping_of(port),
            port.port,
        );
        if !found.contains(&new) {
            found.push(new);
        }
    }
    found
}
