//! Namespaces.

use crate::model::meta::Meta;

/// A namespace. Its labels always hold `kubernetes.io/metadata.name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Metadata.
    pub meta: Meta,
    /// `status.phase` is `Terminating`.
    pub terminating: bool,
}
