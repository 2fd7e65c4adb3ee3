//! Rules on certificates: why a client refuses the connection before any request is sent. [`users`] is what they share.

pub mod certificate_ends_soon;
pub mod certificate_not_ready;
pub mod certificate_out_of_date;
pub mod chain_out_of_order;
pub mod host_not_covered;
pub mod issuer_missing;
pub mod issuer_not_ready;
pub mod key_mismatch;
pub mod not_for_servers;
pub mod secret_missing;
pub mod secret_unusable;
pub mod self_signed;
pub mod two_certificates;
pub mod users;
