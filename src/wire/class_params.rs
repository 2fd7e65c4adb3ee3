//! `IngressClassParams` of the AWS Load Balancer Controller.

use crate::wire::meta::{LabelSelector, Metadata};
use crate::wire::shape::object;

object! {
    /// One of them.
    ClassParams {
        metadata: Metadata = "metadata" required,
        spec: Spec = "spec",
    }
}

object! {
    /// `spec`, as far as it decides who may use a class.
    Spec { namespaces: LabelSelector = "namespaceSelector", }
}
