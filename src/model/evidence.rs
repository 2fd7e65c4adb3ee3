//! What was seen against what was needed: the grounds of a verdict.

use crate::model::key::{Key, Name};

/// One field of one object, as it is and as it would have to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// The object.
    pub object: Key,
    /// The path of the field, for example `spec.selector`.
    pub field: Name,
    /// What stands there.
    pub observed: String,
    /// What would have to stand there; may be empty where the observation speaks for itself.
    pub expected: String,
}

impl Evidence {
    /// Evidence from its parts.
    pub fn new(
        object: &Key,
        field: &str,
        observed: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self {
            object: object.clone(),
            field: Name::from(field),
            observed: observed.into(),
            expected: expected.into(),
        }
    }
}
