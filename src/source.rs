//! Where deltas come from: a live cluster, files, snapshots, the embedded demo.
//!
//! May know kube, tokio and the clock; must never judge what it brings, nor know `tunnel` or the screen.

pub mod cluster;
pub mod demo;
pub mod files;
pub mod snapshot;
