//! Rules on objects of any kind.

pub mod schema_defect;
