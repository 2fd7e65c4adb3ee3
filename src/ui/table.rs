//! Tables without a screen: which rows a place has, in which order, and what stands in their cells.
//!
//! The tables of the world are [`output::table`](crate::output::table)'s, the same that `list` prints; here they
//! are narrowed, given a meaning a cell, and joined by those that only the screen has.

pub mod contexts;
pub mod forwards;
pub mod used_by;

use crate::model::endpoints::EndpointSlice;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::Labels;
use crate::model::view::{as_ingress, as_pod, as_slice};
use crate::output::glyph::Mark;
use crate::output::table::{self, Column, Facts};
use crate::ui::msg::{ContextRow, ForwardId, ForwardRow, GroupRow};
use crate::ui::place::{Place, Scope};
use crate::ui::theme::Role;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The identity of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowId {
    /// A row of a table of the world.
    World(table::RowId),
    /// A port-forward.
    Forward(ForwardId),
    /// A saved set of forwards.
    Group(Name),
    /// A context.
    Context(Name),
}

impl RowId {
    /// The row of an object.
    pub fn of(key: Key) -> Self {
        Self::World(table::RowId::Object(key))
    }

    /// The object that a row is about.
    pub fn object(&self) -> Option<&Key> {
        match self {
            Self::World(id) => id.object(),
            Self::Forward(_) | Self::Group(_) | Self::Context(_) => None,
        }
    }
}

/// A row, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How it is.
    pub mark: Mark,
    /// One cell a column.
    pub cells: Vec<Cell>,
}

/// What stands in one column of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it means.
    pub role: Role,
    /// The words.
    pub text: String,
    /// What it is sorted by, before its words.
    pub rank: Option<i64>,
    /// What is shown where the words do not fit.
    pub brief: Option<String>,
}

impl Cell {
    /// A cell with a role.
    pub fn of(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            text: text.into(),
            rank: None,
            brief: None,
        }
    }

    /// The same cell, sorted by a number.
    pub fn ranked(mut self, rank: i64) -> Self {
        self.rank = Some(rank);
        self
    }
}

/// Everything that rows are made from.
#[derive(Debug)]
pub struct Source<'s> {
    /// The world and its report.
    pub facts: Facts<'s>,
    /// The forwards.
    pub forwards: &'s [ForwardRow],
    /// The saved sets of forwards.
    pub groups: &'s [GroupRow],
    /// The contexts.
    pub contexts: &'s [ContextRow],
    /// In which times of day are shown.
    pub zone: &'s TimeZone,
}

/// The columns of a place.
pub fn columns(place: &Place) -> Vec<Column> {
    match place {
        Place::Contexts => contexts::columns(),
        Place::Forwards | Place::ForwardsTo(_) => forwards::columns(),
        Place::UsedBy(_) => used_by::columns(),
        _ => place.sheet().map(table::Sheet::columns).unwrap_or_default(),
    }
}

/// The rows of a place, in its own order.
pub fn rows(source: &Source<'_>, place: &Place, scope: &Scope) -> Vec<RowId> {
    let whole = |sheet: table::Sheet| {
        let ids = sheet.ids(&source.facts, scope.one());
        ids.into_iter().map(RowId::World)
    };
    match (place, place.sheet()) {
        (Place::Contexts, _) => contexts::rows(source),
        (Place::Forwards, _) => forwards::rows(source, None),
        (Place::ForwardsTo(key), _) => forwards::rows(source, Some(key)),
        (Place::UsedBy(key), _) => used_by::rows(source, key),
        (Place::EndpointsOf(service), Some(sheet)) => {
            let ids = sheet.ids(&source.facts, service.namespace.as_ref());
            ids.into_iter()
                .map(RowId::World)
                .filter(|row| service_of(source, row).as_ref() == Some(service))
                .collect()
        }
        (Place::PodsOn(node), Some(sheet)) => whole(sheet)
            .filter(|row| {
                let pod = row.object().and_then(|key| source.facts.world.get(key));
                pod.and_then(|object| as_pod(object))
                    .is_some_and(|pod| pod.node.as_ref() == Some(node))
            })
            .collect(),
        (Place::RoutesOfClass(class), Some(sheet)) => whole(sheet)
            .filter(|row| {
                let ingress = row.object().and_then(|key| source.facts.world.get(key));
                ingress
                    .and_then(|object| as_ingress(object))
                    .is_some_and(|ingress| {
                        let annotated = ingress.meta.annotations.get("kubernetes.io/ingress.class");
                        ingress.class.as_ref().or(annotated) == Some(class)
                    })
            })
            .collect(),
        (_, Some(sheet)) => whole(sheet).collect(),
        (
            Place::Sheet(_) | Place::EndpointsOf(_) | Place::PodsOn(_) | Place::RoutesOfClass(_),
            None,
        ) => Vec::new(),
    }
}

/// A row; none where what it stands for is gone.
pub fn row(source: &Source<'_>, place: &Place, id: &RowId) -> Option<Row> {
    match (place, id) {
        (_, RowId::Context(name)) => contexts::row(source, name),
        (_, RowId::Forward(id)) => forwards::row(source, *id),
        (_, RowId::Group(name)) => forwards::group_row(source, name),
        (Place::UsedBy(key), _) => used_by::row(source, key, id),
        (_, RowId::World(world)) => {
            let sheet = place.sheet()?;
            let row = sheet.row(&source.facts, world)?;
            let columns = sheet.columns();
            let cells = row.cells.into_iter().zip(&columns);
            Some(Row {
                mark: row.mark,
                cells: cells
                    .map(|(cell, column)| Cell {
                        role: role_of(column.id, cell.mark, row.mark),
                        text: clock(source.zone, column.id, &cell).unwrap_or(cell.text),
                        rank: cell.rank,
                        brief: cell.brief,
                    })
                    .collect(),
            })
        }
    }
}

/// A time of day as the clock of the screen shows it.
fn clock(zone: &TimeZone, column: &str, cell: &table::Cell) -> Option<String> {
    let at = Timestamp::from_second(cell.rank.filter(|_| column == "at")?).ok()?;
    let local = at.to_zoned(zone.clone());
    Some(local.strftime("%H:%M:%S").to_string())
}

/// The labels of the object that a row is about: of an endpoint, its pod's.
pub fn labels<'s>(source: &Source<'s>, row: &RowId) -> Option<&'s Labels> {
    let pod = pod_of(source, row);
    let key = pod.as_ref().or(row.object())?;
    Some(&source.facts.world.get(key)?.meta().labels)
}

/// The role of a mark.
pub const fn role_of_mark(mark: Mark) -> Role {
    match mark {
        Mark::Fail => Role::Fail,
        Mark::Warning => Role::Warning,
        Mark::Unknown => Role::Unknown,
        Mark::Pass => Role::Pass,
        Mark::Quiet => Role::Dim,
    }
}

fn role_of(column: &str, cell: Option<Mark>, row: Mark) -> Role {
    match (column, cell) {
        (_, Some(Mark::Pass)) => Role::Text,
        (_, Some(mark)) => role_of_mark(mark),
        ("says" | "status" | "reason" | "message" | "field", None) => match row {
            Mark::Pass | Mark::Quiet => Role::Dim,
            mark => role_of_mark(mark),
        },
        ("name" | "object" | "host" | "kind" | "about", None) => Role::Strong,
        ("code", None) => Role::Link,
        (
            "namespace" | "age" | "since" | "node" | "zone" | "slice" | "labels" | "dnsPolicy"
            | "class" | "controller" | "clusterIP" | "external" | "route" | "tls" | "detail" | "at"
            | "because" | "serving" | "terminating" | "taints" | "podCIDRs",
            None,
        ) => Role::Dim,
        _ => Role::Text,
    }
}

fn slice_of<'s>(source: &Source<'s>, row: &RowId) -> Option<&'s EndpointSlice> {
    let key = row.object().filter(|key| key.kind == Kind::EndpointSlice)?;
    source
        .facts
        .world
        .get(key)
        .and_then(|object| as_slice(object))
}

/// The Service of an endpoint's row.
pub fn service_of(source: &Source<'_>, row: &RowId) -> Option<Key> {
    let slice = slice_of(source, row)?;
    let service = slice.service.clone()?;
    Some(slice.meta.key.sibling(Kind::Service, service))
}

/// The pod of an endpoint's row.
pub fn pod_of(source: &Source<'_>, row: &RowId) -> Option<Key> {
    let slice = slice_of(source, row)?;
    let RowId::World(table::RowId::Part(_, part)) = row else {
        return None;
    };
    let endpoint = slice.endpoints.iter().find(|endpoint| {
        let addresses: Vec<&str> = endpoint.addresses.iter().map(Name::as_str).collect();
        let named = addresses.is_empty() && endpoint.pod.as_ref() == Some(part);
        named || !addresses.is_empty() && addresses.join(",") == part.as_str()
    })?;
    let pod = endpoint.pod.clone()?;
    Some(slice.meta.key.sibling(Kind::Pod, pod))
}
