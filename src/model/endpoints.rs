//! EndpointSlices: who backs a Service.

use crate::model::key::Name;
use crate::model::meta::Meta;
use crate::model::port::Protocol;

/// An EndpointSlice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSlice {
    /// Metadata.
    pub meta: Meta,
    /// Label `kubernetes.io/service-name`; without it kube-proxy ignores the slice.
    pub service: Option<Name>,
    /// `addressType`.
    pub address_type: AddressType,
    /// `ports`; empty means that a proxy programs nothing.
    pub ports: Box<[SlicePort]>,
    /// `endpoints`.
    pub endpoints: Box<[Endpoint]>,
    /// Who wrote it.
    pub origin: SliceOrigin,
}

/// Who wrote a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SliceOrigin {
    /// It was read from a cluster or a file.
    Written,
    /// It is what the endpoint controller would write, made where files hold none.
    Computed,
}

/// `addressType` of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressType {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
    /// A DNS name; kube-proxy has no use for it.
    Fqdn,
}

/// `ports[]` of a slice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlicePort {
    /// The Service port's name; empty where that has none.
    pub name: Name,
    /// The port on the endpoint; none means every port.
    pub port: Option<u16>,
    /// TCP where unset.
    pub protocol: Protocol,
}

/// `endpoints[]` of a slice. Conditions as written: see [`Endpoint::is_ready`] for what an absent one means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `addresses`; empty where the address of an assumed pod is unknown.
    pub addresses: Box<[Name]>,
    /// `conditions.ready`.
    pub ready: Option<bool>,
    /// `conditions.serving`.
    pub serving: Option<bool>,
    /// `conditions.terminating`.
    pub terminating: Option<bool>,
    /// `hostname`.
    pub hostname: Option<Name>,
    /// `nodeName`.
    pub node: Option<Name>,
    /// `zone`.
    pub zone: Option<Name>,
    /// `targetRef` of kind Pod: the pod's name (in the slice's namespace).
    pub pod: Option<Name>,
    /// `targetRef.uid`.
    pub pod_uid: Option<Name>,
    /// `hints.forZones`.
    pub zone_hints: Box<[Name]>,
    /// `hints.forNodes`.
    pub node_hints: Box<[Name]>,
}

impl Endpoint {
    /// Ready: an absent condition means ready (`discovery/v1` EndpointConditions).
    pub fn is_ready(&self) -> bool {
        self.ready.unwrap_or(true)
    }

    /// Serving: absent means the same as ready.
    pub fn is_serving(&self) -> bool {
        self.serving.unwrap_or(self.is_ready())
    }

    /// Terminating: absent means not.
    pub fn is_terminating(&self) -> bool {
        self.terminating.unwrap_or(false)
    }
}
