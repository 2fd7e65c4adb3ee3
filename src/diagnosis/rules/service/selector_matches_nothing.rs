//! A Service whose selector matches no pod: no endpoint can exist.

use crate::diagnosis::kubectl;
use crate::diagnosis::patch;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::labels::Labels;
use crate::model::service::Service;
use crate::model::view::View;
use crate::semantics::empty::Empty;
use crate::semantics::near::{Difference, NearMiss};
use crate::semantics::unseen::{self, Unseen};
use serde_json::{Map, Value, json};

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC001",
    slug: "selector-matches-nothing",
    title: "selector matches no pod",
    on: &[Kind::Service],
    page: include_str!("selector_matches_nothing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    let Some(Empty::SelectorMatchesNothing { near }) = ports::wholly_empty(view, service) else {
        return;
    };
    let reason = Empty::SelectorMatchesNothing { near: near.clone() };
    let severity = ports::severity(view, service, &reason);
    let selector = &service.selector;
    let hint = near.as_ref().map(NearMiss::sentence);
    let told = match &hint {
        Some(hint) => format!(" Nearest: {hint}."),
        None => " No pod comes near it.".to_owned(),
    };
    let unseen = unseen::of_service(view, service, near.as_ref());
    let unless = unseen.as_ref();
    let unless = unless.map(|unseen| ports::unseen_words(unseen, key.namespace_str()));
    let told = unless.map_or(told.clone(), |unless| match &hint {
        Some(_) => format!("{told} {unless}"),
        None => format!(" {unless}"),
    });
    let (carries, outcome) = match &unseen {
        Some(Unseen::OtherClusters) => ("carries", ".".to_owned()),
        Some(_) => ("of the files carries", ".".to_owned()),
        None => {
            let outcome = ports::outcome(service);
            let so = format!(", so the Service has no endpoint. {outcome}");
            ("carries", so)
        }
    };
    let mut draft = ports::draft(severity, key, "selector matches no pod")
        .at("spec.selector")
        .says(format!(
            "No pod in namespace {} {carries} {selector}{outcome}{told}",
            key.namespace_str(),
        ))
        .evidence(Evidence::new(
            key,
            "spec.selector",
            selector.to_string(),
            "labels that a pod of this namespace carries",
        ));
    if let Some(near) = &near {
        let labels = view.advisory(|view| view.pod(&near.example));
        let labels = labels.map(|pod| pod.meta.labels.to_string());
        draft = draft.evidence(Evidence::new(
            &near.example,
            "metadata.labels",
            labels.unwrap_or_default(),
            selector.to_string(),
        ));
    }
    let namespace = key.namespace.clone().unwrap_or_default();
    sink.report(
        draft
            .confirm(
                kubectl::list(Kind::Pod)
                    .in_namespace(&namespace)
                    .labelled(selector),
            )
            .fix(remedy(near.as_ref(), selector))
            .patch(near.and_then(|near| change(service, &near))),
    );
}

fn remedy(near: Option<&NearMiss>, selector: &Labels) -> String {
    let Some(near) = near else {
        return format!(
            "Give the pods the labels {selector} (in the template of their workload), or set spec.selector to labels \
             that they carry; if there should be none, delete the Service."
        );
    };
    let (wanted, value) = &near.wanted;
    if is_of_a_member(wanted) {
        return format!(
            "Select a member that {} has, or give it more replicas; whoever knows {value} by this Service must find that very pod.",
            near.owner.as_deref().unwrap_or("the set")
        );
    }
    match &near.difference {
        Difference::Value(found) => format!(
            "Set {wanted}: {found} in spec.selector, if these are the pods that were meant; otherwise give the pods \
             {wanted}: {value}."
        ),
        Difference::Key(found) => format!(
            "Select by {found}: {value} instead of {wanted}: {value}, if these are the pods that were meant."
        ),
        Difference::Missing => format!(
            "Add {wanted}: {value} to the labels of the workload's pod template, or take it out of spec.selector."
        ),
        Difference::Namespace(place) => format!(
            "A Service selects pods of its own namespace only: move it to namespace {place}, or the pods to its own."
        ),
    }
}

/// The labels that tell the members of a set apart: another member is no substitute.
fn is_of_a_member(label: &str) -> bool {
    matches!(
        label,
        "statefulset.kubernetes.io/pod-name" | "apps.kubernetes.io/pod-index"
    )
}

/// Sets the selector to what would match, and only that.
fn change(service: &Service, near: &NearMiss) -> Option<String> {
    if is_of_a_member(&near.wanted.0) {
        return None;
    }
    let mended = near.mended(&service.selector)?;
    let gone = service.selector.iter();
    let gone = gone.filter(|(key, _)| mended.get(key).is_none());
    let added = mended
        .iter()
        .filter(|(key, value)| !service.selector.has(key, value));
    let mut pairs: Map<String, Value> = Map::new();
    pairs.extend(gone.map(|(key, _)| (key.to_string(), Value::Null)));
    pairs.extend(added.map(|(key, value)| (key.to_string(), json!(value.as_str()))));
    Some(patch::merge(
        &service.meta.key,
        &json!({ "spec": { "selector": pairs } }),
    ))
}
