//! Which of the kinds the cluster serves, and in which version.

use crate::client::http;
use crate::client::{Connection, Fault};
use crate::model::kind::Kind;
use crate::source::cluster::backoff::Backoff;
use crate::source::cluster::hub::Hub;
use crate::source::cluster::timing::Timing;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One answer of two requests: every group, version and resource (Kubernetes 1.27 and later); an older server
/// answers the last form, the names of groups and versions.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// The served versions of the resources that Portolan knows, the server's favourite first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Served {
    versions: BTreeMap<(String, String), Vec<String>>,
    /// Groups of which nothing could be learnt: their resources may be there or not.
    obscure: BTreeSet<String>,
}

/// Whether a kind is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// In this version.
    Version(String),
    /// Not at all.
    Absent,
    /// That could not be learnt.
    Obscure,
}

impl Served {
    /// How a kind is served: the version of the table of kinds if there, else the server's favourite.
    pub(super) fn offer(&self, kind: Kind) -> Offer {
        let info = kind.info();
        if self.obscure.contains(info.group) {
            return Offer::Obscure;
        }
        let key = (info.group.to_owned(), info.plural.to_owned());
        match self.versions.get(&key).map(Vec::as_slice) {
            Some(versions) if versions.iter().any(|version| version == info.version) => {
                Offer::Version(info.version.to_owned())
            }
            Some([first, ..]) => Offer::Version(first.clone()),
            _ => Offer::Absent,
        }
    }

    fn add(&mut self, group: &str, version: &str, resource: &str) {
        let known = Kind::ALL
            .iter()
            .any(|kind| kind.info().group == group && kind.info().plural == resource);
        if !known {
            return;
        }
        let versions = self
            .versions
            .entry((group.to_owned(), resource.to_owned()))
            .or_default();
        if !versions.iter().any(|there| there == version) {
            versions.push(version.to_owned());
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    kind: String,
    items: Vec<GroupItem>,
    groups: Vec<Group>,
    versions: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GroupItem {
    metadata: NameOnly,
    versions: Vec<VersionItem>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NameOnly {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct VersionItem {
    version: String,
    resources: Vec<ResourceItem>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResourceItem {
    resource: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Group {
    name: String,
    versions: Vec<GroupVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GroupVersion {
    version: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resources {
    resources: Vec<NameOnly>,
}

/// Asks the server what it serves.
pub(super) async fn discover(connection: &Connection, timing: &Timing) -> Result<Served, Fault> {
    let mut served = Served::default();
    for root in ["/api", "/apis"] {
        let answer: Answer = get(connection, root, AGGREGATED, timing).await?;
        if answer.kind == "APIGroupDiscoveryList" {
            for group in &answer.items {
                for version in &group.versions {
                    for resource in &version.resources {
                        served.add(&group.metadata.name, &version.version, &resource.resource);
                    }
                }
            }
        } else {
            one_by_one(connection, timing, &answer, &mut served).await?;
        }
    }
    Ok(served)
}

/// The old way: the resources of each group and version that Portolan has a use for. A version that does not answer
/// (its aggregated server is down) is passed over and its group noted.
async fn one_by_one(
    connection: &Connection,
    timing: &Timing,
    answer: &Answer,
    served: &mut Served,
) -> Result<(), Fault> {
    for (group, version) in &worth_asking(answer) {
        let path = if group.is_empty() {
            format!("/api/{version}")
        } else {
            format!("/apis/{group}/{version}")
        };
        match get::<Resources>(connection, &path, "application/json", timing).await {
            Ok(found) => {
                for resource in &found.resources {
                    served.add(group, version, &resource.name);
                }
            }
            Err(fault) if fault.answered() => {
                served.obscure.insert(group.clone());
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

fn worth_asking(answer: &Answer) -> Vec<(String, String)> {
    let core = answer
        .versions
        .iter()
        .map(|version| (String::new(), version.clone()));
    let named = answer.groups.iter().flat_map(|group| {
        let versions = group.versions.iter();
        versions.map(|version| (group.name.clone(), version.version.clone()))
    });
    core.chain(named)
        .filter(|(group, _)| Kind::ALL.iter().any(|kind| kind.info().group == group))
        .collect()
}

async fn get<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    path: &str,
    accept: &str,
    timing: &Timing,
) -> Result<T, Fault> {
    let pieces = connection
        .send(http::get(path, accept)?, timing.answer)
        .await?;
    let body = pieces.rest(http::LARGEST_WHOLE, timing.silence).await?;
    serde_json::from_slice(&body).map_err(|_| {
        Fault::Garbled(String::from(
            "what the server says of its API is not the JSON expected",
        ))
    })
}

/// Keeps what is served up to date: once at the start, and again whenever someone has reason to think it changed.
pub(super) async fn keep(connection: Arc<Connection>, timing: Timing, hub: Arc<Hub>) {
    let mut backoff = Backoff::new(timing.backoff_first, timing.backoff_most);
    let mut wakes = hub.wakes();
    loop {
        let found = match discover(&connection, &timing).await {
            Ok(found) => found,
            // Discovery itself is refused: every kind is tried as if it were served.
            Err(Fault::Forbidden(_) | Fault::NotFound(_)) => Served {
                obscure: Kind::ALL
                    .iter()
                    .map(|kind| kind.info().group.to_owned())
                    .collect(),
                ..Served::default()
            },
            Err(fault) => {
                tracing::debug!(%fault, "discovery failed");
                tokio::select! {
                    () = tokio::time::sleep(backoff.next()) => {}
                    woken = wakes.changed() => {
                        if woken.is_err() {
                            return;
                        }
                        backoff.reset();
                    }
                }
                continue;
            }
        };
        backoff.reset();
        let found = Arc::new(found);
        // Told even where nothing changed: a kind may have gone and come back in between.
        hub.served.send_replace(Some(found));
        hub.rediscover.notified().await;
    }
}
