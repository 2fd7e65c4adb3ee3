//! From what the API sends to facts: total, whatever the document holds.
//!
//! A value that does not fit becomes a [`Defect`] and is given the nearest sensible value; an object is never
//! dropped. Old API versions are unified here and Kubernetes' defaults are filled in.

mod admin_policy;
mod certificate;
mod cilium;
mod cilium_rule;
mod class_params;
mod config_map;
mod context;
mod core_endpoints;
mod event;
mod foreign_policy;
mod ingress;
mod issuance;
mod node;
mod other_route;
mod pod;
mod policy;
mod secret;
mod service;
mod slice;
mod workload;

use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::object::{Defect, Fact, Object};
use crate::wire::head::Head;
use crate::wire::notes::{Notes, Templates, WHOLE, shortened};
use crate::wire::repair::mend;
use crate::wire::shape::Shape;
use context::Context;
use serde::de::{DeserializeSeed as _, Deserializer};
use std::convert::Infallible;
use std::marker::PhantomData;

/// In what manner a document speaks of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner<'m> {
    /// A cluster sent it: a status that is missing has not been written yet. Pod templates are not kept.
    Observed,
    /// A manifest: a Pod without status stands for a running one, and pod templates are kept.
    Manifest {
        /// The namespace of documents that name none.
        namespace: &'m str,
    },
}

impl Manner<'_> {
    fn templates(self) -> Templates {
        match self {
            Self::Observed => Templates::Skip,
            Self::Manifest { .. } => Templates::Read,
        }
    }
}

/// What a document says it is; everything may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// `apiVersion` as written.
    pub api_version: Name,
    /// `kind` as written.
    pub kind: Name,
    /// `metadata.namespace`.
    pub namespace: Name,
    /// `metadata.name`, or `metadata.generateName` where there is no name.
    pub name: Name,
}

impl Identity {
    /// The API group: empty for the core group.
    pub fn group(&self) -> &str {
        context::group_of(&self.api_version)
    }

    /// The kind, where Portolan knows it.
    pub fn known(&self) -> Option<Kind> {
        Kind::of_document(self.group(), &self.kind)
    }
}

/// Lowers an object that a cluster sent as JSON. Never fails: text that is not JSON gives an object without a
/// name and a defect that says so.
pub fn lower(kind: Kind, json: &str) -> Object {
    lower_json(kind, json, Manner::Observed)
}

/// Lowers JSON in either manner.
pub fn lower_json(kind: Kind, json: &str, manner: Manner<'_>) -> Object {
    let Ok(object) = dispatch(kind, Json(json), manner);
    object
}

/// Lowers a document of any format that serde reads; fails only where the format itself is broken.
pub fn lower_document<'de, D: Deserializer<'de>>(
    kind: Kind,
    document: D,
    manner: Manner<'_>,
) -> Result<Object, D::Error> {
    dispatch(kind, Document(document, PhantomData), manner)
}

/// Mirrors a `v1` Endpoints document into EndpointSlices, as Kubernetes' mirroring controller does.
pub fn mirror_json(json: &str, manner: Manner<'_>) -> Vec<Object> {
    let Ok(slices) = mirror(Json(json), manner);
    slices
}

/// Mirrors a `v1` Endpoints document of any format that serde reads.
pub fn mirror_document<'de, D: Deserializer<'de>>(
    document: D,
    manner: Manner<'_>,
) -> Result<Vec<Object>, D::Error> {
    mirror(Document(document, PhantomData), manner)
}

/// What a JSON document says it is; empty where it says nothing.
pub fn identify(json: &str) -> Identity {
    let mut notes = Notes::new(Templates::Skip);
    let Ok(head) = Json(json).read::<Head>(&mut notes);
    identity(head)
}

/// What a document of any format says it is.
pub fn identify_document<'de, D: Deserializer<'de>>(document: D) -> Result<Identity, D::Error> {
    let mut notes = Notes::new(Templates::Skip);
    Ok(identity(
        Document(document, PhantomData).read::<Head>(&mut notes)?,
    ))
}

fn identity(head: Option<Head>) -> Identity {
    let head = head.unwrap_or_default();
    let metadata = head.metadata.unwrap_or_default();
    let name = |text: Option<_>| text.map(Name::from).unwrap_or_default();
    Identity {
        api_version: name(head.api_version),
        kind: name(head.kind),
        namespace: name(metadata.namespace),
        name: name(metadata.name.or(metadata.generate_name)),
    }
}

/// Somewhere a shape can be read from.
trait Reader {
    type Error;
    fn read<T: Shape>(self, notes: &mut Notes) -> Result<Option<T>, Self::Error>;
}

struct Document<'de, D>(D, PhantomData<&'de ()>);

impl<'de, D: Deserializer<'de>> Reader for Document<'de, D> {
    type Error = D::Error;

    fn read<T: Shape>(self, notes: &mut Notes) -> Result<Option<T>, D::Error> {
        notes.seed::<T>().deserialize(self.0)
    }
}

struct Json<'j>(&'j str);

impl Reader for Json<'_> {
    type Error = Infallible;

    fn read<T: Shape>(self, notes: &mut Notes) -> Result<Option<T>, Infallible> {
        if let Ok(value) = attempt(self.0, notes) {
            return Ok(value);
        }
        *notes = Notes::new(notes.templates);
        let error = match attempt(&mend(self.0), notes) {
            Ok(value) => return Ok(value),
            Err(error) => error.to_string(),
        };
        *notes = Notes::new(notes.templates);
        notes.flaw(WHOLE.to_owned(), shortened(&error), "JSON");
        Ok(None)
    }
}

fn attempt<T: Shape>(json: &str, notes: &mut Notes) -> Result<Option<T>, serde_json::Error> {
    let mut document = serde_json::Deserializer::from_str(json);
    let value = notes.seed::<T>().deserialize(&mut document)?;
    document.end()?;
    Ok(value)
}

/// A shape that becomes a fact.
trait Lower: Shape + Default {
    fn lower(self, context: &mut Context<'_>) -> Fact;
}

fn dispatch<R: Reader>(kind: Kind, reader: R, manner: Manner<'_>) -> Result<Object, R::Error> {
    use crate::wire::{
        admin_policy, cilium, class_params, config_map, event, ingress, issuance, meta, node,
        other_route, pod, policy, secret, service, slice, workload,
    };
    match kind {
        Kind::Namespace => one::<node::Namespace, R>(kind, reader, manner),
        Kind::Node => one::<node::Node, R>(kind, reader, manner),
        Kind::Pod => one::<pod::Pod, R>(kind, reader, manner),
        Kind::Service => one::<service::Service, R>(kind, reader, manner),
        Kind::EndpointSlice => one::<slice::EndpointSlice, R>(kind, reader, manner),
        Kind::Ingress => one::<ingress::Ingress, R>(kind, reader, manner),
        Kind::IngressClass => one::<ingress::IngressClass, R>(kind, reader, manner),
        Kind::Secret => one::<secret::Secret, R>(kind, reader, manner),
        Kind::IngressClassParams => one::<class_params::ClassParams, R>(kind, reader, manner),
        Kind::ConfigMap => one::<config_map::ConfigMap, R>(kind, reader, manner),
        Kind::Issuer
        | Kind::ClusterIssuer
        | Kind::Certificate
        | Kind::CertificateRequest
        | Kind::Order
        | Kind::Challenge => one::<issuance::Issuance, R>(kind, reader, manner),
        Kind::Route => one::<other_route::Route, R>(kind, reader, manner),
        Kind::IngressRoute => one::<other_route::IngressRoute, R>(kind, reader, manner),
        Kind::HttpProxy => one::<other_route::HttpProxy, R>(kind, reader, manner),
        Kind::Event => one::<event::Event, R>(kind, reader, manner),
        Kind::ReplicaSet
        | Kind::Deployment
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::Job
        | Kind::CronJob
        | Kind::ReplicationController => one::<workload::Workload, R>(kind, reader, manner),
        Kind::NetworkPolicy => one::<policy::NetworkPolicy, R>(kind, reader, manner),
        Kind::AdminNetworkPolicy
        | Kind::BaselineAdminNetworkPolicy
        | Kind::ClusterNetworkPolicy => one::<admin_policy::AdminPolicy, R>(kind, reader, manner),
        Kind::CiliumNetworkPolicy | Kind::CiliumClusterwideNetworkPolicy => {
            one::<cilium::Cilium, R>(kind, reader, manner)
        }
        Kind::CalicoNetworkPolicy | Kind::CalicoGlobalNetworkPolicy => {
            one::<meta::Bare, R>(kind, reader, manner)
        }
    }
}

fn one<T: Lower, R: Reader>(kind: Kind, reader: R, manner: Manner<'_>) -> Result<Object, R::Error> {
    let mut notes = Notes::new(manner.templates());
    let wire = reader.read::<T>(&mut notes)?.unwrap_or_default();
    let mut context = Context {
        kind,
        manner,
        notes,
    };
    let fact = wire.lower(&mut context);
    Ok(object(fact, context.notes))
}

fn mirror<R: Reader>(reader: R, manner: Manner<'_>) -> Result<Vec<Object>, R::Error> {
    let mut notes = Notes::new(manner.templates());
    let wire = reader.read(&mut notes)?.unwrap_or_default();
    let mut context = Context {
        kind: Kind::EndpointSlice,
        manner,
        notes,
    };
    let mut slices = core_endpoints::slices(wire, &mut context).into_iter();
    let first = slices.next().map(|slice| object(slice, context.notes));
    let clean = Notes::new(manner.templates());
    let others = slices.map(|slice| object(slice, Notes::new(clean.templates)));
    Ok(first.into_iter().chain(others).collect())
}

fn object(fact: Fact, notes: Notes) -> Object {
    let defects = notes.into_flaws().into_iter().map(|flaw| Defect {
        field: flaw.field.into(),
        observed: flaw.observed.into(),
        expected: flaw.expected.into(),
    });
    Object {
        fact,
        defects: defects.collect(),
        place: None,
    }
}
