//! How the demo lives: an endpoint flaps and recovers, a crash loop goes on, a pod restarts, a rollout proceeds.
//!
//! Every moment is a function of the time that has passed, in turns of [`TURN`] seconds.

use crate::model::delta::Delta;
use crate::model::endpoints::Endpoint;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::meta::{Condition, Truth};
use crate::model::object::{Fact, Object};
use crate::model::pod::{ContainerState, Ended, Pod};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Everything comes around again after so many seconds.
const TURN: i64 = 90;

/// The endpoint that flaps is not ready in these seconds of a turn.
const FLAP: std::ops::Range<i64> = 20..32;

/// The container that restarts does so in this second of a turn, and is ready again three seconds later.
const RESTART: i64 = 70;

/// The rollout replaces its pods in these seconds of a turn.
const REPLACED: [i64; 2] = [40, 52];

/// Seconds from a new pod's start until it is ready; then the old one is told to go, and is gone after [`LEAVES`].
const STARTS: i64 = 6;
const LEAVES: i64 = 4;

type Objects = BTreeMap<Key, Object>;

struct Moment<'o> {
    objects: &'o Objects,
    start: Timestamp,
    second: i64,
}

/// The time, and every object that lives, as they are after some time.
pub(super) fn at(objects: &Objects, start: Timestamp, elapsed: SignedDuration) -> Vec<Delta> {
    let second = elapsed.as_secs().max(0);
    let moment = Moment {
        objects,
        start,
        second,
    };
    let mut deltas = vec![Delta::Clock(start + SignedDuration::from_secs(second))];
    moment.crash_loop(&mut deltas);
    moment.flap(&mut deltas);
    moment.restart(&mut deltas);
    moment.rollout(&mut deltas);
    deltas
}

impl Moment<'_> {
    fn time(&self, second: i64) -> Timestamp {
        self.start + SignedDuration::from_secs(second)
    }

    fn in_turn(&self) -> i64 {
        self.second % TURN
    }

    /// The second in which something that happens once a turn last happened; none before the first time.
    fn last(&self, second_of_turn: i64) -> Option<i64> {
        let turns = (self.second - second_of_turn).div_euclid(TURN);
        (turns >= 0).then(|| turns * TURN + second_of_turn)
    }

    /// How often something that happens once a turn has happened.
    fn times(&self, second_of_turn: i64) -> i64 {
        (self.second - second_of_turn).div_euclid(TURN) + 1
    }

    /// The pods of a Deployment at the start, by name.
    fn pods(&self, namespace: &str, deployment: &str) -> Vec<&Pod> {
        let owned = format!("{deployment}-");
        let of_kind = self
            .objects
            .values()
            .filter_map(|object| match &object.fact {
                Fact::Pod(pod) => Some(pod),
                _ => None,
            });
        of_kind
            .filter(|pod| {
                let owner = pod.meta.owner.as_ref().map(|owner| &*owner.name);
                let hash = owner.and_then(|owner| owner.strip_prefix(&*owned));
                pod.meta.key.namespace_str() == namespace
                    && hash.is_some_and(|hash| !hash.contains('-'))
            })
            .collect()
    }

    fn object(&self, key: &Key) -> Option<Object> {
        self.objects.get(key).cloned()
    }

    /// The crashing pods of the cart have crashed once more each minute, and its sick one has failed its probe each
    /// ten seconds.
    fn crash_loop(&self, deltas: &mut Vec<Delta>) {
        for pod in self.pods("shop", "cart") {
            let Some(mut object) = self.object(&pod.meta.key) else {
                continue;
            };
            let crashes = u32::try_from(self.second / 60).unwrap_or(0);
            let ended = self.time(self.second / 60 * 60);
            if let Fact::Pod(pod) = &mut object.fact {
                for container in &mut pod.containers {
                    if let (Some(end), true) = (&mut container.last_end, crashes > 0) {
                        container.restarts += crashes;
                        end.at = Some(ended);
                    }
                }
            }
            deltas.push(Delta::Upsert(Box::new(object)));
        }
        for object in self.objects.values() {
            let Fact::Event(event) = &object.fact else {
                continue;
            };
            if event.reason == "Unhealthy" && event.about_name.starts_with("cart-") {
                let mut object = object.clone();
                if let Fact::Event(event) = &mut object.fact {
                    event.count += u32::try_from(self.second / 10).unwrap_or(0);
                    event.last = Some(self.time(self.second / 10 * 10 - 4));
                }
                deltas.push(Delta::Upsert(Box::new(object)));
            }
        }
    }

    /// One pod of the catalogue fails its probe for a while and recovers.
    fn flap(&self, deltas: &mut Vec<Delta>) {
        let Some(pod) = self.pods("shop", "catalog").into_iter().nth(1) else {
            return;
        };
        let out = FLAP.contains(&self.in_turn());
        let edge = if out { FLAP.start } else { FLAP.end };
        let since = self.last(edge).map(|second| self.time(second));
        deltas.extend(self.pod_with_readiness(pod, !out, since, |_| {}));
        deltas.extend(self.slices("shop", "catalog", |endpoint| {
            set_ready(endpoint, &pod.meta.key.name, !out);
        }));
    }

    /// The container of one pod ends and is started again.
    fn restart(&self, deltas: &mut Vec<Delta>) {
        let Some(pod) = self.pods("production", "api-v1").into_iter().next() else {
            return;
        };
        let times = self.times(RESTART);
        let Some(last) = self.last(RESTART) else {
            return;
        };
        let up = self.second >= last + 3;
        let since = Some(self.time(if up { last + 3 } else { last }));
        deltas.extend(self.pod_with_readiness(pod, up, since, |pod| {
            for container in &mut pod.containers {
                container.restarts = u32::try_from(times).unwrap_or(0);
                container.state = ContainerState::Running {
                    since: Some(self.time(last)),
                };
                container.last_end = Some(Ended {
                    reason: Name::from("OOMKilled"),
                    exit_code: 137,
                    message: Name::default(),
                    at: Some(self.time(last)),
                });
            }
        }));
        deltas.extend(self.slices("production", "api-v1", |endpoint| {
            set_ready(endpoint, &pod.meta.key.name, up);
        }));
    }

    /// The pods of the frontend are replaced one by one, each turn anew.
    fn rollout(&self, deltas: &mut Vec<Delta>) {
        let pods = self.pods("production", "frontend");
        let mut endpoints: Vec<(Name, Name, Readiness)> = Vec::new();
        for (pod, second) in pods.iter().zip(REPLACED) {
            self.replace(pod, second, deltas, &mut endpoints);
        }
        let Some(model) = self.slice("production", "frontend") else {
            return;
        };
        let mut object = model.clone();
        if let Fact::EndpointSlice(slice) = &mut object.fact {
            let old = std::mem::take(&mut slice.endpoints);
            let made = endpoints
                .into_iter()
                .filter_map(|(first, name, readiness)| {
                    let mut endpoint = old.iter().find(|e| e.pod.as_ref() == Some(&first))?.clone();
                    endpoint.ready = Some(readiness == Readiness::Ready);
                    endpoint.serving = Some(readiness != Readiness::NotYet);
                    endpoint.terminating = Some(readiness == Readiness::Leaving);
                    if name != first {
                        endpoint.addresses = endpoint
                            .addresses
                            .iter()
                            .map(|ip| other(ip, &name))
                            .collect();
                        endpoint.pod_uid = Some(uid_of(&name));
                    }
                    endpoint.pod = Some(name);
                    Some(endpoint)
                });
            slice.endpoints = made.collect();
        }
        deltas.push(Delta::Upsert(Box::new(object)));
    }

    /// One replica of the rollout: the one that serves, the one before it while it leaves, and no other.
    fn replace(
        &self,
        pod: &Pod,
        second: i64,
        deltas: &mut Vec<Delta>,
        endpoints: &mut Vec<(Name, Name, Readiness)>,
    ) {
        let first = pod.meta.key.name.clone();
        let now = self.times(second).max(0);
        let since = self.last(second).unwrap_or(-TURN);
        let age = self.second - since;
        for incarnation in (now - 8).max(0)..=now {
            let name = name_of(&first, incarnation);
            let readiness = match now - incarnation {
                0 if incarnation == 0 || age >= STARTS => Readiness::Ready,
                0 => Readiness::NotYet,
                1 if age < STARTS => Readiness::Ready,
                1 if age < STARTS + LEAVES => Readiness::Leaving,
                _ => {
                    deltas.push(Delta::Delete(pod.meta.key.sibling(Kind::Pod, name)));
                    continue;
                }
            };
            let started = (incarnation > 0).then(|| (incarnation - 1) * TURN + second);
            let leaving = (readiness == Readiness::Leaving).then(|| self.time(since + STARTS));
            let ready_since = started.map(|started| {
                self.time(
                    started
                        + if readiness == Readiness::NotYet {
                            0
                        } else {
                            STARTS
                        },
                )
            });
            let ready = readiness != Readiness::NotYet;
            deltas.extend(self.pod_with_readiness(pod, ready, ready_since, |pod| {
                pod.meta.deleted = leaving;
                let Some(started) = started else {
                    return;
                };
                pod.meta.key.name = name.clone();
                pod.meta.uid = uid_of(&name);
                pod.meta.created = Some(self.time(started));
                pod.started = Some(self.time(started));
                pod.ips = pod
                    .ips
                    .iter()
                    .filter_map(|ip| other(&ip.to_string(), &name).parse().ok())
                    .collect();
                for container in &mut pod.containers {
                    container.state = ContainerState::Running {
                        since: Some(self.time(started + 1)),
                    };
                }
            }));
            endpoints.push((first.clone(), name, readiness));
        }
    }

    fn pod_with_readiness(
        &self,
        pod: &Pod,
        ready: bool,
        since: Option<Timestamp>,
        change: impl FnOnce(&mut Pod),
    ) -> Option<Delta> {
        let mut object = self.object(&pod.meta.key)?;
        if let Fact::Pod(pod) = &mut object.fact {
            for container in &mut pod.containers {
                container.ready = ready;
            }
            for condition in &mut pod.conditions {
                set_condition(condition, ready, since);
            }
            change(pod);
        }
        Some(Delta::Upsert(Box::new(object)))
    }

    fn slice(&self, namespace: &str, service: &str) -> Option<&Object> {
        self.objects.values().find(|object| match &object.fact {
            Fact::EndpointSlice(slice) => {
                slice.meta.key.namespace_str() == namespace
                    && slice.service.as_deref() == Some(service)
            }
            _ => false,
        })
    }

    fn slices(
        &self,
        namespace: &str,
        service: &str,
        change: impl Fn(&mut Endpoint),
    ) -> Option<Delta> {
        let mut object = self.slice(namespace, service)?.clone();
        if let Fact::EndpointSlice(slice) = &mut object.fact {
            slice.endpoints.iter_mut().for_each(change);
        }
        Some(Delta::Upsert(Box::new(object)))
    }
}

/// How far a replica of a rollout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readiness {
    NotYet,
    Ready,
    Leaving,
}

fn set_ready(endpoint: &mut Endpoint, pod: &Name, ready: bool) {
    if endpoint.pod.as_ref() == Some(pod) {
        endpoint.ready = Some(ready);
        endpoint.serving = Some(ready);
    }
}

fn set_condition(condition: &mut Condition, ready: bool, since: Option<Timestamp>) {
    if condition.kind != "Ready" && condition.kind != "ContainersReady" {
        return;
    }
    condition.status = if ready { Truth::True } else { Truth::False };
    condition.since = since.or(condition.since);
    if !ready {
        condition.reason = Name::from("ContainersNotReady");
        condition.message = Name::from("containers with unready status");
    }
}

/// The name of a replica's later incarnation: the same workload, another end.
fn name_of(first: &Name, incarnation: i64) -> Name {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    if incarnation == 0 {
        return first.clone();
    }
    let stem = first.rsplit_once('-').map_or(&**first, |(stem, _)| stem);
    let mut seed = spread(&format!("{first} {incarnation}"));
    let end = (0..5).filter_map(|_| {
        let letter = usize::try_from(seed % LETTERS.len() as u64).ok();
        seed /= LETTERS.len() as u64;
        LETTERS.get(letter?).map(|letter| char::from(*letter))
    });
    Name::from(format!("{stem}-{}", end.collect::<String>()))
}

fn uid_of(name: &str) -> Name {
    Name::from(format!(
        "{:08x}-0000-4000-a000-{:012x}",
        spread(name) >> 32,
        spread(name) >> 16
    ))
}

/// Another address of the same node.
fn other(ip: &str, name: &str) -> Name {
    let network = ip.rsplit_once('.').map_or(ip, |(network, _)| network);
    Name::from(format!("{network}.{}", 100 + spread(name) % 150))
}

/// A number that looks like any other, the same for the same text (FNV-1a).
fn spread(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
