//! Any object: its fact, what was wrong with its document, and where that stands.

use crate::model::class_params::ClassParams;
use crate::model::config_map::ConfigMap;
use crate::model::endpoints::EndpointSlice;
use crate::model::event::Event;
use crate::model::ingress::{Ingress, IngressClass};
use crate::model::issuance::Issuance;
use crate::model::key::{Key, Name};
use crate::model::meta::Meta;
use crate::model::namespace::Namespace;
use crate::model::node::Node;
use crate::model::other_route::OtherRoute;
use crate::model::pod::Pod;
use crate::model::policy::Policy;
use crate::model::secret::Secret;
use crate::model::service::Service;
use crate::model::workload::Workload;

/// An object as the world holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it says.
    pub fact: Fact,
    /// What of its document did not fit the schema; each becomes a finding.
    pub defects: Box<[Defect]>,
    /// Where it stands, for objects from files.
    pub place: Option<Place>,
}

impl Object {
    /// The object's metadata.
    pub fn meta(&self) -> &Meta {
        self.fact.meta()
    }

    /// The object's key.
    pub fn key(&self) -> &Key {
        &self.meta().key
    }
}

/// A field whose value does not fit the schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Defect {
    /// Path of the field, for example `spec.ports[0].port`.
    pub field: Name,
    /// What stands there, shortened.
    pub observed: Name,
    /// What the schema asks for.
    pub expected: Name,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file as the user named it; `-` for standard input.
    pub file: Name,
    /// Which document of the file, from 1.
    pub document: u32,
    /// The line on which the object begins, from 1.
    pub line: u32,
}

/// The fact of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A Namespace.
    Namespace(Namespace),
    /// A Node.
    Node(Node),
    /// A Pod.
    Pod(Pod),
    /// A Service.
    Service(Service),
    /// An EndpointSlice.
    EndpointSlice(EndpointSlice),
    /// An Ingress.
    Ingress(Ingress),
    /// An IngressClass.
    IngressClass(IngressClass),
    /// An object of cert-manager.
    Issuance(Issuance),
    /// A Secret.
    Secret(Secret),
    /// What AWS reads for a class.
    ClassParams(ClassParams),
    /// A ConfigMap.
    ConfigMap(ConfigMap),
    /// A way in of an API beside Ingress.
    OtherRoute(OtherRoute),
    /// A network policy of any API.
    Policy(Policy),
    /// An Event.
    Event(Event),
    /// A workload.
    Workload(Workload),
}

impl Fact {
    /// Metadata, whatever it is.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Namespace(fact) => &fact.meta,
            Self::Node(fact) => &fact.meta,
            Self::Pod(fact) => &fact.meta,
            Self::Service(fact) => &fact.meta,
            Self::EndpointSlice(fact) => &fact.meta,
            Self::Ingress(fact) => &fact.meta,
            Self::IngressClass(fact) => &fact.meta,
            Self::Issuance(fact) => &fact.meta,
            Self::Secret(fact) => &fact.meta,
            Self::ClassParams(fact) => &fact.meta,
            Self::ConfigMap(fact) => &fact.meta,
            Self::OtherRoute(fact) => &fact.meta,
            Self::Policy(fact) => &fact.meta,
            Self::Event(fact) => &fact.meta,
            Self::Workload(fact) => &fact.meta,
        }
    }
}
