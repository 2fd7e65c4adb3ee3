//! `portolan/list/v1`.

use crate::model::key::Name;
use crate::output::glyph::Mark;
use crate::output::json::check;
use crate::output::table::{Facts, Row, RowId, Sheet};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The answer of `portolan list VIEW -o json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct List {
    /// Names this shape and its version.
    pub schema: Schema,
    /// `context:NAME`, `files` or `demo`.
    pub source: String,
    /// The table.
    pub view: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its rows, in the order of the screen.
    pub rows: Vec<RowJson>,
}

/// The name of the shape.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub enum Schema {
    /// The first version.
    #[serde(rename = "portolan/list/v1")]
    V1,
}

/// One column.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Column {
    /// The name of its field in rows.
    pub id: String,
    /// Its heading.
    pub title: String,
}

/// One row.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RowJson {
    /// The object that it is about; null where it is about none.
    pub object: Option<String>,
    /// Which part of the object (a rule's host and path, a port, an endpoint), or the id of a finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// How it is.
    pub mark: MarkJson,
    /// Its texts, by column.
    pub fields: BTreeMap<String, String>,
}

/// How a row is.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MarkJson {
    /// It fails.
    Fail,
    /// A part of it fails, or it soon will.
    Warning,
    /// It cannot be told.
    Unknown,
    /// It works.
    Pass,
    /// Nothing is said of it.
    None,
}

impl From<Mark> for MarkJson {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::Fail => Self::Fail,
            Mark::Warning => Self::Warning,
            Mark::Unknown => Self::Unknown,
            Mark::Pass => Self::Pass,
            Mark::Quiet => Self::None,
        }
    }
}

impl List {
    /// The answer for one table, in one namespace where one is given.
    pub fn new(sheet: Sheet, facts: &Facts<'_>, namespace: Option<&Name>) -> Self {
        let columns = sheet.columns();
        let rows = sheet.rows(facts, namespace);
        let ids: Vec<&str> = columns.iter().map(|column| column.id).collect();
        Self {
            schema: Schema::V1,
            source: check::source(facts.world),
            view: sheet.name().to_owned(),
            columns: columns
                .iter()
                .map(|column| Column {
                    id: column.id.to_owned(),
                    title: column.title.to_owned(),
                })
                .collect(),
            rows: rows.into_iter().map(|row| row_json(&ids, row)).collect(),
        }
    }
}

fn row_json(ids: &[&str], row: Row) -> RowJson {
    let part = match &row.id {
        RowId::Part(_, part) => Some(part.to_string()),
        RowId::Finding(id) => Some(id.to_string()),
        RowId::Object(_) | RowId::Kind(..) => None,
    };
    let texts = row.cells.into_iter().map(|cell| cell.text);
    RowJson {
        object: row.id.object().map(ToString::to_string),
        part,
        mark: row.mark.into(),
        fields: ids.iter().map(ToString::to_string).zip(texts).collect(),
    }
}
