//! An Ingress that leads to a Service which is an alias in DNS.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::ingress::references;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::ServiceType;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING017",
    slug: "external-name-backend",
    title: "backend is an ExternalName",
    on: &[Kind::Ingress],
    page: include_str!("external_name_backend.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    for reference in references::references(ingress) {
        let service = key.sibling(Kind::Service, reference.service.clone());
        let external = view
            .service(&service)
            .filter(|service| service.kind == ServiceType::ExternalName);
        let Some(external) = external else { continue };
        let name = external.external_name.as_deref().unwrap_or("nothing");
        let at = reference.places.first();
        sink.report(
            Draft::info(key, format!("Service {} is an ExternalName", reference.service))
                .detail(reference.detail())
                .at(at.map(|place| place.field.clone()).unwrap_or_default())
                .says(format!("{} leads to Service {}, an alias for {name}. Whether that works is up to the controller: several refuse it unless they are told otherwise, and the target sees the Host of the request, not its own name.", references::places(&reference.places), reference.service))
                .evidence(Evidence::new(&service, "spec.type", "ExternalName", "a Service with endpoints"))
                .confirm(kubectl::get(&service).option("-o", "yaml"))
                .fix("See what the controller's documentation says of ExternalName; a Service without selector and an EndpointSlice works with all of them."),
        );
    }
}
