//! A backend that is asked in plain where it speaks TLS, or the other way round.

use crate::diagnosis::kubectl;
use crate::diagnosis::patch;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::ingress::by_nginx;
use crate::diagnosis::rules::ingress::references;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::ingress::backend_port;
use crate::semantics::nginx::annotation::{self, flag, text};
use crate::semantics::nginx::protocol;
use crate::semantics::speech::Speech;
use serde_json::json;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING028",
    slug: "backend-protocol",
    title: "backend speaks another protocol",
    on: &[Kind::Ingress],
    page: include_str!("backend_protocol.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = by_nginx(view, key) else {
        return;
    };
    if flag(ingress, "ssl-passthrough") == Some(true) {
        return;
    }
    let references = references::references(ingress);
    // The annotation is for all backends of the Ingress.
    let alone = references.len() == 1;
    for reference in references {
        let service = key.sibling(Kind::Service, reference.service.clone());
        let Some(service) = view.service(&service) else {
            continue;
        };
        let Some(port) = backend_port(service, reference.port) else {
            continue;
        };
        let Some(said) = protocol::clash(view, ingress, service, port) else {
            continue;
        };
        let field = annotation::field(protocol::NAME);
        let value = text(ingress, protocol::NAME);
        let asked = protocol::asked(ingress);
        let meant = protocol::meant(ingress, said.speech);
        let (speaks, status) = match said.speech {
            Speech::Tls => ("speaks TLS", "400, or 502 from servers that just hang up"),
            Speech::Plain => ("speaks no TLS", "502"),
        };
        let metadata = json!({ "annotations": { format!("{}{}", annotation::PREFIX, protocol::NAME): meant } });
        sink.report(
            Draft::warning(key, format!("{} {speaks}, asked with {asked}", reference.detail()))
                .detail(reference.detail())
                .at(field.as_str())
                .says(format!(
                    "Requests for {} are sent to port {} of Service {} with {asked}, and the port {speaks}, as {} of {} \
                     says: clients see {status}.",
                    references::places(&reference.places),
                    reference.port,
                    reference.service,
                    said.field,
                    said.by.short()
                ))
                .evidence(Evidence::new(key, &field, value.unwrap_or("unset"), meant))
                .evidence(Evidence::new(&said.by, &said.field, said.observed.as_str(), asked.as_str()))
                .confirm(kubectl::get(&said.by).option("-o", "yaml"))
                .fix(format!(
                    "Set nginx.ingress.kubernetes.io/backend-protocol to {meant}, or lead to the port that speaks {asked}."
                ))
                .patch(alone.then(|| patch::merge(key, &json!({ "metadata": metadata })))),
        );
    }
}
