//! An EndpointSlice that somebody wrote, with an address that no endpoint can have.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::{ports, writer};
use crate::model::endpoints::AddressType;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::{View, as_slice};
use std::net::IpAddr;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC016",
    slug: "slice-bad-address",
    title: "address that no endpoint can have",
    on: &[Kind::EndpointSlice],
    page: include_str!("slice_bad_address.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(slice) = view.object(key).and_then(as_slice) else {
        return;
    };
    if !writer::is_foreign(slice) || slice.address_type == AddressType::Fqdn {
        return;
    }
    for (at, endpoint) in slice.endpoints.iter().enumerate() {
        let address = endpoint.addresses.first();
        let Some(ip) = address.and_then(|text| text.parse::<IpAddr>().ok()) else {
            continue;
        };
        let Some((severity, what)) = special(ip).or_else(|| virtual_one(view, ip)) else {
            continue;
        };
        let field = format!("endpoints[{at}].addresses[0]");
        let ip = ip.to_string();
        sink.report(
            ports::draft(severity, key, format!("{ip} cannot be an endpoint"))
                .detail(ip.as_str())
                .at(field.as_str())
                .says(format!("{ip} is {what}. Connections that a proxy sends there do not arrive."))
                .evidence(Evidence::new(key, &field, ip.as_str(), "the address of a host that serves"))
                .confirm(kubectl::get(key).option("-o", "yaml"))
                .fix("Write the address of the host that serves; to reach another Service, list its endpoints, or use its name."),
        );
    }
}

fn special(ip: IpAddr) -> Option<(Severity, String)> {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let what = if ip.is_loopback() {
        "a loopback address, which API servers refuse"
    } else if link_local {
        "a link-local address, which API servers refuse"
    } else if ip.is_unspecified() {
        "no address of any host, and API servers refuse it"
    } else {
        return None;
    };
    Some((Severity::Error, what.to_owned()))
}

/// The cluster address of a Service: a proxy does not translate twice.
fn virtual_one(view: &View<'_>, ip: IpAddr) -> Option<(Severity, String)> {
    let services = view.advisory(|view| view.services_at(ip));
    let service = services.iter().find(|it| it.cluster_ips.contains(&ip))?;
    let what = format!(
        "the cluster address of Service {}, and proxies do not lead from one to another",
        service.meta.key.short()
    );
    Some((Severity::Warning, what))
}
