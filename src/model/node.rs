//! Nodes, as a network person sees them.

use crate::model::key::Name;
use crate::model::meta::{Condition, Meta, Truth};
use ipnet::IpNet;
use std::net::IpAddr;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Metadata; the zone is the label `topology.kubernetes.io/zone`.
    pub meta: Meta,
    /// `status.addresses` of type `InternalIP`.
    pub internal_ips: Box<[IpAddr]>,
    /// `status.addresses` of type `ExternalIP`.
    pub external_ips: Box<[IpAddr]>,
    /// `spec.podCIDRs`.
    pub pod_cidrs: Box<[IpNet]>,
    /// `spec.unschedulable`.
    pub unschedulable: bool,
    /// `spec.taints`, as `key=value:effect`.
    pub taints: Box<[Name]>,
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
}

impl Node {
    /// The zone by the well-known label.
    pub fn zone(&self) -> Option<&Name> {
        self.meta.labels.get("topology.kubernetes.io/zone")
    }

    /// The `Ready` condition.
    pub fn ready(&self) -> Truth {
        self.conditions
            .iter()
            .find(|condition| condition.kind == "Ready")
            .map_or(Truth::Unknown, |condition| condition.status)
    }
}
