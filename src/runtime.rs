//! The shell around the screen: the terminal, the event loop, the engine's task, and everything that the screen
//! asks for. The only place that spawns.
//!
//! May use everything beneath it and crossterm; must never judge, nor know what is drawn.

mod browser;
mod cluster;
pub mod descriptors;
mod effects;
mod engine;
mod event_loop;
pub mod forward;
pub mod forwards;
mod groups;
mod input;
mod logs;
mod offline;
mod plan;
pub mod profiles;
pub mod remembered;
pub mod rights;
mod signals;
pub mod slumber;
mod terminal;
mod yaml;

use crate::client::{Environment, Settings};
use crate::model::delta::Delta;
use crate::model::key::Name;
use crate::model::world::Origin;
use crate::source::cluster::Scope;
use crate::ui::theme::Theme;
use color_eyre::eyre::WrapErr as _;
use jiff::tz::TimeZone;

/// Where the world comes from.
#[derive(Debug)]
pub enum World {
    /// A cluster.
    Live {
        /// What the flags say.
        settings: Settings,
        /// What the environment says.
        environment: Environment,
        /// The namespaces to read where not everything may be read.
        scope: Scope,
    },
    /// Files, read already.
    Files {
        /// What they hold.
        deltas: Vec<Delta>,
        /// Files, or what a snapshot says of its origin.
        origin: Origin,
        /// What they are called in the header.
        name: Name,
    },
    /// The demo, which lives.
    Demo,
}

/// What is to be shown.
#[derive(Debug)]
pub struct SessionConfig {
    /// Where the world comes from.
    pub world: World,
    /// The namespace that is looked at first; none: all.
    pub namespace: Option<Name>,
    /// How meaning is shown.
    pub theme: Theme,
    /// In which times are shown.
    pub zone: TimeZone,
    /// What is said first, if anything: that some of the world could not be read.
    pub notice: Option<String>,
    /// Why no forward may be opened, where the user has forbidden them.
    pub no_forwards: Option<String>,
}

/// Why there is no screen: one sentence, the remedy in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// Shows the screen until its user leaves it. `view` is a `:` line to begin with.
///
/// Fails with [`Refused`] where the user can mend it, and leaves the terminal as it was whatever happens.
pub fn run(config: SessionConfig, view: Option<String>) -> color_eyre::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .wrap_err("no thread can be started")?;
    let ended = runtime.block_on(event_loop::run(config, view));
    runtime.shutdown_background();
    ended
}
