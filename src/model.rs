//! Facts about a cluster: typed, normalised, compact. Owns the [`World`](world::World), the only
//! place where facts are changed, and the [`View`](view::View) through which everything above reads it.
//!
//! May know Kubernetes' nouns; must never know its wire format, the clock, the screen or any I/O.
//! Time is data: it arrives as [`Delta::Clock`](delta::Delta::Clock).

pub mod class_params;
pub mod config_map;
pub mod coverage;
pub mod delta;
pub mod endpoints;
pub mod event;
pub mod evidence;
pub mod index;
pub mod ingress;
pub mod issuance;
pub mod key;
pub mod kind;
pub mod labels;
pub mod meta;
pub mod namespace;
pub mod node;
pub mod object;
pub mod other_route;
pub mod pod;
pub mod policy;
pub mod port;
pub mod secret;
pub mod service;
pub mod text;
pub mod view;
pub mod workload;
pub mod world;
