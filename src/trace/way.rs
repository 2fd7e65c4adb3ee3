//! How a client gets to a Service: at its cluster address, at its load balancer's or an external IP, or at a node.
//!
//! Follows kube-proxy (`pkg/proxy/iptables/proxier.go`, chains KUBE-EXT, KUBE-FW and KUBE-NODEPORTS): what comes from
//! outside obeys `externalTrafficPolicy`; what a pod or a node sends to an outer address is led to all endpoints,
//! without leaving the node, unless the address is of a proxy beyond it (`ipMode: Proxy`); source ranges guard the load
//! balancer's address alone.

use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::service::{
    Family, LoadBalancerAddress, Service, ServicePort, ServiceType, TrafficPolicy,
};
use crate::model::view::View;
use crate::semantics::proxy::{ClientNode, NodeAnswer};
use crate::trace::cause::Cause;
use crate::trace::end::{Door, From};
use crate::trace::follow::Client;
use crate::trace::guard;
use crate::trace::hop::{Hop, Stage, Verdict};
use crate::trace::nodes;
use crate::trace::walk::Walk;
use std::net::IpAddr;

/// Where packets meet kube-proxy, and what chooses among the endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meets {
    /// On the client's node, for the cluster address: `internalTrafficPolicy`.
    Inside(ClientNode),
    /// On a node (which may not be known): all endpoints.
    Cluster(ClientNode),
    /// On a node, from outside: its own endpoints.
    Local(ClientNode),
    /// On any node, from outside: the own endpoints of that node.
    AnyNode,
    /// The same, on nodes that the load balancer finds healthy.
    HealthyNode,
}

/// The way to a Service.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// Where, and by which policy.
    pub(super) meets: Meets,
    /// The family of the address that is asked, where one was.
    pub(super) family: Option<Family>,
    /// The address and port that are asked, as policies may see them.
    pub(super) via: Option<(IpAddr, u16)>,
    /// The client's address may be replaced by a node's.
    pub(super) replaced: bool,
}

impl Way {
    /// To the cluster address, or for a controller to the endpoints themselves.
    pub(super) fn plain(client: &Client, service: &Service, port: &ServicePort) -> Self {
        let meets = match client {
            Client::Inside(node) => Meets::Inside(node.clone()),
            // A controller reads the slices itself; which node a client outside meets is not known.
            Client::Controller(_) | Client::Outside => Meets::Cluster(ClientNode::default()),
        };
        Self {
            meets,
            family: None,
            via: service.cluster_ips.first().map(|ip| (*ip, port.port)),
            replaced: *client == Client::Outside && service.external_policy != TrafficPolicy::Local,
        }
    }

    /// To the cluster address, asked by a controller: kube-proxy on the controller's node chooses.
    pub(super) fn to_address(walk: &Walk<'_, '_>, service: &Service, port: &ServicePort) -> Self {
        let pods: &[Key] = match &walk.client {
            Client::Controller(pods) => pods,
            Client::Inside(_) | Client::Outside => &[],
        };
        let on = pods
            .iter()
            .filter_map(|key| walk.view.pod(key)?.node.clone());
        let mut on: Vec<Name> = on.collect();
        on.sort();
        on.dedup();
        let node = match on.as_slice() {
            [only] => nodes::client_node(walk.view, only),
            _ => ClientNode::default(),
        };
        let ip = service.cluster_ips.first().copied();
        Self {
            replaced: false,
            ..Self::by(service, Some(port), ip, Meets::Inside(node))
        }
    }

    /// The family of the addresses between which the connection runs: that of the address that is asked, or the only one
    /// of the Service. Of a Service with both, DNS tells both addresses, and which of them is asked is the client's choice.
    pub(super) fn family_of(&self, service: &Service) -> Option<Family> {
        let mut known = service.cluster_ips.iter().map(|ip| Family::of(*ip));
        let first = known.next();
        let only = known.all(|family| Some(family) == first);
        self.family.or(first.filter(|_| only))
    }

    /// The addresses and the port that may be asked, as policies may see them.
    pub(super) fn vias(&self, service: &Service) -> Vec<(IpAddr, u16)> {
        let Some((asked, port)) = self.via else {
            return Vec::new();
        };
        let others = service.cluster_ips.iter().filter(|_| self.family.is_none());
        let others = others.filter(|ip| **ip != asked);
        let mut all = vec![(asked, port)];
        all.extend(others.map(|ip| (*ip, port)));
        all
    }

    fn by(service: &Service, port: Option<&ServicePort>, ip: Option<IpAddr>, meets: Meets) -> Self {
        let number = port.map(|port| port.port);
        Self {
            meets,
            family: ip.map(Family::of),
            via: ip.zip(number),
            replaced: service.external_policy != TrafficPolicy::Local,
        }
    }
}

/// Steps through the entry, where the client is outside or asks at a door; none where the way ends there.
pub(super) fn enter(
    walk: &mut Walk<'_, '_>,
    service: &Service,
    port: Option<&ServicePort>,
    door: Option<&Door>,
) -> Option<Way> {
    let inside = match &walk.client {
        Client::Inside(node) => Some(node.clone()),
        Client::Controller(_) | Client::Outside => None,
    };
    let asked = Asked {
        view: walk.view,
        from: walk.from,
        service,
        port,
    };
    let (hop, way) = match (inside, door) {
        (Some(node), Some(door)) => asked.inside(&node, door),
        (None, Some(Door::Address(ip))) => asked.at_address(*ip),
        (None, Some(Door::Node { node, ip })) => asked.at_node(node, *ip),
        (None, None) => asked.any_door(),
        (Some(_), None) => return port.map(|port| Way::plain(&walk.client, service, port)),
    };
    walk.step(hop);
    (!walk.is_over()).then_some(way)
}

/// Who asks for what.
struct Asked<'a, 'w> {
    view: &'a View<'w>,
    from: &'a From,
    service: &'a Service,
    port: Option<&'a ServicePort>,
}

impl Asked<'_, '_> {
    fn hop(&self, verdict: Verdict, words: impl Into<String>) -> Hop {
        Hop::new(
            Stage::Entry,
            Some(self.service.meta.key.clone()),
            verdict,
            words,
        )
    }

    fn way(&self, ip: Option<IpAddr>, meets: Meets) -> Way {
        Way::by(self.service, self.port, ip, meets)
    }

    /// The family of a client by address.
    fn family(&self) -> Option<Family> {
        match self.from {
            From::Ip(ip) => Some(Family::of(*ip)),
            _ => None,
        }
    }

    fn is_local(&self) -> bool {
        self.service.external_policy == TrafficPolicy::Local
    }

    /// What a packet from outside meets on a node that is not known: by policy, this or all endpoints.
    fn meets(&self, local: Meets) -> Meets {
        if self.is_local() {
            local
        } else {
            Meets::Cluster(ClientNode::default())
        }
    }

    /// From outside to a Service by name: load balancer or external IP, else node port, else not at all.
    fn any_door(&self) -> (Hop, Way) {
        let service = self.service;
        let family = self.family();
        let reached = |ip: Option<IpAddr>| {
            ip.is_none_or(|ip| family.is_none_or(|family| family == Family::of(ip)))
        };
        let mut balanced = service.addresses.iter();
        if let Some(address) = balanced.find(|address| reached(address.ip)) {
            return self.balanced(Some(address));
        }
        let mut external = service.external_ips.iter();
        if let Some(ip) = external.find(|ip| reached(Some(**ip))) {
            return self.external(*ip);
        }
        let to_come = self.view.is_offline() && service.kind == ServiceType::LoadBalancer;
        if to_come && service.addresses.is_empty() {
            return self.balanced(None);
        }
        if let Some(found) = self.node_port() {
            return found;
        }
        (self.no_way_in(), self.way(None, Meets::AnyNode))
    }

    fn no_way_in(&self) -> Hop {
        let service = self.service;
        let held = service.addresses.iter().filter_map(|it| it.ip);
        let held: Vec<IpAddr> = held.chain(service.external_ips.iter().copied()).collect();
        let words = match (self.from, held.first(), self.port) {
            (From::Ip(client), Some(ip), _) => format!(
                "{ip} is {}, the client has {} only",
                Family::of(*ip),
                Family::of(*client)
            ),
            (_, _, Some(port)) if service.ports.iter().any(|it| it.node_port.is_some()) => {
                format!("port {port} has no node port, and nothing else leads in from outside")
            }
            _ => format!(
                "a {} Service has no address outside the cluster",
                service.kind
            ),
        };
        let expected = "LoadBalancer, NodePort or an external IP; or an Ingress";
        let key = &service.meta.key;
        self.hop(Verdict::Fail, words)
            .because(Cause::NoWayIn)
            .with(Evidence::new(
                key,
                "spec.type",
                service.kind.to_string(),
                expected,
            ))
    }

    /// From outside to one of its outer addresses.
    fn at_address(&self, ip: IpAddr) -> (Hop, Way) {
        let mut balanced = self.service.addresses.iter();
        match balanced.find(|address| address.ip == Some(ip)) {
            Some(address) => self.balanced(Some(address)),
            None => self.external(ip),
        }
    }

    fn balanced(&self, address: Option<&LoadBalancerAddress>) -> (Hop, Way) {
        let service = self.service;
        let ip = address.and_then(|address| address.ip);
        let meets = self.meets(Meets::HealthyNode);
        let way = self.way(ip, meets);
        let shown = address.map(|address| {
            let ip = address.ip.map(|ip| ip.to_string());
            ip.or_else(|| address.hostname.as_ref().map(Name::to_string))
                .unwrap_or_default()
        });
        let shown = shown.map_or_else(
            || "load balancer, whose address is given when it is applied".to_owned(),
            |shown| format!("load balancer {shown}"),
        );
        let refused = guard::keeps_out(self.view, self.from, service, ip);
        let mut hop = match refused {
            Some(refused) => {
                let bypass = nodes::bypass(self.view, service, self.port);
                self.hop(refused.verdict, format!("{shown}: {}", refused.words))
                    .because(refused.cause)
                    .with(refused.evidence)
                    .noting(bypass)
            }
            None => self.hop(Verdict::Pass, shown),
        };
        if self.is_local() && hop.verdict != Verdict::Fail {
            hop.notes
                .extend(nodes::health(self.view, service, self.port));
            if let Some(port) = service.health_check_node_port {
                let key = &service.meta.key;
                hop = hop.with(Evidence::new(
                    key,
                    "spec.healthCheckNodePort",
                    port.to_string(),
                    "",
                ));
            }
        }
        (hop, way)
    }

    fn external(&self, ip: IpAddr) -> (Hop, Way) {
        let meets = self.meets(Meets::AnyNode);
        let hop = self.hop(Verdict::Pass, format!("external IP {ip}"));
        (hop, self.way(Some(ip), meets))
    }

    /// From outside to the node port, on whichever node.
    fn node_port(&self) -> Option<(Hop, Way)> {
        let service = self.service;
        let families = &service.families;
        let family = self.family();
        if family.is_some_and(|it| !families.is_empty() && !families.contains(&it)) {
            return None;
        }
        let number = match self.port {
            Some(port) => port.node_port,
            None => service.ports.iter().find_map(|port| port.node_port),
        };
        let given_later =
            self.view.is_offline() && service.kind == ServiceType::NodePort && self.port.is_some();
        let shown = match number {
            Some(number) => format!("node port {number}"),
            None if given_later => "node port, picked when it is applied".to_owned(),
            None => return None,
        };
        let pending = service.kind == ServiceType::LoadBalancer;
        let shown = if pending {
            format!("the load balancer has no address yet; {shown}")
        } else {
            shown
        };
        let meets = self.meets(Meets::AnyNode);
        let (place, notes) = nodes::doors(self.view, service, self.port);
        let hop = self
            .hop(Verdict::Pass, format!("{shown} on {place}"))
            .noting(notes);
        let way = Way {
            family,
            ..self.way(None, meets)
        };
        Some((hop, way))
    }

    /// From outside to a node's address.
    fn at_node(&self, node: &Name, ip: IpAddr) -> (Hop, Way) {
        if let Some(hop) = self.lacks_family(ip) {
            return (hop, self.way(Some(ip), Meets::AnyNode));
        }
        if let Some(hop) = self.not_opened(node, ip) {
            return (hop, self.way(Some(ip), Meets::AnyNode));
        }
        let at = nodes::client_node(self.view, node);
        let meets = if self.is_local() {
            Meets::Local(at)
        } else {
            Meets::Cluster(at)
        };
        (
            self.node_hop(node, ip, Verdict::Pass, ""),
            self.way(Some(ip), meets),
        )
    }

    /// kube-proxy may be told on which addresses of a node it opens node ports.
    fn not_opened(&self, node: &Name, ip: IpAddr) -> Option<Hop> {
        let (verdict, more, cause, ground) = nodes::not_opened(self.view, node, ip)?;
        let mut hop = self.node_hop(node, ip, verdict, &more).because(cause);
        hop.evidence.extend(ground);
        Some(hop)
    }

    fn node_hop(&self, node: &Name, ip: IpAddr, verdict: Verdict, more: &str) -> Hop {
        let number = self
            .port
            .and_then(|port| port.node_port)
            .unwrap_or_default();
        let words = format!("node port {number} of {node} ({ip}){more}");
        let subject = Some(Key::cluster(Kind::Node, node.clone()));
        Hop::new(Stage::Entry, subject, verdict, words)
    }

    /// The Service is not of the family of the address that is asked, so no proxy serves it there.
    fn lacks_family(&self, ip: IpAddr) -> Option<Hop> {
        let families = &self.service.families;
        let family = Family::of(ip);
        if families.is_empty() || families.contains(&family) {
            return None;
        }
        let key = &self.service.meta.key;
        let words = format!("{ip} is {family}, and the Service is not: nothing serves it there");
        let hop = self.hop(Verdict::Fail, words).because(Cause::NoWayIn);
        Some(hop.with(Evidence::new(
            key,
            "spec.ipFamilies",
            super::guard::listed(families),
            family.to_string(),
        )))
    }

    /// From a pod or a node to an outer address.
    fn inside(&self, client: &ClientNode, door: &Door) -> (Hop, Way) {
        match door {
            Door::Address(ip) => {
                let way = self.way(Some(*ip), Meets::Cluster(client.clone()));
                (self.inside_at(*ip), way)
            }
            Door::Node { node, ip } => self.inside_at_node(client, node, *ip),
        }
    }

    fn inside_at(&self, ip: IpAddr) -> Hop {
        let mut balanced = self.service.addresses.iter();
        let Some(address) = balanced.find(|address| address.ip == Some(ip)) else {
            let words = format!("external IP {ip}, led on by the client's own node");
            return self.hop(Verdict::Pass, words);
        };
        if address.proxy_mode {
            let words = format!(
                "load balancer {ip} is a proxy (ipMode): the request leaves the cluster and comes back, and what \
                 happens there cannot be seen"
            );
            return self
                .hop(Verdict::Unknown, words)
                .because(Cause::OutsideCluster);
        }
        let Some(refused) = guard::keeps_out(self.view, self.from, self.service, Some(ip)) else {
            let words = format!("load balancer {ip}, led on by the client's own node");
            return self.hop(Verdict::Pass, words);
        };
        let words = format!("load balancer {ip}: {}", refused.words);
        self.hop(refused.verdict, words)
            .because(refused.cause)
            .with(refused.evidence)
    }

    fn inside_at_node(&self, client: &ClientNode, node: &Name, ip: IpAddr) -> (Hop, Way) {
        if let Some(hop) = self.lacks_family(ip) {
            return (hop, self.way(Some(ip), Meets::AnyNode));
        }
        if let Some(hop) = self.not_opened(node, ip) {
            return (hop, self.way(Some(ip), Meets::AnyNode));
        }
        let at = nodes::client_node(self.view, node);
        let own = client.node.as_ref() == Some(node);
        let answer = nodes::answer(self.view, self.service, self.port, &at);
        let mut way = self.way(Some(ip), Meets::Cluster(at));
        way.replaced = !own;
        if own || !matches!(answer, NodeAnswer::Drops | NodeAnswer::Unknown) {
            return (self.node_hop(node, ip, Verdict::Pass, ""), way);
        }
        // Whether the node still sees a pod's address, or that of the pod's node, is up to the network.
        let has = if answer == NodeAnswer::Drops {
            "it has no endpoint of its own"
        } else {
            "whether it has an endpoint of its own is not known"
        };
        let more = format!(
            ": {has} (externalTrafficPolicy Local); without one it leads on only where the network shows it the pod's \
             own address"
        );
        let hop = self.node_hop(node, ip, Verdict::Unknown, &more);
        (hop.because(Cause::OnlyElsewhere), way)
    }
}
