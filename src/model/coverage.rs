//! What of the cluster could be seen: per kind, and per namespace where only some are readable.

use crate::model::key::Name;
use crate::model::kind::{Kind, Live};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How well a kind is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Listed and watched (or read from files).
    Ready,
    /// The first list is under way; so many objects have arrived.
    Syncing {
        /// Objects so far.
        seen: usize,
    },
    /// The watch is broken; the last good data are kept.
    Stale {
        /// When the data were last known to be good.
        since: Timestamp,
        /// What went wrong.
        detail: Name,
    },
    /// The API server refuses it.
    Forbidden {
        /// For example `list pods in namespace shop is forbidden for user ada`.
        detail: Name,
    },
    /// The cluster does not serve this kind.
    NotInstalled,
    /// Files hold no object of this kind: known to be absent.
    Absent,
}

impl State {
    /// The word of the JSON contract.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Syncing { .. } => "syncing",
            Self::Stale { .. } => "stale",
            Self::Forbidden { .. } => "forbidden",
            Self::NotInstalled => "not-installed",
            Self::Absent => "absent",
        }
    }

    /// Whether a verdict may rest on it. Stale data still carry their last verdict.
    pub const fn is_known(&self) -> bool {
        !matches!(self, Self::Syncing { .. } | Self::Forbidden { .. })
    }
}

/// Why a verdict cannot be given: a kind that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gap {
    /// The kind.
    pub kind: Kind,
    /// The namespace, where only that one is unreadable.
    pub namespace: Option<Name>,
    /// One clause: `Pod cannot be read: list pods is forbidden`.
    pub why: Name,
}

/// Coverage of every kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    states: BTreeMap<Kind, BTreeMap<Option<Name>, State>>,
}

impl Coverage {
    /// Notes how well a kind is known; `namespace` is `None` for the whole cluster.
    pub fn set(&mut self, kind: Kind, namespace: Option<Name>, state: State) {
        self.states
            .entry(kind)
            .or_default()
            .insert(namespace, state);
    }

    /// Forgets what was noted of a kind for one scope.
    pub fn forget(&mut self, kind: Kind, namespace: Option<&Name>) {
        if let Some(scopes) = self.states.get_mut(&kind) {
            scopes.remove(&namespace.cloned());
        }
    }

    /// Every note, by kind and namespace.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, Option<&Name>, &State)> {
        self.states.iter().flat_map(|(kind, scopes)| {
            scopes
                .iter()
                .map(|(namespace, state)| (*kind, namespace.as_ref(), state))
        })
    }

    /// How well a kind is known in a namespace (or, for `None`, in the whole cluster).
    ///
    /// A note about the namespace itself comes first, then the one about the whole cluster. A kind without
    /// any note has not been asked for yet: syncing. A whole-cluster question where only some namespaces
    /// are readable gets the worst of them.
    pub fn state(&self, kind: Kind, namespace: Option<&str>) -> State {
        let syncing = State::Syncing { seen: 0 };
        let Some(scopes) = self.states.get(&kind) else {
            // A kind that no live cluster is asked for never holds a verdict up.
            return match kind.info().live {
                Live::FilesOnly => State::Absent,
                Live::Watched | Live::WhereInstalled | Live::Named => syncing,
            };
        };
        let whole = scopes.get(&None);
        match namespace {
            Some(wanted) => {
                let own = scopes
                    .iter()
                    .find(|(scope, _)| scope.as_deref() == Some(wanted));
                own.map(|(_, state)| state)
                    .or(whole)
                    .cloned()
                    .unwrap_or(State::Forbidden {
                        detail: Name::from(format!(
                            "{} in namespace {wanted} was not asked for",
                            kind.info().plural
                        )),
                    })
            }
            None => whole.cloned().unwrap_or_else(|| {
                scopes
                    .values()
                    .find(|state| !state.is_known())
                    .cloned()
                    .unwrap_or(State::Forbidden {
                        detail: Name::from(format!(
                            "{} are read in some namespaces only",
                            kind.info().plural
                        )),
                    })
            }),
        }
    }

    /// Why nothing can be said of a kind in a namespace; `None` where it is known.
    pub fn gap(&self, kind: Kind, namespace: Option<&str>) -> Option<Gap> {
        let namespace = namespace.filter(|_| kind.namespaced());
        let why = match self.state(kind, namespace) {
            State::Syncing { .. } => format!("{kind} is not synced yet"),
            State::Forbidden { detail } => format!("{kind} cannot be read: {detail}"),
            _ => return None,
        };
        Some(Gap {
            kind,
            namespace: namespace.map(Name::from),
            why: Name::from(why),
        })
    }

    /// Whether every kind that was asked for can be read everywhere: the fast path of judging.
    pub fn is_complete(&self) -> bool {
        let asked = |kind: &&Kind| kind.info().live != Live::FilesOnly;
        Kind::ALL
            .iter()
            .filter(asked)
            .all(|kind| self.states.contains_key(kind))
            && self
                .states
                .values()
                .all(|scopes| scopes.contains_key(&None) && scopes.values().all(State::is_known))
    }
}
