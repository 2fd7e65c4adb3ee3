//! Rollouts: whether a pod belongs to a change of its workload that is still under way.
//!
//! Follows `kubectl rollout status` (`polymorphichelpers/rollout_status.go`) and the Deployment controller's default
//! `progressDeadlineSeconds`: after ten minutes without progress a rollout is no longer excused.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::meta::Meta;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::view::{View, as_workload};
use crate::model::workload::Workload;
use crate::semantics::readiness::NotReady;
use jiff::SignedDuration;

/// `progressDeadlineSeconds` where a Deployment does not say.
pub const DEADLINE: SignedDuration = SignedDuration::from_mins(10);

/// Whether the pod is new in a rollout that has not finished. Where workloads cannot be read, a new pod has the benefit
/// of the doubt.
pub fn in_progress(view: &View<'_>, pod: &Pod) -> bool {
    let Some(key) = controller_key(&pod.meta) else {
        return false;
    };
    let young = pod
        .meta
        .created
        .is_some_and(|created| view.is_within(DEADLINE, created));
    if !young {
        return false;
    }
    let unreadable = |kind| view.gap(kind, key.namespace.as_ref()).is_some();
    if unreadable(key.kind) || key.kind == Kind::ReplicaSet && unreadable(Kind::Deployment) {
        return true;
    }
    view.advisory(|view| {
        let owner = view.workload(&key);
        owner.is_some_and(|owner| behind(owner) || replaces_another(view, owner))
    })
}

/// Whether that a pod is not ready is only part of a rollout: it is still starting, and nothing has failed.
///
/// Holds for a Service that has other endpoints; without any, clients fail whatever the reason.
pub fn excuses(view: &View<'_>, pod: &Pod, reason: &NotReady) -> bool {
    let starting = match reason {
        NotReady::ProbeFailing { .. } | NotReady::Initialising { .. } | NotReady::Other { .. } => {
            true
        }
        NotReady::NoAddress { words } => words.is_empty(),
        _ => false,
    };
    starting && in_progress(view, pod)
}

/// The controller of an object, where it is in the world.
pub fn controller<'w>(view: &View<'w>, meta: &Meta) -> Option<&'w Workload> {
    view.workload(&controller_key(meta)?)
}

/// The key of the controller of an object, where its kind is known.
pub fn controller_key(meta: &Meta) -> Option<Key> {
    let owner = meta.owner.as_ref()?;
    let kind = Kind::of_document(&owner.group, &owner.kind)?;
    Some(meta.key.sibling(kind, owner.name.clone()))
}

/// The pods of the same workload, itself among them, by key: of one ReplicaSet, and of the others of its Deployment.
/// Advisory.
pub fn replicas<'w>(view: &View<'w>, pod: &Pod) -> Vec<&'w Object> {
    view.advisory(|view| {
        let mut found = view.siblings(&pod.meta);
        if let Some(set) = controller(view, &pod.meta).filter(|owner| is_replica_set(owner)) {
            let others = view.siblings(&set.meta).into_iter();
            let others = others.filter(|other| *other.key() != set.meta.key);
            found.extend(others.flat_map(|other| view.owned_by(other.key(), Kind::Pod)));
        }
        found.sort_by(|a, b| a.key().cmp(b.key()));
        found
    })
}

fn is_replica_set(workload: &Workload) -> bool {
    workload.meta.key.kind == Kind::ReplicaSet
}

/// The controller has not caught up with what was asked for.
fn behind(workload: &Workload) -> bool {
    let unseen = workload
        .meta
        .generation
        .zip(workload.observed_generation)
        .is_some_and(|(asked, seen)| seen < asked);
    unseen
        || workload
            .updated
            .is_some_and(|updated| updated < workload.wanted)
}

/// A ReplicaSet whose Deployment is behind, or has another ReplicaSet that still wants pods.
fn replaces_another(view: &View<'_>, set: &Workload) -> bool {
    if !is_replica_set(set) {
        return false;
    }
    let deployment = controller(view, &set.meta);
    let others = view.siblings(&set.meta);
    let old: Option<&Name> = others
        .into_iter()
        .filter_map(as_workload)
        .find(|other| other.meta.key != set.meta.key && other.wanted > 0)
        .map(|other| &other.meta.key.name);
    deployment.is_some_and(behind) || (deployment.is_some() && old.is_some())
}
