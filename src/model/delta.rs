//! The one door: every world is made of these, live or from files.

use crate::model::coverage::State;
use crate::model::index::Read;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::object::Object;
use jiff::Timestamp;

/// A change of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// An object is there, new or changed.
    Upsert(Box<Object>),
    /// An object is gone.
    Delete(Key),
    /// The whole of a kind (in a namespace, where `namespace` is some) is exactly this: one atomic relist.
    Replace {
        /// The kind.
        kind: Kind,
        /// The scope of the list.
        namespace: Option<Name>,
        /// All objects there.
        objects: Vec<Object>,
    },
    /// How well a kind is known.
    Coverage {
        /// The kind.
        kind: Kind,
        /// The scope of the note.
        namespace: Option<Name>,
        /// What is noted.
        state: State,
    },
    /// An object of a kind that Portolan does not know was seen in a file.
    Unrecognised {
        /// `apiVersion` as written.
        api_version: Name,
        /// `kind` as written.
        kind: Name,
        /// Its namespace; empty where cluster-scoped.
        namespace: Name,
        /// Its name.
        name: Name,
    },
    /// It is now this late.
    Clock(Timestamp),
}

/// What a delta touched: the reads whose answer may differ now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The touched reads; may hold one twice.
    pub reads: Vec<Read>,
    /// The objects that came, changed or went.
    pub objects: Vec<Key>,
    /// Coverage changed, so every verdict must be weighed anew.
    pub coverage: bool,
}
