//! Metadata, conditions and selectors.

use crate::model::labels::{Demand, Labels, Selector};
use crate::model::meta::{Condition, Meta, Truth};
use crate::source::snapshot::doc::{Doc, text, texts};
use serde_json::{Map, Value};

/// What stands in place of a value that is left out.
const REDACTED: &str = "(redacted)";

/// Parts of the keys of annotations that speak of traffic.
const KNOWN: &[&str] = &[
    "kubernetes.io/",
    "k8s.io/",
    "istio.io/",
    "linkerd.io/",
    "cilium.io/",
    "projectcalico.org/",
    "traefik.",
    "haproxy.",
    "konghq.com/",
    "cert-manager.io/",
    "nginx.org/",
    "nginx.com/",
    "projectcontour.io/",
    "cloud.google.com/",
    "kubernetes.azure.com/",
    "helm.sh/hook",
    "argocd.argoproj.io/hook",
    "networking.gke.io/",
    "k9scli.io/",
    "kftray.app/",
    "portolan-ignore",
];

pub(super) fn metadata(meta: &Meta, finalizer: Option<&str>) -> Value {
    let owner = meta.owner.as_ref().map(|owner| {
        let version = match owner.group.as_str() {
            "" => "v1".to_owned(),
            group => format!("{group}/v1"),
        };
        Doc::new()
            .put("apiVersion", version)
            .put("kind", owner.kind.as_str())
            .put("name", owner.name.as_str())
            .put("uid", owner.uid.as_str())
            .put("controller", true)
            .done()
    });
    Doc::new()
        .put("name", meta.key.name.as_str())
        .put("namespace", meta.key.namespace_str())
        .put("uid", meta.uid.as_str())
        .put("creationTimestamp", text(meta.created))
        .put("deletionTimestamp", text(meta.deleted))
        .put("generation", meta.generation)
        .put("labels", pairs(&meta.labels))
        .put("annotations", annotations(&meta.annotations))
        .put("ownerReferences", owner.into_iter().collect::<Value>())
        .put("finalizers", texts(finalizer))
        .done()
}

pub(super) fn pairs(labels: &Labels) -> Value {
    let pairs = labels.iter();
    let map: Map<String, Value> = pairs
        .map(|(key, value)| (key.to_string(), Value::from(value.as_str())))
        .collect();
    Value::Object(map)
}

pub(super) fn annotations(annotations: &Labels) -> Value {
    let shown = annotations.iter().map(|(key, value)| {
        let known = KNOWN.iter().any(|part| key.contains(part)) && !key.ends_with("-snippet");
        let value = if known { value.as_str() } else { REDACTED };
        (key.to_string(), Value::from(value))
    });
    Value::Object(shown.collect())
}

pub(super) fn conditions(conditions: &[Condition]) -> Value {
    let all = conditions.iter().map(|condition| {
        let status = match condition.status {
            Truth::True => "True",
            Truth::False => "False",
            Truth::Unknown => "Unknown",
        };
        Doc::new()
            .put("type", condition.kind.as_str())
            .put("status", status)
            .put("reason", condition.reason.as_str())
            .put("message", condition.message.as_str())
            .put("lastTransitionTime", text(condition.since))
            .put("observedGeneration", condition.generation)
            .done()
    });
    all.collect()
}

/// Every requirement as an expression, so that their order is kept.
pub(super) fn selector(selector: &Selector) -> Value {
    let expressions = selector.0.iter().map(|(key, demand)| {
        let (operator, values) = match demand {
            Demand::In(values) => ("In", texts(values)),
            Demand::NotIn(values) => ("NotIn", texts(values)),
            Demand::Exists => ("Exists", Value::Null),
            Demand::DoesNotExist => ("DoesNotExist", Value::Null),
            Demand::Unknown(word) => (word.as_str(), Value::Null),
        };
        Doc::new()
            .put("key", key.as_str())
            .put("operator", operator)
            .put("values", values)
            .done()
    });
    Doc::new()
        .put("matchExpressions", expressions.collect::<Value>())
        .done()
}
