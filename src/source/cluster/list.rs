//! Lists a kind page by page, item by item.

use crate::client::http;
use crate::client::{Connection, Fault};
use crate::model::kind::Kind;
use crate::model::object::Object;
use crate::source::cluster::hub::{Hub, Reporter};
use crate::source::cluster::page::{ListMeta, Malformed, Splitter};
use crate::source::cluster::place::Place;
use crate::source::cluster::timing::Timing;

/// What a request needs of its surroundings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wire<'w> {
    pub(super) connection: &'w Connection,
    pub(super) timing: &'w Timing,
    pub(super) hub: &'w Hub,
    pub(super) reporter: &'w Reporter,
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The first page, as of now.
    First,
    /// The page after this token.
    After(String),
    /// The whole in one answer, from the server's cache: what is asked when pages grow old before they are read.
    Whole,
}

impl Part {
    fn query(&self, page: u32) -> String {
        match self {
            Self::First => format!("limit={page}"),
            Self::After(token) => format!(
                "limit={page}&continue={}",
                crate::client::fetch::encode(token)
            ),
            Self::Whole => String::from("resourceVersion=0&resourceVersionMatch=NotOlderThan"),
        }
    }
}

/// A page that is being read.
#[derive(Debug)]
pub(super) struct Page<'w> {
    wire: Wire<'w>,
    kind: Kind,
    pieces: http::Pieces,
    splitter: Splitter,
}

impl<'w> Page<'w> {
    /// Asks for a part of a list.
    pub(super) async fn open(
        wire: Wire<'w>,
        kind: Kind,
        place: &Place,
        version: &str,
        part: &Part,
    ) -> Result<Self, Fault> {
        let uri = place.uri(kind, version, &part.query(wire.timing.page));
        wire.hub.count(wire.reporter, |traffic| traffic.lists += 1);
        let request = http::get(&uri, "application/json")?;
        let pieces = wire.connection.send(request, wire.timing.answer).await?;
        wire.hub.answered(wire.reporter);
        Ok(Self {
            wire,
            kind,
            pieces,
            splitter: Splitter::default(),
        })
    }

    /// The objects that the next piece of the body completes; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Object>>, Fault> {
        let Some(piece) = self.pieces.next(self.wire.timing.silence).await? else {
            return Ok(None);
        };
        let mut objects = Vec::new();
        let kind = self.kind;
        self.splitter
            .push(&piece, &mut |json| {
                objects.push(crate::lower::lower(kind, json));
            })
            .map_err(garbled)?;
        let (bytes, listed) = (piece.len() as u64, objects.len() as u64);
        self.wire.hub.count(self.wire.reporter, |traffic| {
            traffic.bytes += bytes;
            traffic.listed += listed;
        });
        Ok(Some(objects))
    }

    /// What the page says of itself, once it has ended.
    pub(super) fn finish(self) -> Result<ListMeta, Fault> {
        self.splitter.finish().map_err(garbled)
    }
}

fn garbled(why: Malformed) -> Fault {
    Fault::Garbled(String::from(match why {
        Malformed::Truncated => "the list breaks off before its end",
        Malformed::Frame => "the list is not a list",
        Malformed::TooLong => "the list has an item that is unreasonably long",
    }))
}
