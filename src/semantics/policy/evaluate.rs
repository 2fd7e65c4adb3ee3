//! A set of ports walks through the tiers: what could become of each.
//!
//! Every port ends with the set of outcomes that are possible. Where all that matters is certain there is one; a port
//! with two is unknown.

use crate::model::policy::{Action, Direction, Rule};
use crate::semantics::policy::matching::{Doubt, Match};
use crate::semantics::policy::ports::PortSet;
use crate::semantics::policy::rules::{Applicable, Chosen};

/// What could become of ports in one direction, or in both.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outcome {
    /// Those that might be admitted.
    pub allow: PortSet,
    /// Those that might be dropped.
    pub deny: PortSet,
}

impl Outcome {
    /// Everything is admitted.
    pub fn open() -> Self {
        Self {
            allow: PortSet::all(),
            deny: PortSet::none(),
        }
    }

    /// The ports that are admitted for certain.
    pub fn admitted(&self) -> PortSet {
        self.allow.minus(&self.deny)
    }

    /// The ports of which it cannot be told.
    pub fn unknown(&self) -> PortSet {
        self.allow.and(&self.deny)
    }

    /// Both directions together: admitted where both admit, dropped where one drops.
    pub fn both(&self, other: &Self) -> Self {
        Self {
            allow: self.allow.and(&other.allow),
            deny: self.deny.or(&other.deny),
        }
    }

    /// Either of two treatments is possible.
    pub fn either(&self, other: &Self) -> Self {
        Self {
            allow: self.allow.or(&other.allow),
            deny: self.deny.or(&other.deny),
        }
    }
}

/// What a rule says of the other end.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Whether the other end is one of its peers.
    pub matched: Match,
    /// What it then does.
    pub action: Action,
    /// Its ports for certain.
    pub ports: PortSet,
    /// Ports besides that it might mean.
    pub perhaps: PortSet,
    /// Why only perhaps.
    pub why: Doubt,
}

/// A rule that had a say.
#[derive(Clone, Debug)]
pub struct Step<'w> {
    /// Its policy.
    pub chosen: Chosen<'w>,
    /// Which of the direction's rules; none where the policy as a whole is meant.
    pub rule: Option<usize>,
    /// What it does.
    pub effect: Effect,
    /// Why it is not certain that it has this say.
    pub doubt: Option<Doubt>,
}

/// What a rule, or a policy as a whole, does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The rule's action.
    Acts(Action),
    /// It isolates, and none of its rules admits.
    Isolates,
    /// Its rules are not judged.
    NotJudged,
}

/// Looks up what a rule of an applicable policy says of the other end.
pub trait Lookup<'w> {
    /// What the rule at this place says.
    fn hit(&mut self, chosen: &Chosen<'w>, at: usize, rule: &'w Rule) -> Hit;
}

/// The ports of `asked` walked through everything applicable; `steps` gets whatever had a say, in order.
pub fn walk<'w>(
    applicable: &Applicable<'w>,
    direction: Direction,
    asked: &PortSet,
    lookup: &mut dyn Lookup<'w>,
    steps: &mut Vec<Step<'w>>,
) -> Outcome {
    let mut walker = Walker {
        direction,
        lookup,
        steps,
        out: Outcome::default(),
        passed: PortSet::none(),
    };
    if !applicable.gaps.is_empty() {
        walker.undecided(asked);
    }
    for chosen in &applicable.foreign {
        walker.undecided(asked);
        walker.note(chosen, None, Effect::NotJudged, Some(Doubt::Foreign));
    }
    let mut live = asked.clone();
    for group in &applicable.admin {
        live = walker.group(group, &live);
    }
    live = live.or(&std::mem::take(&mut walker.passed));
    if !applicable.namespaced.is_empty() {
        let decided = walker.union(applicable, &live);
        if applicable.isolating().next().is_some() {
            if applicable.past_isolation {
                walker.past_isolation(applicable, &live.minus(&decided));
            }
            return walker.out;
        }
        live = live.minus(&decided);
    }
    for group in &applicable.baseline {
        live = walker.group(group, &live);
    }
    live = live.or(&walker.passed);
    walker.out.allow = walker.out.allow.or(&live);
    walker.out
}

struct Walker<'s, 'w> {
    direction: Direction,
    lookup: &'s mut dyn Lookup<'w>,
    steps: &'s mut Vec<Step<'w>>,
    out: Outcome,
    passed: PortSet,
}

impl<'w> Walker<'_, 'w> {
    fn note(
        &mut self,
        chosen: &Chosen<'w>,
        rule: Option<usize>,
        effect: Effect,
        doubt: Option<Doubt>,
    ) {
        self.steps.push(Step {
            chosen: *chosen,
            rule,
            effect,
            doubt,
        });
    }

    fn undecided(&mut self, ports: &PortSet) {
        self.out.allow = self.out.allow.or(ports);
        self.out.deny = self.out.deny.or(ports);
    }

    /// Policies of equal priority: any of those that match may be the one that is applied.
    fn group(&mut self, group: &[Chosen<'w>], live: &PortSet) -> PortSet {
        let before = self.steps.len();
        let mut left = live.clone();
        for chosen in group {
            let rest = self.ordered(chosen, live.clone());
            left = left.and(&rest);
        }
        let said = self.steps.get_mut(before..).unwrap_or_default();
        let first = said.first().map(|step| step.effect);
        if group.len() > 1 && said.iter().any(|step| Some(step.effect) != first) {
            for step in said {
                step.doubt.get_or_insert(Doubt::EqualPriority);
            }
        }
        left
    }

    /// A policy whose rules are read in order, the first match deciding. Returns what is left for later ones.
    fn ordered(&mut self, chosen: &Chosen<'w>, mut live: PortSet) -> PortSet {
        for (at, rule) in chosen.rules(self.direction).iter().enumerate() {
            if live.is_empty() {
                break;
            }
            let hit = self.lookup.hit(chosen, at, rule);
            if hit.matched == Match::No {
                continue;
            }
            let possible = live.and(&hit.ports.or(&hit.perhaps));
            if possible.is_empty() {
                continue;
            }
            let certain = chosen.selected == Match::Yes && hit.matched == Match::Yes;
            let decided = live.and(&hit.ports);
            let doubt = doubt(chosen.selected, hit.matched)
                .or((!certain || decided.is_empty()).then_some(hit.why));
            self.note(chosen, Some(at), Effect::Acts(hit.action), doubt);
            match hit.action {
                Action::Allow => self.out.allow = self.out.allow.or(&possible),
                Action::Deny => self.out.deny = self.out.deny.or(&possible),
                Action::Pass => self.passed = self.passed.or(&possible),
                Action::Unclear => {
                    self.undecided(&possible);
                    self.passed = self.passed.or(&possible);
                }
            }
            if certain {
                live = live.minus(&decided);
            }
        }
        live
    }

    /// What isolates and yet admits nothing of this is undecided to Cilium, which then asks the Baseline tier; by the API
    /// that tier is for pods that nothing isolates.
    fn past_isolation(&mut self, applicable: &Applicable<'w>, left: &PortSet) {
        let before = self.steps.len();
        let denied = self.out.deny.clone();
        let mut live = left.clone();
        for group in &applicable.baseline {
            live = self.group(group, &live);
        }
        self.out.deny = denied;
        self.passed = PortSet::none();
        for step in self.steps.get_mut(before..).unwrap_or_default() {
            step.doubt.get_or_insert(Doubt::PastIsolation);
        }
    }

    /// NetworkPolicies and Cilium's own: what any of them admits is admitted unless one of Cilium's denies it; the rest
    /// is dropped where any of them isolates. Returns what is decided whether or not.
    fn union(&mut self, applicable: &Applicable<'w>, live: &PortSet) -> PortSet {
        let mut sum = Union::default();
        for chosen in &applicable.namespaced {
            let mut admits = false;
            for (at, rule) in chosen.rules(self.direction).iter().enumerate() {
                let hit = self.lookup.hit(chosen, at, rule);
                let all = hit.ports.or(&hit.perhaps);
                if hit.matched == Match::No || live.and(&all).is_empty() {
                    continue;
                }
                let mut doubt = doubt(chosen.selected, hit.matched);
                let certain = doubt.is_none();
                if certain && live.and(&hit.ports).is_empty() {
                    doubt = Some(hit.why);
                }
                admits |= hit.action != Action::Deny;
                sum.add(chosen, &hit, certain);
                let action = match hit.action {
                    Action::Deny => Action::Deny,
                    _ => Action::Allow,
                };
                self.note(chosen, Some(at), Effect::Acts(action), doubt);
            }
            if !admits && chosen.isolates != Match::No {
                let doubt = doubt(chosen.isolates, Match::Yes);
                self.note(chosen, None, Effect::Isolates, doubt);
            }
        }
        let isolated = |chosen: &Chosen<'_>| chosen.isolates != Match::No;
        let admitted = live.and(&sum.yes.or(&sum.maybe)).minus(&sum.no);
        self.out.allow = self.out.allow.or(&admitted);
        self.out.deny = self.out.deny.or(&live.and(&sum.maybe_no));
        if applicable.namespaced.iter().any(isolated) {
            self.out.deny = self.out.deny.or(&live.minus(&sum.yes));
        }
        sum.yes.or(&sum.no)
    }
}

/// What the rules of a union say together.
#[derive(Default)]
struct Union {
    yes: PortSet,
    maybe: PortSet,
    no: PortSet,
    maybe_no: PortSet,
}

impl Union {
    fn add(&mut self, chosen: &Chosen<'_>, hit: &Hit, certain: bool) {
        let all = hit.ports.or(&hit.perhaps);
        if hit.action == Action::Deny {
            if certain {
                self.no = self.no.or(&hit.ports);
            }
            self.maybe_no = self.maybe_no.or(&all);
            return;
        }
        if certain {
            self.yes = self.yes.or(&hit.ports);
        }
        self.maybe = self.maybe.or(&all);
        if chosen.isolates == Match::No {
            // What is decided by requests drops some of them even where nothing else is dropped.
            self.maybe_no = self.maybe_no.or(&hit.perhaps);
        }
    }
}

fn doubt(selected: Match, matched: Match) -> Option<Doubt> {
    match (selected, matched) {
        (Match::Maybe(doubt), _) | (_, Match::Maybe(doubt)) => Some(doubt),
        _ => None,
    }
}
