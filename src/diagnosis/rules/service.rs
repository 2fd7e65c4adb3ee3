//! Rules on Services: why clients are refused. [`ports`] is what they share.

pub mod external_name_is_address;
pub mod no_ready_endpoint;
pub mod no_selector_no_slices;
pub mod ports;
pub mod scaled_to_zero;
pub mod selector_matches_nothing;
pub mod some_endpoints_not_ready;
pub mod target_port_name_missing;
pub mod target_port_name_partly_missing;
pub mod target_port_protocol;
