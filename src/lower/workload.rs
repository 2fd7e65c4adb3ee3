//! Workloads: what owns pods, how many it wants, and the pod its template would make.

use crate::lower::Lower;
use crate::lower::context::{Context, filled, labels, selector};
use crate::lower::pod::of_template;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::labels::{Labels, Selector};
use crate::model::meta::Meta;
use crate::model::object::Fact;
use crate::model::workload::Workload;
use crate::wire::workload as wire;

impl Lower for wire::Workload {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let spec = self.spec.unwrap_or_default();
        let status = self.status;
        let of_job = spec.job_template.and_then(|job| job.spec?.template);
        let (template, template_labels) = match spec.template.or(of_job) {
            Some(wire::Template::Whole(pod)) => {
                let pod = of_template(*pod, template_key(&meta));
                let labels = pod.meta.labels.clone();
                (Some(Box::new(pod)), labels)
            }
            Some(wire::Template::Labels(pairs)) => (None, labels(Some(pairs))),
            None => (None, Labels::default()),
        };
        let wanted = wanted(context.kind, spec.replicas, status.as_ref());
        let selector = lower_selector(spec.selector, &template_labels, context);
        let status = status.unwrap_or_default();
        Fact::Workload(Workload {
            wanted,
            ready: status.ready.or(status.number_ready).or(status.job_ready),
            updated: status.updated.or(status.updated_scheduled),
            observed_generation: status.observed_generation,
            suspended: match context.kind {
                Kind::Job | Kind::CronJob => spec.suspend,
                Kind::Deployment => spec.paused,
                _ => None,
            }
            .unwrap_or_default(),
            selector,
            template_labels,
            service_name: filled(spec.service_name),
            template,
            meta,
        })
    }
}

fn template_key(meta: &Meta) -> Key {
    meta.key.sibling(Kind::Pod, meta.key.name.clone())
}

fn wanted(kind: Kind, replicas: Option<u32>, status: Option<&wire::WorkloadStatus>) -> u32 {
    match kind {
        Kind::DaemonSet => status.and_then(|status| status.desired).unwrap_or(1),
        Kind::Job | Kind::CronJob => 1,
        _ => replicas.unwrap_or(1),
    }
}

/// A selector that is not written demands the labels of the template, as it did before `apps/v1`.
fn lower_selector(
    wire: Option<wire::AnySelector>,
    template_labels: &Labels,
    context: &mut Context<'_>,
) -> Selector {
    let Some(wire) = wire else {
        return Selector::of_labels(template_labels);
    };
    let plain = labels(Some(wire.plain));
    if context.kind == Kind::ReplicationController {
        return Selector::of_labels(&plain);
    }
    if !plain.is_empty() {
        let field = "spec.selector".to_owned();
        let expected = "matchLabels or matchExpressions";
        context.notes.flaw(field, plain.to_string(), expected);
    }
    let mut lowered = selector(&wire.selector);
    if lowered.is_empty() {
        lowered = Selector::of_labels(&plain);
    }
    lowered
}
