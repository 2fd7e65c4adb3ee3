//! Events: what the cluster said about an object.

use crate::model::key::Name;
use crate::model::meta::Meta;
use jiff::Timestamp;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Metadata of the event itself.
    pub meta: Meta,
    /// Kind of the object it is about, as the API spells it.
    pub about_kind: Name,
    /// Namespace of that object.
    pub about_namespace: Name,
    /// Name of that object.
    pub about_name: Name,
    /// Uid of that object; may be empty.
    pub about_uid: Name,
    /// `type: Warning`.
    pub warning: bool,
    /// For example `Unhealthy`, `FailedScheduling`, `FailedCreatePodSandBox`.
    pub reason: Name,
    /// The words.
    pub message: Name,
    /// How often it was seen; at least 1.
    pub count: u32,
    /// When it was last seen.
    pub last: Option<Timestamp>,
}
