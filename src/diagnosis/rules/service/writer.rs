//! Who wrote an EndpointSlice: whether anybody keeps it up to date.

use crate::model::endpoints::{EndpointSlice, SliceOrigin};

const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";

/// What Kubernetes' page on Services has people write who keep a slice by hand.
const PEOPLE: &[&str] = &["staff", "cluster-admins"];

/// Somebody wrote it, and no controller says that the slice is its own.
pub fn is_by_hand(slice: &EndpointSlice) -> bool {
    let keeper = slice.meta.labels.get(MANAGED_BY);
    let by_people = keeper.is_none_or(|keeper| PEOPLE.contains(&keeper.as_str()));
    slice.origin == SliceOrigin::Written && by_people
}

/// Somebody other than Kubernetes' own endpoint controller wrote it.
pub fn is_foreign(slice: &EndpointSlice) -> bool {
    let labels = &slice.meta.labels;
    let by_controller = labels.has(MANAGED_BY, "endpointslice-controller.k8s.io");
    slice.origin == SliceOrigin::Written && !by_controller
}
