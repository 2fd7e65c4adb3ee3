//! NetworkPolicy, as `networking.k8s.io/v1` defaults it.
//!
//! Whatever of a rule cannot be read is kept as malformed: to leave it out could turn "these" into "everyone".

use crate::lower::Lower;
use crate::lower::context::{self, Context, protocol};
use crate::model::key::Name;
use crate::model::labels::{Demand, Selector};
use crate::model::object::Fact;
use crate::model::policy::{
    Action, Force, Peer, Places, Policy, PortMatch, Rule, Section, Subject, Tier,
};
use crate::wire::meta::LabelSelector;
use crate::wire::notes::Notes;
use crate::wire::policy as wire;
use ipnet::IpNet;

impl Lower for wire::NetworkPolicy {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let notes = &mut context.notes;
        let spec_lost = self.spec.is_none() && notes.flawed("spec");
        let spec = self.spec.unwrap_or_default();
        let sections = Sections {
            types: spec.types.as_deref(),
            unclear: spec_lost || notes.flawed("spec.policyTypes"),
            has_egress: spec
                .egress
                .as_ref()
                .is_some_and(|rules| !rules.0.is_empty()),
            egress_lost: notes.flawed("spec.egress") && spec.egress.is_none(),
        };
        let (in_force, out_force) = (sections.ingress(), sections.egress());
        let types = spec.types.as_deref().map(type_names);
        let ingress = spec.ingress.map(|rules| {
            let rules = rules.0.into_iter();
            rules
                .map(|rule| rule.map(|rule| (rule.peers, rule.ports)))
                .collect()
        });
        let egress = spec.egress.map(|rules| {
            let rules = rules.0.into_iter();
            rules
                .map(|rule| rule.map(|rule| (rule.peers, rule.ports)))
                .collect()
        });
        let pods = if spec_lost {
            Selector::malformed()
        } else {
            selector(spec.pods, "spec.podSelector", notes)
        };
        Fact::Policy(Policy {
            meta,
            tier: Tier::Namespaced,
            subject: Subject {
                namespaces: Places::Own,
                pods,
            },
            types,
            ingress: section(in_force, ingress, Words::INGRESS, notes),
            egress: section(out_force, egress, Words::EGRESS, notes),
            refused: None,
        })
    }
}

/// What `policyTypes` and the rules say together (`pkg/apis/networking/v1/defaults.go`).
struct Sections<'t> {
    types: Option<&'t [wire::TypeWord]>,
    unclear: bool,
    has_egress: bool,
    egress_lost: bool,
}

impl Sections<'_> {
    fn listed(&self, wanted: &wire::TypeWord) -> Option<bool> {
        let types = self.types.filter(|types| !types.is_empty())?;
        Some(types.contains(wanted))
    }

    fn ingress(&self) -> Force {
        match (self.unclear, self.listed(&wire::TypeWord::Ingress)) {
            (true, _) => Force::Unclear,
            (false, None | Some(true)) => Force::Yes,
            (false, Some(false)) => Force::No,
        }
    }

    fn egress(&self) -> Force {
        match (self.unclear, self.listed(&wire::TypeWord::Egress)) {
            (true, _) => Force::Unclear,
            (false, Some(true)) => Force::Yes,
            (false, None) if self.egress_lost => Force::Unclear,
            (false, None) if self.has_egress => Force::Yes,
            (false, None | Some(false)) => Force::No,
        }
    }
}

fn type_names(words: &[wire::TypeWord]) -> Box<[Name]> {
    let names = words.iter().map(|word| match word {
        wire::TypeWord::Ingress => Name::from("Ingress"),
        wire::TypeWord::Egress => Name::from("Egress"),
        wire::TypeWord::Other(word) => Name::from(&**word),
    });
    names.collect()
}

/// The fields of a direction.
#[derive(Clone, Copy)]
struct Words {
    section: &'static str,
    peers: &'static str,
}

impl Words {
    const INGRESS: Self = Self {
        section: "spec.ingress",
        peers: "from",
    };
    const EGRESS: Self = Self {
        section: "spec.egress",
        peers: "to",
    };
}

type Parts = (
    Option<wire::Items<wire::Peer>>,
    Option<wire::Items<wire::Port>>,
);

fn section(
    force: Force,
    rules: Option<Vec<Option<Parts>>>,
    words: Words,
    notes: &mut Notes,
) -> Section {
    let Some(rules) = rules else {
        let lost = notes.flawed(words.section);
        return Section {
            force,
            rules: if lost {
                Box::new([unreadable()])
            } else {
                Box::default()
            },
        };
    };
    let rules = rules.into_iter().enumerate().map(|(at, parts)| {
        let path = format!("{}[{at}]", words.section);
        match parts {
            Some(parts) => rule(parts, &path, words, notes),
            None => unreadable(),
        }
    });
    Section {
        force,
        rules: rules.collect(),
    }
}

/// A rule of which nothing is known.
pub(super) fn unreadable() -> Rule {
    Rule {
        name: Name::default(),
        action: Action::Allow,
        peers: Some(Box::new([Peer::Malformed])),
        ports: Some(Box::new([PortMatch::Malformed])),
    }
}

fn rule((peers, ports): Parts, path: &str, words: Words, notes: &mut Notes) -> Rule {
    let at = format!("{path}.{}", words.peers);
    let peers = match peers {
        Some(items) => {
            let items = items.0.into_iter().enumerate();
            let lowered: Box<[Peer]> = items
                .map(|(n, item)| {
                    item.map_or(Peer::Malformed, |item| {
                        peer(item, &format!("{at}[{n}]"), notes)
                    })
                })
                .collect();
            (!lowered.is_empty()).then_some(lowered)
        }
        None if notes.flawed(&at) => Some(Box::new([Peer::Malformed]) as Box<[Peer]>),
        None => None,
    };
    let at = format!("{path}.ports");
    let ports = match ports {
        Some(items) => {
            let items = items.0.into_iter().enumerate();
            let lowered: Box<[PortMatch]> = items
                .map(|(n, item)| {
                    item.map_or(PortMatch::Malformed, |item| {
                        port(item, &format!("{at}[{n}]"), notes)
                    })
                })
                .collect();
            (!lowered.is_empty()).then_some(lowered)
        }
        None if notes.flawed(&at) => Some(Box::new([PortMatch::Malformed]) as Box<[PortMatch]>),
        None => None,
    };
    Rule {
        name: Name::default(),
        action: Action::Allow,
        peers,
        ports,
    }
}

fn peer(wire: wire::Peer, path: &str, notes: &mut Notes) -> Peer {
    if notes.flawed(path) {
        return Peer::Malformed;
    }
    let selects = wire.pods.is_some() || wire.namespaces.is_some();
    match wire.block {
        Some(_) if selects => {
            let observed = "ipBlock beside a selector".to_owned();
            notes.flaw(path.to_owned(), observed, "ipBlock alone, or selectors");
            Peer::Malformed
        }
        Some(block) => addresses(block, path, notes),
        None if selects => {
            let namespaces = match wire.namespaces {
                Some(wire) => Places::Selected(selector(
                    Some(wire),
                    &format!("{path}.namespaceSelector"),
                    notes,
                )),
                None => Places::Own,
            };
            let pods = selector(wire.pods, &format!("{path}.podSelector"), notes);
            Peer::Pods(Subject { namespaces, pods })
        }
        None => {
            let expected = "podSelector, namespaceSelector or ipBlock";
            notes.flaw(
                path.to_owned(),
                "no field that is known".to_owned(),
                expected,
            );
            Peer::Unrecognised
        }
    }
}

fn addresses(block: wire::Block, path: &str, notes: &mut Notes) -> Peer {
    let Some(cidr) = block.cidr else {
        return Peer::Malformed;
    };
    let except = block.except.unwrap_or_default().0;
    let mut kept: Vec<IpNet> = Vec::with_capacity(except.len());
    for (at, net) in except.into_iter().enumerate() {
        let Some(net) = net else {
            return Peer::Malformed;
        };
        // The API server refuses an exception that is not strictly inside; it takes nothing away that is there.
        if !cidr.0.contains(&net.0) || cidr.0.trunc() == net.0.trunc() {
            let field = format!("{path}.ipBlock.except[{at}]");
            notes.flaw(
                field,
                net.0.to_string(),
                &format!("a range strictly inside {}", cidr.0),
            );
        }
        kept.push(net.0);
    }
    Peer::Addresses {
        nets: Box::new([cidr.0]),
        except: kept.into(),
    }
}

fn port(wire: wire::Port, path: &str, notes: &mut Notes) -> PortMatch {
    if notes.flawed(path) {
        return PortMatch::Malformed;
    }
    let protocol = protocol(wire.protocol.as_ref());
    match (wire.port, wire.end) {
        (None, None) => PortMatch::All(protocol),
        (Some(wire::PolicyPort::Number(port)), None) => PortMatch::Range(protocol, port, port),
        (Some(wire::PolicyPort::Number(port)), Some(end)) if port <= end.0 => {
            PortMatch::Range(protocol, port, end.0)
        }
        (Some(wire::PolicyPort::Name(name)), None) => PortMatch::Named(Some(protocol), name.into()),
        (_, Some(end)) => {
            let expected = "a port by number, not above endPort";
            notes.flaw(format!("{path}.endPort"), end.0.to_string(), expected);
            PortMatch::Malformed
        }
    }
}

/// A label selector; one of which any part is odd matches nobody for certain and everybody perhaps.
pub(super) fn selector(wire: Option<LabelSelector>, path: &str, notes: &mut Notes) -> Selector {
    let selector = context::selector(&wire.unwrap_or_default());
    for (at, (_, demand)) in selector.0.iter().enumerate() {
        if matches!(demand, Demand::In(values) | Demand::NotIn(values) if values.is_empty()) {
            let field = format!("{path}.matchExpressions[{at}].values");
            notes.flaw(field, "nothing".to_owned(), "at least one value");
        }
    }
    if notes.flawed(path) {
        return Selector::malformed();
    }
    selector
}
