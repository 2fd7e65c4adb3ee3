//! Ways in of APIs beside Ingress: OpenShift's Route, Traefik's IngressRoute, Contour's HTTPProxy.
//!
//! They are not judged as a whole. What is kept is which hosts they are for and which Services they name.

use crate::model::key::Name;
use crate::model::meta::Meta;

/// A way in of another API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherRoute {
    /// Metadata.
    pub meta: Meta,
    /// Its rules, in the order of the spec.
    pub rules: Box<[OtherRule]>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherRule {
    /// Which requests it is for.
    pub matches: Matches,
    /// The Services it leads to.
    pub services: Box<[OtherService]>,
}

/// Which requests a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matches {
    /// A host (empty: whatever the controller gives it) and what paths begin with (empty: any).
    Host {
        /// Lower case; may be `*.` and a domain.
        host: Name,
        /// The beginning of paths.
        path: Name,
    },
    /// An expression of Traefik.
    Expression(Name),
    /// Whatever another object of its kind includes it for.
    Included {
        /// The beginning of paths.
        path: Name,
    },
}

impl std::fmt::Display for Matches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host { host, path } if host.is_empty() => write!(f, "*{path}"),
            Self::Host { host, path } => write!(f, "{host}{path}"),
            Self::Expression(expression) => f.write_str(expression),
            Self::Included { path } => write!(f, "included{path}"),
        }
    }
}

/// A Service that a rule leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherService {
    /// Its namespace, where it is not the route's own.
    pub namespace: Option<Name>,
    /// Its name.
    pub name: Name,
    /// Where the object says so.
    pub field: Name,
}
