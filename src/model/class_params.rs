//! What the AWS Load Balancer Controller reads for an ingress class.

use crate::model::labels::Selector;
use crate::model::meta::Meta;

/// An `IngressClassParams`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassParams {
    /// Metadata.
    pub meta: Meta,
    /// `spec.namespaceSelector`: the namespaces whose Ingresses may use the class; every one where unset.
    pub namespaces: Option<Selector>,
}
