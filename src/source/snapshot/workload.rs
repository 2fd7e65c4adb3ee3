//! Workloads.

use crate::model::kind::Kind;
use crate::model::labels::Demand;
use crate::model::workload::Workload;
use crate::source::snapshot::doc::{Doc, text};
use crate::source::snapshot::meta::{pairs, selector};
use crate::source::snapshot::pod::template;
use serde_json::Value;

pub(super) fn workload(head: Doc, workload: &Workload) -> Doc {
    let kind = workload.meta.key.kind;
    let labels = Doc::new().put("labels", pairs(&workload.template_labels));
    let bare = Doc::new().put("metadata", labels);
    let template = workload.template.as_deref();
    let template = template.map_or_else(|| bare.done(), self::template);
    let spec = Doc::new()
        .keep("selector", of_kind(workload))
        .put("serviceName", text(workload.service_name.as_ref()));
    let spec = match kind {
        Kind::CronJob => {
            let job = Doc::new().put("template", template);
            spec.put("jobTemplate", Doc::new().put("spec", job))
        }
        _ => spec.put("template", template),
    };
    let spec = match kind {
        Kind::Job | Kind::CronJob => spec.put("suspend", workload.suspended),
        Kind::Deployment => spec.put("paused", workload.suspended),
        _ => spec,
    };
    let status = Doc::new()
        .put("readyReplicas", workload.ready)
        .put("updatedReplicas", workload.updated)
        .put("observedGeneration", workload.observed_generation);
    let (spec, status) = match kind {
        Kind::DaemonSet => (spec, status.put("desiredNumberScheduled", workload.wanted)),
        Kind::Job | Kind::CronJob => (spec, status),
        _ => (spec.put("replicas", workload.wanted), status),
    };
    head.put("spec", spec).put("status", status)
}

/// A ReplicationController's selector is a plain map.
fn of_kind(workload: &Workload) -> Value {
    if workload.meta.key.kind != Kind::ReplicationController {
        return selector(&workload.selector);
    }
    let demanded = workload.selector.0.iter();
    let pairs = demanded.filter_map(|(key, demand)| match demand {
        Demand::In(values) => Some((key.to_string(), Value::from(values.first()?.as_str()))),
        _ => None,
    });
    Value::Object(pairs.collect())
}
