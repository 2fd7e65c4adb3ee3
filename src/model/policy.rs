//! Network policies of any kind. For now only that they exist is known.

use crate::model::meta::Meta;

/// A policy object; its key's kind says which API it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Metadata.
    pub meta: Meta,
}
