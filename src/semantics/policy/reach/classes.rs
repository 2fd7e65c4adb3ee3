//! Classes: pods that no policy of the world can tell apart, and pieces of the address space likewise.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::Selector;
use crate::model::pod::Pod;
use crate::model::policy::{Direction, Peer, Places, Policy, PortMatch, Rule, Tier};
use crate::model::port::Protocol;
use crate::model::service::Family;
use crate::model::view::{View, as_node, as_pod};
use crate::semantics::policy::address::{cut, nets, space};
use crate::semantics::policy::end::{End, Span};
use crate::semantics::policy::family::Has;
use crate::semantics::policy::identity;
use crate::semantics::policy::matching::{Families, Match, Surroundings, pod_end};
use crate::semantics::policy::reach::owners;
use ipnet::IpNet;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Pods that no policy can tell apart.
#[derive(Debug)]
pub struct Class<'w> {
    /// One of them.
    pub end: End<'w>,
    /// Their namespace.
    pub namespace: Name,
    /// The named ports that policies ask for; equal numbers mean equal answers.
    pub names: usize,
    /// Whether they share their nodes' networks.
    pub host: bool,
    /// The families of their addresses. Where they have both, `end` is met over IPv4.
    pub has: Has,
    /// Which of the ends of [`Classes::sixes`] they are over IPv6, where policies may see that otherwise.
    pub six: Option<usize>,
}

/// An owner and the classes of its pods.
#[derive(Debug)]
pub struct Owner {
    /// As the answer names it.
    pub name: String,
    /// Each class with the names of its pods.
    pub parts: Vec<(usize, Vec<String>)>,
    /// Whether some of them share their nodes' networks.
    pub host: bool,
    /// For each part the nodes of its pods, in their order; none where it is not known. Left empty in a world in which
    /// nobody shares a node's network.
    pub on: Vec<Vec<Option<Name>>>,
    /// All these nodes, sorted.
    pub nodes: Vec<Option<Name>>,
}

/// What the map is made of.
#[derive(Debug)]
pub struct Classes<'w> {
    /// By namespace.
    pub classes: Vec<Class<'w>>,
    /// By name.
    pub owners: Vec<Owner>,
    /// Pieces of the address space, in order, IPv4 first.
    pub pieces: Vec<Span>,
    /// Whether a piece holds nothing but addresses of pods: it never matters.
    pub only_pods: Vec<bool>,
    /// Classes as they are met over IPv6, by their places, where they have both families.
    pub sixes: Vec<(usize, End<'w>)>,
}

/// What policies can tell pods apart by.
struct Distinctions {
    keys: BTreeSet<Name>,
    names: BTreeSet<Name>,
    nets: Vec<IpNet>,
    by_node: bool,
}

impl Distinctions {
    fn of(around: &Surroundings<'_, '_>, policies: &[&Policy]) -> Self {
        let mut found = Self {
            keys: BTreeSet::new(),
            names: BTreeSet::new(),
            nets: Vec::new(),
            by_node: false,
        };
        let told = |policy: &&&Policy| policy.tier == Tier::Cilium || around.on_cilium();
        for policy in policies.iter().filter(told) {
            found.identities(around, policy);
        }
        for policy in policies {
            found.selector(&policy.subject.pods);
            for direction in [Direction::Egress, Direction::Ingress] {
                let rules = policy.section(direction).rules.iter();
                rules.for_each(|rule| found.rule(rule));
            }
        }
        found.nets.sort_unstable();
        found.nets.dedup();
        found
    }

    /// Ranges of Cilium's mean no nodes, and its names mean nodes, the API server, or what is behind a Service.
    fn identities(&mut self, around: &Surroundings<'_, '_>, policy: &Policy) {
        let sections = [&policy.ingress, &policy.egress];
        let rules = sections.iter().flat_map(|section| section.rules.iter());
        for peer in rules.flat_map(|rule| rule.peers.as_deref().unwrap_or_default()) {
            match peer {
                Peer::Addresses { .. } => self.by_node = true,
                Peer::Entities(_) => {
                    self.by_node = true;
                    let known = identity::told_apart(around, &[]);
                    self.nets.extend(known.into_iter().map(IpNet::from));
                }
                Peer::Services(services) => {
                    let known = identity::told_apart(around, services);
                    self.nets.extend(known.into_iter().map(IpNet::from));
                    for (namespace, name) in services {
                        let key = Key::new(Kind::Service, namespace.clone(), name.clone());
                        let service = around.view().service(&key);
                        let labels = service.iter().flat_map(|service| service.selector.iter());
                        self.keys.extend(labels.map(|(key, _)| key.clone()));
                    }
                }
                _ => {}
            }
        }
    }

    fn selector(&mut self, selector: &Selector) {
        self.keys
            .extend(selector.0.iter().map(|(key, _)| key.clone()));
    }

    fn rule(&mut self, rule: &Rule) {
        for peer in rule.peers.as_deref().unwrap_or_default() {
            match peer {
                Peer::Pods(subject) => self.selector(&subject.pods),
                Peer::Nodes(_) => self.by_node = true,
                _ => {}
            }
        }
        self.nets.extend(nets(rule));
        self.ports(rule.ports.as_deref().unwrap_or_default());
    }

    fn ports(&mut self, ports: &[PortMatch]) {
        for port in ports {
            match port {
                PortMatch::Named(_, name) => {
                    self.names.insert(name.clone());
                }
                PortMatch::Beyond(inner) => self.ports(inner),
                _ => {}
            }
        }
    }
}

type Ports = Vec<(Name, Protocol, u16)>;

/// Everything that a policy could tell of a pod.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Signature {
    namespace: Name,
    labels: Vec<(Name, Name)>,
    names: usize,
    addresses: Vec<usize>,
    has: Has,
    host: Option<Host>,
}

impl Signature {
    /// Whether policies may see these pods otherwise over IPv6 than over IPv4. A range is of one family, so that two
    /// addresses are alike only where no range holds either.
    fn differs_by_family(&self) -> bool {
        let alike = match self.addresses.as_slice() {
            [first, rest @ ..] if self.host.is_none() => rest.iter().all(|other| other == first),
            _ => false,
        };
        self.has.both() && !alike
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Host {
    addresses: Vec<IpAddr>,
    node: Option<Name>,
}

impl<'w> Classes<'w> {
    /// The classes of a world under these policies.
    pub fn new(around: &Surroundings<'_, 'w>, policies: &[&Policy]) -> Self {
        let (view, families) = (around.view(), around.families());
        let mut told = Distinctions::of(around, policies);
        if told.by_node {
            let nodes = view.all(Kind::Node).filter_map(as_node);
            let held = nodes.flat_map(|node| node.internal_ips.iter().chain(&node.external_ips));
            told.nets.extend(held.map(|ip| IpNet::from(*ip)));
        }
        let mut pieces = cut(space(true), told.nets.iter().copied());
        let v4 = pieces.len();
        let six = cut(space(false), told.nets.iter().copied());
        let alike = alike(&told.nets, &pieces, &six);
        let pods: Vec<&'w Pod> = view
            .all(Kind::Pod)
            .filter_map(as_pod)
            .filter(|pod| !pod.is_terminal())
            .collect();
        let mut maker = Maker {
            told,
            alike,
            fours: pieces.iter().map(|piece| piece.first).collect(),
            sixes: six.iter().map(|piece| piece.first).collect(),
            names: FxHashMap::default(),
            families,
        };
        if families.v6 {
            pieces.extend(six);
        } else {
            pieces.truncate(v4);
        }
        let mut members: BTreeMap<Signature, Vec<usize>> = BTreeMap::new();
        for (at, pod) in pods.iter().enumerate() {
            members
                .entry(maker.signature(view, pod))
                .or_default()
                .push(at);
        }
        let mut of_owner: BTreeMap<String, BTreeMap<usize, Vec<&'w Pod>>> = BTreeMap::new();
        let mut classes = Vec::with_capacity(members.len());
        let mut sixes = Vec::new();
        for (class, (signature, members)) in members.into_iter().enumerate() {
            let members: Vec<&'w Pod> = members
                .iter()
                .filter_map(|at| pods.get(*at).copied())
                .collect();
            let Some(first) = members.first() else {
                continue;
            };
            let mut made = made(view, &signature, first);
            if signature.differs_by_family() {
                made.six = Some(sixes.len());
                sixes.push((class, met(&made.end, Family::V6)));
                made.end = met(&made.end, Family::V4);
            }
            classes.push(made);
            for pod in members {
                let owner = of_owner.entry(owners::top(view, pod)).or_default();
                owner.entry(class).or_default().push(pod);
            }
        }
        let shared = classes.iter().any(|class| class.host);
        let owners = of_owner
            .into_iter()
            .map(|(name, parts)| owner(name, &parts, shared));
        let only_pods = only_pods(&pieces, &pods);
        Self {
            classes,
            owners: owners.collect(),
            pieces,
            only_pods,
            sixes,
        }
    }
}

/// An end as it is met over a family.
fn met<'w>(end: &End<'w>, family: Family) -> End<'w> {
    let mut end = end.clone();
    if let End::Pod(pod) = &mut end {
        pod.family = Some(family);
    }
    end
}

/// An owner of these pods; their nodes matter only where somebody shares a node's network.
fn owner(name: String, parts: &BTreeMap<usize, Vec<&Pod>>, shared: bool) -> Owner {
    let on = |pods: &Vec<&Pod>| pods.iter().map(|pod| pod.node.clone()).collect();
    let on: Vec<Vec<Option<Name>>> = parts.values().filter(|_| shared).map(on).collect();
    let mut nodes: Vec<Option<Name>> = on.iter().flatten().cloned().collect();
    nodes.sort_unstable();
    nodes.dedup();
    let named = |pods: &[&Pod]| pods.iter().map(|pod| pod.meta.key.to_string()).collect();
    Owner {
        name,
        parts: parts
            .iter()
            .map(|(class, pods)| (*class, named(pods)))
            .collect(),
        host: parts.values().flatten().any(|pod| pod.host_network),
        on,
        nodes,
    }
}

fn made<'w>(view: &View<'w>, signature: &Signature, first: &'w Pod) -> Class<'w> {
    Class {
        end: End::Pod(pod_end(view, first)),
        namespace: signature.namespace.clone(),
        names: signature.names,
        host: signature.host.is_some(),
        has: signature.has,
        six: None,
    }
}

/// For each piece, IPv4 then IPv6, a number that is equal for pieces that the same ranges hold.
fn alike(nets: &[IpNet], four: &[Span], six: &[Span]) -> Vec<usize> {
    let mut seen: FxHashMap<Vec<usize>, usize> = FxHashMap::default();
    let holders = |piece: &Span| -> Vec<usize> {
        let held = nets
            .iter()
            .enumerate()
            .filter(|(_, net)| net.contains(&piece.first));
        held.map(|(at, _)| at).collect()
    };
    four.iter()
        .chain(six)
        .map(|piece| {
            let fresh = seen.len();
            *seen.entry(holders(piece)).or_insert(fresh)
        })
        .collect()
}

/// Pieces in which every address is a pod's.
fn only_pods(pieces: &[Span], pods: &[&Pod]) -> Vec<bool> {
    let held: FxHashSet<IpAddr> = pods
        .iter()
        .filter(|pod| !pod.host_network)
        .flat_map(|pod| pod.ips.iter().copied())
        .collect();
    let mut sorted: Vec<IpAddr> = held.into_iter().collect();
    sorted.sort_unstable();
    let size = |piece: &Span| match (piece.first, piece.last) {
        (IpAddr::V4(a), IpAddr::V4(b)) => u128::from(u32::from(b) - u32::from(a)),
        (IpAddr::V6(a), IpAddr::V6(b)) => u128::from(b) - u128::from(a),
        _ => u128::MAX,
    };
    let filled = |piece: &Span| {
        let from = sorted.partition_point(|ip| *ip < piece.first);
        let to = sorted.partition_point(|ip| *ip <= piece.last);
        to > from && u128::try_from(to - from - 1).is_ok_and(|count| count == size(piece))
    };
    pieces.iter().map(filled).collect()
}

struct Maker {
    told: Distinctions,
    alike: Vec<usize>,
    fours: Vec<IpAddr>,
    sixes: Vec<IpAddr>,
    names: FxHashMap<(bool, Ports), usize>,
    families: Families,
}

impl Maker {
    fn signature<'w>(&mut self, view: &View<'w>, pod: &'w Pod) -> Signature {
        let labels = pod.meta.labels.iter();
        let labels = labels
            .filter(|(key, _)| self.told.keys.contains(key))
            .cloned();
        let host = pod.host_network.then(|| self.host(view, pod));
        Signature {
            namespace: pod.meta.key.namespace.clone().unwrap_or_default(),
            labels: labels.collect(),
            names: self.names(pod),
            addresses: pod.ips.iter().map(|ip| self.piece(*ip)).collect(),
            has: self.has(pod),
            host,
        }
    }

    /// The families of a pod, where that makes a difference: without ranges all are alike.
    fn has(&self, pod: &Pod) -> Has {
        if self.told.nets.is_empty() {
            return Has {
                v4: true,
                v6: false,
            };
        }
        Has::of(pod, self.families)
    }

    fn host<'w>(&self, view: &View<'w>, pod: &'w Pod) -> Host {
        let mut addresses: Vec<IpAddr> = Vec::new();
        if !self.told.nets.is_empty() {
            addresses.extend(pod_end(view, pod).node_addresses());
            addresses.sort_unstable();
            addresses.dedup();
        }
        Host {
            addresses,
            node: pod.node.clone().filter(|_| self.told.by_node),
        }
    }

    /// The piece that an address lies in, as a number that is equal for pieces that are alike.
    fn piece(&self, ip: IpAddr) -> usize {
        let (starts, offset) = if ip.is_ipv4() {
            (&self.fours, 0)
        } else {
            (&self.sixes, self.fours.len())
        };
        let at = starts
            .partition_point(|start| *start <= ip)
            .saturating_sub(1);
        self.alike.get(offset + at).copied().unwrap_or_default()
    }

    fn names(&mut self, pod: &Pod) -> usize {
        let listed = pod
            .serving_containers()
            .flat_map(|container| container.ports.iter());
        let asked = listed.filter(|port| self.told.names.contains(&port.name));
        let ports: Ports = asked
            .map(|port| (port.name.clone(), port.protocol, port.port))
            .collect();
        let fresh = self.names.len();
        // A name is less certain of a pod that is its node to some.
        let key = (pod.host_network, ports);
        *self.names.entry(key).or_insert(fresh)
    }
}

/// Whether a rule can only be about pods of one namespace.
pub fn only_own(rule: &Rule) -> bool {
    let peers = rule.peers.as_deref().unwrap_or_default();
    !peers.is_empty()
        && peers
            .iter()
            .all(|peer| matches!(peer, Peer::Pods(subject) if subject.namespaces == Places::Own))
}

/// Whether a rule can only be about pods.
pub fn only_pods_of(around: &Surroundings<'_, '_>, policy: &Policy, rule: &Rule) -> bool {
    let peers = rule.peers.as_deref().unwrap_or_default();
    let of_pods = |peer: &Peer| match peer {
        Peer::Pods(subject) => identity::nameless(around, subject, policy) == Match::No,
        _ => false,
    };
    !peers.is_empty() && peers.iter().all(of_pods)
}
