//! Which Secrets are named, and by what: kept from the deltas on their way out, so that a Secret is known to be
//! awaited before anything that names it is judged.

use crate::lower;
use crate::model::delta::Delta;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::object::{Fact, Object};
use crate::semantics::nginx::login;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The Secrets that are named now.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    state: Mutex<State>,
    /// Called when there is something to do for the reader.
    pub(super) changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// By what names them.
    by: BTreeMap<Key, BTreeSet<Key>>,
    /// Those of which the world has been told that they are awaited: before that none is read, or what was read would
    /// be overwritten.
    announced: BTreeSet<Key>,
    /// Secrets that something suggests to have changed.
    suspect: BTreeSet<Key>,
    /// The feeds of Ingresses, by their scope: whether they know all that they ever will.
    feeds: BTreeMap<Option<Name>, bool>,
}

impl Wanted {
    /// Takes note of a delta. Answers the Secrets that are named for the first time, as objects that are awaited.
    pub(super) fn note(&self, delta: &Delta) -> Vec<Object> {
        let mut state = self.held();
        match delta {
            Delta::Upsert(object) => state.learn(object),
            Delta::Delete(key) => {
                state.by.remove(key);
            }
            Delta::Replace {
                kind: Kind::Ingress,
                namespace,
                objects,
            } => {
                state.by.retain(|key, _| {
                    namespace.is_some() && key.namespace.as_ref() != namespace.as_ref()
                });
                for object in objects {
                    state.learn(object);
                }
            }
            _ => return Vec::new(),
        }
        let named = state.named();
        state.announced.retain(|key| named.contains(key));
        named.difference(&state.announced).map(awaited).collect()
    }

    /// The world has been told: from now on the reader may ask for them.
    pub(super) fn announce(&self, fresh: BTreeSet<Key>) {
        let mut state = self.held();
        let named = state.named();
        let fresh = fresh.into_iter().filter(|key| named.contains(key));
        state.announced.extend(fresh);
        drop(state);
        self.changed.notify_one();
    }

    /// Takes note of how far a feed of Ingresses is.
    pub(super) fn settled(&self, scope: Option<&Name>, settled: bool) {
        self.held().feeds.insert(scope.cloned(), settled);
        self.changed.notify_one();
    }

    /// Whether every feed of Ingresses knows all that it ever will.
    pub(super) fn is_settled(&self) -> bool {
        let state = self.held();
        !state.feeds.is_empty() && state.feeds.values().all(|settled| *settled)
    }

    /// Every Secret that is named and that the world knows to be awaited.
    pub(super) fn all(&self) -> BTreeSet<Key> {
        self.held().announced.clone()
    }

    /// Whether the world has been told of every Secret that is named.
    pub(super) fn is_announced(&self) -> bool {
        let state = self.held();
        state.named().len() == state.announced.len()
    }

    /// The Secrets that something suggests to have changed, and a fresh record.
    pub(super) fn take_suspect(&self) -> BTreeSet<Key> {
        std::mem::take(&mut self.held().suspect)
    }

    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn named(&self) -> BTreeSet<Key> {
        self.by.values().flatten().cloned().collect()
    }

    fn learn(&mut self, object: &Object) {
        let key = object.key();
        let ingress = match &object.fact {
            Fact::Ingress(ingress) => ingress,
            Fact::Issuance(certificate) => {
                // It may have just been written.
                let secret = certificate.secret.iter();
                self.suspect
                    .extend(secret.map(|name| key.sibling(Kind::Secret, name.clone())));
                return;
            }
            _ => return,
        };
        let named = ingress.tls.iter().filter_map(|entry| entry.secret.as_ref());
        let certificates = named.map(|name| key.sibling(Kind::Secret, name.clone()));
        let logins = login::secrets(ingress).filter(|needed| login::is_own(ingress, needed));
        let secrets: BTreeSet<Key> = certificates
            .chain(logins.map(|needed| needed.secret))
            .collect();
        self.suspect.extend(secrets.iter().cloned());
        if secrets.is_empty() {
            self.by.remove(key);
        } else {
            self.by.insert(key.clone(), secrets);
        }
    }
}

/// A Secret of which nothing is known but that it is asked for.
fn awaited(key: &Key) -> Object {
    let document = serde_json::json!({
        "metadata": { "name": key.name.as_str(), "namespace": key.namespace_str() },
        "facts": { "contents": "awaited" },
    });
    lower::lower(Kind::Secret, &document.to_string())
}
