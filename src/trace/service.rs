//! To a Service: how a client gets to it, and which of its ports is meant.

use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::port::PortRef;
use crate::model::service::{Family, Service, ServicePort, ServiceType};
use crate::model::view::View;
use crate::semantics::endpoints::{self, Backend};
use crate::trace::backing;
use crate::trace::cause::Cause;
use crate::trace::end::{Door, From, Port};
use crate::trace::follow;
use crate::trace::hop::{Hop, Stage, Verdict};
use crate::trace::walk::{self, Walk};
use crate::trace::way::{self, Way};
use crate::trace::{alias, pod, policy};
use std::net::IpAddr;

/// Follows a request to a Service: no DNS is asked.
pub(super) fn follow(walk: &mut Walk<'_, '_>, key: &Key, port: Option<&Port>, door: Option<&Door>) {
    let (Some(service), Some(port)) = (walk.view.service(key), port) else {
        walk.step(follow::missing(walk.view, key, Stage::Service));
        walk.skip(backing::STAGES);
        return;
    };
    if service.kind == ServiceType::ExternalName {
        return alias::follow(walk, service, port);
    }
    let known = find_port(service, port);
    let way = way::enter(walk, service, known, door);
    if walk.is_over() {
        walk.skip(&[Stage::Service]);
        walk.skip(backing::STAGES);
    } else if service.headless {
        headless(walk, service, port);
    } else if let Some(known) = known {
        let way = way.unwrap_or_else(|| Way::plain(&walk.client, service, known));
        let unfit = family_mismatch(walk, service, &way);
        walk.step(unfit.unwrap_or_else(|| service_hop(service, known)));
        if let Some(hop) = left_to_another(service) {
            walk.step(hop);
        }
        backing::follow(walk, service, known, &way);
    } else {
        walk.step(no_such_port(walk.view, service, port));
        walk.skip(backing::STAGES);
    }
}

/// kube-proxy passes over Services with these labels: whether another proxy serves this one is not in the objects.
pub(super) fn left_to_another(service: &Service) -> Option<Hop> {
    let labels = &service.meta.labels;
    let (label, value) = [
        "service.kubernetes.io/service-proxy-name",
        "service.kubernetes.io/headless",
    ]
    .into_iter()
    .find_map(|label| Some((label, labels.get(label)?)))?;
    if service.kind == ServiceType::ExternalName {
        return None;
    }
    let key = &service.meta.key;
    let words = format!(
        "kube-proxy passes over Services labelled {label}; whether another proxy serves it cannot be seen"
    );
    let hop = Hop::new(Stage::Proxy, Some(key.clone()), Verdict::Unknown, words)
        .because(Cause::ProxyIgnores(key.clone()));
    Some(hop.with(Evidence::new(
        key,
        "metadata.labels",
        format!("{label}={value}"),
        "without it",
    )))
}

/// The client is a pod that has no address of a family that it asks.
fn family_mismatch(walk: &Walk<'_, '_>, service: &Service, way: &Way) -> Option<Hop> {
    let From::Pod(client) = walk.from else {
        return None;
    };
    let pod = walk.view.pod(client)?;
    let asked: Vec<Family> = match way.family {
        Some(family) => vec![family],
        None => service
            .cluster_ips
            .iter()
            .copied()
            .map(Family::of)
            .collect(),
    };
    let first = asked.first()?;
    let can = pod.ips.iter().any(|ip| asked.contains(&Family::of(*ip)));
    if can || pod.ips.is_empty() || service.headless {
        return None;
    }
    let key = &service.meta.key;
    let words =
        format!("the Service answers at {first} only, and the client has no {first} address");
    Some(
        Hop::new(Stage::Service, Some(key.clone()), Verdict::Fail, words)
            .because(Cause::FamilyMismatch)
            .with(Evidence::new(
                key,
                "spec.ipFamilies",
                first.to_string(),
                "a family that the client has",
            )),
    )
}

/// The Service port that was asked for.
fn find_port<'s>(service: &'s Service, asked: &Port) -> Option<&'s ServicePort> {
    service.ports.iter().find(|known| {
        known.protocol == asked.protocol
            && match &asked.port {
                PortRef::Number(number) => known.port == *number,
                PortRef::Name(name) => known.name == *name,
            }
    })
}

/// The hop of a Service and its port, as found.
pub(super) fn service_hop(service: &Service, port: &ServicePort) -> Hop {
    if service.kind == ServiceType::ExternalName {
        return external_name(service);
    }
    let address = match service.cluster_ips.first() {
        Some(ip) => format!(" {ip}"),
        None if service.headless => " headless".to_owned(),
        None => String::new(),
    };
    let words = format!("{}{address} {} → {}", service.kind, port.port, port.target);
    Hop::new(
        Stage::Service,
        Some(service.meta.key.clone()),
        Verdict::Pass,
        words,
    )
}

pub(super) fn external_name(service: &Service) -> Hop {
    let key = &service.meta.key;
    let name = service.external_name.clone().unwrap_or_default();
    let subject = Some(key.clone());
    if name.is_empty() || name.parse::<IpAddr>().is_ok() {
        let observed = if name.is_empty() {
            "empty"
        } else {
            name.as_str()
        };
        let words = format!("ExternalName {observed} is no DNS name: the alias leads nowhere");
        return Hop::new(Stage::Service, subject, Verdict::Fail, words)
            .because(Cause::ExternalNameIsAddress(key.clone()))
            .with(Evidence::new(
                key,
                "spec.externalName",
                observed,
                "a DNS name",
            ));
    }
    Hop::new(
        Stage::Service,
        subject,
        Verdict::Pass,
        format!("ExternalName: an alias of {name}"),
    )
}

fn no_such_port(view: &View<'_>, service: &Service, asked: &Port) -> Hop {
    let key = &service.meta.key;
    let known: Vec<String> = service.ports.iter().map(ToString::to_string).collect();
    let meant = meant_port(view, service, asked);
    let hint = meant
        .map(|port| format!("; {} is the target of port {port}", asked.port))
        .unwrap_or_default();
    let listed = if known.is_empty() {
        "no port".to_owned()
    } else {
        known.join(", ")
    };
    let words = format!("the Service has {listed}, not {asked}{hint}");
    Hop::new(Stage::Service, Some(key.clone()), Verdict::Fail, words)
        .because(Cause::PortNotServed)
        .with(Evidence::new(key, "spec.ports", listed, asked.to_string()))
}

/// The Service port that was meant where its target or node port was asked for.
fn meant_port(view: &View<'_>, service: &Service, asked: &Port) -> Option<u16> {
    let PortRef::Number(number) = asked.port else {
        return None;
    };
    let namespace = service.meta.key.namespace.clone()?;
    let selector = service.effective_selector();
    let pods = selector.map(|labels| view.advisory(|view| view.pods_labelled(&namespace, labels)));
    let pods = pods.unwrap_or_default();
    let same = |port: &&ServicePort| {
        port.node_port == Some(number)
            || port.target == PortRef::Number(number)
            || pods
                .iter()
                .any(|pod| endpoints::find_port(pod, port) == Some(number))
    };
    service.ports.iter().find(same).map(|port| port.port)
}

/// Headless: DNS gives the pods' own addresses, so nothing translates the port.
fn headless(walk: &mut Walk<'_, '_>, service: &Service, asked: &Port) {
    let view = walk.view;
    let key = &service.meta.key;
    let words = "headless: clients reach the pods themselves, ports are not translated";
    walk.step(Hop::new(
        Stage::Service,
        Some(key.clone()),
        Verdict::Pass,
        words,
    ));
    if let Some(gap) = view.gap(Kind::EndpointSlice, key.namespace.as_ref()) {
        walk.step(walk::unreadable(Stage::Endpoints, gap));
        walk.skip(backing::BEYOND);
        return;
    }
    let known = find_port(service, asked);
    // A number is used as it is; a name is looked up in the Service.
    let port_on = |backend: &Backend| match &asked.port {
        PortRef::Number(number) => Some(*number),
        PortRef::Name(_) => known.and_then(|known| backend.port_for(known)),
    };
    let backends = endpoints::backends(view, service);
    let listed = backends
        .iter()
        .map(|backend| backing::candidate(backend, port_on(backend), backend.ready));
    walk.endpoints = listed.collect();
    let used: Vec<&Backend> = backends.iter().filter(|backend| backend.ready).collect();
    if used.is_empty() {
        walk.step(backing::nobody(
            view,
            service,
            known.or(service.ports.first()),
            &backends,
        ));
        walk.skip(backing::BEYOND);
        return;
    }
    let words = format!("{} of {} ready", used.len(), backends.len());
    walk.step(Hop::new(
        Stage::Endpoints,
        Some(key.clone()),
        Verdict::Pass,
        words,
    ));
    let request = policy::Request {
        receivers: backing::receivers(view, &used, port_on),
        protocol: asked.protocol,
        via: Vec::new(),
        family: None,
        replaced: false,
    };
    policy::follow(walk, &request);
    let pods = backing::pods(view, &used);
    walk.step(pod::chosen(view, &used, &pods));
    walk.step(headless_port(service, &pods, asked, known));
}

fn headless_port(
    service: &Service,
    pods: &[&Pod],
    asked: &Port,
    known: Option<&ServicePort>,
) -> Hop {
    let first = pods.first().copied();
    let Some(known) = known else {
        return pod::port(first, asked);
    };
    let target = pods.iter().find_map(|pod| endpoints::find_port(pod, known));
    let declares = |number: u16| {
        let ports = pods
            .iter()
            .flat_map(|pod| pod.serving_containers())
            .flat_map(|c| c.ports.iter());
        ports
            .into_iter()
            .any(|listed| listed.port == number && listed.protocol == known.protocol)
    };
    match (&asked.port, target) {
        (PortRef::Number(number), Some(target)) if *number != target && !declares(*number) => {
            let words =
                format!("headless: {number} is not translated; the pods listen on {target}");
            Hop::new(
                Stage::Port,
                Some(service.meta.key.clone()),
                Verdict::Fail,
                words,
            )
            .because(Cause::PortNotServed)
            .with(Evidence::new(
                &service.meta.key,
                "spec.ports",
                number.to_string(),
                target.to_string(),
            ))
        }
        (PortRef::Name(_), Some(target)) => pod::port(
            first,
            &Port {
                port: PortRef::Number(target),
                protocol: known.protocol,
            },
        ),
        _ => pod::port(first, asked),
    }
}
