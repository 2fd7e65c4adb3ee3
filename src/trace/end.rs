//! The ends of a request: who asks, and for what.

use crate::model::key::{Key, Name};
use crate::model::port::{PortRef, Protocol};
use std::fmt;
use std::net::IpAddr;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// A pod.
    Pod(Key),
    /// A workload: all its pods.
    Workload(Key),
    /// A node: the kubelet and hostNetwork clients.
    Node(Key),
    /// An address that no pod of the world holds.
    Ip(IpAddr),
    /// Globally routable unicast addresses outside the cluster.
    Internet,
}

/// What for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum To {
    /// A Service's port; none only where the Service itself is missing.
    Service(Key, Option<Port>),
    /// A Service's port, asked for at an address other than its cluster address.
    Door(Key, Port, Door),
    /// A pod's own port; none only where the pod is missing.
    Pod(Key, Option<Port>),
    /// A pod's own port, asked for at one of its addresses, where it has several.
    At(Key, Port, IpAddr),
    /// The own port of each pod of a workload; none only where that is missing.
    Workload(Key, Option<Port>),
    /// A port at an address.
    Ip(IpAddr, Port),
    /// A port at globally routable unicast addresses outside the cluster.
    Internet(Port),
    /// A URL: the request enters through a route.
    Url(Url),
}

/// Where else than at its cluster address a Service answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// The address of its load balancer, or an external IP.
    Address(IpAddr),
    /// A node's address, on the node port.
    Node {
        /// The node's name.
        node: Name,
        /// Its address.
        ip: IpAddr,
    },
}

/// A port that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// By number or name.
    pub port: PortRef,
    /// TCP where not said.
    pub protocol: Protocol,
}

/// An `http` or `https` URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Url {
    /// `http` or `https`.
    pub scheme: Name,
    /// Lower case, without a port.
    pub host: Name,
    /// The port: 80 or 443 where not written.
    pub port: u16,
    /// Begins with `/`.
    pub path: Name,
    /// What follows `?`, without it.
    pub query: Option<Name>,
    /// Method, upper case.
    pub method: Name,
    /// Headers, names in lower case.
    pub headers: Vec<(Name, Name)>,
}

impl Url {
    /// Whether the scheme is `https`.
    pub fn is_tls(&self) -> bool {
        self.scheme == "https"
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = if self.is_tls() { 443 } else { 80 };
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.port != usual {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)?;
        self.query
            .iter()
            .try_for_each(|query| write!(f, "?{query}"))
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.port, self.protocol)
    }
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(key) | Self::Workload(key) | Self::Node(key) => write!(f, "{key}"),
            Self::Ip(ip) => write!(f, "{ip}"),
            Self::Internet => f.write_str("internet"),
        }
    }
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(key, port) | Self::Pod(key, port) | Self::Workload(key, port) => {
                write!(f, "{key}")?;
                port.iter().try_for_each(|port| write!(f, ":{port}"))
            }
            Self::Door(key, port, _) | Self::At(key, port, _) => write!(f, "{key}:{port}"),
            Self::Ip(ip @ IpAddr::V6(_), port) => write!(f, "[{ip}]:{port}"),
            Self::Ip(ip, port) => write!(f, "{ip}:{port}"),
            Self::Internet(port) => write!(f, "internet:{port}"),
            Self::Url(url) => write!(f, "{url}"),
        }
    }
}
