//! Notices when resource definitions come and go, so that a kind installed while Portolan runs is watched without
//! anything being polled. Only their metadata is asked for, and only changes: nothing is listed but one version.

use crate::client::Fault;
use crate::client::http;
use crate::source::cluster::backoff::{Backoff, chance};
use crate::source::cluster::feed::Shared;
use ::http::{HeaderValue, header};
use serde::Deserialize;
use std::sync::Arc;
use tokio::time::Instant;

const PATH: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const WATCH: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Versioned {
    metadata: Version,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    object: Versioned,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Version {
    resource_version: String,
}

/// Watches resource definitions for as long as that is allowed.
pub(super) async fn keep(shared: Arc<Shared>) {
    let timing = &shared.timing;
    let mut backoff = Backoff::new(timing.backoff_first, timing.backoff_most);
    let mut cursor = None;
    let mut lost_track = false;
    loop {
        let opened = Instant::now();
        match follow(&shared, &mut cursor, lost_track).await {
            Ok(()) => {}
            Err(Fault::Forbidden(_) | Fault::NotFound(_) | Fault::Unauthorised) => return,
            Err(Fault::Expired | Fault::Garbled(_)) => {
                cursor = None;
                lost_track = true;
            }
            Err(fault) => tracing::debug!(%fault, "resource definitions are not watched"),
        }
        if opened.elapsed() >= timing.settled {
            backoff.reset();
        }
        tokio::time::sleep(backoff.next()).await;
    }
}

/// One watch, until it ends.
async fn follow(
    shared: &Arc<Shared>,
    cursor: &mut Option<String>,
    lost_track: bool,
) -> Result<(), Fault> {
    let timing = &shared.timing;
    let from = if let Some(version) = cursor.as_ref() {
        version.clone()
    } else {
        let version = newest(shared).await?;
        if lost_track {
            // What changed while nobody watched is found by asking anew.
            rediscover_soon(shared);
        }
        cursor.insert(version).clone()
    };
    let asked = timing.watch.mul_f64(1.0 - chance() / 10.0);
    let mut request = http::get(
        &format!(
            "{PATH}?watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
            crate::client::fetch::encode(&from),
            asked.as_secs().max(1)
        ),
        WATCH,
    )?;
    request.headers_mut().insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    let mut pieces = shared.connection.send(request, timing.answer).await?;
    let mut held = Vec::new();
    while let Some(piece) = pieces.next(asked + timing.grace).await? {
        held.extend_from_slice(&piece);
        while let Some(end) = held.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = held.drain(..=end).collect();
            read(shared, &line, cursor)?;
        }
    }
    Ok(())
}

/// The version of the collection now.
async fn newest(shared: &Arc<Shared>) -> Result<String, Fault> {
    let timing = &shared.timing;
    let request = http::get(&format!("{PATH}?limit=1"), LIST)?;
    let pieces = shared.connection.send(request, timing.answer).await?;
    let body = pieces.rest(http::LARGEST_WHOLE, timing.silence).await?;
    serde_json::from_slice::<Versioned>(&body)
        .map(|head| head.metadata.resource_version)
        .map_err(|_| Fault::Garbled(String::from("the list of resource definitions is no JSON")))
}

fn read(shared: &Arc<Shared>, line: &[u8], cursor: &mut Option<String>) -> Result<(), Fault> {
    if line.trim_ascii().is_empty() {
        return Ok(());
    }
    let Ok(line) = serde_json::from_slice::<Line>(line) else {
        return Err(Fault::Garbled(String::from(
            "an event of the watch is no JSON",
        )));
    };
    if line.kind == "ERROR" {
        return Err(Fault::Expired);
    }
    if !line.object.metadata.resource_version.is_empty() {
        *cursor = Some(line.object.metadata.resource_version);
    }
    if line.kind != "BOOKMARK" {
        rediscover_soon(shared);
    }
    Ok(())
}

/// A definition is served a moment after it is accepted; a slow server gets a second chance.
fn rediscover_soon(shared: &Arc<Shared>) {
    let wait = shared.timing.discovery;
    let hub = Arc::clone(&shared.hub);
    let cancel = shared.cancel.clone();
    shared.tasks.spawn(async move {
        let twice = async {
            tokio::time::sleep(wait).await;
            hub.rediscover.notify_one();
            tokio::time::sleep(wait * 4).await;
            hub.rediscover.notify_one();
        };
        cancel.run_until_cancelled(twice).await;
    });
}
