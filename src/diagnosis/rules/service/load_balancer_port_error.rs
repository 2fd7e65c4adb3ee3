//! A port that the load balancer does not serve, as its controller says in the status.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::meta::Truth;
use crate::model::service::{Service, ServiceType};
use crate::model::view::View;
use std::collections::BTreeMap;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC027",
    slug: "load-balancer-port-error",
    title: "load balancer refuses a port",
    on: &[Kind::Service],
    page: include_str!("load_balancer_port_error.md"),
    check,
};

/// The condition by which a controller says that it could not open some port.
const CONDITION: &str = "LoadBalancerPortsError";

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    if service.kind != ServiceType::LoadBalancer || service.meta.deleted.is_some() {
        return;
    }
    let addresses = service.addresses.iter();
    let errors: BTreeMap<u16, &str> = addresses
        .flat_map(|address| address.port_errors.iter())
        .map(|(port, error)| (*port, error.as_str()))
        .collect();
    for (port, error) in &errors {
        sink.report(refused(service, *port, error));
    }
    if errors.is_empty() {
        let on =
            |it: &&crate::model::meta::Condition| it.kind == CONDITION && it.status == Truth::True;
        if let Some(condition) = service.conditions.iter().find(on) {
            let why = if condition.message.is_empty() {
                &condition.reason
            } else {
                &condition.message
            };
            sink.report(draft(service, "some port", why).since(condition.since));
        }
    }
}

fn refused(service: &Service, port: u16, error: &str) -> Draft {
    draft(service, &format!("port {port}"), error).detail(port.to_string())
}

fn draft(service: &Service, what: &str, why: &str) -> Draft {
    let key = &service.meta.key;
    let why: Vec<&str> = why.split_whitespace().collect();
    let why = why.join(" ");
    let why = why.trim_end_matches('.');
    let mixed = service
        .ports
        .windows(2)
        .any(|two| two.first().map(|port| port.protocol) != two.last().map(|port| port.protocol));
    let fix = if mixed {
        "Where the cloud takes one protocol for each load balancer, split the Service in two, one for TCP and one for UDP (some clouds let both share an address by an annotation)."
    } else {
        "See what the controller's words ask for: a port that the cloud reserves, a quota, or a listener that somebody else has."
    };
    Draft::warning(key, format!("load balancer refuses {what}"))
        .at("status.loadBalancer")
        .says(format!("The controller of the load balancer says of {what}: {why}. From outside the cluster it does not answer there."))
        .evidence(Evidence::new(key, "status.loadBalancer", why, "no error"))
        .confirm(kubectl::get(key).option("-o", "yaml"))
        .fix(fix)
}
