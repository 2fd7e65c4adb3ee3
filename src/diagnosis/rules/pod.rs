//! Rules on pods: why one takes no traffic. Each pod has at most one of these findings; [`case`] is what they share.

pub mod case;
pub mod crash_loop;
pub mod duplicate_address;
pub mod host_port_clash;
pub mod image_pull;
pub mod no_address;
pub mod not_ready;
pub mod pending;
pub mod port_twice;
pub mod probe_failing;
pub mod probe_port_unknown;
pub mod readiness_gate;
pub mod settling;
pub mod subdomain;
