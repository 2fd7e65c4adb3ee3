//! Secrets and `ConfigMaps`, read one by one by their names: only those that something names, never a list, never a watch.
//!
//! Each is read when it is first named, again when what names it changes, and slowly for as long as it is named. What
//! is read is reduced to public facts while it is decoded, and the answer is overwritten.

use crate::client::text::one_line;
use crate::client::{Fault, fetch, http};
use crate::lower;
use crate::model::coverage::State;
use crate::model::delta::Delta;
use crate::model::key::{Key, Name};
use crate::model::kind::{Kind, Live};
use crate::model::object::Object;
use crate::source::cluster::Secrets;
use crate::source::cluster::backoff::Backoff;
use crate::source::cluster::feed::{Shared, Step, Unheard};
use crate::source::cluster::hub::Status;
use crate::source::cluster::recovery::user_of;
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// How many are asked for at once.
const AT_ONCE: usize = 8;
/// The largest answer that is read: the API server holds no larger object of these kinds.
const LARGEST: usize = 4 * 1024 * 1024;

/// What is known of one object.
struct Known {
    /// When it was last answered for; none before the first answer.
    read: Option<Instant>,
    /// When it is asked for next.
    due: Instant,
    backoff: Backoff,
}

struct Reader {
    shared: Arc<Shared>,
    known: BTreeMap<Key, Known>,
    /// The objects that may not be read, by kind and namespace.
    refused: BTreeMap<(Kind, Name), BTreeSet<Key>>,
    /// Whether everything that was named at the start has been answered for.
    ready: bool,
}

/// Keeps what is named until nobody takes the deltas any more.
pub(super) async fn keep(shared: Arc<Shared>) {
    let mut reader = Reader {
        known: BTreeMap::new(),
        refused: BTreeMap::new(),
        ready: false,
        shared,
    };
    // Unheard: there is nobody left to tell.
    let _ = reader.run().await;
}

impl Reader {
    async fn run(&mut self) -> Step {
        if self.shared.scope.secrets == Secrets::Never {
            let detail = Name::from("reading Secrets is turned off");
            self.note(Kind::Secret, None, State::Forbidden { detail })
                .await?;
        }
        self.note_all(&State::Syncing { seen: 0 }).await?;
        let shared = Arc::clone(&self.shared);
        let mut wakes = shared.hub.wakes();
        let mut status = shared.hub.status.subscribe();
        loop {
            self.drop_unnamed().await?;
            self.read_due().await?;
            let answered = self.known.values().all(|known| known.read.is_some());
            // Between the two looks something may have been named.
            let same =
                shared.wanted.is_announced() && self.known.len() == shared.wanted.all().len();
            if !self.ready && shared.wanted.is_settled() && answered && same {
                self.ready = true;
                self.note_all(&State::Ready).await?;
            }
            let next = self.known.values().map(|known| known.due).min();
            let rest = next.unwrap_or_else(|| Instant::now() + shared.timing.named);
            tokio::select! {
                () = shared.wanted.changed.notified() => {}
                () = tokio::time::sleep_until(rest) => {}
                changed = status.changed() => {
                    changed.map_err(|_| Unheard)?;
                    let now = status.borrow_and_update().clone();
                    self.grow_stale(now).await?;
                }
                woken = wakes.changed() => {
                    woken.map_err(|_| Unheard)?;
                    self.known.values_mut().for_each(|known| known.due = Instant::now());
                }
            }
        }
    }

    /// While the server does not answer, what was read stays and is marked stale.
    async fn grow_stale(&self, status: Status) -> Step {
        match status {
            Status::Live if self.ready => self.note_all(&State::Ready).await,
            Status::Offline { since, why, .. } if self.ready => {
                let detail = Name::from(why.to_string());
                self.note_all(&State::Stale { since, detail }).await
            }
            _ => Ok(()),
        }
    }

    /// The same of every kind that is read in this manner.
    async fn note_all(&self, state: &State) -> Step {
        let secrets = self.shared.scope.secrets == Secrets::ByName;
        for kind in Kind::ALL {
            if kind.info().live == Live::Named && (secrets || *kind != Kind::Secret) {
                self.note(*kind, None, state.clone()).await?;
            }
        }
        Ok(())
    }

    async fn note(&self, kind: Kind, namespace: Option<Name>, state: State) -> Step {
        self.send(Delta::Coverage {
            kind,
            namespace,
            state,
        })
        .await
    }

    async fn send(&self, delta: Delta) -> Step {
        self.shared.deltas.send(delta).await.map_err(|_| Unheard)
    }

    /// Forgets what nothing names any more.
    async fn drop_unnamed(&mut self) -> Step {
        let now = Instant::now();
        let wanted = self.shared.wanted.all();
        let gone: Vec<Key> = self
            .known
            .keys()
            .filter(|key| !wanted.contains(*key))
            .cloned()
            .collect();
        for key in gone {
            self.known.remove(&key);
            self.allow(&key).await?;
            self.send(Delta::Delete(key)).await?;
        }
        let timing = &self.shared.timing;
        for key in &wanted {
            self.known.entry(key.clone()).or_insert_with(|| Known {
                read: None,
                due: now,
                backoff: Backoff::new(timing.backoff_first, timing.backoff_most),
            });
        }
        for key in self.shared.wanted.take_suspect() {
            if let Some(known) = self.known.get_mut(&key) {
                // A controller may write the status of an Ingress many times a second.
                let soonest = known.read.map_or(now, |read| read + timing.named_again);
                known.due = known.due.min(soonest);
            }
        }
        Ok(())
    }

    async fn read_due(&mut self) -> Step {
        let now = Instant::now();
        let due: Vec<Key> = self
            .known
            .iter()
            .filter(|(_, known)| known.due <= now)
            .map(|(key, _)| key.clone())
            .collect();
        let shared = Arc::clone(&self.shared);
        let asked = due.into_iter().map(|key| {
            let shared = Arc::clone(&shared);
            async move {
                let answer = read(&shared, &key).await;
                (key, answer)
            }
        });
        let mut answers = futures::stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some((key, answer)) = answers.next().await {
            self.answered(key, answer).await?;
        }
        Ok(())
    }

    async fn answered(&mut self, key: Key, answer: Result<Object, Fault>) -> Step {
        let timing = self.shared.timing.clone();
        let wait = match answer {
            Ok(object) => {
                self.send(Delta::Upsert(Box::new(object))).await?;
                self.allow(&key).await?;
                timing.named
            }
            Err(Fault::NotFound(_)) => {
                self.send(Delta::Delete(key.clone())).await?;
                self.allow(&key).await?;
                timing.named_missing
            }
            Err(Fault::Forbidden(message)) => {
                self.refuse(&key, &message).await?;
                timing.forbidden
            }
            Err(fault) => {
                // What was read before stays; what was not is still awaited.
                tracing::debug!(%key, %fault, "a named object could not be read");
                let known = self.known.get_mut(&key);
                let wait = known.map_or(timing.backoff_most, |known| known.backoff.next());
                self.put_off(&key, wait);
                return Ok(());
            }
        };
        if let Some(known) = self.known.get_mut(&key) {
            known.read = Some(Instant::now());
            known.backoff.reset();
        }
        self.put_off(&key, wait);
        Ok(())
    }

    fn put_off(&mut self, key: &Key, wait: Duration) {
        if let Some(known) = self.known.get_mut(key) {
            known.due = Instant::now() + wait;
        }
    }

    /// Notes that an object may not be read, before it is taken away: else it would seem to be missing.
    async fn refuse(&mut self, key: &Key, message: &str) -> Step {
        let namespace = key.namespace.clone().unwrap_or_default();
        let user = user_of(message)
            .map_or_else(String::new, |user| format!(" for user {}", one_line(user)));
        let name = &key.name;
        let kind = key.kind.name().to_lowercase();
        let detail = format!("get {kind} {name} in namespace {namespace} is forbidden{user}");
        let place = (key.kind, namespace.clone());
        let there = self.refused.entry(place).or_default();
        if there.insert(key.clone()) && there.len() == 1 {
            let detail = Name::from(detail);
            self.note(key.kind, Some(namespace), State::Forbidden { detail })
                .await?;
        }
        self.send(Delta::Delete(key.clone())).await
    }

    /// Notes that an object is not refused (any more).
    async fn allow(&mut self, key: &Key) -> Step {
        let namespace = key.namespace.clone().unwrap_or_default();
        let place = (key.kind, namespace.clone());
        let Some(there) = self.refused.get_mut(&place) else {
            return Ok(());
        };
        if there.remove(key) && there.is_empty() {
            self.refused.remove(&place);
            self.note(key.kind, Some(namespace), State::Ready).await?;
        }
        Ok(())
    }
}

/// Asks for one object and reduces it.
async fn read(shared: &Shared, key: &Key) -> Result<Object, Fault> {
    let info = key.kind.info();
    let namespace = key.namespace.as_deref();
    let path = fetch::path(
        info.group,
        info.version,
        info.plural,
        namespace,
        Some(&key.name),
    );
    let request = http::get(&path, "application/json")?;
    let timing = &shared.timing;
    let pieces = shared.connection.send(request, timing.answer).await?;
    let body = Zeroizing::new(pieces.rest(LARGEST, timing.silence).await?);
    let json = std::str::from_utf8(&body).map_err(|_| garbled())?;
    let object = lower::lower(key.kind, json);
    if object.key() == key {
        Ok(object)
    } else {
        Err(garbled())
    }
}

fn garbled() -> Fault {
    Fault::Garbled(String::from(
        "the answer is not the object that was asked for",
    ))
}
