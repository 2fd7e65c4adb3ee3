//! Owners that name a workload and say how many pods it wants.

use crate::model::key::Name;
use crate::model::labels::{Labels, Selector};
use crate::model::meta::Meta;
use crate::model::pod::Pod;

/// A Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob or ReplicationController: see the key's kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Metadata.
    pub meta: Meta,
    /// Pods wanted: `spec.replicas` (1 where unset), `status.desiredNumberScheduled` of a DaemonSet, 1 for a job.
    pub wanted: u32,
    /// `status.readyReplicas` or `numberReady`; none where there is no status.
    pub ready: Option<u32>,
    /// `status.updatedReplicas`.
    pub updated: Option<u32>,
    /// `status.observedGeneration`.
    pub observed_generation: Option<i64>,
    /// `spec.suspend`, or `spec.paused` of a Deployment.
    pub suspended: bool,
    /// `spec.selector`.
    pub selector: Selector,
    /// Labels of `spec.template`: what its pods carry.
    pub template_labels: Labels,
    /// `spec.serviceName` of a StatefulSet.
    pub service_name: Option<Name>,
    /// The pod that the template would make; only kept for worlds made from files.
    pub template: Option<Box<Pod>>,
}
