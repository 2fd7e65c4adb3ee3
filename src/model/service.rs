//! Services.

use crate::model::key::Name;
use crate::model::labels::Labels;
use crate::model::meta::{Condition, Meta};
use crate::model::port::{PortRef, Protocol};
use ipnet::IpNet;
use std::net::IpAddr;

/// The finalizer that keeps a Service until its load balancer has been taken down.
pub const CLEANUP: &str = "service.kubernetes.io/load-balancer-cleanup";

/// A Service.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field of the API of its own"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Metadata.
    pub meta: Meta,
    /// `spec.type`.
    pub kind: ServiceType,
    /// `spec.selector`; empty means that somebody else writes the endpoints.
    pub selector: Labels,
    /// `spec.ports`.
    pub ports: Box<[ServicePort]>,
    /// `spec.clusterIP: None`.
    pub headless: bool,
    /// `spec.clusterIPs`; empty for headless Services and manifests.
    pub cluster_ips: Box<[IpAddr]>,
    /// `spec.externalName`.
    pub external_name: Option<Name>,
    /// `spec.externalIPs`.
    pub external_ips: Box<[IpAddr]>,
    /// `spec.loadBalancerClass`.
    pub load_balancer_class: Option<Name>,
    /// `spec.loadBalancerSourceRanges`.
    pub source_ranges: Box<[IpNet]>,
    /// `spec.allocateLoadBalancerNodePorts`.
    pub allocate_node_ports: bool,
    /// `spec.internalTrafficPolicy`.
    pub internal_policy: TrafficPolicy,
    /// `spec.externalTrafficPolicy`.
    pub external_policy: TrafficPolicy,
    /// `spec.healthCheckNodePort`.
    pub health_check_node_port: Option<u16>,
    /// `spec.sessionAffinity: ClientIP`, with its time-out in seconds.
    pub client_ip_affinity: Option<u32>,
    /// `spec.publishNotReadyAddresses`.
    pub publish_not_ready: bool,
    /// `spec.ipFamilies`.
    pub families: Box<[Family]>,
    /// `spec.ipFamilyPolicy: RequireDualStack`.
    pub needs_both_families: bool,
    /// `spec.trafficDistribution`.
    pub traffic_distribution: Option<Name>,
    /// `metadata.finalizers` holds [`CLEANUP`].
    pub awaits_cleanup: bool,
    /// `status.loadBalancer.ingress`.
    pub addresses: Box<[LoadBalancerAddress]>,
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
}

impl Service {
    /// The selector, where the endpoint controller acts on it: not for ExternalName, not when empty.
    pub fn effective_selector(&self) -> Option<&Labels> {
        (self.kind != ServiceType::ExternalName && !self.selector.is_empty())
            .then_some(&self.selector)
    }
}

/// `spec.type`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceType {
    /// A virtual address inside the cluster.
    ClusterIp,
    /// Also a port on every node.
    NodePort,
    /// Also an address of a load balancer.
    LoadBalancer,
    /// A DNS alias.
    ExternalName,
    /// A value that Kubernetes does not define.
    Other(Name),
}

impl std::fmt::Display for ServiceType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::ClusterIp => "ClusterIP",
            Self::NodePort => "NodePort",
            Self::LoadBalancer => "LoadBalancer",
            Self::ExternalName => "ExternalName",
            Self::Other(name) => name,
        })
    }
}

/// `internalTrafficPolicy` and `externalTrafficPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrafficPolicy {
    /// Endpoints of the whole cluster.
    #[default]
    Cluster,
    /// Endpoints of the node that handles the packet.
    Local,
}

/// An IP family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address.
    pub const fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// `spec.ports[]` of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// May be empty where there is one port only.
    pub name: Name,
    /// What clients use, 1–65535.
    pub port: u16,
    /// TCP where unset.
    pub protocol: Protocol,
    /// What the pod listens on; the port's own number where unset.
    pub target: PortRef,
    /// `nodePort`.
    pub node_port: Option<u16>,
    /// `appProtocol`.
    pub app_protocol: Option<Name>,
}

impl std::fmt::Display for ServicePort {
    /// `80/TCP`, the form of ids and messages.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.port, self.protocol)
    }
}

/// An entry of `status.loadBalancer.ingress`, of a Service or of an Ingress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancerAddress {
    /// `ip`.
    pub ip: Option<IpAddr>,
    /// `hostname`.
    pub hostname: Option<Name>,
    /// `ipMode: Proxy`.
    pub proxy_mode: bool,
    /// `ports[].error`, each with its port.
    pub port_errors: Box<[(u16, Name)]>,
}
