//! Outcomes: what can become of a connection, each held once and known by its number.

use crate::model::service::Family;
use crate::semantics::policy::evaluate::Outcome;
use crate::semantics::policy::ports::PortSet;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Something that can become of a connection; equal numbers mean equal outcomes.
pub type Id = u32;

/// Everything is admitted: the first of every table.
pub const OPEN: Id = 0;

/// What each family of addresses admits for certain, IPv4 first: of ends that have both, where these differ.
pub type ByFamily = [(Family, PortSet); 2];

/// An outcome and why a part of it is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Told {
    /// What is admitted for certain.
    pub admitted: PortSet,
    /// What cannot be told.
    pub unknown: PortSet,
    /// Why not.
    pub reason: Option<Arc<str>>,
    /// What each family admits of what cannot be told, where the family decides.
    pub families: Option<Arc<ByFamily>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Entry {
    outcome: Outcome,
    families: Option<Arc<ByFamily>>,
    reason: Option<Arc<str>>,
}

type Verdict = (Outcome, Option<Arc<ByFamily>>);

/// Every outcome that was met, once.
#[derive(Debug)]
pub struct Outcomes {
    held: Vec<Entry>,
    ids: FxHashMap<Entry, Id>,
    bare: FxHashMap<Verdict, Id>,
    both: FxHashMap<(Id, Id), Id>,
    over_either: FxHashMap<(Id, Id), Id>,
    either_open: FxHashMap<Id, Id>,
}

impl Default for Outcomes {
    fn default() -> Self {
        let mut new = Self {
            held: Vec::new(),
            ids: FxHashMap::default(),
            bare: FxHashMap::default(),
            both: FxHashMap::default(),
            over_either: FxHashMap::default(),
            either_open: FxHashMap::default(),
        };
        new.id(Outcome::open(), None);
        new
    }
}

impl Outcomes {
    /// The number of an outcome.
    pub fn id(&mut self, outcome: Outcome, reason: Option<Arc<str>>) -> Id {
        self.entry(Entry {
            outcome,
            families: None,
            reason,
        })
    }

    fn entry(&mut self, entry: Entry) -> Id {
        if let Some(id) = self.ids.get(&entry) {
            return *id;
        }
        let id = Id::try_from(self.held.len()).unwrap_or(Id::MAX);
        let verdict = (entry.outcome.clone(), entry.families.clone());
        self.bare.entry(verdict).or_insert(id);
        self.held.push(entry.clone());
        self.ids.insert(entry, id);
        id
    }

    fn get(&self, id: Id) -> Entry {
        let at = usize::try_from(id).unwrap_or(usize::MAX);
        self.held.get(at).cloned().unwrap_or_default()
    }

    /// The first outcome with the same verdicts, whatever the reason.
    pub fn bare(&self, id: Id) -> Id {
        let at = usize::try_from(id).unwrap_or(usize::MAX);
        let Some(entry) = self.held.get(at) else {
            return id;
        };
        let verdict = (entry.outcome.clone(), entry.families.clone());
        self.bare.get(&verdict).copied().unwrap_or(id)
    }

    /// What the outcome says.
    pub fn told(&self, id: Id) -> Told {
        let entry = self.get(id);
        Told {
            admitted: entry.outcome.admitted(),
            unknown: entry.outcome.unknown(),
            reason: entry.reason,
            families: entry.families,
        }
    }

    /// Both directions together.
    pub fn both(&mut self, egress: Id, ingress: Id) -> Id {
        if egress == OPEN || egress == ingress {
            return ingress;
        }
        if ingress == OPEN {
            return egress;
        }
        if let Some(id) = self.both.get(&(egress, ingress)) {
            return *id;
        }
        let (out, into) = (self.get(egress), self.get(ingress));
        let together = out.outcome.both(&into.outcome);
        let reason = if together.unknown().is_empty() {
            None
        } else {
            joined(out.reason, into.reason)
        };
        let id = self.id(together, reason);
        self.both.insert((egress, ingress), id);
        id
    }

    /// A connection that may run over either family of addresses: certain is what both families say alike.
    pub fn over_either(&mut self, four: Id, six: Id) -> Id {
        if four == six {
            return four;
        }
        if let Some(id) = self.over_either.get(&(four, six)) {
            return *id;
        }
        let (four_said, six_said) = (self.get(four), self.get(six));
        let outcome = four_said.outcome.either(&six_said.outcome);
        let unknown = outcome.unknown();
        let [only_four, only_six] = [(&four_said, &six_said), (&six_said, &four_said)]
            .map(|(one, other)| one.outcome.admitted().minus(&other.outcome.allow));
        let mut reasons: Vec<String> = Vec::new();
        match (only_four.is_empty(), only_six.is_empty()) {
            (true, true) => {}
            (false, true) => reasons.push("admitted over IPv4, denied over IPv6".to_owned()),
            (true, false) => reasons.push("admitted over IPv6, denied over IPv4".to_owned()),
            (false, false) => {
                reasons.push("what is admitted over IPv4 is not what is over IPv6".to_owned());
            }
        }
        match (&four_said.reason, &six_said.reason) {
            (Some(one), Some(other)) if one == other => reasons.push(one.to_string()),
            (one, other) => {
                reasons.extend(one.iter().map(|why| format!("over IPv4: {why}")));
                reasons.extend(other.iter().map(|why| format!("over IPv6: {why}")));
            }
        }
        let admitted = [
            (Family::V4, four_said.outcome.admitted().and(&unknown)),
            (Family::V6, six_said.outcome.admitted().and(&unknown)),
        ];
        let differs = admitted.iter().any(|(_, ports)| !ports.is_empty());
        let id = self.entry(Entry {
            outcome,
            families: differs.then(|| Arc::new(admitted)),
            reason: (!unknown.is_empty()).then(|| reasons.join("; ").into()),
        });
        self.over_either.insert((four, six), id);
        id
    }

    /// The outcome, or none at all: two treatments of an end that shares its node's network.
    pub fn either_open(&mut self, id: Id) -> Id {
        if id == OPEN {
            return OPEN;
        }
        if let Some(id) = self.either_open.get(&id) {
            return *id;
        }
        let entry = self.get(id);
        let outcome = entry.outcome.either(&Outcome::open());
        let reason = entry.reason.or_else(|| {
            Some("an end shares its node's network, for which Kubernetes defines nothing".into())
        });
        let new = self.entry(Entry {
            outcome,
            families: entry.families,
            reason,
        });
        self.either_open.insert(id, new);
        new
    }
}

fn joined(one: Option<Arc<str>>, other: Option<Arc<str>>) -> Option<Arc<str>> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Some(format!("{one}; {other}").into()),
        (one, other) => one.or(other),
    }
}
