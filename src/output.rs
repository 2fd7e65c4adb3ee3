//! What the layers beneath say, as text and as JSON: tables, paths, findings.
//!
//! Deterministic. Every text that may come from a cluster is made visible before it gets into a cell or a line;
//! JSON escapes what a terminal could act on and loses nothing.

pub mod dot;
pub mod explain;
pub mod github;
pub mod glyph;
pub mod json;
pub mod path;
pub mod rbac;
pub mod sarif;
pub mod select;
pub mod span;
pub mod table;
pub mod text;
pub mod width;
