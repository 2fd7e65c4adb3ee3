//! The rules of Cilium's policies: peers of one kind, ports, and what decides beyond them.

use crate::lower::cilium::Identity;
use crate::model::key::Name;
use crate::model::policy::{Action, Direction, Entity, Peer, Places, PortMatch, Rule, Subject};
use crate::model::port::Protocol;
use crate::wire::cilium as wire;
use crate::wire::meta::LabelSelector;
use crate::wire::notes::Text;
use crate::wire::policy::Items;
use ipnet::IpNet;

/// A rule of either direction; none where the agent would refuse it, or where it touches other rules.
pub(super) fn rule(
    wire: wire::Rule,
    action: Action,
    direction: Direction,
    cluster: bool,
) -> Option<Rule> {
    let set = |present: Option<wire::Present>| present.is_some_and(|present| present.0);
    if set(wire.from_requires) || set(wire.to_requires) {
        return None;
    }
    // Refused unless the agent is told to give nodes identities by their labels.
    if set(wire.from_nodes) || set(wire.to_nodes) {
        return None;
    }
    let icmps = set(wire.icmps);
    let by_ports = icmps || wire.ports.as_ref().is_some_and(|ports| !ports.0.is_empty());
    let mut ports = match (wire.ports, icmps) {
        (Some(items), _) if !items.0.is_empty() => Some(ports(items)?),
        (_, true) => Some(Box::default()),
        _ => None,
    };
    let mode = wire.authentication.and_then(|one| one.mode);
    if mode.is_some_and(|mode| &*mode != "disabled") {
        let inner = ports.unwrap_or_else(|| every_protocol(PortMatch::All).collect());
        ports = Some(Box::new([PortMatch::Beyond(inner)]));
    }
    let sides = match direction {
        Direction::Ingress => Sides {
            endpoints: wire.from_endpoints,
            entities: wire.from_entities,
            cidr: wire.from_cidr,
            cidr_set: wire.from_cidr_set,
            groups: set(wire.from_groups),
            services: None,
            fqdns: None,
        },
        Direction::Egress => Sides {
            endpoints: wire.to_endpoints,
            entities: wire.to_entities,
            cidr: wire.to_cidr,
            cidr_set: wire.to_cidr_set,
            groups: set(wire.to_groups),
            services: wire.to_services.filter(|items| !items.0.is_empty()),
            fqdns: wire.to_fqdns.filter(|items| !items.0.is_empty()),
        },
    };
    let peers = match sides.peers(cluster)? {
        // Without peers a rule means everyone on its ports, and without ports nobody.
        Said::Nothing if by_ports => None,
        Said::Nothing => Some(Box::default()),
        Said::These(peers) => Some(peers),
    };
    Some(Rule {
        name: Name::default(),
        action,
        peers,
        ports,
    })
}

/// The peers of a rule, of which the agent takes one kind at a time.
struct Sides {
    endpoints: Option<Items<LabelSelector>>,
    entities: Option<Items<Text>>,
    cidr: Option<Items<wire::Range>>,
    cidr_set: Option<Items<wire::Cidr>>,
    groups: bool,
    services: Option<Items<wire::Service>>,
    fqdns: Option<Items<wire::Fqdn>>,
}

/// What a rule says of its peers.
enum Said {
    Nothing,
    /// An empty list means nobody.
    These(Box<[Peer]>),
}

impl Sides {
    /// The peers; none where the agent would refuse them.
    fn peers(self, cluster: bool) -> Option<Said> {
        let mut kinds = 0;
        let mut peers: Vec<Peer> = Vec::new();
        let mut said = false;
        if let Some(items) = self.endpoints {
            (said, kinds) = (true, kinds + usize::from(!items.0.is_empty()));
            for item in items.0 {
                peers.push(endpoint(&item?, cluster));
            }
        }
        if let Some(items) = self.entities {
            (said, kinds) = (true, kinds + usize::from(!items.0.is_empty()));
            let words: Option<Vec<Text>> = items.0.into_iter().collect();
            let known: Option<Box<[Entity]>> =
                words?.iter().map(|word| Entity::of_word(word)).collect();
            let known = known?;
            if !known.is_empty() {
                peers.push(Peer::Entities(known));
            }
        }
        if let Some(items) = self.cidr {
            (said, kinds) = (true, kinds + usize::from(!items.0.is_empty()));
            for item in items.0 {
                peers.push(Peer::Addresses {
                    nets: Box::new([item?.0]),
                    except: Box::default(),
                });
            }
        }
        if let Some(items) = self.cidr_set {
            (said, kinds) = (true, kinds + usize::from(!items.0.is_empty()));
            for item in items.0 {
                peers.push(cidr(item?)?);
            }
        }
        if self.groups {
            (said, kinds) = (true, kinds + 1);
            peers.push(Peer::Unjudged { pods: false });
        }
        if let Some(items) = self.services {
            (said, kinds) = (true, kinds + 1);
            peers.push(services(items)?);
        }
        if let Some(items) = self.fqdns {
            (said, kinds) = (true, kinds + 1);
            let names = items.0.into_iter().flatten();
            let names = names.filter_map(|fqdn| fqdn.name.or(fqdn.pattern));
            peers.push(Peer::Domains(names.map(Name::from).collect()));
        }
        match (said, kinds) {
            (false, _) => Some(Said::Nothing),
            (true, 0 | 1) => Some(Said::These(peers.into())),
            (true, _) => None,
        }
    }
}

fn endpoint(wire: &LabelSelector, cluster: bool) -> Peer {
    let Some(read) = Identity::of(wire) else {
        return Peer::Unjudged { pods: true };
    };
    if let Some(entity) = read.entity {
        let entity = match entity {
            Entity::World => Entity::WorldOfOneFamily,
            // Names of entities that are no labels of their own.
            Entity::All | Entity::Cluster => return Peer::Unjudged { pods: true },
            other => other,
        };
        return Peer::Entities(Box::new([entity]));
    }
    // Where no namespace is named, the policy's own is meant, and every one by a policy of the cluster.
    let namespaces = if read.namespaces.is_empty() && !cluster {
        Places::Own
    } else {
        Places::Selected(read.namespaces)
    };
    Peer::Pods(Subject {
        namespaces,
        pods: read.pods,
    })
}

fn cidr(wire: wire::Cidr) -> Option<Peer> {
    if wire.group.is_some() || wire.groups.is_some() {
        return Some(Peer::Unjudged { pods: false });
    }
    let net = wire.cidr?.0;
    let except: Option<Vec<wire::Range>> = wire.except.unwrap_or_default().0.into_iter().collect();
    let except: Box<[IpNet]> = except?.into_iter().map(|range| range.0).collect();
    let inside = except.iter().all(|one| net.contains(&one.addr()));
    inside.then(|| Peer::Addresses {
        nets: Box::new([net]),
        except,
    })
}

fn services(items: Items<wire::Service>) -> Option<Peer> {
    let mut named = Vec::new();
    for item in items.0 {
        let item = item?;
        let Some(one) = item.named else {
            return Some(Peer::Unjudged { pods: true });
        };
        let name = one.name?;
        let Some(namespace) = one.namespace else {
            // Of whichever namespace.
            return Some(Peer::Unjudged { pods: true });
        };
        named.push((Name::from(namespace), Name::from(name)));
    }
    Some(Peer::Services(named.into()))
}

fn every_protocol(port: impl Fn(Protocol) -> PortMatch) -> impl Iterator<Item = PortMatch> {
    [Protocol::Tcp, Protocol::Udp, Protocol::Sctp]
        .into_iter()
        .map(port)
}

fn ports(items: Items<wire::Ports>) -> Option<Box<[PortMatch]>> {
    let mut all = Vec::new();
    for item in items.0 {
        let item = item?;
        let beyond = beyond(&item);
        let mut listed = Vec::new();
        for one in item.ports.unwrap_or_default().0 {
            listed.extend(port(&one?)?);
        }
        if beyond {
            all.push(PortMatch::Beyond(listed.into()));
        } else {
            all.extend(listed);
        }
    }
    Some(all.into())
}

/// Whether more than the port decides. Rules for DNS that admit every name decide nothing.
fn beyond(ports: &wire::Ports) -> bool {
    let set = |present: Option<wire::Present>| present.is_some_and(|present| present.0);
    let tls = set(ports.server_names)
        || set(ports.terminating)
        || set(ports.originating)
        || set(ports.listener);
    let requests = ports.rules.as_ref().is_some_and(|rules| {
        let every = |fqdn: &wire::Fqdn| fqdn.pattern.as_deref() == Some("*");
        let names = rules
            .dns
            .as_ref()
            .is_some_and(|dns| !dns.0.is_empty() && !dns.0.iter().flatten().any(every));
        set(rules.http) || set(rules.kafka) || set(rules.l7) || rules.l7proto.is_some() || names
    });
    tls || requests
}

fn port(wire: &wire::Port) -> Option<Vec<PortMatch>> {
    let protocols: &[Protocol] = match &wire.protocol {
        None | Some(wire::ProtocolWord::Any) => &[Protocol::Tcp, Protocol::Udp, Protocol::Sctp],
        Some(wire::ProtocolWord::Tcp) => &[Protocol::Tcp],
        Some(wire::ProtocolWord::Udp) => &[Protocol::Udp],
        Some(wire::ProtocolWord::Sctp) => &[Protocol::Sctp],
        // Protocols without ports.
        Some(_) => &[],
    };
    let end = match wire.end {
        None | Some(0) => None,
        Some(end) => Some(u16::try_from(end).ok()?),
    };
    let one = |protocol: Protocol| match (&wire.port, end) {
        (None | Some(wire::PortText::Number(0)), _) => Some(PortMatch::All(protocol)),
        (Some(wire::PortText::Name(name)), _) => {
            Some(PortMatch::Named(Some(protocol), Name::from(&**name)))
        }
        (Some(wire::PortText::Number(port)), None) => {
            Some(PortMatch::Range(protocol, *port, *port))
        }
        (Some(wire::PortText::Number(port)), Some(end)) => {
            (*port <= end).then_some(PortMatch::Range(protocol, *port, end))
        }
    };
    protocols.iter().map(|protocol| one(*protocol)).collect()
}
