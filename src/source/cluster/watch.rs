//! One watch: a stream of lines, each an event.

use crate::client::Fault;
use crate::client::http;
use crate::client::text::one_line;
use crate::model::kind::Kind;
use crate::model::object::Object;
use crate::source::cluster::backoff::chance;
use crate::source::cluster::list::Wire;
use crate::source::cluster::place::Place;
use ::http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::time::Duration;

/// Longest line that is read; etcd itself takes no object above a few MiB.
const LONGEST_LINE: usize = 1 << 26;

/// What a watch brings.
#[derive(Debug)]
pub(super) enum Happening {
    /// The object is new or changed.
    Changed(Box<Object>),
    /// The object is gone; its last state.
    Gone(Box<Object>),
    /// Nothing happened: the version alone moves on.
    Bookmark,
    /// The server ends the watch with an error.
    Refused(Fault),
}

#[derive(Deserialize)]
struct Line<'l> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'l, str>,
    #[serde(borrow)]
    object: &'l RawValue,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Versioned {
    metadata: Version,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Version {
    resource_version: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Trouble {
    code: u16,
    message: String,
}

/// A watch that is open.
#[derive(Debug)]
pub(super) struct Watch<'w> {
    wire: Wire<'w>,
    kind: Kind,
    pieces: http::Pieces,
    buffer: Vec<u8>,
    /// How much of the buffer has been used up.
    used: usize,
    longest: Duration,
}

impl<'w> Watch<'w> {
    /// Opens a watch from a resource version on.
    pub(super) async fn open(
        wire: Wire<'w>,
        kind: Kind,
        place: &Place,
        version: &str,
        from: &str,
    ) -> Result<Self, Fault> {
        let asked = wire.timing.watch.mul_f64(1.0 - chance() / 10.0);
        let query = format!(
            "watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
            crate::client::fetch::encode(from),
            asked.as_secs().max(1)
        );
        let mut request = http::get(&place.uri(kind, version, &query), "application/json")?;
        // Servers that compress watches end each event's member, which the client stack does not read on.
        request.headers_mut().insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        wire.hub
            .count(wire.reporter, |traffic| traffic.watches += 1);
        let pieces = wire.connection.send(request, wire.timing.answer).await?;
        wire.hub.answered(wire.reporter);
        Ok(Self {
            wire,
            kind,
            pieces,
            buffer: Vec::new(),
            used: 0,
            longest: asked + wire.timing.grace,
        })
    }

    /// The next event with the version it brings (empty where it has none); `None` when the server ends the watch.
    pub(super) async fn next(&mut self) -> Result<Option<(Happening, String)>, Fault> {
        loop {
            if let Some(line) = self.take_line() {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                return self.read(&line).map(Some);
            }
            let silence = if self.wire.hub.sends_bookmarks() {
                self.wire.timing.bookmark_silence.min(self.longest)
            } else {
                self.longest
            };
            // A half line at the end was cut off: the next watch brings it whole.
            let Some(piece) = self.pieces.next(silence).await? else {
                return Ok(None);
            };
            let bytes = piece.len() as u64;
            self.wire
                .hub
                .count(self.wire.reporter, |traffic| traffic.bytes += bytes);
            if self.buffer.len() + piece.len() > LONGEST_LINE {
                return Err(Fault::Garbled(String::from(
                    "an event of the watch is unreasonably long",
                )));
            }
            self.buffer.extend_from_slice(&piece);
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        let rest = self.buffer.get(self.used..)?;
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            self.buffer.drain(..self.used);
            self.used = 0;
            return None;
        };
        let line = rest.get(..end)?.to_vec();
        self.used += end + 1;
        Some(line)
    }

    fn read(&self, line: &[u8]) -> Result<(Happening, String), Fault> {
        let text = String::from_utf8_lossy(line);
        let Ok(line) = serde_json::from_str::<Line<'_>>(&text) else {
            return Err(Fault::Garbled(String::from(
                "an event of the watch is no JSON",
            )));
        };
        let json = line.object.get();
        let version = || {
            serde_json::from_str::<Versioned>(json)
                .unwrap_or_default()
                .metadata
                .resource_version
        };
        let count = || {
            self.wire
                .hub
                .count(self.wire.reporter, |traffic| traffic.events += 1);
        };
        Ok(match line.kind.as_ref() {
            "ADDED" | "MODIFIED" => {
                count();
                (
                    Happening::Changed(Box::new(crate::lower::lower(self.kind, json))),
                    version(),
                )
            }
            "DELETED" => {
                count();
                (
                    Happening::Gone(Box::new(crate::lower::lower(self.kind, json))),
                    version(),
                )
            }
            "BOOKMARK" => {
                self.wire.hub.saw_bookmark();
                (Happening::Bookmark, version())
            }
            "ERROR" => (Happening::Refused(trouble(json)), String::new()),
            // A type that a later API may bring: its version still counts.
            _ => (Happening::Bookmark, version()),
        })
    }
}

fn trouble(json: &str) -> Fault {
    let trouble: Trouble = serde_json::from_str(json).unwrap_or_default();
    let code = StatusCode::from_u16(trouble.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    http::judge_status(code, one_line(&trouble.message), None)
}
