//! Which Secrets and `ConfigMaps` are named, and by what: kept from the deltas on their way out, so that one is known to
//! be awaited before anything that names it is judged.

use crate::lower;
use crate::model::delta::Delta;
use crate::model::ingress::Ingress;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::object::{Fact, Object};
use crate::model::pod::Pod;
use crate::semantics::nginx::{arguments, login};
use crate::semantics::node_ports;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What is named now.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    state: Mutex<State>,
    /// Whether Secrets are read at all.
    secrets: bool,
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
    /// Those that something suggests to have changed.
    suspect: BTreeSet<Key>,
    /// The feeds of what names them, by kind and scope: whether they know all that they ever will.
    feeds: BTreeMap<(Kind, Option<Name>), bool>,
}

/// The kinds whose objects name others, or tell that one may have changed.
pub(super) const NAMING: &[Kind] = &[Kind::Ingress, Kind::Certificate, Kind::Pod];

/// The kinds whose feeds have to be through before all is known that is named.
const AWAITED: &[Kind] = &[Kind::Ingress, Kind::Pod];

impl Wanted {
    /// Nothing is named yet; Secrets are left alone unless they may be read.
    pub(super) fn new(secrets: bool) -> Self {
        Self {
            secrets,
            ..Self::default()
        }
    }

    /// Takes note of a delta. Answers what is named for the first time, as objects that are awaited;
    /// nothing where the delta leaves all as it was.
    pub(super) fn note(&self, delta: &Delta) -> Option<Vec<Object>> {
        let mut state = self.held();
        let touched = match delta {
            Delta::Upsert(object) => state.learn(object, self.secrets),
            Delta::Delete(key) => state.by.remove(key).is_some(),
            Delta::Replace {
                kind,
                namespace,
                objects,
            } => {
                state.by.retain(|key, _| {
                    let elsewhere =
                        namespace.is_some() && key.namespace.as_ref() != namespace.as_ref();
                    key.kind != *kind || elsewhere
                });
                for object in objects {
                    state.learn(object, self.secrets);
                }
                true
            }
            _ => false,
        };
        if !touched {
            return None;
        }
        let named = state.named();
        state.announced.retain(|key| named.contains(key));
        Some(named.difference(&state.announced).map(awaited).collect())
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

    /// Takes note of how far a feed is.
    pub(super) fn settled(&self, kind: Kind, scope: Option<&Name>, settled: bool) {
        self.held().feeds.insert((kind, scope.cloned()), settled);
        self.changed.notify_one();
    }

    /// Whether every feed that counts knows all that it ever will.
    pub(super) fn is_settled(&self) -> bool {
        let state = self.held();
        let begun = |kind: &Kind| state.feeds.keys().any(|(known, _)| known == kind);
        AWAITED.iter().all(begun) && state.feeds.values().all(|settled| *settled)
    }

    /// Everything that is named and that the world knows to be awaited.
    pub(super) fn all(&self) -> BTreeSet<Key> {
        self.held().announced.clone()
    }

    /// Whether the world has been told of everything that is named.
    pub(super) fn is_announced(&self) -> bool {
        let state = self.held();
        state.named().len() == state.announced.len()
    }

    /// Those that something suggests to have changed, and a fresh record.
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

    /// Takes note of what an object names. Answers whether there may be something to do.
    fn learn(&mut self, object: &Object, secrets: bool) -> bool {
        let key = object.key();
        let named = match &object.fact {
            Fact::Ingress(ingress) if secrets => by_ingress(ingress),
            Fact::Pod(pod) => by_pod(pod, secrets),
            Fact::Issuance(certificate) if secrets => {
                // It may have just been written.
                let secret = certificate.secret.iter();
                self.suspect
                    .extend(secret.map(|name| key.sibling(Kind::Secret, name.clone())));
                return true;
            }
            _ => return false,
        };
        let is_pod = key.kind == Kind::Pod;
        // Pods are told of whenever their status changes, which says nothing of what they name.
        if is_pod && self.by.get(key).map_or(named.is_empty(), |by| *by == named) {
            return false;
        }
        self.suspect.extend(named.iter().cloned());
        if named.is_empty() {
            self.by.remove(key);
        } else {
            self.by.insert(key.clone(), named);
        }
        true
    }
}

/// The certificates of an Ingress, and what its logins need.
fn by_ingress(ingress: &Ingress) -> BTreeSet<Key> {
    let key = &ingress.meta.key;
    let named = ingress.tls.iter().filter_map(|entry| entry.secret.as_ref());
    let certificates = named.map(|name| key.sibling(Kind::Secret, name.clone()));
    let logins = login::secrets(ingress).filter(|needed| login::is_own(ingress, needed));
    certificates
        .chain(logins.map(|needed| needed.secret))
        .collect()
}

/// The default certificate of a controller, and what it and kube-proxy are configured by.
fn by_pod(pod: &Pod, secrets: bool) -> BTreeSet<Key> {
    if pod.is_terminal() || pod.containers.iter().all(|one| one.flags.is_empty()) {
        return BTreeSet::new();
    }
    let certificate = arguments::own_certificate(pod).filter(|_| secrets);
    let settings = arguments::settings(pod);
    let proxy = node_ports::configuration(pod);
    certificate
        .into_iter()
        .chain(settings)
        .chain(proxy)
        .collect()
}

/// An object of which nothing is known but that it is asked for.
fn awaited(key: &Key) -> Object {
    let document = serde_json::json!({
        "metadata": { "name": key.name.as_str(), "namespace": key.namespace_str() },
        "facts": { "contents": "awaited" },
    });
    lower::lower(key.kind, &document.to_string())
}
