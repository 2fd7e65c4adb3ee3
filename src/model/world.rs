//! The world: every fact, and the only place where facts change ([`World::apply`]).
//!
//! Cloning a world is cheap (a snapshot shares every table with it); a change copies only the touched
//! namespace of the touched kind and the touched shards of the index.

use crate::model::coverage::{Coverage, State};
use crate::model::delta::{Changed, Delta};
use crate::model::index::{IndexKey, Read, keys_of};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::object::Object;
use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHasher};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// So many that a change copies little of the index, however large the world.
const SHARDS: usize = 1024;

type Shelf = Arc<BTreeMap<Name, Arc<Object>>>;
/// `(apiVersion, kind)` → the `(namespace, name)` of each object.
pub type Unrecognised = BTreeMap<(Name, Name), BTreeSet<(Name, Name)>>;
type Table = BTreeMap<Option<Name>, Shelf>;
/// The objects filed under each key, ordered by their own keys.
type Shard = Arc<FxHashMap<IndexKey, Vec<Arc<Object>>>>;

/// Where a world comes from. Some verdicts differ: files know no status that was not written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A live cluster, by the name of its context.
    Live {
        /// The kubeconfig context.
        context: Name,
    },
    /// Files.
    Files,
    /// The embedded demo cluster; judged as a live one.
    Demo,
}

/// All facts.
#[derive(Clone, Debug)]
pub struct World {
    origin: Origin,
    now: Timestamp,
    tables: BTreeMap<Kind, Arc<Table>>,
    index: Vec<Shard>,
    coverage: Arc<Coverage>,
    unrecognised: Arc<Unrecognised>,
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        self.origin == other.origin
            && self.now == other.now
            && self.coverage == other.coverage
            && self.unrecognised == other.unrecognised
            && self.objects().eq(other.objects())
    }
}

impl World {
    /// A world without objects, in which no kind has been asked for yet.
    pub fn new(origin: Origin, now: Timestamp) -> Self {
        Self {
            origin,
            now,
            tables: BTreeMap::new(),
            index: vec![Shard::default(); SHARDS],
            coverage: Arc::default(),
            unrecognised: Arc::default(),
        }
    }

    /// Where it comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The time, as last told by a [`Delta::Clock`].
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What could be seen.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Kinds that Portolan does not know, with the (namespace, name) of each object: `(apiVersion, kind)` → objects.
    pub fn unrecognised(&self) -> &Unrecognised {
        &self.unrecognised
    }

    /// The object of a key.
    pub fn get(&self, key: &Key) -> Option<&Arc<Object>> {
        self.tables
            .get(&key.kind)?
            .get(&key.namespace)?
            .get(&key.name)
    }

    /// All objects of a kind, by namespace and name.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Arc<Object>> {
        self.tables
            .get(&kind)
            .into_iter()
            .flat_map(|table| table.values().flat_map(|shelf| shelf.values()))
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.tables
            .get(&kind)
            .map_or(0, |table| table.values().map(|shelf| shelf.len()).sum())
    }

    /// All objects of a kind in a namespace, by name.
    pub fn in_namespace<'w>(
        &'w self,
        kind: Kind,
        namespace: &Name,
    ) -> impl Iterator<Item = &'w Arc<Object>> + use<'w> {
        let shelf = self
            .tables
            .get(&kind)
            .and_then(|table| table.get(&Some(namespace.clone())));
        shelf.into_iter().flat_map(|shelf| shelf.values())
    }

    /// Every object, by kind, namespace and name.
    pub fn objects(&self) -> impl Iterator<Item = &Arc<Object>> {
        Kind::ALL.iter().flat_map(|kind| self.all(*kind))
    }

    /// The objects filed under an index key, in order.
    pub fn find<'w>(&'w self, key: &IndexKey) -> impl Iterator<Item = &'w Arc<Object>> + use<'w> {
        self.index
            .get(shard_of(key))
            .and_then(|shard| shard.get(key))
            .into_iter()
            .flatten()
    }

    /// Every namespace that any object names, whether or not it can itself be read.
    pub fn namespaces(&self) -> BTreeSet<Name> {
        let used = self
            .tables
            .values()
            .flat_map(|table| table.keys().flatten().cloned());
        used.chain(
            self.all(Kind::Namespace)
                .map(|object| object.key().name.clone()),
        )
        .collect()
    }

    /// Applies a change: the only mutation of facts.
    pub fn apply(&mut self, delta: Delta) -> Changed {
        let mut changed = Changed::default();
        match delta {
            Delta::Upsert(object) => self.upsert(*object, &mut changed),
            Delta::Delete(key) => self.delete(&key, &mut changed),
            Delta::Replace {
                kind,
                namespace,
                objects,
            } => self.replace(kind, namespace.as_ref(), objects, &mut changed),
            Delta::Coverage {
                kind,
                namespace,
                state,
            } => {
                if self
                    .coverage
                    .iter()
                    .any(|(k, n, s)| k == kind && n == namespace.as_ref() && *s == state)
                {
                    return changed;
                }
                changed.coverage = !matches!(
                    (self.coverage.state(kind, namespace.as_deref()), &state),
                    (State::Syncing { .. }, State::Syncing { .. })
                );
                Arc::make_mut(&mut self.coverage).set(kind, namespace, state);
            }
            Delta::Unrecognised {
                api_version,
                kind,
                namespace,
                name,
            } => {
                let seen = Arc::make_mut(&mut self.unrecognised)
                    .entry((api_version, kind))
                    .or_default();
                if seen.insert((namespace, name)) {
                    changed.reads.push(Read::Unrecognised);
                }
            }
            Delta::Clock(now) => {
                if self.now != now {
                    self.now = now;
                    changed.reads.push(Read::Clock);
                }
            }
        }
        changed
    }

    fn upsert(&mut self, object: Object, changed: &mut Changed) {
        let key = object.key().clone();
        let old = self.get(&key).cloned();
        if old.as_deref() == Some(&object) {
            return;
        }
        let new = Arc::new(object);
        let old_keys = old.as_deref().map(keys_of).unwrap_or_default();
        let new_keys = keys_of(&new);
        for gone in old_keys.iter().filter(|held| !new_keys.contains(held)) {
            self.unfile(gone, &key);
        }
        for wanted in &new_keys {
            self.file(wanted, &new);
        }
        let table = Arc::make_mut(self.tables.entry(key.kind).or_default());
        Arc::make_mut(table.entry(key.namespace.clone()).or_default())
            .insert(key.name.clone(), new);
        note(changed, key, old_keys.into_iter().chain(new_keys));
    }

    fn delete(&mut self, key: &Key, changed: &mut Changed) {
        let Some(table) = self.tables.get_mut(&key.kind) else {
            return;
        };
        let table = Arc::make_mut(table);
        let Some(shelf) = table.get_mut(&key.namespace) else {
            return;
        };
        let Some(old) = Arc::make_mut(shelf).remove(&key.name) else {
            return;
        };
        if shelf.is_empty() {
            table.remove(&key.namespace);
        }
        let keys = keys_of(&old);
        for gone in &keys {
            self.unfile(gone, key);
        }
        note(changed, key.clone(), keys.into_iter());
    }

    fn replace(
        &mut self,
        kind: Kind,
        namespace: Option<&Name>,
        objects: Vec<Object>,
        changed: &mut Changed,
    ) {
        let kept: BTreeSet<Key> = objects.iter().map(|object| object.key().clone()).collect();
        let gone: Vec<Key> = self
            .all(kind)
            .map(|object| object.key())
            .filter(|key| {
                (namespace.is_none() || key.namespace.as_ref() == namespace) && !kept.contains(*key)
            })
            .cloned()
            .collect();
        for key in gone {
            self.delete(&key, changed);
        }
        for object in objects {
            self.upsert(object, changed);
        }
    }

    /// Files an object, in the place of an older one of the same key.
    fn file(&mut self, index: &IndexKey, object: &Arc<Object>) {
        let Some(shard) = self.index.get_mut(shard_of(index)) else {
            return;
        };
        let filed = Arc::make_mut(shard).entry(index.clone()).or_default();
        let place = position(filed, object.key());
        let (Ok(from) | Err(from)) = place;
        let until = from + usize::from(place.is_ok());
        filed.splice(from..until, [Arc::clone(object)]);
    }

    fn unfile(&mut self, index: &IndexKey, key: &Key) {
        let Some(shard) = self.index.get_mut(shard_of(index)) else {
            return;
        };
        let shard = Arc::make_mut(shard);
        if let Some(filed) = shard.get_mut(index) {
            if let Ok(at) = position(filed, key) {
                filed.remove(at);
            }
            if filed.is_empty() {
                shard.remove(index);
            }
        }
    }
}

fn position(filed: &[Arc<Object>], key: &Key) -> Result<usize, usize> {
    filed.binary_search_by(|held| held.key().cmp(key))
}

fn shard_of(key: &IndexKey) -> usize {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    usize::try_from(hasher.finish() >> 40).unwrap_or(0) % SHARDS
}

fn note(changed: &mut Changed, key: Key, indexes: impl Iterator<Item = IndexKey>) {
    changed.reads.extend(indexes.map(Read::Index));
    changed.reads.push(Read::All(key.kind));
    if let Some(namespace) = &key.namespace {
        changed
            .reads
            .push(Read::InNamespace(key.kind, namespace.clone()));
    }
    changed.reads.push(Read::Object(key.clone()));
    changed.objects.push(key);
}

#[cfg(test)]
mod tests {
    use super::{Delta, Origin, World};
    use crate::lower::{Manner, lower_json};
    use crate::model::index::IndexKey;
    use crate::model::kind::Kind;
    use crate::model::object::Object;
    use jiff::Timestamp;

    fn pod(name: &str, ip: &str) -> Object {
        let json = format!(
            r#"{{"metadata": {{"name": "{name}", "namespace": "shop", "labels": {{"app": "web"}}}},
                "status": {{"podIP": "{ip}"}}}}"#
        );
        lower_json(Kind::Pod, &json, Manner::Observed)
    }

    fn found(world: &World) -> Vec<(String, bool)> {
        let key = IndexKey::PodsLabelled("shop".into(), "app".into(), "web".into());
        let same = |object: &Object| {
            world
                .get(object.key())
                .is_some_and(|held| **held == *object)
        };
        let found = world.find(&key);
        found
            .map(|object| (object.key().name.to_string(), same(object)))
            .collect()
    }

    #[test]
    fn what_is_found_is_what_is_held_now_and_a_snapshot_keeps_what_it_held() {
        let mut world = World::new(Origin::Files, Timestamp::UNIX_EPOCH);
        for name in ["c", "a", "b"] {
            world.apply(Delta::Upsert(pod(name, "10.0.0.1").into()));
        }
        let snapshot = world.clone();
        world.apply(Delta::Upsert(pod("b", "10.0.0.2").into()));
        world.apply(Delta::Delete(pod("a", "10.0.0.1").key().clone()));
        let all_same = |names: &[&str]| -> Vec<(String, bool)> {
            names
                .iter()
                .map(|name| ((*name).to_owned(), true))
                .collect()
        };
        assert_eq!(found(&world), all_same(&["b", "c"]));
        assert_eq!(found(&snapshot), all_same(&["a", "b", "c"]));
        world.apply(Delta::Delete(pod("b", "").key().clone()));
        world.apply(Delta::Delete(pod("c", "").key().clone()));
        assert_eq!(found(&world), all_same(&[]));
    }
}
