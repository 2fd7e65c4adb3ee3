//! Columns, rows and cells.

use crate::diagnosis::finding::FindingId;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::text::visible;
use crate::model::world::World;
use crate::output::glyph::Mark;
use std::fmt;

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name of its field in JSON.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Numbers stand to the right.
    pub align: Align,
    /// When room is short, the columns with the highest rank go first; rank 0 stays.
    pub rank: u8,
}

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At its left.
    Left,
    /// At its right.
    Right,
}

/// What a row stands for; the same while its texts change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowId {
    /// An object.
    Object(Key),
    /// A part of an object: a rule's host and path, a port, an endpoint.
    Part(Key, Name),
    /// A finding.
    Finding(FindingId),
    /// A kind, in a namespace where it is read by namespace.
    Kind(Kind, Option<Name>),
}

impl RowId {
    /// The object that the row is about, if it is about one.
    pub fn object(&self) -> Option<&Key> {
        match self {
            Self::Object(key) | Self::Part(key, _) => Some(key),
            Self::Finding(id) => Some(&id.subject),
            Self::Kind(..) => None,
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it stands for.
    pub id: RowId,
    /// How it is.
    pub mark: Mark,
    /// One cell a column, in their order.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it shows; safe to draw.
    pub text: String,
    /// What it is sorted by, before its text.
    pub rank: Option<i64>,
    /// What its colour says, where it differs from the row's.
    pub mark: Option<Mark>,
    /// What is shown on a screen too narrow for the text.
    pub brief: Option<String>,
}

impl Cell {
    /// A cell with a text, sorted by it.
    pub fn new(text: impl fmt::Display) -> Self {
        let text = text.to_string();
        Self {
            text: visible(&text).into_owned(),
            rank: None,
            mark: None,
            brief: None,
        }
    }

    /// An empty cell.
    pub fn empty() -> Self {
        Self::new("")
    }

    /// A number, sorted as one.
    pub fn number(number: usize) -> Self {
        Self::new(number).ranked(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// The same cell, sorted by a number.
    pub fn ranked(mut self, rank: i64) -> Self {
        self.rank = Some(rank);
        self
    }

    /// The same cell with words for a narrow screen.
    pub fn in_brief(mut self, brief: Option<impl fmt::Display>) -> Self {
        self.brief = brief.map(|brief| visible(&brief.to_string()).into_owned());
        self
    }

    /// The same cell with its own colour.
    pub fn marked(mut self, mark: Mark) -> Self {
        self.mark = Some(mark);
        self
    }
}

/// The order of two cells of a column.
pub fn order(a: &Cell, b: &Cell) -> std::cmp::Ordering {
    a.rank.cmp(&b.rank).then_with(|| a.text.cmp(&b.text))
}

/// A time as an age, sorted by it (the unknown ones first).
pub(super) fn age_cell(world: &World, at: Option<jiff::Timestamp>) -> Cell {
    let text = crate::output::span::since(world.now(), at);
    let rank = at.map_or(-1, |at| world.now().duration_since(at).as_secs());
    Cell::new(text).ranked(rank)
}

pub(super) fn namespace_cell(key: &Key) -> Cell {
    Cell::new(key.namespace_str())
}

pub(super) fn left(id: &'static str, title: &'static str, rank: u8) -> Column {
    Column {
        id,
        title,
        align: Align::Left,
        rank,
    }
}

pub(super) fn right(id: &'static str, title: &'static str, rank: u8) -> Column {
    Column {
        align: Align::Right,
        ..left(id, title, rank)
    }
}

pub(super) fn joined<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    all.join(",")
}
