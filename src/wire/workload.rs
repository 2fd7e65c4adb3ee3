//! Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob and ReplicationController.

use crate::wire::meta::{LabelSelector, Metadata, Requirement};
use crate::wire::notes::{Notes, Templates, Text};
use crate::wire::pod::Pod;
use crate::wire::scalar::Pairs;
use crate::wire::shape::{KeySeed, Shape, object};
use serde::de::MapAccess;

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

/// A pod template; only its labels where nobody wants templates.
#[derive(Debug)]
pub(crate) enum Template {
    Whole(Box<Pod>),
    Labels(Pairs),
}

object! {
    /// A template of which only the labels are read.
    Labelled { metadata: LabelledMetadata = "metadata", }
}

object! {
    /// The labels of a template.
    LabelledMetadata { labels: Pairs = "labels", }
}

impl Shape for Template {
    const EXPECTED: &'static str = "an object";

    fn map<'de, A: MapAccess<'de>>(map: A, notes: &mut Notes) -> Result<Option<Self>, A::Error> {
        if notes.templates == Templates::Read {
            return Ok(Pod::map(map, notes)?.map(|pod| Self::Whole(Box::new(pod))));
        }
        let labelled = Labelled::map(map, notes)?;
        let labels = labelled.and_then(|pod| pod.metadata?.labels);
        Ok(Some(Self::Labels(labels.unwrap_or_default())))
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
