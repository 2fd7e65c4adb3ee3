//! The pods behind a Service's port, by EndpointSlice, or why there is none.

use crate::forward::pick::{
    Choice, Missing, absent, choice_of, is_up, listed, pod_port, service_port, state_of,
};
use crate::forward::target::Target;
use crate::model::endpoints::{AddressType, Endpoint, EndpointSlice};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::{Labels, Selector};
use crate::model::pod::Pod;
use crate::model::port::{PortRef, Protocol};
use crate::model::service::{Service, ServicePort, ServiceType};
use crate::model::view::{View, as_workload};
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) fn of_service(view: &View<'_>, target: &Target) -> Result<Vec<Choice>, Missing> {
    let Some(service) = view.service(&target.object) else {
        return Err(absent(view, &target.object));
    };
    if service.kind == ServiceType::ExternalName {
        return Err(Missing::new(
            "the Service is ExternalName: a DNS alias without pods",
            &[],
        ));
    }
    let port = match (service_port(service, &target.remote), &target.remote) {
        (Some(port), _) => port.clone(),
        (None, PortRef::Number(number)) if service.ports.is_empty() => undeclared(*number),
        (None, _) => {
            let reason = format!("the Service has no port {} any more", target.remote);
            return Err(Missing::new(reason, &["REQ002"]));
        }
    };
    let namespace = target.object.namespace.as_ref();
    if view.gap(Kind::EndpointSlice, namespace).is_some() {
        return by_selector(view, service, &port);
    }
    by_slices(view, service, &port)
}

/// A headless Service may list no ports: any port of its pods can be meant.
fn undeclared(number: u16) -> ServicePort {
    ServicePort {
        name: Name::default(),
        port: number,
        protocol: Protocol::Tcp,
        target: PortRef::Number(number),
        node_port: None,
        app_protocol: None,
    }
}

/// What was seen of a Service's slices.
#[derive(Default)]
struct Seen {
    /// By pod, so that a dual-stack pod counts once.
    ready: BTreeMap<Key, Choice>,
    draining: BTreeMap<Key, Choice>,
    not_ready: Vec<String>,
    without_port: usize,
    not_pods: Vec<String>,
}

fn by_slices(
    view: &View<'_>,
    service: &Service,
    port: &ServicePort,
) -> Result<Vec<Choice>, Missing> {
    let mut seen = Seen::default();
    for slice in view.slices_of(&service.meta.key) {
        if slice.address_type != AddressType::Fqdn {
            look_into(view, service, port, slice, &mut seen);
        }
    }
    if !seen.ready.is_empty() {
        return Ok(seen.ready.into_values().collect());
    }
    if !seen.draining.is_empty() {
        return Ok(seen.draining.into_values().collect());
    }
    Err(why_none(view, service, port, &seen))
}

fn look_into(
    view: &View<'_>,
    service: &Service,
    port: &ServicePort,
    slice: &EndpointSlice,
    seen: &mut Seen,
) {
    let number = port_in(slice, service, port);
    for endpoint in &slice.endpoints {
        let Some((pod, uid)) = pod_behind(view, slice, endpoint) else {
            seen.not_pods
                .extend(endpoint.addresses.iter().map(ToString::to_string));
            continue;
        };
        let Some(port) = number else {
            seen.without_port += 1;
            continue;
        };
        let fact = view.advisory(|view| view.pod(&pod));
        let choice = Choice {
            pod: pod.clone(),
            uid,
            port,
        };
        if has_ended_in(view, fact, &choice) {
            continue;
        }
        if endpoint.is_ready() {
            seen.ready.insert(pod, choice);
        } else if endpoint.is_serving() && endpoint.is_terminating() {
            seen.draining.insert(pod, choice);
        } else {
            seen.not_ready
                .push(fact.map_or_else(|| format!("{} not ready", pod.name), state_of));
        }
    }
}

/// The port that a slice carries for a Service's port: the same name and protocol.
fn port_in(slice: &EndpointSlice, service: &Service, port: &ServicePort) -> Option<u16> {
    if service.ports.is_empty() {
        return Some(port.port);
    }
    let carried = slice
        .ports
        .iter()
        .find(|carried| carried.name == port.name && carried.protocol == port.protocol)?;
    carried.port.or(match port.target {
        PortRef::Number(number) => Some(number),
        PortRef::Name(_) => None,
    })
}

/// The pod that an endpoint stands for: by reference, or the one pod that holds its address.
fn pod_behind(view: &View<'_>, slice: &EndpointSlice, endpoint: &Endpoint) -> Option<(Key, Name)> {
    if let Some(name) = &endpoint.pod {
        let uid = endpoint.pod_uid.clone().unwrap_or_default();
        return Some((slice.meta.key.sibling(Kind::Pod, name.clone()), uid));
    }
    let addresses = endpoint
        .addresses
        .iter()
        .filter_map(|address| address.parse::<IpAddr>().ok());
    let mut holders = addresses
        .flat_map(|ip| view.advisory(|view| view.pods_at(ip)))
        .filter(|pod| !pod.is_terminal());
    let pod = holders.next()?;
    Some((pod.meta.key.clone(), pod.meta.uid.clone()))
}

fn has_ended_in(view: &View<'_>, pod: Option<&Pod>, choice: &Choice) -> bool {
    match pod {
        Some(pod) => pod.is_terminal() || !choice.uid.is_empty() && pod.meta.uid != choice.uid,
        None => view.gap(Kind::Pod, choice.pod.namespace.as_ref()).is_none(),
    }
}

/// Where EndpointSlices cannot be read: the ready pods that the selector matches.
fn by_selector(
    view: &View<'_>,
    service: &Service,
    port: &ServicePort,
) -> Result<Vec<Choice>, Missing> {
    let namespace = service.meta.key.namespace.clone().unwrap_or_default();
    if let Some(gap) = view.gap(Kind::Pod, Some(&namespace)) {
        let slices = view.gap(Kind::EndpointSlice, Some(&namespace));
        let why = slices.map_or_else(|| gap.why.to_string(), |slices| slices.why.to_string());
        return Err(Missing::new(why, &[]));
    }
    let pods = service
        .effective_selector()
        .map(|labels| view.pods_labelled(&namespace, labels));
    let pods = pods.unwrap_or_default();
    let ready = pods.iter().filter(|pod| is_up(pod));
    let choices: Vec<Choice> = ready
        .filter_map(|pod| Some(choice_of(pod, pod_port(pod, &port.target)?)))
        .collect();
    if choices.is_empty() {
        return Err(why_none(view, service, port, &Seen::default()));
    }
    Ok(choices)
}

fn why_none(view: &View<'_>, service: &Service, port: &ServicePort, seen: &Seen) -> Missing {
    if !seen.not_ready.is_empty() {
        let reason = format!("no endpoint is ready: {}", listed(&seen.not_ready));
        return Missing::new(reason, &["SVC003"]);
    }
    if !seen.not_pods.is_empty() {
        let reason = format!("the endpoints are no pods: {}", listed(&seen.not_pods));
        return Missing::new(reason, &[]);
    }
    if seen.without_port > 0 {
        let reason = format!(
            "no selected pod has a port {} ({})",
            port.target, port.protocol
        );
        return Missing::new(reason, &["SVC002"]);
    }
    let namespace = service.meta.key.namespace.clone().unwrap_or_default();
    let Some(labels) = service.effective_selector() else {
        return Missing::new(
            "the Service has no selector and nobody wrote endpoints",
            &["SVC004"],
        );
    };
    if let Some(gap) = view.gap(Kind::Pod, Some(&namespace)) {
        return Missing::new(format!("no endpoint; {}", gap.why), &[]);
    }
    let pods = view.pods_labelled(&namespace, labels);
    if !pods.is_empty() {
        let reasons: Vec<String> = pods.iter().map(|pod| state_of(pod)).collect();
        return Missing::new(
            format!("no endpoint is ready: {}", listed(&reasons)),
            &["SVC003"],
        );
    }
    let asleep = view.advisory(|view| {
        let mut workloads = Kind::WORKLOADS
            .iter()
            .flat_map(|kind| view.in_namespace(*kind, &namespace))
            .filter_map(as_workload);
        workloads
            .find(|workload| workload.wanted == 0 && wants(&workload.selector, labels))
            .map(|workload| workload.meta.key.clone())
    });
    match asleep {
        Some(key) => Missing::new(format!("{key} is scaled to zero"), &["SVC008"]),
        None => Missing::new(format!("the selector {labels} matches no pod"), &["SVC001"]),
    }
}

fn wants(selector: &Selector, labels: &Labels) -> bool {
    !selector.is_empty() && selector.matches(labels)
}
