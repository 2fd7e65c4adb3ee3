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
    if service.kind != ServiceType::ExternalName {
        return;
    }
    let name = service.external_name.clone().unwrap_or_default();
    let bare = name.trim_end_matches('.');
    let address = bare.parse::<IpAddr>().ok().map(|ip| ip.to_string());
    if address.is_none() && !bare.is_empty() {
        return;
    }
    let (title, told, fix) = match address {
        Some(address) => (
            format!("externalName is the address {address}"),
            format!(
                "DNS servers do not answer with {address}: it would have to be the name of a host, and none is called so. Clients cannot resolve the Service."
            ),
            format!(
                "Use a DNS name that resolves to {address}; or make it a Service without selector and write an \
                 EndpointSlice (label kubernetes.io/service-name: {}) that lists {address}.",
                key.name
            ),
        ),
        None => (
            "externalName is empty".to_owned(),
            "It is empty, so clients cannot resolve the Service.".to_owned(),
            "Set spec.externalName to the DNS name that is meant.".to_owned(),
        ),
    };
    sink.report(
        Draft::error(key, title)
            .at("spec.externalName")
            .says(format!(
                "An ExternalName is an alias in DNS and must be a name. {told}"
            ))
            .evidence(Evidence::new(
                key,
                "spec.externalName",
                name.as_str(),
                "a DNS name",
            ))
            .confirm(kubectl::get(key).option("-o", "jsonpath={.spec.externalName}"))
            .fix(fix),
    );
}
