//! What the layers beneath say, as text and as JSON: tables, paths, findings.
//!
//! Deterministic. Every text that may come from a cluster is made visible before it gets into a cell or a line.

pub mod glyph;
pub mod span;
pub mod table;
pub mod width;
