//! Of which end the map is told.

use super::classes::Owner;

/// Whose connections are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// Everybody's.
    #[default]
    All,
    /// What an owner sends or receives.
    Owner(String),
    /// What the owners of a namespace send or receive.
    Namespace(String),
}

impl Focus {
    /// Whether an owner is among those asked for.
    pub fn has(&self, owner: &Owner) -> bool {
        match self {
            Self::All => true,
            Self::Owner(name) => owner.name == *name,
            Self::Namespace(namespace) => owner
                .name
                .split_once('/')
                .is_some_and(|(place, _)| place == namespace),
        }
    }
}
