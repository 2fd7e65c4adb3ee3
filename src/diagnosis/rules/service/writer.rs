//! Who wrote an EndpointSlice: whether anybody keeps it up to date.

use crate::model::endpoints::{EndpointSlice, SliceOrigin};

const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";

/// Somebody wrote it, and no controller says that the slice is its own.
pub fn is_by_hand(slice: &EndpointSlice) -> bool {
    slice.origin == SliceOrigin::Written && slice.meta.labels.get(MANAGED_BY).is_none()
}

/// Somebody other than Kubernetes' own endpoint controller wrote it.
pub fn is_foreign(slice: &EndpointSlice) -> bool {
    let labels = &slice.meta.labels;
    let by_controller = labels.has(MANAGED_BY, "endpointslice-controller.k8s.io");
    slice.origin == SliceOrigin::Written && !by_controller
}
