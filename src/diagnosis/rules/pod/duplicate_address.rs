//! Two pods that hold the same address.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD009",
    slug: "duplicate-address",
    title: "another pod has its address",
    on: &[Kind::Pod],
    page: include_str!("duplicate_address.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(pod) = view.pod(key).filter(|pod| holds(pod)) else {
        return;
    };
    for ip in &pod.ips {
        let others = view.advisory(|view| view.pods_at(*ip));
        // Told once, on the later of the two by name.
        let other = others
            .iter()
            .find(|other| other.meta.key < *key && holds(other));
        let Some(other) = other else { continue };
        let ip = ip.to_string();
        sink.report(
            Draft::warning(key, format!("shares {ip} with another pod"))
                .detail(ip.as_str())
                .at("status.podIPs")
                .says(format!("Pod {} in namespace {} holds {ip} as well. What is sent to one may arrive at the other.", other.meta.key.name, other.meta.key.namespace_str()))
                .evidence(Evidence::new(key, "status.podIPs", ip.as_str(), "an address of its own"))
                .evidence(Evidence::new(&other.meta.key, "status.podIPs", ip.as_str(), ""))
                .confirm(kubectl::list(Kind::Pod).everywhere().option("--field-selector", &format!("status.podIP={ip}")))
                .fix("Delete one of the pods so that it gets a new address, and see why the network plugin gave one address twice (its address pools, nodes that were restored or joined twice)."),
        );
    }
}

/// Ready, and not about to leave: a pod that is neither may show an address that is no longer its own.
fn holds(pod: &Pod) -> bool {
    !pod.host_network && !pod.is_terminal() && !pod.is_terminating() && pod.is_ready()
}
