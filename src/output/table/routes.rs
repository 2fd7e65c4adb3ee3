//! Every way in: rules of Ingresses, ports of LoadBalancer and NodePort Services and of external addresses, and routes of
//! other APIs.

use super::{Cell, Column, Facts, Row, RowId, left, namespace_cell};
use super::{other_routes, services};
use crate::diagnosis::finding::Severity;
use crate::model::ingress::{Backend, Ingress, IngressPath};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::service::{LoadBalancerAddress, Service, ServicePort, ServiceType};
use crate::output::glyph::Mark;
use crate::semantics::ingress::class_of;
use crate::semantics::other_routes::KINDS;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("namespace", "NAMESPACE", 0),
        left("route", "ROUTE", 2),
        left("host", "HOST", 0),
        left("path", "PATH", 0),
        left("class", "CLASS", 3),
        left("backend", "BACKEND", 1),
        left("tls", "TLS", 5),
        left("address", "ADDRESS", 4),
        left("says", "SAYS", 1),
    ]
}

/// Which ways in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    All,
    Ingresses,
}

/// One way in. Its [`part`](Way::part) is unique within its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The Ingress or Service.
    pub object: Key,
    /// Host and path as `host path` (`*` for every host), or a Service's port as `80/TCP`; a repeated one
    /// carries its number.
    pub part: Name,
    /// Where it is met: a host, or `*`; empty for a Service.
    pub host: Name,
    /// The path, or empty.
    pub path: Name,
    /// Where it leads, as [`Way::part`] of findings spells it.
    pub backend: Option<Backend>,
}

/// The ways in of an Ingress: its rules in order, then its default backend.
pub fn of_ingress(ingress: &Ingress) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    let mut add = |host: &str, path: &str, backend: &Backend| {
        let plain = format!("{host} {path}");
        let same = |way: &&Way| way.host == host && way.path == path;
        let part = match ways.iter().filter(same).count() {
            0 => plain,
            before => format!("{plain} #{}", before + 1),
        };
        ways.push(Way {
            object: ingress.meta.key.clone(),
            part: Name::from(part),
            host: Name::from(host),
            path: Name::from(path),
            backend: Some(backend.clone()),
        });
    };
    for rule in &ingress.rules {
        let host = if rule.host.is_empty() {
            "*"
        } else {
            &*rule.host
        };
        for path in &rule.paths {
            add(host, shown_path(path), &path.backend);
        }
    }
    if let Some(backend) = &ingress.default_backend {
        add("*", "(default)", backend);
    }
    ways
}

fn shown_path(path: &IngressPath) -> &str {
    if path.path.is_empty() {
        "/"
    } else {
        &path.path
    }
}

/// The ways in of a Service: its ports, where it can be met from outside.
pub fn of_service(service: &Service) -> Vec<Way> {
    let outside = matches!(
        service.kind,
        ServiceType::LoadBalancer | ServiceType::NodePort
    ) || !service.external_ips.is_empty();
    let ports = service.ports.iter().filter(|_| outside);
    ports
        .map(|port| Way {
            object: service.meta.key.clone(),
            part: Name::from(port.to_string()),
            host: Name::default(),
            path: Name::default(),
            backend: None,
        })
        .collect()
}

pub(super) fn ids(facts: &Facts<'_>, namespace: Option<&Name>, ways: Ways) -> Vec<RowId> {
    let ingresses = facts.objects(Kind::Ingress, namespace);
    let ingresses = ingresses.iter().filter_map(|key| facts.view().ingress(key));
    let mut found: Vec<Way> = ingresses.flat_map(of_ingress).collect();
    if ways == Ways::All {
        let services = facts.objects(Kind::Service, namespace);
        let services = services.iter().filter_map(|key| facts.view().service(key));
        found.extend(services.flat_map(of_service));
    }
    let mut ids: Vec<RowId> = found
        .into_iter()
        .map(|way| RowId::Part(way.object, way.part))
        .collect();
    if ways == Ways::All {
        ids.extend(other_routes::ids(facts, namespace));
    }
    ids
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let RowId::Part(key, part) = id else {
        return None;
    };
    if key.kind == Kind::Ingress {
        let ingress = facts.view().ingress(key)?;
        let mut ways = of_ingress(ingress).into_iter();
        let way = ways.find(|way| way.part == *part)?;
        return Some(ingress_row(facts, ingress, &way, id));
    }
    if KINDS.contains(&key.kind) {
        return other_routes::row(facts, key, part, id);
    }
    let service = facts.view().service(key)?;
    let mut ports = service.ports.iter();
    let port = ports.find(|port| part == &*port.to_string())?;
    Some(service_row(facts, service, port, id))
}

fn ingress_row(facts: &Facts<'_>, ingress: &Ingress, way: &Way, id: &RowId) -> Row {
    let key = &ingress.meta.key;
    let (mark, says) = verdict(facts, key, way);
    let class = class_of(facts.view(), ingress);
    let covered = ingress
        .tls
        .iter()
        .any(|tls| tls.hosts.is_empty() || tls.hosts.iter().any(|host| covers(host, &way.host)));
    Row {
        id: id.clone(),
        mark,
        cells: vec![
            namespace_cell(key),
            Cell::new(format!("Ingress/{}", key.name)),
            Cell::new(&way.host),
            Cell::new(&way.path),
            Cell::new(class.name().map_or("", |name| name.as_str())),
            Cell::new(way.backend.as_ref().map(backend).unwrap_or_default()),
            Cell::new(if covered { "yes" } else { "no" }),
            Cell::new(addresses(&ingress.addresses)),
            says,
        ],
    }
}

/// A certificate's host covers a rule's: the same, or a wildcard for one label.
fn covers(tls: &str, host: &str) -> bool {
    tls.eq_ignore_ascii_case(host)
        || tls.strip_prefix("*.").is_some_and(|domain| {
            host.split_once('.')
                .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(domain))
        })
}

fn backend(backend: &Backend) -> String {
    match backend {
        Backend::Service { name, port } => format!("{name}:{port}"),
        Backend::Resource { kind, name, .. } => format!("{kind}/{name}"),
        Backend::Missing => "none".to_owned(),
    }
}

fn addresses(addresses: &[LoadBalancerAddress]) -> String {
    super::joined(addresses.iter().filter_map(|address| {
        let ip = address.ip.map(|ip| ip.to_string());
        ip.or_else(|| address.hostname.as_ref().map(ToString::to_string))
    }))
}

/// What is said of one rule: findings of its own backend, those of the whole Ingress, and what is wrong with the
/// Service behind it.
fn verdict(facts: &Facts<'_>, key: &Key, way: &Way) -> (Mark, Cell) {
    let led_to = way.backend.as_ref().map(backend).unwrap_or_default();
    let service = way.backend.as_ref().and_then(Backend::service_name);
    let own = facts.on(key).iter().filter(|finding| {
        let detail = &finding.id.detail;
        detail.is_empty() || *detail == *led_to || Some(detail) == service
    });
    let mut own = own.filter(|finding| finding.severity != Severity::Info);
    if let Some(finding) = own.next() {
        let cause = finding.cause.as_ref().and_then(|id| facts.report.find(id));
        let telling = cause.map_or(&***finding, |cause| cause);
        let says = Cell::new(format!("{} {}", telling.id.code, telling.title));
        return (Mark::of_severity(finding.severity), says);
    }
    let Some(service) = service else {
        return (Mark::Unknown, Cell::new("not judged"));
    };
    let service = key.sibling(Kind::Service, service.clone());
    let rests_on = [Kind::Service, Kind::EndpointSlice, Kind::Pod];
    (facts.mark(&service, &rests_on), facts.says(&service))
}

fn service_row(facts: &Facts<'_>, service: &Service, port: &ServicePort, id: &RowId) -> Row {
    let key = &service.meta.key;
    let external = super::joined(&service.external_ips);
    let balanced = addresses(&service.addresses);
    let node = port
        .node_port
        .map(|port| format!("*:{port}"))
        .unwrap_or_default();
    let host = [&balanced, &external, &node];
    let host = host.into_iter().find(|text| !text.is_empty());
    Row {
        id: id.clone(),
        mark: facts.mark(key, &[Kind::EndpointSlice, Kind::Pod]),
        cells: vec![
            namespace_cell(key),
            Cell::new(format!("Service/{}", key.name)),
            Cell::new(host.map_or("", |host| host.as_str())),
            Cell::new(port),
            Cell::new(&service.kind),
            Cell::new(services::port(port)),
            Cell::empty(),
            Cell::new(balanced),
            facts.says(key),
        ],
    }
}
