//! What every object carries.

use crate::model::key::{Key, Name};
use crate::model::labels::Labels;
use jiff::Timestamp;

/// `metadata`, reduced to what anyone asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Kind, namespace and name.
    pub key: Key,
    /// `metadata.uid`; empty where a file has none.
    pub uid: Name,
    /// `metadata.creationTimestamp`.
    pub created: Option<Timestamp>,
    /// `metadata.deletionTimestamp`: set while the object is terminating.
    pub deleted: Option<Timestamp>,
    /// `metadata.generation`.
    pub generation: Option<i64>,
    /// Labels.
    pub labels: Labels,
    /// Annotations, without those that only tools read (`last-applied-configuration` …).
    pub annotations: Labels,
    /// The owner reference with `controller: true`.
    pub owner: Option<Owner>,
}

impl Meta {
    /// The least an object can carry: its key.
    pub fn of(key: Key) -> Self {
        Self {
            key,
            uid: Name::default(),
            created: None,
            deleted: None,
            generation: None,
            labels: Labels::default(),
            annotations: Labels::default(),
            owner: None,
        }
    }
}

/// A controller owner reference. The owner's kind may be one that Portolan does not know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// API group of the owner; empty for the core group.
    pub group: Name,
    /// The owner's kind as the reference spells it.
    pub kind: Name,
    /// The owner's name.
    pub name: Name,
    /// The owner's uid.
    pub uid: Name,
}

/// The status of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// `"True"`.
    True,
    /// `"False"`.
    False,
    /// `"Unknown"`, or anything else.
    Unknown,
}

/// An entry of `status.conditions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `type`.
    pub kind: Name,
    /// `status`.
    pub status: Truth,
    /// `reason`; may be empty.
    pub reason: Name,
    /// `message`; may be empty.
    pub message: Name,
    /// `lastTransitionTime`.
    pub since: Option<Timestamp>,
    /// `observedGeneration`.
    pub generation: Option<i64>,
}
