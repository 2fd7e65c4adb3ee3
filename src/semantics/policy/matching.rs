//! Whether a policy is about an end, and whether a rule's peers and ports are meant.

use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::labels::{Labels, Selector};
use crate::model::policy::{Action, Direction, Peer, Places, Policy, Rule, Subject, Tier};
use crate::model::service::Family;
use crate::model::view::{View, as_node};
use crate::semantics::network::{Network, network};
use crate::semantics::policy::end::{End, Place, PodEnd, Span};
use crate::semantics::policy::family::Has;
use crate::semantics::policy::identity;
use ipnet::IpNet;
use std::cell::OnceCell;
use std::net::IpAddr;

/// Whether something matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// It does not.
    No,
    /// It cannot be told.
    Maybe(Doubt),
    /// It does.
    Yes,
}

/// Why something cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doubt {
    /// A part of the policy cannot be read.
    Malformed,
    /// The labels of a namespace cannot be read.
    NamespaceUnread,
    /// The pod's address is not known.
    AddressUnknown,
    /// The rule is about another address family than the pod's first address.
    OtherFamily,
    /// An end shares its node's network, for which Kubernetes defines nothing.
    HostNetwork,
    /// A node may send from another of its addresses.
    NodeAddress,
    /// Only some of the addresses are meant.
    PartOfRange,
    /// The rule names the Service's address: whether that is seen depends on the network.
    ServiceAddress,
    /// The sender's address may be replaced by a node's on the way in.
    SourceReplaced,
    /// A rule by DNS name.
    DomainName,
    /// Nodes cannot be read.
    NodesUnread,
    /// Policies of equal priority that disagree.
    EqualPriority,
    /// The API's rules are not judged.
    Foreign,
    /// Requests, or who makes them, decide.
    Beyond,
    /// Whether an end belongs to a part of the cluster cannot be told.
    Entity,
    /// A range that holds a pod, where Cilium enforces.
    CiliumRange,
    /// Rules of a direction that `policyTypes` leaves out, where Cilium enforces.
    WithoutType,
    /// Services of Cilium's rules of which none is there.
    NoService,
    /// A selector of what namespaces do not have, where Cilium enforces.
    NoNamespace,
    /// Administrators' policies, where Cilium enforces.
    OuterTier,
    /// Rules of the Baseline tier about a pod that is isolated, where Cilium enforces.
    PastIsolation,
}

impl Match {
    /// Both must match.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// One suffices.
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    fn of(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }

    /// Weaker: at most "maybe", for this reason.
    pub fn doubted(self, doubt: Doubt) -> Self {
        self.and(Self::Maybe(doubt))
    }
}

/// Which address families the cluster's pods have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families {
    /// IPv4: also where nothing is known.
    pub v4: bool,
    /// IPv6.
    pub v6: bool,
    /// Whether any address is known.
    pub seen: bool,
}

/// Reads what matching needs beside policies and ends.
#[derive(Debug)]
pub struct Surroundings<'v, 'w> {
    view: &'v View<'w>,
    families: OnceCell<Families>,
    cilium: OnceCell<bool>,
}

impl<'v, 'w> Surroundings<'v, 'w> {
    /// The surroundings in a world.
    pub fn new(view: &'v View<'w>) -> Self {
        Self {
            view,
            families: OnceCell::new(),
            cilium: OnceCell::new(),
        }
    }

    /// The world.
    pub fn view(&self) -> &'v View<'w> {
        self.view
    }

    /// The address families of the cluster: by its pods, nodes and Services.
    pub fn families(&self) -> Families {
        *self.families.get_or_init(|| families(self.view))
    }

    /// Whether Cilium is seen to enforce what is read here.
    pub fn on_cilium(&self) -> bool {
        *self
            .cilium
            .get_or_init(|| network(self.view) == Some(Network::Cilium))
    }

    /// Whether rules of a direction that is none of a NetworkPolicy's types are read: by the API they are ignored, and
    /// Cilium isolates by them (`pkg/k8s`, `ParseNetworkPolicy`).
    pub fn reads_without_type(&self, policy: &Policy, direction: Direction) -> bool {
        policy.tier == Tier::Namespaced
            && !policy.section(direction).rules.is_empty()
            && self.on_cilium()
    }

    /// Whether a policy is about a pod.
    pub fn selects(&self, policy: &Policy, end: &PodEnd<'_>) -> Match {
        let found = subject(&policy.subject, policy, end);
        if !end.pod.host_network {
            let outer = matches!(policy.tier, Tier::Admin(_) | Tier::Baseline(_));
            return if outer && self.on_cilium() {
                found.doubted(Doubt::OuterTier)
            } else {
                found
            };
        }
        match policy.tier {
            // Host-networked pods are in no subject (network-policy-api, `Subject`), and no endpoints of Cilium.
            Tier::Admin(_) | Tier::Baseline(_) | Tier::Cilium => Match::No,
            Tier::Namespaced | Tier::Foreign => found.doubted(Doubt::HostNetwork),
        }
    }

    /// Whether one of a rule's peers is this end, and what the rule then does.
    pub fn rule(&self, policy: &Policy, rule: &Rule, end: &End<'_>) -> (Match, Action) {
        let Some(peers) = &rule.peers else {
            return (Match::Yes, rule.action);
        };
        if fails_closed(policy.tier) && peers.contains(&Peer::Unrecognised) {
            // Fail closed (network-policy-api, `ClusterNetworkPolicyIngressPeer`).
            return match rule.action {
                Action::Allow => (Match::No, Action::Allow),
                Action::Deny | Action::Pass => (Match::Yes, Action::Deny),
                Action::Unclear => (Match::Maybe(Doubt::Malformed), Action::Deny),
            };
        }
        let mut found = Match::No;
        for peer in peers {
            found = found.or(self.peer(policy, peer, end));
            if found == Match::Yes {
                break;
            }
        }
        (found, rule.action)
    }

    /// Whether a peer is this end.
    pub fn peer(&self, policy: &Policy, peer: &Peer, end: &End<'_>) -> Match {
        match peer {
            Peer::Pods(subject) => match end {
                End::Pod(pod) => self.pods(subject, policy, pod),
                End::Node(_) | End::Outside(_) => identity::nameless(self, subject, policy),
            },
            Peer::Addresses { nets, except } if policy.tier == Tier::Cilium => {
                identity::addresses(self, nets, except, end)
            }
            Peer::Addresses { nets, except } => self.addresses(nets, except, end),
            Peer::Entities(entities) => identity::entities(self, entities, end),
            Peer::Services(services) => identity::services(self, services, end),
            Peer::Unjudged { pods } => match end {
                End::Pod(pod) if !pods && !pod.pod.host_network => Match::No,
                _ => Match::Maybe(Doubt::Beyond),
            },
            Peer::Nodes(selector) => self.nodes(selector, end),
            Peer::Domains(_) => match end {
                End::Outside(_) => Match::Maybe(Doubt::DomainName),
                End::Pod(_) | End::Node(_) => Match::No,
            },
            Peer::Unrecognised => Match::No,
            Peer::Malformed => Match::Maybe(Doubt::Malformed),
        }
    }

    fn pods(&self, subject: &Subject, policy: &Policy, end: &PodEnd<'_>) -> Match {
        match policy.tier {
            Tier::Admin(_) | Tier::Baseline(_) | Tier::Cilium if end.pod.host_network => {
                identity::nameless(self, subject, policy)
            }
            _ if end.pod.host_network => {
                let as_pod = self::subject(subject, policy, end).doubted(Doubt::HostNetwork);
                as_pod.or(identity::nameless(self, subject, policy))
            }
            _ => self::subject(subject, policy, end),
        }
    }

    fn addresses(&self, nets: &[IpNet], except: &[IpNet], end: &End<'_>) -> Match {
        let holds = |ip: &IpAddr| {
            nets.iter().any(|net| net.contains(ip)) && !except.iter().any(|net| net.contains(ip))
        };
        match end {
            End::Pod(pod) if pod.pod.host_network => {
                if self.on_cilium() {
                    return identity::addresses(self, nets, except, end);
                }
                // Of an end whose addresses are of one family the other one is never asked.
                let has = Has::of(pod.pod, self.families());
                let only = has.each().next().filter(|_| !has.both());
                if self.whole(nets, except, pod.family.or(only)) {
                    return Match::Yes;
                }
                let met = |ip: &IpAddr| pod.family.is_none_or(|family| family == Family::of(*ip));
                let known = pod.pod.ips.iter().copied().chain(pod.node_addresses());
                let mut known = known.filter(met).peekable();
                let possible = known.peek().is_none() || known.any(|ip| holds(&ip));
                Match::of(possible).doubted(Doubt::HostNetwork)
            }
            End::Pod(pod) if self.on_cilium() => {
                // The API lets ranges mean pods; to Cilium they mean what is no pod.
                let possible = pod.addresses().next().is_none() || pod.addresses().any(holds);
                Match::of(possible).doubted(Doubt::CiliumRange)
            }
            End::Node(_) | End::Outside(_) if self.on_cilium() => {
                identity::addresses(self, nets, except, end)
            }
            End::Pod(pod) if pod.addresses().next().is_none() => {
                self.unaddressed(nets, except, pod.family)
            }
            End::Pod(pod) => {
                let mut known = pod.addresses();
                match known.next() {
                    Some(first) if holds(first) => Match::Yes,
                    Some(_) if known.any(holds) => Match::Maybe(Doubt::OtherFamily),
                    _ => Match::No,
                }
            }
            End::Node(node) => {
                if self.whole(nets, except, None) {
                    return Match::Yes;
                }
                let mut known = node.addresses().peekable();
                let possible = known.peek().is_none() || known.any(|ip| holds(&ip));
                Match::of(possible).doubted(Doubt::NodeAddress)
            }
            End::Outside(span) => outside(nets, except, *span),
        }
    }

    /// Whether ranges hold a pod whose address is not known, but perhaps its family.
    fn unaddressed(&self, nets: &[IpNet], except: &[IpNet], family: Option<Family>) -> Match {
        if self.whole(nets, except, family) {
            Match::Yes
        } else if self.foreign_family(nets, family) {
            Match::No
        } else {
            Match::Maybe(Doubt::AddressUnknown)
        }
    }

    /// Whether these are all addresses that a pod of this cluster can have, or all of a family.
    fn whole(&self, nets: &[IpNet], except: &[IpNet], family: Option<Family>) -> bool {
        let zero = |v4: bool| {
            let of_family = |net: &IpNet| net.addr().is_ipv4() == v4;
            nets.iter()
                .any(|net| net.prefix_len() == 0 && of_family(net))
                && !except.iter().any(of_family)
        };
        let (four, six) = self.possible(family);
        (four || six) && (!four || zero(true)) && (!six || zero(false))
    }

    /// Whether these are addresses of a family that the cluster, or the connection, does not have.
    fn foreign_family(&self, nets: &[IpNet], family: Option<Family>) -> bool {
        let (four, six) = self.possible(family);
        nets.iter()
            .all(|net| if net.addr().is_ipv4() { !four } else { !six })
    }

    /// Whether IPv4, and whether IPv6, are possible for an address that is not known.
    fn possible(&self, family: Option<Family>) -> (bool, bool) {
        match family {
            Some(Family::V4) => (true, false),
            Some(Family::V6) => (false, true),
            None => (self.families().v4, self.families().v6),
        }
    }

    fn nodes(&self, selector: &Selector, end: &End<'_>) -> Match {
        match end {
            End::Pod(pod) if !pod.pod.host_network => Match::No,
            End::Pod(pod) => match pod.node {
                Some(node) => labels(selector, &node.meta.labels).doubted(Doubt::HostNetwork),
                None => Match::Maybe(Doubt::HostNetwork),
            },
            End::Node(node) => match node.node {
                Some(node) => labels(selector, &node.meta.labels),
                None => Match::Maybe(Doubt::NodesUnread),
            },
            End::Outside(span) => self.node_in(selector, *span),
        }
    }

    fn node_in(&self, selector: &Selector, span: Span) -> Match {
        if self.view.gap(Kind::Node, None).is_some() {
            return Match::Maybe(Doubt::NodesUnread);
        }
        let nodes = self.view.all(Kind::Node).filter_map(as_node);
        let matches = nodes.map(|node| {
            let mut held = node.internal_ips.iter().chain(&node.external_ips);
            if !held.any(|ip| (span.first..=span.last).contains(ip)) {
                return Match::No;
            }
            let fits = labels(selector, &node.meta.labels);
            if span.first == span.last {
                fits
            } else {
                fits.doubted(Doubt::PartOfRange)
            }
        });
        matches.fold(Match::No, Match::or)
    }
}

fn subject(subject: &Subject, policy: &Policy, end: &PodEnd<'_>) -> Match {
    let place = match &subject.namespaces {
        Places::Own => Match::of(policy.meta.key.namespace.as_ref() == Some(&end.namespace.name)),
        Places::Selected(selector) => namespace(selector, &end.namespace),
    };
    if place == Match::No {
        return Match::No;
    }
    place.and(labels(&subject.pods, &end.pod.meta.labels))
}

/// Whether a label selector matches; one that cannot be read might.
pub fn labels(selector: &Selector, labels: &Labels) -> Match {
    if selector.is_malformed() {
        return Match::Maybe(Doubt::Malformed);
    }
    Match::of(selector.matches(labels))
}

/// Whether a namespace selector matches.
pub fn namespace(selector: &Selector, place: &Place<'_>) -> Match {
    match place.fits(selector) {
        Some(fits) => Match::of(fits),
        None if selector.is_malformed() => Match::Maybe(Doubt::Malformed),
        None => Match::Maybe(Doubt::NamespaceUnread),
    }
}

/// Whether a rule of this tier with a kind of peer that is not known admits nobody and denies everybody.
pub fn fails_closed(tier: Tier) -> bool {
    matches!(tier, Tier::Admin(_) | Tier::Baseline(_))
}

/// Whether ranges hold all of a span, none of it, or a part.
pub fn outside(nets: &[IpNet], except: &[IpNet], span: Span) -> Match {
    let within = |net: &IpNet| net.contains(&span.first) && net.contains(&span.last);
    let touches = |net: &IpNet| {
        let (first, last) = (net.network(), net.broadcast());
        first.is_ipv4() == span.first.is_ipv4() && first <= span.last && span.first <= last
    };
    if !nets.iter().any(touches) || except.iter().any(within) {
        return Match::No;
    }
    if nets.iter().any(within) && !except.iter().any(touches) {
        return Match::Yes;
    }
    Match::Maybe(Doubt::PartOfRange)
}

fn families(view: &View<'_>) -> Families {
    let mut found = Families {
        v4: false,
        v6: false,
        seen: false,
    };
    let mut note = |ip: &IpAddr| match ip {
        IpAddr::V4(_) => found.v4 = true,
        IpAddr::V6(_) => found.v6 = true,
    };
    view.advisory(|view| {
        use crate::model::view::{as_pod, as_service};
        view.all(Kind::Pod)
            .filter_map(as_pod)
            .flat_map(|pod| pod.ips.iter())
            .for_each(&mut note);
        let nodes = view.all(Kind::Node).filter_map(as_node);
        for node in nodes {
            node.internal_ips.iter().for_each(&mut note);
            node.pod_cidrs.iter().for_each(|net| note(&net.addr()));
        }
        let services = view.all(Kind::Service).filter_map(as_service);
        services
            .flat_map(|service| service.cluster_ips.iter())
            .for_each(&mut note);
    });
    found.seen = found.v4 || found.v6;
    if !found.v6 {
        found.v4 = true;
    }
    found
}

/// Makes an end of a pod.
pub fn pod_end<'w>(view: &View<'w>, pod: &'w crate::model::pod::Pod) -> PodEnd<'w> {
    let name = pod.meta.key.namespace.clone().unwrap_or_default();
    let key = Key::cluster(Kind::Namespace, name.clone());
    let labels = view
        .advisory(|view| view.object(&key))
        .map(|object| &object.meta().labels);
    let node = pod
        .node
        .as_ref()
        .and_then(|node| view.advisory(|view| view.node(node)));
    PodEnd {
        pod,
        namespace: Place {
            readable: view.gap(Kind::Namespace, None).is_none(),
            labels,
            name,
        },
        node,
        family: None,
    }
}
