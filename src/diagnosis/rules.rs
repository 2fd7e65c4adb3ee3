//! The rules, one file each, by family. A rule's page stands beside it.

pub mod ingress;
pub mod object;
pub mod pod;
pub mod policy;
pub mod service;
pub mod tls;
