//! The pods behind a Service's port, by EndpointSlice, or why there is none.

use crate::forward::pick::{
    Choice, Missing, absent, choice_of, is_up, listed, pod_port, service_port, state_of,
};
use crate::forward::target::Target;
use crate::model::endpoints::{AddressType, Endpoint, EndpointSlice};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::port::{PortRef, Protocol};
use crate::model::service::{Service, ServicePort, ServiceType};
use crate::model::view::View;
use crate::semantics::empty::{Empty, why_empty};
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
            seen.not_ready.push(fact.map_or_else(
                || format!("{} not ready", pod.name),
                |fact| state_of(view, fact),
            ));
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
    if seen.not_ready.is_empty() && !seen.not_pods.is_empty() {
        let reason = format!("the endpoints are no pods: {}", listed(&seen.not_pods));
        return Missing::new(reason, &[]);
    }
    let namespace = service.meta.key.namespace.as_ref();
    if let Some(gap) = view.gap(Kind::Pod, namespace) {
        let reason = if seen.not_ready.is_empty() {
            format!("no endpoint; {}", gap.why)
        } else {
            format!("no endpoint is ready: {}", listed(&seen.not_ready))
        };
        let codes: &[&'static str] = if seen.not_ready.is_empty() {
            &[]
        } else {
            &["SVC003"]
        };
        return Missing::new(reason, codes);
    }
    match why_empty(view, service, port) {
        Some(empty) => explained(service, &empty, seen),
        // Only what has ended since is listed as ready.
        None => Missing::new("every ready endpoint is a pod that has ended", &[]),
    }
}

/// In the words of the findings, and with their codes.
fn explained(service: &Service, empty: &Empty, seen: &Seen) -> Missing {
    match empty {
        Empty::NoSelectorNoSlices => Missing::new(
            "the Service has no selector and nobody wrote endpoints",
            &["SVC004"],
        ),
        Empty::SelectorMatchesNothing { near } => {
            let near = near.as_ref().map(|near| format!(": {}", near.sentence()));
            let near = near.unwrap_or_default();
            let reason = format!("the selector {} matches no pod{near}", service.selector);
            Missing::new(reason, &["SVC001"])
        }
        Empty::ScaledToZero { workload } => {
            Missing::new(format!("{workload} is scaled to zero"), &["SVC008"])
        }
        Empty::TargetPortNameMissing { name, .. } => Missing::new(
            format!("no selected pod has a port named {name}"),
            &["SVC002"],
        ),
        Empty::TargetPortProtocol { name, declared } => {
            let reason = format!("the selected pods have {name} as a {declared} port only");
            Missing::new(reason, &["SVC007"])
        }
        Empty::NoneReady { pods } => {
            let reasons: Vec<String> = pods
                .iter()
                .map(|(pod, reason)| format!("{} {reason}", pod.name))
                .collect();
            let reasons = if reasons.is_empty() {
                &seen.not_ready
            } else {
                &reasons
            };
            let reason = format!("no endpoint is ready: {}", listed(reasons));
            Missing::new(reason, &["SVC003"])
        }
        Empty::NotListed { pods } => {
            let names: Vec<&str> = pods.iter().map(|pod| pod.name.as_str()).collect();
            let reason = format!("{} ready, but no endpoint yet", listed(&names));
            Missing::new(reason, &[])
        }
    }
}
