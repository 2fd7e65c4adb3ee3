//! Rules on Services: why clients are refused. [`ports`] is what they share.

pub mod external_local_black_hole;
pub mod external_name_is_address;
pub mod family_gap;
pub mod internal_local_elsewhere;
pub mod load_balancer_pending;
pub mod no_ready_endpoint;
pub mod no_selector_no_slices;
pub mod ports;
pub mod proxy_ignores;
pub mod scaled_to_zero;
pub mod selector_matches_nothing;
pub mod slice_bad_address;
pub mod slice_port_name;
pub mod some_endpoints_not_ready;
pub mod spread;
pub mod stateful_set_service;
pub mod target_port_name_missing;
pub mod target_port_name_partly_missing;
pub mod target_port_protocol;
