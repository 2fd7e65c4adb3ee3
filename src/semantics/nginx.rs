//! ingress-nginx: what its annotations and its own way of matching do to a request.
//!
//! Follows the controller's source (`internal/ingress/controller`, `internal/ingress/annotations`, the template and
//! `balancer.lua`) and its user guide. Of its ConfigMap only what allows snippets is read: where
//! another setting changes a default, the default is told.

pub mod annotation;
pub mod arguments;
pub mod canary;
pub mod instead;
pub mod location;
pub mod login;
pub mod passthrough;
pub mod protocol;
pub mod redirect;
pub mod rewrite;
pub mod sources;
pub mod upstream;
pub mod uri;

/// `spec.controller` of its classes.
pub const CONTROLLER: &str = "k8s.io/ingress-nginx";
