//! AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy: tiers above and below NetworkPolicy.

use crate::lower::Lower;
use crate::lower::context::{Context, name, names, protocol};
use crate::lower::policy::{selector, unreadable};
use crate::model::kind::Kind;
use crate::model::labels::Selector;
use crate::model::object::Fact;
use crate::model::policy::{
    Action, Force, Peer, Places, Policy, PortMatch, Rule, Section, Subject, Tier,
};
use crate::model::port::Protocol;
use crate::wire::admin_policy as wire;
use crate::wire::notes::{Notes, Text};
use crate::wire::policy::Items;
use ipnet::IpNet;

/// The last priority of the API.
const LAST_PRIORITY: u32 = 1000;

impl Lower for wire::AdminPolicy {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let kind = context.kind;
        let notes = &mut context.notes;
        let spec = self.spec.unwrap_or_default();
        let tier = tier(kind, spec.tier.as_ref(), spec.priority, notes);
        let ingress = spec
            .ingress
            .map(|rules| rules.0.into_iter().map(|rule| rule.map(Parts::from)));
        let egress = spec
            .egress
            .map(|rules| rules.0.into_iter().map(|rule| rule.map(Parts::from)));
        Fact::Policy(Policy {
            meta,
            tier,
            subject: subject(spec.subject, notes),
            types: None,
            ingress: section(ingress, "spec.ingress", "from", notes),
            egress: section(egress, "spec.egress", "to", notes),
            refused: None,
        })
    }
}

fn tier(
    kind: Kind,
    word: Option<&wire::TierWord>,
    priority: Option<u32>,
    notes: &mut Notes,
) -> Tier {
    if kind == Kind::BaselineAdminNetworkPolicy {
        return Tier::Baseline(None);
    }
    let known = priority.filter(|priority| *priority <= LAST_PRIORITY);
    if known.is_none() && !notes.flawed("spec.priority") {
        let observed = priority.map_or("nothing".to_owned(), |priority| priority.to_string());
        notes.flaw(
            "spec.priority".to_owned(),
            observed,
            "a number from 0 to 1000",
        );
    }
    let known = known
        .filter(|_| !notes.flawed("spec.priority"))
        .and_then(|priority| u16::try_from(priority).ok());
    if kind == Kind::AdminNetworkPolicy {
        return Tier::Admin(known);
    }
    match word {
        Some(wire::TierWord::Admin) => Tier::Admin(known),
        Some(wire::TierWord::Baseline) => Tier::Baseline(known),
        Some(wire::TierWord::Other(_)) => Tier::Foreign,
        None => {
            if !notes.flawed("spec.tier") {
                notes.flaw(
                    "spec.tier".to_owned(),
                    "nothing".to_owned(),
                    "Admin or Baseline",
                );
            }
            Tier::Foreign
        }
    }
}

fn pods(wire: wire::NamespacedPod, path: &str, notes: &mut Notes) -> Subject {
    let namespaces = selector(wire.namespaces, &format!("{path}.namespaceSelector"), notes);
    Subject {
        namespaces: Places::Selected(namespaces),
        pods: selector(wire.pods, &format!("{path}.podSelector"), notes),
    }
}

fn whole(namespaces: Selector) -> Subject {
    Subject {
        namespaces: Places::Selected(namespaces),
        pods: Selector::default(),
    }
}

fn subject(wire: Option<wire::Subject>, notes: &mut Notes) -> Subject {
    let wire = wire.unwrap_or_default();
    match (wire.namespaces, wire.pods) {
        (Some(namespaces), None) => {
            whole(selector(Some(namespaces), "spec.subject.namespaces", notes))
        }
        (None, Some(wire)) => pods(wire, "spec.subject.pods", notes),
        (both, _) => {
            if !notes.flawed("spec.subject") {
                let observed = if both.is_some() {
                    "two fields"
                } else {
                    "no field that is known"
                };
                notes.flaw(
                    "spec.subject".to_owned(),
                    observed.to_owned(),
                    "namespaces or pods",
                );
            }
            whole(Selector::malformed())
        }
    }
}

/// A rule of either version and direction.
struct Parts {
    name: Option<Text>,
    action: Option<wire::ActionWord>,
    peers: Option<Items<wire::Peer>>,
    ports: Option<Items<wire::PortRule>>,
    protocols: Option<Items<wire::ProtocolRule>>,
}

impl From<wire::IngressRule> for Parts {
    fn from(rule: wire::IngressRule) -> Self {
        Self {
            name: rule.name,
            action: rule.action,
            peers: rule.peers,
            ports: rule.ports,
            protocols: rule.protocols,
        }
    }
}

impl From<wire::EgressRule> for Parts {
    fn from(rule: wire::EgressRule) -> Self {
        Self {
            name: rule.name,
            action: rule.action,
            peers: rule.peers,
            ports: rule.ports,
            protocols: rule.protocols,
        }
    }
}

/// An administrator's policy without rules in a direction does not touch it.
fn section(
    rules: Option<impl Iterator<Item = Option<Parts>>>,
    path: &str,
    peers: &str,
    notes: &mut Notes,
) -> Section {
    let rules: Box<[Rule]> = match rules {
        Some(rules) => {
            let rules = rules.enumerate().map(|(at, parts)| match parts {
                Some(parts) => rule(parts, &format!("{path}[{at}]"), peers, notes),
                None => lost(),
            });
            rules.collect()
        }
        None if notes.flawed(path) => Box::new([lost()]),
        None => Box::default(),
    };
    Section {
        force: if rules.is_empty() {
            Force::No
        } else {
            Force::Yes
        },
        rules,
    }
}

fn lost() -> Rule {
    Rule {
        action: Action::Unclear,
        ..unreadable()
    }
}

fn rule(parts: Parts, path: &str, peers_field: &str, notes: &mut Notes) -> Rule {
    let at = format!("{path}.{peers_field}");
    let items = parts.peers.unwrap_or_default().0.into_iter().enumerate();
    let mut peers: Vec<Peer> = items
        .map(|(n, item)| {
            item.map_or(Peer::Malformed, |item| {
                peer(item, &format!("{at}[{n}]"), notes)
            })
        })
        .collect();
    if peers.is_empty() {
        if !notes.flawed(&at) {
            notes.flaw(at, "nothing".to_owned(), "at least one peer");
        }
        peers.push(Peer::Malformed);
    }
    let ports = old_ports(parts.ports, &format!("{path}.ports"), notes);
    let protocols = new_ports(parts.protocols, &format!("{path}.protocols"), notes);
    let ports = match (ports, protocols) {
        (Some(_), Some(_)) => Some(Box::new([PortMatch::Malformed]) as Box<[PortMatch]>),
        (ports, protocols) => ports.or(protocols),
    };
    Rule {
        name: name(parts.name),
        action: match parts.action {
            Some(wire::ActionWord::Allow | wire::ActionWord::Accept) => Action::Allow,
            Some(wire::ActionWord::Deny) => Action::Deny,
            Some(wire::ActionWord::Pass) => Action::Pass,
            Some(wire::ActionWord::Other(_)) | None => Action::Unclear,
        },
        peers: Some(peers.into()),
        ports,
    }
}

fn peer(wire: wire::Peer, path: &str, notes: &mut Notes) -> Peer {
    if notes.flawed(path) {
        return Peer::Malformed;
    }
    let said = [
        wire.namespaces.is_some(),
        wire.pods.is_some(),
        wire.nodes.is_some(),
        wire.networks.is_some(),
        wire.domains.is_some(),
    ];
    if said.iter().filter(|said| **said).count() > 1 {
        notes.flaw(
            path.to_owned(),
            "several fields".to_owned(),
            "one kind of peer",
        );
        return Peer::Malformed;
    }
    if let Some(namespaces) = wire.namespaces {
        let namespaces = selector(Some(namespaces), &format!("{path}.namespaces"), notes);
        return Peer::Pods(whole(namespaces));
    }
    if let Some(wire) = wire.pods {
        return Peer::Pods(pods(wire, &format!("{path}.pods"), notes));
    }
    if let Some(nodes) = wire.nodes {
        return Peer::Nodes(selector(Some(nodes), &format!("{path}.nodes"), notes));
    }
    if let Some(networks) = wire.networks {
        let nets: Option<Box<[IpNet]>> = networks.0.into_iter().map(|net| Some(net?.0)).collect();
        return nets.map_or(Peer::Malformed, |nets| Peer::Addresses {
            nets,
            except: Box::default(),
        });
    }
    if let Some(domains) = wire.domains {
        return Peer::Domains(names(Some(domains)));
    }
    let expected = "namespaces, pods, nodes, networks or domainNames";
    notes.flaw(
        path.to_owned(),
        "no field that is known".to_owned(),
        expected,
    );
    Peer::Unrecognised
}

fn old_ports(
    items: Option<Items<wire::PortRule>>,
    path: &str,
    notes: &mut Notes,
) -> Option<Box<[PortMatch]>> {
    let Some(items) = items else {
        return notes
            .flawed(path)
            .then(|| Box::new([PortMatch::Malformed]) as Box<[PortMatch]>);
    };
    let items = items.0.into_iter().enumerate();
    let ports = items.map(|(at, item)| {
        let path = format!("{path}[{at}]");
        let Some(item) = item.filter(|_| !notes.flawed(&path)) else {
            return PortMatch::Malformed;
        };
        match (item.number, item.named, item.range) {
            (Some(one), None, None) => span(
                protocol(one.protocol.as_ref()),
                one.port.map(|port| (port.0, port.0)),
            ),
            (None, Some(named), None) => PortMatch::Named(None, named.into()),
            (None, None, Some(range)) => {
                let ends = range
                    .start
                    .zip(range.end)
                    .map(|(start, end)| (start.0, end.0));
                span(protocol(range.protocol.as_ref()), ends)
            }
            _ => PortMatch::Malformed,
        }
    });
    Some(at_least_one(ports.collect()))
}

fn new_ports(
    items: Option<Items<wire::ProtocolRule>>,
    path: &str,
    notes: &mut Notes,
) -> Option<Box<[PortMatch]>> {
    let Some(items) = items else {
        return notes
            .flawed(path)
            .then(|| Box::new([PortMatch::Malformed]) as Box<[PortMatch]>);
    };
    let items = items.0.into_iter().enumerate();
    let ports = items.map(|(at, item)| {
        let path = format!("{path}[{at}]");
        let Some(item) = item.filter(|_| !notes.flawed(&path)) else {
            return PortMatch::Malformed;
        };
        match (item.tcp, item.udp, item.sctp, item.named) {
            (Some(ports), None, None, None) => of_protocol(Protocol::Tcp, ports),
            (None, Some(ports), None, None) => of_protocol(Protocol::Udp, ports),
            (None, None, Some(ports), None) => of_protocol(Protocol::Sctp, ports),
            (None, None, None, Some(named)) => PortMatch::Named(None, named.into()),
            _ => PortMatch::Malformed,
        }
    });
    Some(at_least_one(ports.collect()))
}

/// An empty list, which the API refuses, is not taken for "all".
fn at_least_one(ports: Box<[PortMatch]>) -> Box<[PortMatch]> {
    if ports.is_empty() {
        Box::new([PortMatch::Malformed])
    } else {
        ports
    }
}

fn of_protocol(protocol: Protocol, ports: wire::ProtocolPorts) -> PortMatch {
    let Some(port) = ports.port else {
        return PortMatch::All(protocol);
    };
    match (port.number, port.range) {
        (Some(number), None) => PortMatch::Range(protocol, number.0, number.0),
        (None, Some(range)) => {
            let ends = range
                .start
                .zip(range.end)
                .map(|(start, end)| (start.0, end.0));
            span(protocol, ends)
        }
        _ => PortMatch::Malformed,
    }
}

fn span(protocol: Protocol, ends: Option<(u16, u16)>) -> PortMatch {
    match ends {
        Some((start, end)) if start <= end => PortMatch::Range(protocol, start, end),
        _ => PortMatch::Malformed,
    }
}
