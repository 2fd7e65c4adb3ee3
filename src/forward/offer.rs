//! Which ports an object offers to a forward: what the picker lists.

use crate::forward::pick::{pod_port, pods_of, service_port};
use crate::forward::plan::{mapping_of, proposed};
use crate::forward::right::selected;
use crate::forward::suggest::{By, Suggestion, suggestions};
use crate::forward::target::{Local, Target};
use crate::model::ingress::{Backend, BackendPort, Ingress};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::port::{PortRef, Protocol};
use crate::model::service::{Service, ServicePort};
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
    /// Whose annotation suggests it, if any does.
    pub by: Option<By>,
}

/// The TCP ports that an object offers: of a Service, a workload, a Pod, or of the Services behind an Ingress. Those
/// that annotations suggest come first, the others in the object's own order.
pub fn offers(world: &World, object: &Key) -> Vec<Offer> {
    let view = View::new(world);
    let mut found = match object.kind {
        Kind::Service => of_service(&view, object),
        Kind::Pod => of_pods(object, &view.pod(object).into_iter().collect::<Vec<_>>()),
        Kind::Ingress => of_ingress(&view, object),
        kind if Kind::WORKLOADS.contains(&kind) => of_pods(object, &pods_of(&view, object)),
        _ => Vec::new(),
    };
    // Stable: beside that, the order stays.
    found.sort_by_key(|offer| offer.by.is_none());
    found
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
        by: None,
    }
}

/// The offers, those that a suggestion means marked and with its local port; `means` says which it means.
fn marked(
    offers: &mut [Offer],
    suggestions: &[Suggestion],
    means: impl Fn(&Offer, &Suggestion) -> bool,
) {
    for suggestion in suggestions {
        let meant = offers
            .iter_mut()
            .find(|offer| offer.by.is_none() && means(offer, suggestion));
        if let Some(offer) = meant {
            offer.by = Some(suggestion.by);
            offer.local = suggestion.local.unwrap_or(offer.local);
        }
    }
}

fn of_service(view: &View<'_>, key: &Key) -> Vec<Offer> {
    let Some(service) = view.service(key) else {
        return Vec::new();
    };
    let tcp = service
        .ports
        .iter()
        .filter(|port| port.protocol == Protocol::Tcp);
    let mut offers: Vec<Offer> = tcp
        .map(|port| offer(key, PortRef::Number(port.port), mapping_of(port), port.port))
        .collect();
    suggested_of_service(view, service, &mut offers);
    offers
}

/// What the Service's own annotations say of its ports, and those of its pods of the ports behind them.
fn suggested_of_service(view: &View<'_>, service: &Service, offers: &mut [Offer]) {
    let behind = |offer: &Offer| service_port(service, &offer.target.remote);
    let own = suggestions(&service.meta.annotations);
    marked(offers, &own, |offer, wanted| {
        behind(offer).is_some_and(|port| is_named(port, &wanted.port))
    });
    // Whoever annotated the Service need not mean its port: it may be the one behind it, as in a pod's annotation.
    marked(offers, &own, |offer, wanted| {
        behind(offer).is_some_and(|port| port.target == wanted.port)
    });
    let pods = selected(view, &service.meta.key);
    let Some((pod, of_pod)) = annotated(&pods) else {
        return;
    };
    marked(offers, &of_pod, |offer, wanted| {
        let leads = behind(offer).and_then(|port| pod_port(pod, &port.target));
        leads.is_some() && leads == pod_port(pod, &wanted.port)
    });
}

fn is_named(port: &ServicePort, wanted: &PortRef) -> bool {
    match wanted {
        PortRef::Number(number) => port.port == *number,
        PortRef::Name(name) => port.name == *name,
    }
}

/// The first pod whose annotations suggest something, and what.
fn annotated<'p>(pods: &[&'p Pod]) -> Option<(&'p Pod, Vec<Suggestion>)> {
    let mut all = pods
        .iter()
        .map(|pod| (*pod, suggestions(&pod.meta.annotations)));
    all.find(|(_, found)| !found.is_empty())
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
    suggested_of_pods(key, pods, &mut found);
    found
}

/// What the pods' annotations suggest: also a number that no container declares, which works all the same.
fn suggested_of_pods(key: &Key, pods: &[&Pod], offers: &mut Vec<Offer>) {
    let Some((pod, wanted)) = annotated(pods) else {
        return;
    };
    for suggestion in &wanted {
        let Some(number) = pod_port(pod, &suggestion.port) else {
            continue;
        };
        let means = |offer: &Offer| pod_port(pod, &offer.target.remote) == Some(number);
        if !offers.iter().any(means) {
            let remote = suggestion.port.clone();
            offers.push(offer(key, remote, number.to_string(), number));
        }
    }
    marked(offers, &wanted, |offer, wanted| {
        let number = pod_port(pod, &wanted.port);
        number.is_some() && pod_port(pod, &offer.target.remote) == number
    });
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
