//! Where a kind is read: everywhere, in one namespace, or one namespace's own object.

use crate::client::fetch;
use crate::model::key::Name;
use crate::model::kind::Kind;

/// The scope of a list and its watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The whole cluster.
    All,
    /// One namespace.
    In(Name),
    /// The one Namespace object of this name: what a user with narrow rights may still read.
    Itself(Name),
}

impl Place {
    /// The namespace of deltas and coverage.
    pub(super) fn namespace(&self) -> Option<&Name> {
        match self {
            Self::All => None,
            Self::In(namespace) | Self::Itself(namespace) => Some(namespace),
        }
    }

    /// Path and query of a request for a kind here.
    pub(super) fn uri(&self, kind: Kind, version: &str, query: &str) -> String {
        let info = kind.info();
        let namespace = match self {
            Self::In(namespace) => Some(namespace.as_str()),
            Self::All | Self::Itself(_) => None,
        };
        let mut uri = fetch::path(info.group, version, info.plural, namespace, None);
        uri.push('?');
        uri.push_str(query);
        if let Some(selector) = self.field_selector(kind) {
            uri.push_str("&fieldSelector=");
            uri.push_str(&fetch::encode(&selector));
        }
        uri
    }

    fn field_selector(&self, kind: Kind) -> Option<String> {
        match (self, kind) {
            // Of events only what tells of trouble.
            (_, Kind::Event) => Some(String::from("type=Warning")),
            (Self::Itself(namespace), _) => Some(format!("metadata.name={namespace}")),
            _ => None,
        }
    }

    /// For sentences: `in all namespaces`, `in namespace shop`, or nothing for cluster-scoped kinds.
    pub(super) fn phrase(&self, kind: Kind) -> String {
        match self {
            Self::All if kind.namespaced() => String::from(" in all namespaces"),
            Self::All => String::new(),
            Self::In(namespace) => format!(" in namespace {namespace}"),
            Self::Itself(namespace) => format!(" named {namespace}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;
    use crate::model::kind::Kind;

    #[test]
    fn uris() {
        let shop = || Place::In("shop".into());
        assert_eq!(
            Place::All.uri(Kind::Pod, "v1", "limit=5"),
            "/api/v1/pods?limit=5"
        );
        assert_eq!(
            shop().uri(Kind::Ingress, "v1", "watch=1"),
            "/apis/networking.k8s.io/v1/namespaces/shop/ingresses?watch=1"
        );
        assert_eq!(
            shop().uri(Kind::Event, "v1", "limit=5"),
            "/api/v1/namespaces/shop/events?limit=5&fieldSelector=type%3DWarning"
        );
        assert_eq!(
            Place::Itself("shop".into()).uri(Kind::Namespace, "v1", "limit=5"),
            "/api/v1/namespaces?limit=5&fieldSelector=metadata.name%3Dshop"
        );
    }
}
