//! The real binary against a real API server: the one-shot commands, the screen in a terminal, and faults.
//!
//! Each test has a namespace of its own in a shared cluster; those that need a quiet or a dying API server have a
//! cluster of their own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/terminal.rs"]
mod terminal;

#[path = "live/commands.rs"]
mod commands;
#[path = "live/faults.rs"]
mod faults;
#[path = "live/forwards.rs"]
mod forwards;
#[path = "live/outage.rs"]
mod outage;
#[path = "live/rights.rs"]
mod rights;
#[path = "live/screen.rs"]
mod screen;
#[path = "live/world.rs"]
mod world;
