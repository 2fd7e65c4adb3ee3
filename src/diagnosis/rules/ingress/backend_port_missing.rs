//! An Ingress that leads to a port which its Service does not have.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::Draft;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::ingress::references::{self, Reference};
use crate::model::evidence::Evidence;
use crate::model::ingress::BackendPort;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::port::PortRef;
use crate::model::service::{Service, ServicePort, ServiceType};
use crate::model::view::View;
use crate::semantics::ingress::backend_port;
use crate::semantics::near;
use serde_json::{Value, json};

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING002",
    slug: "backend-port-missing",
    title: "backend port missing",
    on: &[Kind::Ingress],
    page: include_str!("backend_port_missing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    for reference in references::references(ingress) {
        let service = key.sibling(Kind::Service, reference.service.clone());
        let Some(service) = view.service(&service) else {
            continue;
        };
        // Controllers connect to the alias's own port, whether or not the Service lists it.
        let by_number = matches!(reference.port, BackendPort::Number(_));
        let alias = service.kind == ServiceType::ExternalName && by_number;
        if !alias && backend_port(service, reference.port).is_none() {
            sink.report(report(key, service, &reference));
        }
    }
}

fn report(key: &Key, service: &Service, reference: &Reference<'_>) -> Draft {
    let (name, port) = (reference.service, reference.port);
    let places = &reference.places;
    let known = known(service);
    let meant = meant(service, port);
    let (title, told) = match port {
        BackendPort::Both(number, word) => (
            "port has both a number and a name".to_owned(),
            format!(
                "the backend names both number {number} and name {word}, where one of them is allowed"
            ),
        ),
        BackendPort::Missing => (
            "backend names no port".to_owned(),
            "the backend names no port".to_owned(),
        ),
        BackendPort::Number(_) | BackendPort::Name(_) => (
            format!("Service {name} has no port {port}"),
            format!("Service {name} has no port {port}; it has {known}"),
        ),
    };
    let hint = meant
        .as_ref()
        .map_or_else(String::new, |(_, why)| format!(" {why}."));
    let fix = match &meant {
        Some((port, _)) => format!("Set the backend's port to {}.", called(port)),
        None => format!(
            "Set the backend's port to one that Service {name} has ({known}), or add the port to the Service."
        ),
    };
    let expected = meant.as_ref().map_or(known, |(port, _)| called(port));
    let change = meant.and_then(|(meant, _)| {
        let (old, new) = (written(port)?, wanted(port, meant));
        Some(references::change(key, places, "service/port", &old, &new))
    });
    Draft::error(key, title)
        .detail(reference.detail())
        .at(places
            .first()
            .map(|place| format!("{}.service.port", place.field))
            .unwrap_or_default())
        .says(format!(
            "Requests for {} get 503: {told}.{hint}",
            references::places(places)
        ))
        .evidences(references::evidence(
            key,
            places,
            "service.port",
            &port.to_string(),
            &expected,
        ))
        .evidence(Evidence::new(
            &service.meta.key,
            "spec.ports",
            ports_in_full(service),
            "",
        ))
        .confirm(kubectl::get(&service.meta.key).option("-o", "jsonpath={.spec.ports}"))
        .fix(fix)
        .patch(change)
}

/// A port as an Ingress would name it.
fn called(port: &ServicePort) -> String {
    match port.name.as_str() {
        "" => port.port.to_string(),
        name => format!("{} ({name})", port.port),
    }
}

fn known(service: &Service) -> String {
    let ports: Vec<String> = service.ports.iter().map(called).collect();
    if ports.is_empty() {
        "none".to_owned()
    } else {
        ports.join(", ")
    }
}

fn ports_in_full(service: &Service) -> String {
    let ports: Vec<String> = service
        .ports
        .iter()
        .map(|port| {
            format!("{} {port} → {}", port.name, port.target)
                .trim()
                .to_owned()
        })
        .collect();
    if ports.is_empty() {
        "none".to_owned()
    } else {
        ports.join(", ")
    }
}

/// The port that was probably meant, and why.
fn meant<'s>(service: &'s Service, port: &BackendPort) -> Option<(&'s ServicePort, String)> {
    let ports = || service.ports.iter();
    match port {
        BackendPort::Number(number) => {
            let target = PortRef::Number(*number);
            if let Some(port) = ports().find(|known| known.target == target) {
                let why = format!("{number} is the targetPort of port {}", port.port);
                return Some((port, why));
            }
            if let Some(port) = ports().find(|known| known.node_port == Some(*number)) {
                let why = format!("{number} is the nodePort of port {}", port.port);
                return Some((port, why));
            }
        }
        BackendPort::Name(name) => {
            if let Some(port) = ports().find(|known| known.port.to_string() == **name) {
                let why = format!("{name} is a number and was written as a name");
                return Some((port, why));
            }
            let target = PortRef::Name(name.clone());
            if let Some(port) = ports().find(|known| known.target == target) {
                let why = format!("{name} is the targetPort of port {}", port.port);
                return Some((port, why));
            }
            let names: Vec<&Name> = ports().map(|known| &known.name).collect();
            let near = near::of_name(name, names.into_iter().filter(|name| !name.is_empty()));
            if let Some(port) = near.and_then(|near| ports().find(|known| known.name == *near)) {
                let why = format!("Nearest: {}", port.name);
                return Some((port, why));
            }
        }
        BackendPort::Both(number, _) => {
            let port = ports().find(|known| known.port == *number)?;
            return Some((port, format!("The Service has port {number}")));
        }
        BackendPort::Missing => {}
    }
    match &*service.ports {
        [only] => Some((only, format!("Its only port is {}", called(only)))),
        _ => None,
    }
}

/// The port as it stands in the Ingress; `None` where it does not.
fn written(port: &BackendPort) -> Option<Value> {
    match port {
        BackendPort::Number(number) => Some(json!({ "number": number })),
        BackendPort::Name(name) => Some(json!({ "name": name.as_str() })),
        BackendPort::Both(number, name) => Some(json!({ "number": number, "name": name.as_str() })),
        BackendPort::Missing => None,
    }
}

/// The port as it ought to stand there: by name where a name was used and there is one.
fn wanted(written: &BackendPort, port: &ServicePort) -> Value {
    let by_name = matches!(written, BackendPort::Name(_)) && !port.name.is_empty();
    if by_name {
        json!({ "name": port.name.as_str() })
    } else {
        json!({ "number": port.port })
    }
}
