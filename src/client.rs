//! The way to one cluster as one user: kubeconfig, login, TLS, the one kube client, access reviews.
//!
//! May know kube and the environment; must never know deltas, the world's contents or the screen. Nothing here
//! writes to the terminal, and no error carries a token, a key or a response body.

pub mod access;
pub mod config;
pub mod connection;
pub mod error;
pub mod expiry;
pub mod fault;
pub mod fetch;
pub mod http;
pub mod login;
pub mod proxy;
pub mod text;
mod transport;

pub use config::{ContextInfo, Environment, Kubeconfigs, Settings};
pub use connection::{Connection, ServerVersion};
pub use error::ConnectError;
pub use fault::Fault;

/// Directives that every log layer must carry: kube writes whole response bodies, Secrets included, when one does
/// not decode. What matters of its errors is logged by Portolan itself.
pub const LOG_DIRECTIVES: &[&str] = &[
    "kube_client=off",
    "kube_runtime=off",
    "kube=off",
    "hyper=off",
    "hyper_util=off",
    "rustls=off",
    "tower=off",
    "h2=off",
    "tungstenite=off",
    "tokio_tungstenite=off",
];
