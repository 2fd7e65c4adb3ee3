//! Portolan: why does my Kubernetes traffic not arrive?
//!
//! The layers and their arrows are drawn in ARCHITECTURE.md and guarded by `tests/architecture.rs`.

pub mod cli;
pub mod client;
pub mod diagnosis;
pub mod forward;
pub mod lower;
pub mod model;
pub mod output;
pub mod runtime;
pub mod semantics;
pub mod source;
pub mod trace;
pub mod tunnel;
pub mod ui;
mod wire;
