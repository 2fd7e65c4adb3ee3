//! Rules on Ingresses: why a request that enters there finds nobody. [`references`] is what they share.

pub mod backend_port_missing;
pub mod backend_service_missing;
pub mod canary_orphan;
pub mod class_missing;
pub mod class_twice;
pub mod controller_not_ready;
pub mod duplicate_path;
pub mod external_name_backend;
pub mod foreign_annotation;
pub mod host_is_regex;
pub mod no_class;
pub mod no_ready_backend;
pub mod path_is_regex;
pub mod references;
pub mod several_default_classes;
pub mod tls_hosts;
