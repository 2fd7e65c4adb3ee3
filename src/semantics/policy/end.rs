//! The two ends of a connection, as policies see them.

use crate::model::key::{Key, Name};
use crate::model::labels::{Demand, Labels, Selector};
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::service::Family;
use std::net::IpAddr;

/// One end.
#[derive(Clone, Debug)]
pub enum End<'w> {
    /// A pod.
    Pod(PodEnd<'w>),
    /// A node itself: the kubelet and whatever shares the node's network.
    Node(NodeEnd<'w>),
    /// Addresses outside the pods, all of which every policy in question sees alike or not at all.
    Outside(Span),
}

/// A pod with the labels of its namespace.
#[derive(Clone, Debug)]
pub struct PodEnd<'w> {
    /// The pod.
    pub pod: &'w Pod,
    /// Its namespace.
    pub namespace: Place<'w>,
    /// Its node, where that is known.
    pub node: Option<&'w Node>,
    /// The family of the addresses between which the connection runs, where that is known.
    pub family: Option<Family>,
}

/// A node by name; the object may be missing.
#[derive(Clone, Debug)]
pub struct NodeEnd<'w> {
    /// Its name.
    pub name: Name,
    /// The object.
    pub node: Option<&'w Node>,
}

/// Addresses of one family, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first.
    pub first: IpAddr,
    /// The last.
    pub last: IpAddr,
}

impl Span {
    /// One address.
    pub const fn one(ip: IpAddr) -> Self {
        Self {
            first: ip,
            last: ip,
        }
    }
}

impl std::fmt::Display for Span {
    /// `10.0.0.0-10.255.255.255`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// What is known of a namespace's labels.
#[derive(Clone, Debug)]
pub struct Place<'w> {
    /// Its name; every namespace is labelled with it.
    pub name: Name,
    /// Its labels; none where there is no such object or it cannot be read.
    pub labels: Option<&'w Labels>,
    /// Whether the lack of labels means that there are none.
    pub readable: bool,
}

/// The label that the API server gives every namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl Place<'_> {
    /// Whether a namespace selector matches; none where that hangs on labels that cannot be read.
    pub fn fits(&self, selector: &Selector) -> Option<bool> {
        let mut all = Some(true);
        for (key, demand) in &selector.0 {
            let value = if key == NAME_LABEL {
                Some(&self.name)
            } else if let Some(labels) = self.labels {
                labels.get(key)
            } else if self.readable {
                None
            } else {
                all = None;
                continue;
            };
            let fits = match demand {
                Demand::In(values) => value.is_some_and(|value| values.contains(value)),
                Demand::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Demand::Exists => value.is_some(),
                Demand::DoesNotExist => value.is_none(),
                Demand::Unknown(_) => {
                    all = None;
                    continue;
                }
            };
            if !fits {
                return Some(false);
            }
        }
        all
    }
}

impl PodEnd<'_> {
    /// The pod's addresses by which the connection may run, the first first.
    pub fn addresses(&self) -> impl Iterator<Item = &IpAddr> {
        let wanted = self.family;
        let all = self.pod.ips.iter();
        all.filter(move |ip| wanted.is_none_or(|family| family == Family::of(**ip)))
    }

    /// The pod's key.
    pub fn key(&self) -> &Key {
        &self.pod.meta.key
    }

    /// The addresses of the node that it runs on, as far as they are known.
    pub fn node_addresses(&self) -> impl Iterator<Item = IpAddr> {
        let of_node = self
            .node
            .iter()
            .flat_map(|node| node.internal_ips.iter().chain(&node.external_ips));
        of_node.chain(&self.pod.host_ip).copied()
    }

    /// The name of its node.
    pub fn node_name(&self) -> Option<&Name> {
        self.pod.node.as_ref()
    }
}

impl NodeEnd<'_> {
    /// Its addresses, as far as they are known.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let node = self.node.iter();
        node.flat_map(|node| node.internal_ips.iter().chain(&node.external_ips))
            .copied()
    }
}
