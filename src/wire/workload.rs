//! Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob and ReplicationController.

use crate::wire::meta::{LabelSelector, Metadata, Requirement};
use crate::wire::notes::{Notes, Templates, Text};
use crate::wire::pod::Pod;
use crate::wire::scalar::Pairs;
use crate::wire::shape::{KeySeed, Shape, object};
use serde::de::{IgnoredAny, MapAccess};

object! {
    /// A workload of any kind.
    Workload {
        api_version: Text = "apiVersion",
        metadata: Metadata = "metadata" required,
        spec: WorkloadSpec = "spec",
        status: WorkloadStatus = "status",
    }
}

object! {
    /// `spec`.
    WorkloadSpec {
        replicas: u32 = "replicas",
        suspend: bool = "suspend",
        paused: bool = "paused",
        selector: AnySelector = "selector",
        service_name: Text = "serviceName",
        template: Template = "template",
        job_template: JobTemplate = "jobTemplate",
    }
}

object! {
    /// `spec.jobTemplate` of a CronJob.
    JobTemplate { spec: JobTemplateSpec = "spec", }
}

object! {
    /// `spec.jobTemplate.spec`.
    JobTemplateSpec { template: Template = "template", }
}

object! {
    /// `status`, by the names of each kind.
    WorkloadStatus {
        ready: u32 = "readyReplicas",
        number_ready: u32 = "numberReady",
        job_ready: u32 = "ready",
        updated: u32 = "updatedReplicas",
        updated_scheduled: u32 = "updatedNumberScheduled",
        desired: u32 = "desiredNumberScheduled",
        observed_generation: i64 = "observedGeneration",
    }
}

/// A pod template; skipped where nobody wants templates.
#[derive(Debug)]
pub(crate) struct Template(pub(crate) Box<Pod>);

impl Shape for Template {
    const EXPECTED: &'static str = "an object";

    fn map<'de, A: MapAccess<'de>>(
        mut map: A,
        notes: &mut Notes,
    ) -> Result<Option<Self>, A::Error> {
        if notes.templates == Templates::Skip {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(None);
        }
        Ok(Pod::map(map, notes)?.map(|pod| Self(Box::new(pod))))
    }
}

/// A `metav1.LabelSelector`, or the plain map of a ReplicationController.
#[derive(Debug, Default)]
pub(crate) struct AnySelector {
    pub(crate) selector: LabelSelector,
    /// What stands there beside the fields of a selector.
    pub(crate) plain: Pairs,
}

impl Shape for AnySelector {
    const EXPECTED: &'static str = "a label selector";

    fn map<'de, A: MapAccess<'de>>(
        mut map: A,
        notes: &mut Notes,
    ) -> Result<Option<Self>, A::Error> {
        let mut it = Self::default();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            match &*key {
                "matchLabels" => {
                    it.selector.labels = notes.field::<Pairs, A>("matchLabels", &mut map)?;
                }
                "matchExpressions" => {
                    it.selector.expressions =
                        notes.field::<Vec<Requirement>, A>("matchExpressions", &mut map)?;
                }
                _ => {
                    let key: Text = key.into();
                    notes.enter_entry(&key);
                    let value = map.next_value_seed(notes.seed::<Text>());
                    notes.leave();
                    it.plain.0.extend(value?.map(|value| (key, value)));
                }
            }
        }
        Ok(Some(it))
    }
}
