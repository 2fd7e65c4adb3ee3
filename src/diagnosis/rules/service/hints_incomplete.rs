//! Topology hints on some endpoints only: proxies then follow none.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::endpoints::{AddressType, Endpoint};
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC025",
    slug: "hints-incomplete",
    title: "topology hints are incomplete",
    on: &[Kind::Service],
    page: include_str!("hints_incomplete.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key).filter(|service| !service.headless) else {
        return;
    };
    let slices = view.slices_of(&service.meta.key);
    // A proxy looks at each family apart.
    for family in [AddressType::V4, AddressType::V6] {
        let slices = slices.iter().filter(|slice| slice.address_type == family);
        let endpoints = slices.flat_map(|slice| slice.endpoints.iter());
        let ready: Vec<&Endpoint> = endpoints.filter(|endpoint| endpoint.is_ready()).collect();
        let zones = lacking(&ready, |endpoint| &endpoint.zone_hints);
        let nodes = lacking(&ready, |endpoint| &endpoint.node_hints);
        let (without, field) = match (zones, nodes) {
            (Some(without), _) => (without, "endpoints[].hints.forZones"),
            (None, Some(without)) => (without, "endpoints[].hints.forNodes"),
            (None, None) => continue,
        };
        let total = ready.len();
        let first = named(without.first().copied());
        let (count, lack) = match without.len() {
            1 => (1, "lacks"),
            many => (many, "lack"),
        };
        sink.report(
            Draft::info(key, format!("{count} of {total} endpoints {lack} a topology hint"))
                .detail(if family == AddressType::V4 { "IPv4" } else { "IPv6" })
                .at(field)
                .says(format!("Proxies follow hints only where every ready endpoint has one, and {count} of {total} {lack} it ({first}). All are disregarded: traffic crosses zones as if there were none."))
                .evidence(Evidence::new(key, field, format!("missing on {first}"), "on every ready endpoint"))
                .confirm(kubectl::slices_of(key).option("-o", "yaml"))
                .fix("See to it that every node with an endpoint has the label topology.kubernetes.io/zone; in slices that somebody writes, give each endpoint its hint."),
        );
        return;
    }
}

/// The endpoints without hints of a sort, where others have them.
fn lacking<'e>(
    ready: &[&'e Endpoint],
    hints: fn(&Endpoint) -> &[Name],
) -> Option<Vec<&'e Endpoint>> {
    let mut without = ready.to_vec();
    without.retain(|endpoint| hints(endpoint).is_empty());
    let some = !without.is_empty() && without.len() < ready.len();
    some.then_some(without)
}

fn named(endpoint: Option<&Endpoint>) -> String {
    let name = endpoint.and_then(|it| it.pod.as_ref().or(it.addresses.first()));
    name.map(ToString::to_string).unwrap_or_default()
}
