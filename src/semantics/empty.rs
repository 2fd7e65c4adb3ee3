//! Why a Service port has nobody behind it.

use crate::model::endpoints::{AddressType, Endpoint, SlicePort};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::Labels;
use crate::model::pod::Pod;
use crate::model::port::{PortRef, Protocol};
use crate::model::service::{Service, ServicePort, ServiceType};
use crate::model::view::{View, as_workload};
use crate::model::workload::Workload;
use crate::semantics::endpoints::{self, Backend};
use crate::semantics::near::{self, NearMiss};
use crate::semantics::readiness::{self, NotReady};

/// The one reason why a Service port has no ready endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Empty {
    /// There is no selector, and nobody wrote a slice.
    NoSelectorNoSlices,
    /// The selector matches no pod.
    SelectorMatchesNothing {
        /// What was probably meant.
        near: Option<NearMiss>,
    },
    /// A workload whose pods it would select wants none.
    ScaledToZero {
        /// The workload.
        workload: Key,
    },
    /// No selected pod has a port of the wanted name.
    TargetPortNameMissing {
        /// The name.
        name: Name,
        /// The names that the pods do have for this protocol, in order.
        known: Vec<Name>,
    },
    /// The name is there, with another protocol only.
    TargetPortProtocol {
        /// The name.
        name: Name,
        /// The protocol that the pods declare.
        declared: Protocol,
    },
    /// Endpoints or pods are there, none is ready; each with the one thing that keeps it out.
    NoneReady {
        /// By pod.
        pods: Vec<(Key, NotReady)>,
    },
    /// Pods are ready, but the slices do not show them: the controller has not caught up, or somebody else
    /// writes the slices.
    NotListed {
        /// The ready pods.
        pods: Vec<Key>,
    },
}

/// Why a port has no ready endpoint; `None` where it has one, and for ExternalName Services, which need none.
pub fn why_empty(view: &View<'_>, service: &Service, port: &ServicePort) -> Option<Empty> {
    if service.kind == ServiceType::ExternalName {
        return None;
    }
    if anyone_ready(view, service, port) {
        return None;
    }
    let part = service.ports.iter().position(|known| known == port);
    part.map_or_else(
        || look_for_reason(view, service, port),
        |part| {
            let about = &service.meta.key;
            view.remember("why_empty", about, part, |view| {
                look_for_reason(view, service, port)
            })
        },
    )
}

/// One slice alone shows a ready endpoint with the port: the usual case, without merging anything.
fn anyone_ready(view: &View<'_>, service: &Service, port: &ServicePort) -> bool {
    let mut slices = view.slices_of(&service.meta.key).into_iter();
    slices.any(|slice| {
        let lists = |listed: &SlicePort| {
            listed.port.is_some() && listed.name == port.name && listed.protocol == port.protocol
        };
        slice.address_type != AddressType::Fqdn
            && slice.ports.iter().any(lists)
            && slice.endpoints.iter().any(Endpoint::is_ready)
    })
}

fn look_for_reason(view: &View<'_>, service: &Service, port: &ServicePort) -> Option<Empty> {
    let backends = endpoints::backends(view, service);
    if backends
        .iter()
        .any(|backend| backend.ready && backend.port_for(port).is_some())
    {
        return None;
    }
    match service.effective_selector() {
        None => Some(without_selector(view, service, &backends)),
        Some(selector) => {
            let namespace = service.meta.key.namespace.clone().unwrap_or_default();
            let pods = view.pods_labelled(&namespace, selector);
            if pods.is_empty() {
                return Some(nothing_selected(view, service, &namespace));
            }
            if pods.iter().all(|pod| pod.is_terminal())
                && let Some(workload) = scaled_to_zero(view, service, &namespace)
            {
                return Some(Empty::ScaledToZero { workload });
            }
            Some(named_port(&pods, port).unwrap_or_else(|| by_pod(view, service, port, &pods)))
        }
    }
}

fn without_selector(view: &View<'_>, service: &Service, backends: &[Backend]) -> Empty {
    if view.slices_of(&service.meta.key).is_empty() {
        return Empty::NoSelectorNoSlices;
    }
    let pods = backends.iter().filter_map(|backend| backend.pod.as_ref());
    let reason = |key: &Key| {
        let pod = view.pod(key)?;
        readiness::why_not_ready(view, pod).map(|reason| (key.clone(), reason))
    };
    Empty::NoneReady {
        pods: pods.filter_map(reason).collect(),
    }
}

fn nothing_selected(view: &View<'_>, service: &Service, namespace: &Name) -> Empty {
    let near = near::of_selector(view, namespace, &service.selector);
    // Where nothing comes near, the workloads decide whether that is on purpose, so they have to be known.
    let workload = if near.is_some() {
        view.advisory(|view| scaled_to_zero(view, service, namespace))
    } else {
        scaled_to_zero(view, service, namespace)
    };
    workload.map_or(Empty::SelectorMatchesNothing { near }, |workload| {
        Empty::ScaledToZero { workload }
    })
}

/// A workload that wants no pod and whose pods the Service would select.
fn scaled_to_zero(view: &View<'_>, service: &Service, namespace: &Name) -> Option<Key> {
    let would_select = |labels: &Labels| {
        let mut wanted = service.selector.iter();
        wanted.all(|(key, value)| labels.has(key, value))
    };
    Kind::WORKLOADS.iter().find_map(|kind| {
        let workloads = view.in_namespace(*kind, namespace).filter_map(as_workload);
        workloads
            .filter(|workload| wants_none(workload) && !is_old(workload))
            .find(|workload| would_select(&workload.template_labels))
            .map(|workload| workload.meta.key.clone())
    })
}

/// An old ReplicaSet of a Deployment wants none either, and explains nothing.
fn is_old(workload: &Workload) -> bool {
    workload.meta.key.kind == Kind::ReplicaSet && workload.meta.owner.is_some()
}

fn wants_none(workload: &Workload) -> bool {
    let job = matches!(workload.meta.key.kind, Kind::Job | Kind::CronJob);
    workload.wanted == 0 || job && workload.suspended
}

fn named_port(pods: &[&Pod], port: &ServicePort) -> Option<Empty> {
    let PortRef::Name(name) = &port.target else {
        return None;
    };
    if pods
        .iter()
        .any(|pod| endpoints::find_port(pod, port).is_some())
    {
        return None;
    }
    let declared = || {
        pods.iter()
            .flat_map(|pod| pod.serving_containers())
            .flat_map(|c| c.ports.iter())
    };
    if let Some(other) = declared().find(|listed| listed.name == *name) {
        return Some(Empty::TargetPortProtocol {
            name: name.clone(),
            declared: other.protocol,
        });
    }
    let named =
        declared().filter(|listed| listed.protocol == port.protocol && !listed.name.is_empty());
    let mut known: Vec<Name> = named.map(|listed| listed.name.clone()).collect();
    known.sort();
    known.dedup();
    Some(Empty::TargetPortNameMissing {
        name: name.clone(),
        known,
    })
}

fn by_pod(view: &View<'_>, service: &Service, port: &ServicePort, pods: &[&Pod]) -> Empty {
    let mut waiting = Vec::new();
    let mut ready = Vec::new();
    for pod in pods {
        match readiness::why_not_ready(view, pod) {
            Some(reason) => waiting.push((pod.meta.key.clone(), reason)),
            None if endpoints::find_port(pod, port).is_some() => ready.push(pod.meta.key.clone()),
            None => {}
        }
    }
    let published = service.publish_not_ready && pods.iter().any(|pod| endpoints::is_listed(pod));
    if ready.is_empty() && !published {
        return Empty::NoneReady { pods: waiting };
    }
    Empty::NotListed { pods: ready }
}
