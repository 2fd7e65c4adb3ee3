//! An ExternalName Service that is an alias of a Service which is not there.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::patch;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::service::Service;
use crate::model::view::View;
use crate::semantics::alias::{self, End};
use crate::semantics::near;
use serde_json::json;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC029",
    slug: "alias-of-nothing",
    title: "externalName names no Service",
    on: &[Kind::Service],
    page: include_str!("alias_of_nothing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    let (target, ring) = match (alias::target(service), alias::end(view, service)) {
        (Some(target), End::Ring) => (target, true),
        (Some(next), End::Absent(target)) if next == target => (target, false),
        _ => return,
    };
    if !ring && alias::may_be_apart(view, &target) {
        return;
    }
    let near = near::of_key(view, &target).filter(|_| !ring);
    let misspelt = near
        .as_ref()
        .is_some_and(|near| near::is_misspelt(&target.name, near));
    // Files of one namespace may be read in parts.
    let severity = if ring || misspelt || !view.is_offline() {
        Severity::Error
    } else {
        Severity::Warning
    };
    let why = if target == *key {
        "that is itself".to_owned()
    } else if ring {
        "the aliases lead to one another and to no Service".to_owned()
    } else {
        format!(
            "namespace {} has no Service {}",
            target.namespace_str(),
            target.name
        )
    };
    let nearest = near
        .as_ref()
        .map(|near| format!(" Nearest: Service {near}."))
        .unwrap_or_default();
    let name = service.external_name.clone().unwrap_or_default();
    sink.report(
        ports::draft(severity, key, format!("externalName names no Service: {name}"))
            .at("spec.externalName")
            .says(format!(
                "The Service is an alias of {name}, but {why}: the name does not resolve (NXDOMAIN).{nearest}"
            ))
            .evidence(Evidence::new(key, "spec.externalName", name.as_str(), "the full name of a Service that is there"))
            .confirm(kubectl::get(&target))
            .fix(format!(
                "Set spec.externalName to the full name of the Service that is meant, or create Service {} in namespace {}.",
                target.name,
                target.namespace_str()
            ))
            .patch(near.filter(|_| misspelt).map(|near| change(service, &target, &near))),
    );
}

fn change(service: &Service, target: &Key, near: &Name) -> String {
    let name = format!("{near}.{}.svc.cluster.local", target.namespace_str());
    patch::merge(
        &service.meta.key,
        &json!({ "spec": { "externalName": name } }),
    )
}
