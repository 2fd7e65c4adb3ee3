//! An Ingress that leads to a Service with nobody behind it.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::ingress::is_nginx;
use crate::diagnosis::rules::ingress::references::{self, Reference};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::ingress::{Backend, Ingress};
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::{Service, ServiceType};
use crate::model::view::View;
use crate::semantics::empty;
use crate::semantics::ingress::{backend_port, class_of};
use crate::semantics::nginx::upstream;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING003",
    slug: "no-ready-backend",
    title: "no ready backend",
    on: &[Kind::Ingress],
    page: include_str!("no_ready_backend.md"),
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
        let Some(port) = backend_port(service, reference.port) else {
            continue;
        };
        let Some(reason) = empty::why_empty(view, service, port) else {
            continue;
        };
        let severity = ports::severity(view, service, &reason);
        let words = ports::words(&reason);
        let places = &reference.places;
        sink.report(
            ports::draft(severity, key, format!("{} has no ready endpoint", reference.detail()))
                .detail(reference.detail())
                .at(places.first().map(|place| place.field.clone()).unwrap_or_default())
                .says(format!(
                    "Requests for {} get {}: Service {} has no ready endpoint: {words}.",
                    references::places(places),
                    status(view, ingress, service, &reference),
                    reference.service
                ))
                .evidences(references::evidence(
                    key,
                    places,
                    "service",
                    &reference.detail(),
                    "a Service with a ready endpoint",
                ))
                .evidence(Evidence::new(&service.meta.key, "endpoints", words, "a ready endpoint"))
                .confirm(kubectl::slices_of(&service.meta.key))
                .fix(format!(
                    "Mend Service {}: its own finding says what it lacks. The Ingress itself is in order.",
                    reference.service
                ))
                .follows(ports::codes(&reason), &service.meta.key),
        );
    }
}

/// What clients see: of a Service that ingress-nginx asks by its address, that the connection was refused.
fn status(view: &View<'_>, ingress: &Ingress, service: &Service, reference: &Reference<'_>) -> u16 {
    let class = class_of(view, ingress);
    if !is_nginx(&class) || service.headless || service.kind == ServiceType::ExternalName {
        return 503;
    }
    let backend = Backend::Service {
        name: reference.service.clone(),
        port: reference.port.clone(),
    };
    let naming = view.advisory(|view| view.ingresses_to(&service.meta.key));
    let beside: Vec<&Ingress> = naming
        .into_iter()
        .filter(|other| class_of(view, other).name() == class.name())
        .collect();
    let place = ingress.meta.key.namespace.as_ref();
    match upstream::by_address(&beside, place, &backend) {
        Some(_) => 502,
        None => 503,
    }
}
