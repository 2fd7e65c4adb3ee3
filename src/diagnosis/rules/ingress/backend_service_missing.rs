//! An Ingress that leads to a Service which is not in its namespace.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::ingress::references::{self, Place};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::object::Object;
use crate::model::view::View;
use crate::semantics::near;
use crate::semantics::unseen;
use serde_json::json;
use std::collections::BTreeMap;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING001",
    slug: "backend-service-missing",
    title: "backend Service missing",
    on: &[Kind::Ingress],
    page: include_str!("backend_service_missing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    let mut missing: BTreeMap<&Name, Vec<Place>> = BTreeMap::new();
    for reference in references::references(ingress) {
        let service = key.sibling(Kind::Service, reference.service.clone());
        if view.service(&service).is_none() {
            let places = missing.entry(reference.service).or_default();
            places.extend(reference.places);
        }
    }
    for (name, places) in missing {
        report(view, key, name, &places, sink);
    }
}

/// What was probably meant.
enum Meant {
    Named(Name),
    Elsewhere(Key),
    Unclear,
}

fn report(view: &View<'_>, key: &Key, name: &Name, places: &[Place], sink: &mut Sink) {
    let namespace = key.namespace.clone().unwrap_or_default();
    let meant = meant(view, &namespace, name);
    let mut makers = unseen::makers(view, &namespace);
    if matches!(&meant, Meant::Named(near) if near::is_misspelt(name, near)) {
        // A slip of the pen needs no operator to explain it.
        makers.clear();
    }
    let severity = if makers.is_empty() {
        Severity::Error
    } else {
        Severity::Warning
    };
    let (hint, expected, fix) = match &meant {
        Meant::Named(near) => (
            format!(" Nearest: Service {near}."),
            near.to_string(),
            format!(
                "Name the Service {near}, if that is the one that was meant; or create Service {name}."
            ),
        ),
        Meant::Elsewhere(other) => (
            format!(" Namespace {} has one of this name.", other.namespace_str()),
            format!("a Service of namespace {namespace}"),
            format!(
                "An Ingress leads to Services of its own namespace only: move the Ingress to namespace {}, or create \
                 Service {name} in namespace {namespace}.",
                other.namespace_str()
            ),
        ),
        Meant::Unclear => (
            String::new(),
            format!("a Service of namespace {namespace}"),
            format!("Create Service {name} in namespace {namespace}, or name one that is there."),
        ),
    };
    let made = if makers.is_empty() {
        String::new()
    } else {
        format!(" {} in the files may make it.", makers.join(", "))
    };
    let mut draft = ports::draft(severity, key, format!("Service {name} does not exist"))
        .detail(name.clone())
        .at(places.first().map(|place| place.field.clone()).unwrap_or_default())
        .says(format!(
            "Requests for {} lead to Service {name}, which is not in namespace {namespace}; they get 503 (404 from \
             some controllers).{hint}{made}",
            references::places(places)
        ))
        .evidences(references::evidence(key, places, "service.name", name, &expected))
        .confirm(kubectl::get(&key.sibling(Kind::Service, name.clone())))
        .fix(fix);
    match meant {
        Meant::Named(near) => {
            let (old, new) = (json!(name.as_str()), json!(near.as_str()));
            let change = references::change(key, places, "service/name", &old, &new);
            draft = draft.patch(Some(change));
        }
        Meant::Elsewhere(other) => {
            draft = draft.evidence(Evidence::new(
                &other,
                "metadata.namespace",
                other.namespace_str(),
                &*namespace,
            ));
        }
        Meant::Unclear => {}
    }
    sink.report(draft);
}

fn meant(view: &View<'_>, namespace: &Name, name: &Name) -> Meant {
    let here: Vec<Name> = view
        .in_namespace(Kind::Service, namespace)
        .map(|object| object.key().name.clone())
        .collect();
    let near = near::of_name(name, &here);
    if let Some(near) = near.filter(|near| near::is_misspelt(name, near)) {
        return Meant::Named(near.clone());
    }
    let elsewhere = view.advisory(|view| {
        let mut all = view.all(Kind::Service).map(Object::key);
        all.find(|other| other.name == *name).cloned()
    });
    // The very name elsewhere says more than one that only begins alike.
    let begins_alike = || near.map_or(Meant::Unclear, |near| Meant::Named(near.clone()));
    elsewhere.map_or_else(begins_alike, Meant::Elsewhere)
}
