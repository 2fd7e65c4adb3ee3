//! Owners and their pods, by controller references.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::view::{View, as_pod};

/// The pods of a workload, through the ReplicaSets of a Deployment and the Jobs of a CronJob, by name.
///
/// Finished ones are left out. Where no reference leads to a pod (files may lack the ReplicaSet between), the pods
/// that the workload's selector matches and whose own owner is not there either.
pub fn pods_of<'w>(view: &View<'w>, workload: &Key) -> Vec<&'w Pod> {
    let mut pods = owned_pods(view, workload);
    if pods.is_empty() {
        pods = selected_pods(view, workload);
    }
    pods.retain(|pod| !pod.is_terminal());
    pods.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    pods
}

fn owned_pods<'w>(view: &View<'w>, workload: &Key) -> Vec<&'w Pod> {
    let between = match workload.kind {
        Kind::Deployment => Some(Kind::ReplicaSet),
        Kind::CronJob => Some(Kind::Job),
        _ => None,
    };
    let mut owners = vec![workload.clone()];
    let children = between
        .map(|kind| view.owned_by(workload, kind))
        .unwrap_or_default();
    owners.extend(children.iter().map(|object| object.key().clone()));
    let owned = owners
        .iter()
        .flat_map(|owner| view.owned_by(owner, Kind::Pod));
    owned.filter_map(as_pod).collect()
}

fn selected_pods<'w>(view: &View<'w>, workload: &Key) -> Vec<&'w Pod> {
    let Some(namespace) = &workload.namespace else {
        return Vec::new();
    };
    let selector = view.workload(workload).map(|workload| &workload.selector);
    let Some(selector) = selector.filter(|selector| !selector.is_empty()) else {
        return Vec::new();
    };
    let mut pods = view.pods_selected(namespace, selector);
    pods.retain(|pod| !has_owner(view, pod, namespace));
    pods
}

/// Whether the controller of a pod is in the world.
fn has_owner(view: &View<'_>, pod: &Pod, namespace: &Name) -> bool {
    let owner = pod.meta.owner.as_ref();
    owner.is_some_and(|owner| match Kind::of_document(&owner.group, &owner.kind) {
        Some(kind) => view
            .object(&Key::new(kind, namespace.clone(), owner.name.clone()))
            .is_some(),
        None => true,
    })
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
