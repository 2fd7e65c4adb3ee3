//! Port-forwards as data: what is asked for, whether it can work, which pod serves the next
//! connection, and what state a running forward is in.
//!
//! May know the world; must never know sockets, tasks or the clock. Those are `tunnel`'s, which feeds
//! the [`Session`](session::Session) with what it saw and does what it answers.

pub mod cause;
pub mod group;
pub mod import;
pub mod nearest;
pub mod offer;
pub mod past;
pub mod pick;
pub mod plan;
pub mod profile;
pub mod right;
pub mod session;
pub mod status;
pub mod suggest;
pub mod target;
pub mod url;
