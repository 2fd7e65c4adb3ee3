//! The rules, one file each, by family. A rule's page stands beside it.

pub mod pod;
