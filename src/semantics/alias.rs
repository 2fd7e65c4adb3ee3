//! Aliases: what an ExternalName Service leads to, where that is a Service of the cluster itself.
//!
//! Source: CoreDNS `plugin/kubernetes` answers with a CNAME to the name as it is written; a resolver takes that as
//! absolute, so that only the full name of a Service leads back into the cluster.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::service::{Service, ServiceType};
use crate::model::view::View;
use crate::semantics::{near, unseen};

/// The domain that clusters have unless they are told otherwise.
const DOMAIN: [&str; 3] = ["svc", "cluster", "local"];

/// The Service that an ExternalName is an alias of; none where the name lies outside the cluster.
pub fn target(service: &Service) -> Option<Key> {
    if service.kind != ServiceType::ExternalName {
        return None;
    }
    named(service.external_name.as_ref()?)
}

/// The Service that a full name stands for; none where the name lies outside the cluster.
pub fn named(name: &str) -> Option<Key> {
    let name = name.to_ascii_lowercase();
    let mut labels = name.trim_end_matches('.').split('.');
    let (named, namespace) = (labels.next()?, labels.next()?);
    let of_the_cluster = labels.eq(DOMAIN) && !named.is_empty() && !namespace.is_empty();
    of_the_cluster.then(|| Key::new(Kind::Service, namespace, Name::from(named)))
}

/// The longest chain of aliases that is followed, as resolvers have a limit too.
pub const LONGEST: usize = 8;

/// Where a chain of aliases ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// At a Service that is no alias.
    Service(Key),
    /// At a name outside the cluster.
    Outside(Name),
    /// At a Service that is not there.
    Absent(Key),
    /// Nowhere: the aliases lead to one another.
    Ring,
}

/// Follows the aliases from an ExternalName Service on.
pub fn end(view: &View<'_>, service: &Service) -> End {
    let mut at = service;
    for _ in 0..LONGEST {
        let Some(key) = target(at) else {
            return if at.kind == ServiceType::ExternalName {
                End::Outside(at.external_name.clone().unwrap_or_default())
            } else {
                End::Service(at.meta.key.clone())
            };
        };
        match view.service(&key) {
            Some(next) => at = next,
            None => return End::Absent(key),
        }
    }
    End::Ring
}

/// Whether a Service that the files do not hold may be there all the same: they hold none of its namespace, or an
/// operator may make it; unless one is there whose name is only misspelt.
pub fn may_be_apart(view: &View<'_>, target: &Key) -> bool {
    let Some(namespace) = target.namespace.as_ref().filter(|_| view.is_offline()) else {
        return false;
    };
    let misspelt = near::of_key(view, target);
    if misspelt.is_some_and(|near| near::is_misspelt(&target.name, &near)) {
        return false;
    }
    let mut services = view.in_namespace(Kind::Service, namespace);
    services.next().is_none() || !unseen::makers(view, namespace).is_empty()
}
