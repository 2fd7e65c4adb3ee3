//! Rules on network policies: what is written so that it does not do what was meant. That a policy denies somebody is
//! no fault by itself: traces say so.

pub mod and_or;
pub mod cilium_refuses;
pub mod controller_blocked;
pub mod dns_blocked;
pub mod duplicate_policy;
pub mod equal_priority;
pub mod named_port_absent;
pub mod namespace_label_missing;
pub mod never_read;
pub mod one_family;
pub mod only_host_network;
pub mod peer_matches_nothing;
pub mod policy_selects_nothing;
pub mod port_is_the_services;
pub mod section_ignored;
pub mod subject_matches_nobody;
pub mod unprotected;
