//! Services: what they are and how many endpoints are ready.

use super::{Cell, Column, Facts, Row, RowId, joined, left, namespace_cell, right};
use crate::model::kind::Kind;
use crate::model::port::PortRef;
use crate::model::service::{Service, ServicePort, ServiceType};
use crate::output::glyph::Mark;
use std::collections::BTreeMap;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("namespace", "NAMESPACE", 0),
        left("name", "NAME", 0),
        left("type", "TYPE", 2),
        left("clusterIP", "CLUSTER-IP", 4),
        left("external", "EXTERNAL", 5),
        left("ports", "PORTS", 3),
        right("ready", "READY", 0),
        right("routes", "ROUTES", 6),
        left("says", "SAYS", 1),
        right("age", "AGE", 7),
    ]
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let key = id.object()?;
    let service = facts.view().service(key)?;
    let mark = facts.mark(key, &[Kind::EndpointSlice, Kind::Pod]);
    Some(Row {
        id: id.clone(),
        mark,
        cells: vec![
            namespace_cell(key),
            Cell::new(&key.name),
            Cell::new(&service.kind),
            Cell::new(address(service)),
            Cell::new(external(service)),
            Cell::new(joined(service.ports.iter().map(port))),
            ready(facts, service, mark),
            Cell::number(facts.view().ingresses_to(key).len()),
            facts.says(key),
            facts.age(key),
        ],
    })
}

fn address(service: &Service) -> String {
    if service.headless {
        return "None".to_owned();
    }
    joined(&service.cluster_ips)
}

fn external(service: &Service) -> String {
    if let (ServiceType::ExternalName, Some(name)) = (&service.kind, &service.external_name) {
        return name.to_string();
    }
    let balanced = service.addresses.iter().filter_map(|address| {
        let ip = address.ip.map(|ip| ip.to_string());
        ip.or_else(|| address.hostname.as_ref().map(ToString::to_string))
    });
    let all = balanced.chain(service.external_ips.iter().map(ToString::to_string));
    joined(all)
}

/// `80→8080`, `443:30443→https/UDP`.
pub(super) fn port(port: &ServicePort) -> String {
    let node = port
        .node_port
        .map(|node| format!(":{node}"))
        .unwrap_or_default();
    let target = if port.target == PortRef::Number(port.port) {
        String::new()
    } else {
        format!("→{}", port.target)
    };
    let protocol = match port.protocol {
        crate::model::port::Protocol::Tcp => String::new(),
        other => format!("/{other}"),
    };
    format!("{}{node}{target}{protocol}", port.port)
}

/// Ready endpoints of all: each pod (or address) counts once, however many slices hold it.
pub(super) fn ready_of(facts: &Facts<'_>, service: &Service) -> (usize, usize) {
    let mut seen: BTreeMap<String, bool> = BTreeMap::new();
    for slice in facts.view().slices_of(&service.meta.key) {
        for endpoint in &slice.endpoints {
            let pod = endpoint.pod.as_ref().map(ToString::to_string);
            let name = pod.unwrap_or_else(|| joined(&endpoint.addresses));
            // An endpoint without any port serves nothing of a Service that has some.
            let served = service.ports.is_empty() || !slice.ports.is_empty();
            *seen.entry(name).or_default() |= served && endpoint.is_ready();
        }
    }
    (seen.values().filter(|ready| **ready).count(), seen.len())
}

fn ready(facts: &Facts<'_>, service: &Service, mark: Mark) -> Cell {
    let unreadable = facts
        .view()
        .gap(Kind::EndpointSlice, service.meta.key.namespace.as_ref());
    if unreadable.is_some() {
        return Cell::new("?").ranked(-1).marked(Mark::Unknown);
    }
    if service.kind == ServiceType::ExternalName {
        return Cell::new("-").ranked(-1);
    }
    let (ready, all) = ready_of(facts, service);
    Cell::new(format!("{ready}/{all}"))
        .ranked(i64::try_from(ready).unwrap_or(i64::MAX))
        .marked(mark)
}
