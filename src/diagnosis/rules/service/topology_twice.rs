//! A Service that asks for topology in two ways, of which one is not followed.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC026",
    slug: "topology-twice",
    title: "trafficDistribution is not followed",
    on: &[Kind::Service],
    page: include_str!("topology_twice.md"),
    check,
};

/// The annotation, and its name before Kubernetes 1.27, which still counts.
const ANNOTATIONS: &[&str] = &[
    "service.kubernetes.io/topology-mode",
    "service.kubernetes.io/topology-aware-hints",
];

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    let Some(wanted) = &service.traffic_distribution else {
        return;
    };
    let annotations = &service.meta.annotations;
    let on = ANNOTATIONS.iter().find_map(|name| {
        let value = annotations.get(name)?;
        value.eq_ignore_ascii_case("auto").then_some((name, value))
    });
    let Some((name, value)) = on else {
        return;
    };
    sink.report(
        Draft::info(key, "trafficDistribution is not followed")
            .at("spec.trafficDistribution")
            .says(format!("The annotation {name}: {value} goes before spec.trafficDistribution: {wanted}. Hints are spread over zones by capacity, and {wanted} has no effect."))
            .evidence(Evidence::new(key, "spec.trafficDistribution", wanted.as_str(), "without the annotation"))
            .evidence(Evidence::new(key, &format!("metadata.annotations[{name}]"), value.as_str(), "absent"))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix(format!("Remove the annotation {name}, or remove spec.trafficDistribution, whichever is not meant.")),
    );
}
