//! A Service with an address of a family that none of its ready endpoints has.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::endpoints::{AddressType, Endpoint};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::{Family, ServiceType};
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC019",
    slug: "family-gap",
    title: "IP family without endpoint",
    on: &[Kind::Service],
    page: include_str!("family_gap.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    if service.headless || service.kind == ServiceType::ExternalName {
        return;
    }
    let slices = view.slices_of(key);
    let ready_in = |family: Family| {
        let wanted = match family {
            Family::V4 => AddressType::V4,
            Family::V6 => AddressType::V6,
        };
        let mut slices = slices.iter().filter(|slice| slice.address_type == wanted);
        slices.any(|slice| slice.endpoints.iter().any(Endpoint::is_ready))
    };
    let any = ready_in(Family::V4) || ready_in(Family::V6);
    let lacking = service.families.iter().find(|family| !ready_in(**family));
    let Some(family) = lacking.filter(|_| any) else {
        return;
    };
    let (lacks, has) = match family {
        Family::V4 => ("IPv4", "IPv6"),
        Family::V6 => ("IPv6", "IPv4"),
    };
    let severity = if service.families.len() == 1 {
        Severity::Error
    } else {
        Severity::Warning
    };
    sink.report(
        ports::draft(severity, key, format!("no endpoint for {lacks}"))
            .detail(lacks)
            .at("spec.ipFamilies")
            .says(format!("The Service has an {lacks} address, and its ready endpoints have {has} addresses only. Connections to the {lacks} address are refused."))
            .evidence(Evidence::new(key, "spec.ipFamilies", lacks, has))
            .evidence(Evidence::new(key, "endpoints", format!("{has} only"), format!("one that is {lacks}")))
            .confirm(kubectl::slices_of(key))
            .fix(format!("Give the pods (or the slices that somebody writes) {lacks} addresses, or take {lacks} out of spec.ipFamilies.")),
    );
}
