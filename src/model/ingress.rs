//! Ingress and IngressClass.

use crate::model::key::Name;
use crate::model::meta::Meta;
use crate::model::service::LoadBalancerAddress;

/// An Ingress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// Metadata; annotations hold `kubernetes.io/ingress.class` and the controllers' own.
    pub meta: Meta,
    /// `spec.ingressClassName`.
    pub class: Option<Name>,
    /// `spec.defaultBackend`.
    pub default_backend: Option<Backend>,
    /// `spec.rules`.
    pub rules: Box<[IngressRule]>,
    /// `spec.tls`.
    pub tls: Box<[IngressTls]>,
    /// `status.loadBalancer.ingress`.
    pub addresses: Box<[LoadBalancerAddress]>,
}

/// `spec.rules[]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressRule {
    /// Lower case; empty means every host.
    pub host: Name,
    /// `http.paths`; a rule without `http` has none and sends all to the default backend.
    pub paths: Box<[IngressPath]>,
}

/// `http.paths[]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressPath {
    /// `path`; empty where unset.
    pub path: Name,
    /// `pathType`.
    pub kind: PathType,
    /// Where it leads.
    pub backend: Backend,
}

/// `pathType`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathType {
    /// The whole path, case-sensitive.
    Exact,
    /// By elements between slashes.
    Prefix,
    /// Up to the controller.
    ImplementationSpecific,
    /// A value that Kubernetes does not define.
    Other(Name),
}

impl std::fmt::Display for PathType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Exact => "Exact",
            Self::Prefix => "Prefix",
            Self::ImplementationSpecific => "ImplementationSpecific",
            Self::Other(name) => name,
        })
    }
}

/// A backend of an Ingress; Services are looked for in the Ingress's own namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// `service`.
    Service {
        /// `name`.
        name: Name,
        /// `port`.
        port: BackendPort,
    },
    /// `resource`: something only the controller understands.
    Resource {
        /// `apiGroup`; empty for the core group.
        group: Name,
        /// `kind`.
        kind: Name,
        /// `name`.
        name: Name,
    },
    /// Neither is there.
    Missing,
}

/// `service.port` of a backend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BackendPort {
    /// `number`.
    Number(u16),
    /// `name`.
    Name(Name),
    /// Both are set; the API refuses that.
    Both(u16, Name),
    /// None is set; the API refuses that.
    Missing,
}

impl std::fmt::Display for BackendPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
            Self::Both(number, name) => write!(f, "{number} and {name}"),
            Self::Missing => f.write_str("none"),
        }
    }
}

/// `spec.tls[]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressTls {
    /// `hosts`.
    pub hosts: Box<[Name]>,
    /// `secretName`.
    pub secret: Option<Name>,
}

/// An IngressClass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressClass {
    /// Metadata.
    pub meta: Meta,
    /// `spec.controller`.
    pub controller: Name,
    /// Annotation `ingressclass.kubernetes.io/is-default-class: "true"`.
    pub is_default: bool,
    /// `spec.parameters`.
    pub parameters: Option<Parameters>,
}

/// What a class has its controller read besides; shown as `kind/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// `apiGroup`; empty for the core group.
    pub group: Name,
    /// `kind`.
    pub kind: Name,
    /// `name`.
    pub name: Name,
    /// `namespace`, where `scope` is `Namespace`.
    pub namespace: Option<Name>,
}

impl std::fmt::Display for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl Ingress {
    /// Every backend: the default one, then those of the rules in order.
    pub fn backends(&self) -> impl Iterator<Item = &Backend> {
        let ruled = self
            .rules
            .iter()
            .flat_map(|rule| rule.paths.iter().map(|path| &path.backend));
        self.default_backend.iter().chain(ruled)
    }
}

impl Backend {
    /// The name of the Service it leads to.
    pub fn service_name(&self) -> Option<&Name> {
        match self {
            Self::Service { name, .. } => Some(name),
            Self::Resource { .. } | Self::Missing => None,
        }
    }
}
