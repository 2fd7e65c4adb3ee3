//! A login that is left to a Service which is not there.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::ingress::by_nginx;
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::ServiceType;
use crate::model::view::View;
use crate::semantics::nginx::annotation::{self, text};
use crate::semantics::nginx::login::{self, ASKED, Address, Asked};
use crate::semantics::{alias, near};

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING025",
    slug: "login-service-missing",
    title: "auth-url leads to no Service",
    on: &[Kind::Ingress],
    page: include_str!("login_service_missing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = by_nginx(view, key) else {
        return;
    };
    let Some(at) = text(ingress, ASKED) else {
        return;
    };
    let asked = match login::asked(view, ingress, at) {
        Address::Service(asked) => asked,
        Address::Short(asked) => return short(key, at, &asked, sink),
        Address::Elsewhere => return,
    };
    let (name, place) = (&asked.service.name, asked.service.namespace_str());
    let near = near::of_key(view, &asked.service);
    let (what, fix, certain) = match view.service(&asked.service) {
        None if alias::may_be_apart(view, &asked.service) => return,
        None => {
            let misspelt = near
                .as_ref()
                .is_some_and(|near| near::is_misspelt(name, near));
            let nearest = near
                .map(|near| format!(" (nearest: {near})"))
                .unwrap_or_default();
            (
                format!("namespace {place} has no Service {name}{nearest}"),
                format!(
                    "Name the Service that is meant, or make Service {name} in namespace {place}."
                ),
                misspelt,
            )
        }
        Some(service) if service.kind == ServiceType::ExternalName || service.headless => return,
        Some(service) if service.ports.iter().any(|port| port.port == asked.port) => return,
        Some(service) => {
            let known: Vec<String> = service.ports.iter().map(ToString::to_string).collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            (
                format!("Service {name} has no port {}; it has {known}", asked.port),
                format!("Write a port of Service {name} into the address."),
                true,
            )
        }
    };
    // Files of one namespace may be read in parts.
    let severity = if certain || !view.is_offline() {
        Severity::Error
    } else {
        Severity::Warning
    };
    let field = annotation::field(ASKED);
    sink.report(
        ports::draft(severity, key, "auth-url leads to no Service".to_owned())
            .at(field.as_str())
            .says(format!(
                "Each request is first asked about at {at}, but {what}: every request answers 500."
            ))
            .evidence(Evidence::new(
                key,
                &field,
                at,
                "a Service and a port that are there",
            ))
            .confirm(kubectl::get(&asked.service))
            .fix(fix),
    );
}

/// A name that nobody answers to, whether or not the Service is there.
fn short(key: &Key, at: &str, asked: &Asked, sink: &mut Sink) {
    let (name, place) = (&asked.service.name, asked.service.namespace_str());
    let field = annotation::field(ASKED);
    let full = format!("{name}.{place}.svc.cluster.local");
    sink.report(
        ports::draft(
            Severity::Error,
            key,
            "auth-url is no full name".to_owned(),
        )
        .at(field.as_str())
        .says(format!(
            "Each request is first asked about at {at}, but nginx looks that name up as it stands, without search \
             domains, and no name server knows it: every request answers 500. Service {name} of namespace {place} is \
             {full}."
        ))
        .evidence(Evidence::new(key, &field, at, full.as_str()))
        .confirm(kubectl::get(&asked.service))
        .fix(format!("Write {full} into the address.")),
    );
}
