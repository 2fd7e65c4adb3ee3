//! Rules on Ingresses: why a request that enters there finds nobody. [`references`] is what they share.

pub mod backend_port_missing;
pub mod backend_service_missing;
pub mod class_missing;
pub mod controller_not_ready;
pub mod no_class;
pub mod no_ready_backend;
pub mod references;
