//! A NetworkPolicy that is about nothing but pods on their node's network.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::{View, as_policy};
use crate::semantics::policy::select;

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP018",
    slug: "only-host-network",
    title: "policy for pods on their node's network",
    on: &[Kind::NetworkPolicy],
    page: include_str!("only_host_network.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    if policy.subject.pods.is_malformed() {
        return;
    }
    let pods = select::pods_of(view, policy);
    let Some(first) = pods.first() else { return };
    if !pods.iter().all(|pod| pod.host_network) {
        return;
    }
    let count = match pods.len() {
        1 => "The one pod that the policy selects shares its node's network".to_owned(),
        many => format!("All {many} pods that the policy selects share their node's network"),
    };
    let list = kubectl::list(Kind::Pod).selected(&policy.subject.pods);
    let list = match &key.namespace {
        Some(namespace) => list.in_namespace(namespace),
        None => list,
    };
    sink.report(
        Draft::info(key, RULE.title)
            .at("spec.podSelector")
            .says(format!("{count}. Kubernetes does not define what a NetworkPolicy is to such pods, and most networks leave them alone: what it isolates is likely open."))
            .evidence(Evidence::new(&first.meta.key, "spec.hostNetwork", "true", "false"))
            .confirm(list.option("-o", "custom-columns=NAME:.metadata.name,HOST:.spec.hostNetwork"))
            .fix("Filter on the nodes (a host firewall, or host policies of the network), or run the pods on the pod network."),
    );
}
