//! Endpoints as the endpoint controller writes them and as a proxy reads them.
//!
//! Follows `k8s.io/endpointslice` (`utils.go`, `util/controller_utils.go`, `reconciler.go`) and the contract of
//! `discovery/v1`.

use crate::model::endpoints::{AddressType, Endpoint, EndpointSlice, SliceOrigin, SlicePort};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::meta::Meta;
use crate::model::node::Node;
use crate::model::pod::{Pod, Standing};
use crate::model::port::PortRef;
use crate::model::service::{Family, Service, ServicePort};
use crate::model::view::View;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The port of a pod that a Service port leads to (`podutil.FindPort`): a number is used as it is; a name is
/// looked for with the same protocol in app containers, then in restartable init containers.
pub fn find_port(pod: &Pod, port: &ServicePort) -> Option<u16> {
    match &port.target {
        PortRef::Number(number) => Some(*number),
        PortRef::Name(name) => pod
            .serving_containers()
            .flat_map(|container| container.ports.iter())
            .find(|listed| listed.name == *name && listed.protocol == port.protocol)
            .map(|listed| listed.port),
    }
}

/// Whether the controller lists a pod at all (`ShouldPodBeInEndpoints`): never one that has finished, nor one
/// without an address (an assumed pod has one that is not known).
pub fn is_listed(pod: &Pod) -> bool {
    !pod.is_terminal() && (!pod.ips.is_empty() || pod.standing == Standing::Assumed)
}

/// What is known of nodes while slices are computed.
pub enum Nodes<'n> {
    /// Nothing: every pod's node is taken to exist.
    Unknown,
    /// All of them can be asked for by name.
    Known(&'n dyn Fn(&Name) -> Option<&'n Node>),
}

impl<'n> Nodes<'n> {
    /// The node, where nodes are known and it exists.
    fn find(&self, name: &Name) -> Option<&'n Node> {
        match self {
            Self::Unknown => None,
            Self::Known(find) => find(name),
        }
    }

    /// Whether the controller would miss the node of a pod; a pod on no node misses it too.
    fn misses(&self, pod: &Pod) -> bool {
        let found = pod.node.as_ref().and_then(|name| self.find(name));
        matches!(self, Self::Known(_)) && found.is_none()
    }
}

/// The slices that the controller would write for a Service over these pods, one for each family and set of ports.
///
/// A pod whose node does not exist is left out, unless the Service publishes addresses that are not ready. Names end
/// in the family and a number, so that they are the same each time.
pub fn computed_slices(service: &Service, pods: &[&Pod], nodes: &Nodes<'_>) -> Vec<EndpointSlice> {
    if service.effective_selector().is_none() {
        return Vec::new();
    }
    let has_node = |pod: &&&Pod| service.publish_not_ready || !nodes.misses(pod);
    let listed: Vec<&&Pod> = pods
        .iter()
        .filter(|pod| is_listed(pod))
        .filter(has_node)
        .collect();
    families(service, &listed)
        .into_iter()
        .flat_map(|family| slices_of_family(service, &listed, family, nodes))
        .collect()
}

fn families(service: &Service, pods: &[&&Pod]) -> Vec<Family> {
    if !service.families.is_empty() {
        return service.families.to_vec();
    }
    let has = |v6: bool| {
        pods.iter()
            .flat_map(|pod| pod.ips.iter())
            .any(|ip| ip.is_ipv6() == v6)
    };
    // A manifest does not say: the family of its pods, IPv4 first.
    if has(true) && !has(false) {
        vec![Family::V6]
    } else {
        vec![Family::V4]
    }
}

fn slices_of_family(
    service: &Service,
    pods: &[&&Pod],
    family: Family,
    nodes: &Nodes<'_>,
) -> Vec<EndpointSlice> {
    let mut groups: BTreeMap<Vec<SlicePort>, Vec<Endpoint>> = BTreeMap::new();
    for pod in pods {
        let of_family = |ip: &&IpAddr| ip.is_ipv6() == (family == Family::V6);
        let address = pod
            .ips
            .iter()
            .find(of_family)
            .map(|ip| Name::from(ip.to_string()));
        if address.is_none() && pod.standing == Standing::Observed {
            continue;
        }
        groups
            .entry(slice_ports(service, pod))
            .or_default()
            .push(endpoint(service, pod, address, nodes));
    }
    if groups.is_empty() {
        // The controller keeps a placeholder slice without endpoints and ports.
        groups.insert(Vec::new(), Vec::new());
    }
    let numbered = groups.into_iter().enumerate();
    numbered
        .map(|(at, (ports, endpoints))| slice(service, family, at, ports, endpoints))
        .collect()
}

fn slice_ports(service: &Service, pod: &Pod) -> Vec<SlicePort> {
    let resolved = service.ports.iter().filter_map(|port| {
        let number = find_port(pod, port)?;
        Some(SlicePort {
            name: port.name.clone(),
            port: Some(number),
            protocol: port.protocol,
        })
    });
    let mut ports: Vec<SlicePort> = resolved.collect();
    ports.sort();
    ports
}

fn endpoint(service: &Service, pod: &Pod, address: Option<Name>, nodes: &Nodes<'_>) -> Endpoint {
    let serving = pod.is_ready();
    let terminating = pod.is_terminating();
    let named = pod.subdomain.as_ref() == Some(&service.meta.key.name);
    Endpoint {
        addresses: address.into_iter().collect(),
        ready: Some(service.publish_not_ready || (serving && !terminating)),
        serving: Some(serving),
        terminating: Some(terminating),
        hostname: pod
            .hostname
            .clone()
            .filter(|name| named && !name.is_empty()),
        node: pod.node.clone(),
        zone: pod
            .node
            .as_ref()
            .and_then(|name| nodes.find(name))
            .and_then(Node::zone)
            .cloned(),
        pod: Some(pod.meta.key.name.clone()),
        pod_uid: Some(pod.meta.uid.clone()).filter(|uid| !uid.is_empty()),
        zone_hints: Box::default(),
        node_hints: Box::default(),
    }
}

fn slice(
    service: &Service,
    family: Family,
    at: usize,
    ports: Vec<SlicePort>,
    endpoints: Vec<Endpoint>,
) -> EndpointSlice {
    let (address_type, word) = match family {
        Family::V4 => (AddressType::V4, "ipv4"),
        Family::V6 => (AddressType::V6, "ipv6"),
    };
    let key = &service.meta.key;
    let mut meta = Meta::of(key.sibling(Kind::EndpointSlice, format!("{}-{word}-{at}", key.name)));
    meta.labels = [
        ("kubernetes.io/service-name", &*key.name),
        (
            "endpointslice.kubernetes.io/managed-by",
            "endpointslice-controller.k8s.io",
        ),
    ]
    .into_iter()
    .collect();
    EndpointSlice {
        meta,
        service: Some(key.name.clone()),
        address_type,
        ports: ports.into_boxed_slice(),
        endpoints: endpoints.into_boxed_slice(),
        origin: SliceOrigin::Computed,
    }
}

/// One endpoint of a Service, put together from all its slices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The pod, where the slice names one.
    pub pod: Option<Key>,
    /// Its address; none for an assumed pod.
    pub address: Option<Name>,
    /// Conditions as a proxy reads them.
    pub ready: bool,
    /// Serving, whether or not terminating.
    pub serving: bool,
    /// Terminating.
    pub terminating: bool,
    /// Its node.
    pub node: Option<Name>,
    /// `hints.forZones`.
    pub zone_hints: Box<[Name]>,
    /// `hints.forNodes`.
    pub node_hints: Box<[Name]>,
    /// The ports of the slices it stands in.
    pub ports: Vec<SlicePort>,
}

impl Backend {
    /// The port on which it serves a Service port: the slice's port of the same name and protocol.
    pub fn port_for(&self, port: &ServicePort) -> Option<u16> {
        let same =
            |listed: &&SlicePort| listed.name == port.name && listed.protocol == port.protocol;
        self.ports.iter().find(same).and_then(|listed| listed.port)
    }
}

/// All endpoints of a Service, merged over its slices by pod and address, in that order.
///
/// An address may stand in several slices with different ports, or twice with different conditions
/// (kubernetes/kubernetes#121556): it is ready where any of them says so. Slices of host names are left out, as
/// kube-proxy does; only the first address of an endpoint counts.
pub fn backends(view: &View<'_>, service: &Service) -> Vec<Backend> {
    let mut merged: BTreeMap<(Option<Key>, Option<Name>), Backend> = BTreeMap::new();
    let slices = view.slices_of(&service.meta.key).into_iter();
    for slice in slices.filter(|slice| slice.address_type != AddressType::Fqdn) {
        for endpoint in &slice.endpoints {
            let pod = endpoint
                .pod
                .as_ref()
                .map(|pod| slice.meta.key.sibling(Kind::Pod, pod.clone()));
            let address = endpoint.addresses.first().cloned();
            let entry = merged
                .entry((pod.clone(), address.clone()))
                .or_insert_with(|| Backend {
                    pod,
                    address,
                    ready: false,
                    serving: false,
                    terminating: endpoint.is_terminating(),
                    node: endpoint.node.clone(),
                    zone_hints: endpoint.zone_hints.clone(),
                    node_hints: endpoint.node_hints.clone(),
                    ports: Vec::new(),
                });
            entry.ready |= endpoint.is_ready();
            entry.serving |= endpoint.is_serving();
            entry.terminating &= endpoint.is_terminating();
            entry.ports.extend(slice.ports.iter().cloned());
        }
    }
    merged.into_values().collect()
}
