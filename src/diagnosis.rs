//! Rules, findings and the report: what is broken, why, whom it hurts and what would mend it.
//!
//! A rule is `fn check(&View, &Key, &mut Sink)`: one rule on one subject. It knows nothing of the wire, the
//! screen or the passing of time; the [`engine`] keeps its judgement until something it read is touched.

pub mod cite;
pub mod engine;
mod fields;
pub mod finding;
pub mod journal;
mod keeper;
pub mod kubectl;
pub mod patch;
pub mod registry;
pub mod report;
pub mod rule;
pub mod rules;
