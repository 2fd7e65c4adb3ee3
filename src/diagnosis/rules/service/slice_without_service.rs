//! An EndpointSlice that somebody wrote and that belongs to no Service.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::service::{ports, writer};
use crate::model::endpoints::EndpointSlice;
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::service::{Service, ServiceType};
use crate::model::view::{View, as_service, as_slice};
use crate::semantics::near;
use crate::semantics::readiness::SETTLING;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC015",
    slug: "slice-without-service",
    title: "slice belongs to no Service",
    on: &[Kind::EndpointSlice],
    page: include_str!("slice_without_service.md"),
    check,
};

const LABEL: &str = "metadata.labels[kubernetes.io/service-name]";

/// With this label a slice belongs to a Service of several clusters, which other controllers serve.
const MULTI_CLUSTER: &str = "multicluster.kubernetes.io/service-name";

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(slice) = view.object(key).and_then(as_slice) else {
        return;
    };
    let of_clusters = slice.meta.labels.get(MULTI_CLUSTER).is_some();
    if !writer::is_by_hand(slice) || of_clusters || slice.meta.deleted.is_some() {
        return;
    }
    // What is applied together may arrive one after the other.
    let created = slice.meta.created;
    if created.is_some_and(|created| view.is_within(SETTLING, created)) {
        return;
    }
    let draft = match &slice.service {
        None => unlabelled(view, slice),
        Some(name) => orphan(view, slice, name),
    };
    if let Some(draft) = draft {
        sink.report(draft.confirm(kubectl::get(key).flag("--show-labels")));
    }
}

fn unlabelled(view: &View<'_>, slice: &EndpointSlice) -> Option<Draft> {
    let key = &slice.meta.key;
    let namespace = key.namespace.as_ref()?;
    let mut services = view.in_namespace(Kind::Service, namespace);
    let meant = services
        .find_map(|object| as_service(object).filter(|service| is_meant_for(view, slice, service)));
    let (severity, said, fix) = match meant {
        Some(service) => {
            let name = &service.meta.key.name;
            (
                Severity::Error,
                format!("Service {name} has neither a selector nor a slice, and this one is named after it. Connections to the Service are refused."),
                format!("Give the slice the label kubernetes.io/service-name: {name}."),
            )
        }
        None => (
            Severity::Info,
            "Proxies leave it out; only somebody who reads slices by other labels can use it.".to_owned(),
            "Give the slice the label kubernetes.io/service-name with the name of its Service, or delete it if nobody reads it.".to_owned(),
        ),
    };
    let draft = ports::draft(severity, key, "no label names its Service")
        .at(LABEL)
        .says(format!("An EndpointSlice belongs to a Service by the label kubernetes.io/service-name, and this one lacks it. {said}"))
        .evidence(Evidence::new(key, LABEL, "absent", "the name of a Service"))
        .fix(fix);
    Some(draft)
}

/// The Service has nobody, and the slice bears its name, as `NAME` or `NAME-…`.
fn is_meant_for(view: &View<'_>, slice: &EndpointSlice, service: &Service) -> bool {
    let name = &service.meta.key.name;
    let rest = slice.meta.key.name.strip_prefix(name.as_str());
    let named = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    named
        && service.selector.is_empty()
        && service.kind != ServiceType::ExternalName
        && view.slices_of(&service.meta.key).is_empty()
}

/// A slice without its label that is meant for a Service that has none.
pub fn meant_for(view: &View<'_>, service: &Service) -> Option<Key> {
    let namespace = service.meta.key.namespace.as_ref()?;
    let mut slices = view
        .in_namespace(Kind::EndpointSlice, namespace)
        .filter_map(as_slice);
    let found = slices.find(|slice| {
        slice.service.is_none() && writer::is_by_hand(slice) && is_meant_for(view, slice, service)
    });
    found.map(|slice| slice.meta.key.clone())
}

fn orphan(view: &View<'_>, slice: &EndpointSlice, name: &Name) -> Option<Draft> {
    let key = &slice.meta.key;
    let service = key.sibling(Kind::Service, name.clone());
    if view.service(&service).is_some() {
        return None;
    }
    let near = near::of_key(view, &service);
    // The Service may be in other files.
    let severity = if view.is_offline() && near.is_none() {
        Severity::Info
    } else {
        Severity::Warning
    };
    let hint = near
        .as_ref()
        .map(|near| format!(" Service {near} is there."))
        .unwrap_or_default();
    let fix = near.map_or_else(
        || "Write the Service, or delete the slice if it was left behind.".to_owned(),
        |near| format!("Label the slice kubernetes.io/service-name: {near} if that Service is meant; otherwise write the Service, or delete the slice."),
    );
    let draft = ports::draft(severity, key, format!("Service {name} does not exist"))
        .at(LABEL)
        .says(format!("The slice's label names Service {name}, and there is none of that name in the namespace. Nobody leads traffic to its endpoints.{hint}"))
        .evidence(Evidence::new(key, LABEL, name.as_str(), "the name of a Service"))
        .fix(fix);
    Some(draft)
}
