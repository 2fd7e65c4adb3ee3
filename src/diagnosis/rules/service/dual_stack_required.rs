//! A Service that demands both IP families of a cluster which has one.

use crate::diagnosis::kubectl;
use crate::diagnosis::patch;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::Family;
use crate::model::view::{View, as_node, as_pod, as_service};
use serde_json::json;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC030",
    slug: "dual-stack-required",
    title: "both IP families demanded of one",
    on: &[Kind::Service],
    page: include_str!("dual_stack_required.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let demands = view
        .service(key)
        .is_some_and(|service| service.needs_both_families && service.cluster_ips.len() < 2);
    // A cluster has taken what it shows.
    if !demands || !view.is_offline() {
        return;
    }
    let Some((node, family)) = only_family(view) else {
        return;
    };
    sink.report(
        Draft::warning(key, format!("RequireDualStack in a cluster of {family}"))
            .at("spec.ipFamilyPolicy")
            .says(format!(
                "The Service demands both IP families, and all nodes of the files give their pods {family} addresses only: \
                 the API server of such a cluster refuses it."
            ))
            .evidence(Evidence::new(key, "spec.ipFamilyPolicy", "RequireDualStack", "PreferDualStack"))
            .evidence(Evidence::new(&node, "spec.podCIDRs", family.to_string(), "both families"))
            .confirm(kubectl::get(&node).option("-o", "jsonpath={.spec.podCIDRs}"))
            .fix("Set ipFamilyPolicy to PreferDualStack, which takes both where both are there.")
            .patch(Some(patch::merge(key, &json!({ "spec": { "ipFamilyPolicy": "PreferDualStack" } })))),
    );
}

/// The only family of the cluster, with a node that shows it; none where any object has another, or nothing shows it.
fn only_family(view: &View<'_>) -> Option<(Key, Family)> {
    let mut found: Option<(Key, Family)> = None;
    for node in view.all(Kind::Node).filter_map(as_node) {
        if node.pod_cidrs.is_empty() {
            return None;
        }
        for net in &node.pod_cidrs {
            let family = Family::of(net.addr());
            if found.as_ref().is_some_and(|(_, known)| *known != family) {
                return None;
            }
            found.get_or_insert_with(|| (node.meta.key.clone(), family));
        }
    }
    let (node, family) = found?;
    let mut pods = view.all(Kind::Pod).filter_map(as_pod);
    let mut services = view.all(Kind::Service).filter_map(as_service);
    let other = pods.any(|pod| pod.ips.iter().any(|ip| Family::of(*ip) != family))
        || services.any(|one| one.cluster_ips.iter().any(|ip| Family::of(*ip) != family));
    (!other).then_some((node, family))
}
