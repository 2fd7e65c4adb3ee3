//! Rows: what policies make of everything that one class sends, or receives.
//!
//! Classes that the same policies are about share a row; a rule is matched against every column once.

use crate::model::policy::{Action, Direction, PortMatch, Rule};
use crate::semantics::policy::end::End;
use crate::semantics::policy::evaluate::{Effect, Hit, Lookup, Outcome, Step, walk};
use crate::semantics::policy::matching::{self, Doubt, Match, Surroundings};
use crate::semantics::policy::meant::ports;
use crate::semantics::policy::ports::PortSet;
use crate::semantics::policy::reach::classes::{Class, Classes, only_own, only_pods_of};
use crate::semantics::policy::reach::outcomes::{Id, OPEN, Outcomes};
use crate::semantics::policy::rules::{Applicable, Chosen, Policies};
use crate::semantics::policy::words;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What becomes of what a class sends to, or receives from, each column: the classes, then the pieces, then the classes
/// with both families as they are met over IPv6.
#[derive(Clone, Debug)]
pub enum Row {
    /// The same everywhere.
    Same(Id),
    /// By column.
    Each(Arc<[Id]>),
}

impl Row {
    /// The outcome of a column.
    pub fn at(&self, column: usize) -> Id {
        match self {
            Self::Same(id) => *id,
            Self::Each(ids) => ids.get(column).copied().unwrap_or(OPEN),
        }
    }
}

/// A rule's say on one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Say {
    /// Which of the applicable policies' rules, counted through.
    rule: u32,
    matched: Match,
    action: Action,
}

type Says = Vec<Say>;
/// The columns that a rule says something of; none where it says the same of all.
type Columns = Option<Arc<[(u32, Match, Action)]>>;
type Shape = (bool, Vec<(usize, Match)>, usize);

/// Makes rows, and keeps what they share.
pub struct Rows<'r, 'v, 'w> {
    surroundings: &'r Surroundings<'v, 'w>,
    classes: &'r Classes<'w>,
    columns: Vec<End<'w>>,
    matched: FxHashMap<(usize, Direction, usize), Columns>,
    made: FxHashMap<(Direction, Shape), Row>,
    /// The outcomes so far.
    pub outcomes: Outcomes,
}

impl<'r, 'v, 'w> Rows<'r, 'v, 'w> {
    /// A maker of rows over these classes.
    pub fn new(surroundings: &'r Surroundings<'v, 'w>, classes: &'r Classes<'w>) -> Self {
        let pods = classes.classes.iter().map(|class| class.end.clone());
        let pieces = classes.pieces.iter().map(|piece| End::Outside(*piece));
        let sixes = classes.sixes.iter().map(|(_, end)| end.clone());
        Self {
            surroundings,
            classes,
            columns: pods.chain(pieces).chain(sixes).collect(),
            matched: FxHashMap::default(),
            made: FxHashMap::default(),
            outcomes: Outcomes::default(),
        }
    }

    /// The row of a class in a direction.
    pub fn row(&mut self, policies: &Policies<'w>, class: usize, direction: Direction) -> Row {
        let Some(own) = self.classes.classes.get(class) else {
            return Row::Same(OPEN);
        };
        let End::Pod(pod) = &own.end else {
            return Row::Same(OPEN);
        };
        let applicable = policies.applicable(self.surroundings, pod, direction);
        if applicable.is_open() {
            return Row::Same(OPEN);
        }
        let names = match direction {
            Direction::Ingress => own.names,
            Direction::Egress => 0,
        };
        let about = applicable
            .all()
            .map(|chosen| (address_of(chosen), chosen.selected));
        let shape = (!applicable.gaps.is_empty(), about.collect(), names);
        if let Some(row) = self.made.get(&(direction, shape.clone())) {
            return row.clone();
        }
        let end = own.end.clone();
        let row = self.make(&applicable, &end, direction);
        self.made.insert((direction, shape), row.clone());
        row
    }

    fn make(&mut self, applicable: &Applicable<'w>, own: &End<'w>, direction: Direction) -> Row {
        let chosen: Vec<Chosen<'w>> = applicable.all().copied().collect();
        let mut says: Vec<Says> = vec![Vec::new(); self.columns.len()];
        let mut always: Says = Vec::new();
        let mut starts = FxHashMap::default();
        let mut named = false;
        let mut count = 0u32;
        for one in &chosen {
            starts.insert(address_of(one), count);
            for (at, rule) in one.rules(direction).iter().enumerate() {
                named |= has_names(rule);
                match self.columns_of(one, at, rule, direction) {
                    None => always.push(Say {
                        rule: count,
                        matched: Match::Yes,
                        action: rule.action,
                    }),
                    Some(columns) => {
                        for (column, matched, action) in columns.iter() {
                            let column = usize::try_from(*column).unwrap_or(usize::MAX);
                            if let Some(says) = says.get_mut(column) {
                                says.push(Say {
                                    rule: count,
                                    matched: *matched,
                                    action: *action,
                                });
                            }
                        }
                    }
                }
                count += 1;
            }
        }
        let mut known: FxHashMap<(Says, usize), Id> = FxHashMap::default();
        let by_receiver = named && direction == Direction::Egress;
        let mut ids = Vec::with_capacity(says.len());
        for (column, says) in says.into_iter().enumerate() {
            let names = if by_receiver {
                self.names_of(column)
            } else {
                0
            };
            let key = (says, names);
            if let Some(id) = known.get(&key) {
                ids.push(*id);
                continue;
            }
            let receiver = match direction {
                Direction::Ingress => own,
                Direction::Egress => self.columns.get(column).unwrap_or(own),
            };
            let mut lookup = Table {
                always: &always,
                says: &key.0,
                starts: &starts,
                receiver,
            };
            let (outcome, reason) = judged(applicable, direction, &mut lookup);
            let id = self.outcomes.id(outcome, reason);
            known.insert(key, id);
            ids.push(id);
        }
        Row::Each(ids.into())
    }

    /// The class of a column: over its first family, or over IPv6.
    fn class_of(&self, column: usize) -> Option<&'r Class<'w>> {
        let classes = &self.classes.classes;
        let pieces = self.classes.pieces.len();
        classes.get(column).or_else(|| {
            let six = column.checked_sub(classes.len() + pieces)?;
            let (class, _) = self.classes.sixes.get(six)?;
            classes.get(*class)
        })
    }

    fn names_of(&self, column: usize) -> usize {
        self.class_of(column)
            .map_or(usize::MAX, |class| class.names)
    }

    /// What a rule says of each column; kept, for policies share columns.
    fn columns_of(
        &mut self,
        chosen: &Chosen<'w>,
        at: usize,
        rule: &'w Rule,
        direction: Direction,
    ) -> Columns {
        rule.peers.as_ref()?;
        let key = (address_of(chosen), direction, at);
        if let Some(columns) = self.matched.get(&key) {
            return columns.clone();
        }
        let own = chosen.policy.meta.key.namespace.as_ref();
        let by_pods = only_pods_of(self.surroundings, chosen.policy, rule);
        let skip = |column: usize| match self.class_of(column) {
            Some(class) => only_own(rule) && Some(&class.namespace) != own,
            None => by_pods && !fails_closed(chosen, rule),
        };
        let columns = self
            .columns
            .iter()
            .enumerate()
            .filter(|(column, _)| !skip(*column));
        let found = columns.filter_map(|(column, end)| {
            let (matched, action) = self.surroundings.rule(chosen.policy, rule, end);
            let column = u32::try_from(column).ok()?;
            (matched != Match::No).then_some((column, matched, action))
        });
        let found: Columns = Some(found.collect());
        self.matched.insert(key, found.clone());
        found
    }
}

/// Whether a rule may match beyond its peers.
fn fails_closed(chosen: &Chosen<'_>, rule: &Rule) -> bool {
    use crate::model::policy::Peer;
    let peers = rule.peers.as_deref().unwrap_or_default();
    matching::fails_closed(chosen.policy.tier) && peers.contains(&Peer::Unrecognised)
}

fn address_of(chosen: &Chosen<'_>) -> usize {
    std::ptr::from_ref(chosen.policy).addr()
}

fn has_names(rule: &Rule) -> bool {
    let ports = rule.ports.as_deref().unwrap_or_default();
    let named = |port: &PortMatch| match port {
        PortMatch::Named(..) => true,
        PortMatch::Beyond(inner) => inner
            .iter()
            .any(|port| matches!(port, PortMatch::Named(..))),
        _ => false,
    };
    ports.iter().any(named)
}

fn judged<'w>(
    applicable: &Applicable<'w>,
    direction: Direction,
    lookup: &mut Table<'_, 'w>,
) -> (Outcome, Option<Arc<str>>) {
    let mut steps = Vec::new();
    let outcome = walk(applicable, direction, &PortSet::all(), lookup, &mut steps);
    if outcome.unknown().is_empty() {
        return (outcome, None);
    }
    (outcome, Some(reason(applicable, &steps)))
}

/// Why something is unknown: what cannot be read, then what is in doubt.
fn reason(applicable: &Applicable<'_>, steps: &[Step<'_>]) -> Arc<str> {
    let gaps = applicable.gaps.iter().map(|gap| gap.why.to_string());
    let doubtful = steps.iter().filter_map(|step| {
        let doubt = step.doubt?;
        let name = words::name(step.chosen.policy);
        Some(match step.effect {
            Effect::NotJudged => format!("{name} is not judged"),
            _ => format!("{name} {}", words::doubt(doubt)),
        })
    });
    let mut all: Vec<String> = gaps.chain(doubtful).collect();
    all.sort();
    all.dedup();
    if all.is_empty() {
        all.push("what the policies decide cannot be told".to_owned());
    }
    all.join("; ").into()
}

/// Looks up what was matched before.
struct Table<'t, 'w> {
    always: &'t Says,
    says: &'t Says,
    starts: &'t FxHashMap<usize, u32>,
    receiver: &'t End<'w>,
}

impl<'w> Lookup<'w> for Table<'_, 'w> {
    fn hit(&mut self, chosen: &Chosen<'w>, at: usize, rule: &'w Rule) -> Hit {
        let start = self
            .starts
            .get(&address_of(chosen))
            .copied()
            .unwrap_or_default();
        let number = start + u32::try_from(at).unwrap_or(u32::MAX - start);
        let same = |say: &&Say| say.rule == number;
        let say = self
            .says
            .iter()
            .find(same)
            .or_else(|| self.always.iter().find(same));
        let Some(say) = say else {
            return Hit {
                matched: Match::No,
                action: rule.action,
                ports: PortSet::none(),
                perhaps: PortSet::none(),
                why: Doubt::Malformed,
            };
        };
        let mut meant = ports(rule, self.receiver);
        if say.action != rule.action {
            meant.certain = PortSet::all();
        }
        Hit {
            matched: say.matched,
            action: say.action,
            ports: meant.certain,
            perhaps: meant.perhaps,
            why: meant.why,
        }
    }
}
