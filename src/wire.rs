//! What the API sends, kind by kind: slim shapes with only the fields we need.
//!
//! Reading never refuses a value: what does not fit is noted as a [`Flaw`](notes::Flaw) with the path of its
//! field, and the field is left empty or given the nearest sensible value. Fields that nobody asks for
//! (`managedFields` …) are skipped without being held. May know serde; must never know the facts.

pub(crate) mod admin_policy;
pub(crate) mod cilium;
pub(crate) mod class_params;
pub(crate) mod config_map;
pub(crate) mod core_endpoints;
pub(crate) mod event;
pub(crate) mod head;
pub(crate) mod ingress;
pub(crate) mod issuance;
pub(crate) mod meta;
pub(crate) mod node;
pub(crate) mod notes;
pub(crate) mod other_route;
pub(crate) mod pod;
pub(crate) mod policy;
pub(crate) mod probe;
pub(crate) mod repair;
pub(crate) mod scalar;
pub(crate) mod secret;
pub(crate) mod service;
pub(crate) mod shape;
pub(crate) mod slice;
pub(crate) mod workload;
