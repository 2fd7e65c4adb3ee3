//! A `StatefulSet` whose Service gives its pods no names of their own.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::unseen;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC021",
    slug: "stateful-set-service",
    title: "pods have no DNS names",
    on: &[Kind::StatefulSet],
    page: include_str!("stateful_set_service.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(set) = view.workload(key) else {
        return;
    };
    let Some(name) = set.service_name.as_ref().filter(|_| set.wanted > 0) else {
        return;
    };
    let governing = key.sibling(Kind::Service, name.clone());
    let namespace = key.namespace.clone().unwrap_or_default();
    // One pod seldom asks for its peers; from files an operator may make the Service.
    let severity = if set.wanted > 1 && unseen::makers(view, &namespace).is_empty() {
        Severity::Warning
    } else {
        Severity::Info
    };
    let (severity, observed, told) = match view.service(&governing) {
        None => (severity, "absent", "does not exist"),
        Some(service) if !service.headless => (Severity::Info, "not headless", "is not headless"),
        Some(service) => {
            let mut wanted = service.selector.iter();
            let matches = wanted.all(|(key, value)| set.template_labels.has(key, value));
            if matches {
                return;
            }
            (severity, "selects other pods", "does not select the pods")
        }
    };
    sink.report(
        ports::draft(severity, key, format!("Service {name} {told}"))
            .at("spec.serviceName")
            .says(format!("Service {name} {told}, so names like {}-0.{name} do not resolve. Members that look for each other by name do not find each other.", key.name))
            .evidence(Evidence::new(key, "spec.serviceName", name.as_str(), "a headless Service that selects the pods"))
            .evidence(Evidence::new(&governing, "spec", observed, "headless, with a selector that fits"))
            .confirm(kubectl::get(&governing))
            .fix(format!("Write Service {name} with clusterIP: None and the labels of the pod template as its selector; clusterIP of a Service that is there cannot be changed, so use another name or make it anew.")),
    );
}
