//! An ExternalName Service whose name is an address.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::Draft;
use crate::diagnosis::rule::{Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::ServiceType;
use crate::model::view::View;
use std::net::IpAddr;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC009",
    slug: "external-name-is-address",
    title: "externalName is an address",
    on: &[Kind::Service],
    page: include_str!("external_name_is_address.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    let Some(name) = service
        .external_name
        .as_ref()
        .filter(|_| service.kind == ServiceType::ExternalName)
    else {
        return;
    };
    let bare = name.trim_end_matches('.');
    let Ok(address) = bare.parse::<IpAddr>() else {
        return;
    };
    sink.report(
        Draft::error(key, format!("externalName is the address {address}"))
            .at("spec.externalName")
            .says(format!(
                "An ExternalName is an alias in DNS and must be a name. {address} is answered as an alias to a host \
                 called {address}, which does not exist, so clients cannot resolve the Service."
            ))
            .evidence(Evidence::new(
                key,
                "spec.externalName",
                name.as_str(),
                "a DNS name",
            ))
            .confirm(kubectl::get(key).option("-o", "jsonpath={.spec.externalName}"))
            .fix(format!(
                "Use a DNS name that resolves to {address}; or make it a Service without selector and write an \
                 EndpointSlice (label kubernetes.io/service-name: {}) that lists {address}.",
                key.name
            ))
            .since(service.meta.created),
    );
}
