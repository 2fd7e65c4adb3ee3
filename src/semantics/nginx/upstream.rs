//! How the controller reaches a backend: each of its endpoints, or the address of the Service (`service-upstream`).
//!
//! Source: `createUpstreams` of `internal/ingress/controller`. Ingresses that name the same port of a Service share
//! one upstream, and the first of them to name it in a path settles how it is reached; a default backend always does.

use crate::model::ingress::{Backend, Ingress};
use crate::model::key::Name;
use crate::semantics::nginx::annotation::flag;
use crate::semantics::nginx::location::in_order;

/// The Ingress that has a backend of an Ingress reached by the Service's address; none where endpoints are asked.
pub fn by_address<'w>(
    ingresses: &[&'w Ingress],
    namespace: Option<&Name>,
    backend: &Backend,
) -> Option<&'w Ingress> {
    let mut settles: Option<&'w Ingress> = None;
    for one in in_order(ingresses) {
        if one.meta.key.namespace.as_ref() != namespace {
            continue;
        }
        if one.default_backend.as_ref() == Some(backend) {
            settles = Some(one);
        }
        let mut paths = one.rules.iter().flat_map(|rule| &rule.paths);
        if settles.is_none() && paths.any(|path| path.backend == *backend) {
            settles = Some(one);
        }
    }
    settles.filter(|one| flag(one, "service-upstream") == Some(true))
}
