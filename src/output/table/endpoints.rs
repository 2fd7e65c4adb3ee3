//! Endpoints: one row for each endpoint of each slice.

use super::{Cell, Column, Facts, Row, RowId, joined, left};
use crate::model::endpoints::{Endpoint, EndpointSlice, SlicePort};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::as_slice;
use crate::output::glyph::Mark;
use crate::semantics::readiness;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("namespace", "NAMESPACE", 0),
        left("service", "SERVICE", 0),
        left("address", "ADDRESS", 0),
        left("ports", "PORTS", 1),
        left("ready", "READY", 0),
        left("serving", "SERVING", 5),
        left("terminating", "TERMINATING", 6),
        left("node", "NODE", 4),
        left("zone", "ZONE", 7),
        left("pod", "POD", 2),
        left("reason", "REASON", 3),
        left("slice", "SLICE", 8),
    ]
}

pub(super) fn ids(facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<RowId> {
    let mut found: Vec<(Option<Name>, RowId)> = Vec::new();
    for key in facts.objects(Kind::EndpointSlice, namespace) {
        let Some(slice) = slice_of(facts, &key) else {
            continue;
        };
        let service = slice.service.clone();
        found.extend(slice.endpoints.iter().map(|endpoint| {
            let id = RowId::Part(key.clone(), identity(endpoint));
            (service.clone(), id)
        }));
    }
    found.sort_by(|(a, one), (b, other)| {
        let place = |id: &RowId| id.object().and_then(|key| key.namespace.clone());
        (place(one), a, one).cmp(&(place(other), b, other))
    });
    found.dedup();
    found.into_iter().map(|(_, id)| id).collect()
}

/// An endpoint is known in its slice by its addresses; where they are unknown, by its pod.
fn identity(endpoint: &Endpoint) -> Name {
    match (endpoint.addresses.is_empty(), &endpoint.pod) {
        (true, Some(pod)) => pod.clone(),
        _ => Name::from(joined(&endpoint.addresses)),
    }
}

fn slice_of<'w>(facts: &Facts<'w>, key: &Key) -> Option<&'w EndpointSlice> {
    facts.view().object(key).and_then(as_slice)
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let RowId::Part(key, wanted) = id else {
        return None;
    };
    let slice = slice_of(facts, key)?;
    let mut all = slice.endpoints.iter();
    let endpoint = all.find(|endpoint| identity(endpoint) == *wanted)?;
    let ready = if endpoint.is_ready() {
        Mark::Pass
    } else {
        Mark::Fail
    };
    let portless = lacks_ports(facts, slice);
    let address = if endpoint.addresses.is_empty() {
        "unknown".to_owned()
    } else {
        joined(&endpoint.addresses)
    };
    let optional = |name: &Option<Name>| Cell::new(name.as_deref().unwrap_or_default());
    Some(Row {
        id: id.clone(),
        mark: if portless { Mark::Fail } else { ready },
        cells: vec![
            Cell::new(key.namespace_str()),
            optional(&slice.service),
            Cell::new(address),
            if portless {
                Cell::new("none").marked(Mark::Fail)
            } else {
                Cell::new(joined(slice.ports.iter().map(port)))
            },
            Cell::new(yes(endpoint.is_ready())).marked(ready),
            Cell::new(yes(endpoint.is_serving())),
            Cell::new(yes(endpoint.is_terminating())),
            optional(&endpoint.node),
            optional(&endpoint.zone),
            optional(&endpoint.pod),
            Cell::new(reason(facts, key, endpoint, portless)),
            Cell::new(&key.name),
        ],
    })
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn port(port: &SlicePort) -> String {
    let number = port.port.map_or("*".to_owned(), |port| port.to_string());
    format!("{number}/{}", port.protocol)
}

/// A slice without ports behind a Service that has some: its pods have no port of the name that is asked for, and no
/// connection reaches them, however ready they are.
fn lacks_ports(facts: &Facts<'_>, slice: &EndpointSlice) -> bool {
    let name = slice.service.as_ref().filter(|_| slice.ports.is_empty());
    let key = name.map(|name| slice.meta.key.sibling(Kind::Service, name.clone()));
    let service = key.and_then(|key| facts.view().service(&key));
    service.is_some_and(|service| !service.ports.is_empty())
}

fn reason(facts: &Facts<'_>, slice: &Key, endpoint: &Endpoint, portless: bool) -> String {
    let Some(name) = endpoint.pod.as_ref().filter(|_| !endpoint.is_ready()) else {
        let words = "its pod has no port of the name that the Service asks for";
        return if portless {
            words.to_owned()
        } else {
            String::new()
        };
    };
    let key = slice.sibling(Kind::Pod, name.clone());
    let Some(pod) = facts.view().pod(&key) else {
        return match facts.view().gap(Kind::Pod, key.namespace.as_ref()) {
            Some(gap) => gap.why.to_string(),
            None => format!("pod {name} does not exist"),
        };
    };
    let why = readiness::why_not_ready(facts.view(), pod);
    why.map(|why| why.to_string()).unwrap_or_default()
}
