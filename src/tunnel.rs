//! Live streams to the cluster: port-forwards and logs.
//!
//! May know kube, tokio and the client; must never know the screen, nor what is written to the terminal.
//! Every task is spawned on the tracker it was handed and ends when its token is cancelled.

pub mod forward;
pub mod logs;
pub mod spdy;
