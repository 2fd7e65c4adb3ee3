//! Owners and their pods, by controller references.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::view::{View, as_pod};

/// The pods of a workload, through the ReplicaSets of a Deployment and the Jobs of a CronJob, by name. Finished ones are left out.
pub fn pods_of<'w>(view: &View<'w>, workload: &Key) -> Vec<&'w Pod> {
    let mut owners = vec![workload.clone()];
    let between = match workload.kind {
        Kind::Deployment => Some(Kind::ReplicaSet),
        Kind::CronJob => Some(Kind::Job),
        _ => None,
    };
    if let Some(kind) = between {
        owners.extend(
            view.owned_by(workload, kind)
                .iter()
                .map(|object| object.key().clone()),
        );
    }
    let owned = owners
        .iter()
        .flat_map(|owner| view.owned_by(owner, Kind::Pod));
    let mut pods: Vec<&'w Pod> = owned
        .filter_map(as_pod)
        .filter(|pod| !pod.is_terminal())
        .collect();
    pods.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    pods
}

/// The topmost controller of a pod, by kind and name, followed through the ReplicaSet to its Deployment.
/// Advisory: where the owners cannot be read, the nearest one is named.
pub fn top_owner(view: &View<'_>, pod: &Pod) -> Option<(Name, Name)> {
    let owner = pod.meta.owner.as_ref()?;
    let namespace = pod.meta.key.namespace.clone()?;
    let parent = Kind::of_document(&owner.group, &owner.kind)
        .and_then(|kind| {
            view.advisory(|view| view.workload(&Key::new(kind, namespace, owner.name.clone())))
        })
        .and_then(|workload| workload.meta.owner.as_ref());
    let top = parent.unwrap_or(owner);
    Some((top.kind.clone(), top.name.clone()))
}
