//! Answers for people: aligned columns, whole lines, never wrapped.

pub mod check;
pub mod forward;
pub mod reach;
pub mod table;
pub mod trace;
