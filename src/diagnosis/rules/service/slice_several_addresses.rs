//! An endpoint with several addresses, of which proxies use the first alone.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::service::writer;
use crate::model::endpoints::AddressType;
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::{View, as_slice};

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC022",
    slug: "slice-several-addresses",
    title: "only the first address is used",
    on: &[Kind::EndpointSlice],
    page: include_str!("slice_several_addresses.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(slice) = view.object(key).and_then(as_slice) else {
        return;
    };
    let of_addresses = slice.address_type != AddressType::Fqdn;
    if !of_addresses || slice.service.is_none() || !writer::is_foreign(slice) {
        return;
    }
    let listed = |address: &&Name| {
        let mut endpoints = slice.endpoints.iter();
        endpoints.any(|endpoint| endpoint.addresses.first() == Some(*address))
    };
    for (at, endpoint) in slice.endpoints.iter().enumerate() {
        let Some((first, rest)) = endpoint.addresses.split_first() else {
            continue;
        };
        // An address that another endpoint begins with is used all the same.
        let unused: Vec<&str> = rest
            .iter()
            .filter(|address| !listed(address))
            .map(Name::as_str)
            .collect();
        if unused.is_empty() {
            continue;
        }
        let unused = unused.join(", ");
        let field = format!("endpoints[{at}].addresses");
        sink.report(
            Draft::warning(key, "only the first address is used")
                .detail(first.clone())
                .at(field.as_str())
                .says(format!("An endpoint is one host with one address; of this one proxies use {first} alone. These get no traffic: {unused}."))
                .evidence(Evidence::new(key, &field, unused, "an endpoint of its own for each host"))
                .confirm(kubectl::get(key).option("-o", "yaml"))
                .fix("Write one entry under endpoints for each host, each with one address."),
        );
    }
}
