//! Rules on Ingresses: why a request that enters there finds nobody. [`references`] is what they share.

use crate::model::ingress::Ingress;
use crate::model::key::Key;
use crate::model::view::View;
use crate::semantics::controller::Known;
use crate::semantics::ingress::{Class, class_of};

pub mod annotation_invalid;
pub mod backend_port_missing;
pub mod backend_protocol;
pub mod backend_service_missing;
pub mod canary_orphan;
pub mod class_closed;
pub mod class_missing;
pub mod class_parameters;
pub mod class_twice;
pub mod controller_not_ready;
pub mod duplicate_path;
pub mod external_name_backend;
pub mod foreign_annotation;
pub mod host_is_regex;
pub mod ingress_port_refused;
pub mod login_impossible;
pub mod login_service_missing;
pub mod no_class;
pub mod no_ready_backend;
pub mod other_backend_missing;
pub mod passthrough_off;
pub mod path_is_regex;
pub mod path_unreachable;
pub mod references;
pub mod rewrite_group_missing;
pub mod several_default_classes;
pub mod snippet;
pub mod tls_hosts;
pub mod without_address;

/// Whether ingress-nginx serves a class.
fn is_nginx(class: &Class<'_>) -> bool {
    let known = class.controller();
    known.is_some_and(Known::is_nginx)
}

/// The Ingress, if ingress-nginx serves its class.
fn by_nginx<'w>(view: &View<'w>, key: &Key) -> Option<&'w Ingress> {
    let ingress = view.ingress(key)?;
    is_nginx(&class_of(view, ingress)).then_some(ingress)
}

/// A rule's host in words: `*` for every one.
fn shown_host(host: &str) -> &str {
    if host.is_empty() { "*" } else { host }
}
