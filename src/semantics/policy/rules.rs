//! The policies that are about one end in one direction, in the order in which they are read.

use crate::model::coverage::Gap;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::policy::{Action, Direction, Force, Policy, Rule, Tier};
use crate::model::view::{View, as_policy};
use crate::semantics::policy::end::PodEnd;
use crate::semantics::policy::matching::{Doubt, Match, Surroundings};

/// A policy that is about an end, for certain or perhaps.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'w> {
    /// The policy.
    pub policy: &'w Policy,
    /// Whether it is: never [`Match::No`].
    pub selected: Match,
    /// Whether it isolates the end in the direction that is asked about.
    pub isolates: Match,
}

impl<'w> Chosen<'w> {
    /// Its rules of a direction.
    pub fn rules(&self, direction: Direction) -> &'w [Rule] {
        &self.policy.section(direction).rules
    }
}

/// What is to be read for one end in one direction.
#[derive(Clone, Debug, Default)]
pub struct Applicable<'w> {
    /// Kinds of policies that cannot be read.
    pub gaps: Vec<Gap>,
    /// Policies whose rules are not judged.
    pub foreign: Vec<Chosen<'w>>,
    /// Groups of equal priority, the first first.
    pub admin: Vec<Vec<Chosen<'w>>>,
    /// NetworkPolicies, and Cilium's.
    pub namespaced: Vec<Chosen<'w>>,
    /// As `admin`.
    pub baseline: Vec<Vec<Chosen<'w>>>,
    /// Whether Cilium, which asks it of isolated pods too, is seen to enforce a Baseline tier that there is.
    pub past_isolation: bool,
}

impl<'w> Applicable<'w> {
    /// Whether nothing stands in the way.
    pub fn is_open(&self) -> bool {
        self.gaps.is_empty() && self.all().next().is_none()
    }

    /// Every policy, in order.
    pub fn all(&self) -> impl Iterator<Item = &Chosen<'w>> {
        let admin = self.admin.iter().flatten();
        let baseline = self.baseline.iter().flatten();
        self.foreign
            .iter()
            .chain(admin)
            .chain(&self.namespaced)
            .chain(baseline)
    }

    /// Whether policies may come between a pod and its own node, which Kubernetes' do not. Where Cilium reads them, they
    /// limit what a pod sends to its node; of what the node sends to it only what a rule denies is stopped.
    pub fn limits_own_node(&self, direction: Direction, on_cilium: bool) -> bool {
        let read = |chosen: &&Chosen<'_>| on_cilium || chosen.policy.tier == Tier::Cilium;
        let denies = |chosen: &Chosen<'_>| {
            let mut rules = chosen.rules(Direction::Ingress).iter();
            rules.any(|rule| rule.action == Action::Deny)
        };
        let mut read = self.all().filter(read);
        match direction {
            Direction::Egress => read.next().is_some(),
            Direction::Ingress => read.any(denies),
        }
    }

    /// What stands between a node and its own pods where Cilium reads policies: rules that deny.
    pub fn for_own_node(mut self, on_cilium: bool) -> Self {
        self.foreign.clear();
        if !on_cilium {
            self.admin.clear();
            self.baseline.clear();
        }
        self.namespaced
            .retain(|chosen| chosen.policy.tier == Tier::Cilium);
        for chosen in &mut self.namespaced {
            chosen.isolates = Match::No;
        }
        self
    }

    /// The policies of the union that isolate for certain.
    pub fn isolating(&self) -> impl Iterator<Item = &Chosen<'w>> {
        self.namespaced
            .iter()
            .filter(|chosen| chosen.isolates == Match::Yes)
    }
}

/// The policies of a world, by where they are looked for.
#[derive(Debug)]
pub struct Policies<'w> {
    cluster: Vec<&'w Policy>,
    gaps: Vec<Gap>,
}

impl<'w> Policies<'w> {
    /// Reads the cluster-wide ones.
    pub fn read(view: &View<'w>) -> Self {
        let wide = || Kind::POLICIES.iter().filter(|kind| !kind.namespaced());
        Self {
            cluster: wide()
                .flat_map(|kind| view.all(*kind))
                .filter_map(as_policy)
                .collect(),
            gaps: wide().filter_map(|kind| view.gap(*kind, None)).collect(),
        }
    }

    /// The policies of a namespace and the cluster-wide ones; the gaps there.
    pub fn around(&self, view: &View<'w>, namespace: &Name) -> (Vec<&'w Policy>, Vec<Gap>) {
        let local = || Kind::POLICIES.iter().filter(|kind| kind.namespaced());
        let here = local()
            .flat_map(|kind| view.in_namespace(*kind, namespace))
            .filter_map(as_policy);
        let mut gaps = self.gaps.clone();
        gaps.extend(local().filter_map(|kind| view.gap(*kind, Some(namespace))));
        (here.chain(self.cluster.iter().copied()).collect(), gaps)
    }

    /// What is to be read for a pod in a direction.
    pub fn applicable(
        &self,
        surroundings: &Surroundings<'_, 'w>,
        end: &PodEnd<'_>,
        direction: Direction,
    ) -> Applicable<'w> {
        let (policies, gaps) = self.around(surroundings.view(), &end.namespace.name);
        choose(surroundings, &policies, gaps, end, direction)
    }
}

/// Those of some policies that are about a pod in a direction.
pub fn choose<'w>(
    surroundings: &Surroundings<'_, 'w>,
    policies: &[&'w Policy],
    gaps: Vec<Gap>,
    end: &PodEnd<'_>,
    direction: Direction,
) -> Applicable<'w> {
    let mut found = Applicable {
        gaps,
        ..Applicable::default()
    };
    let (mut admin, mut baseline) = (Vec::new(), Vec::new());
    for policy in policies {
        let mut selected = match policy.section(direction).force {
            Force::No if surroundings.reads_without_type(policy, direction) => {
                Match::Maybe(Doubt::WithoutType)
            }
            Force::No => continue,
            Force::Unclear => Match::Maybe(Doubt::Malformed),
            Force::Yes | Force::Open => Match::Yes,
        };
        selected = surroundings.selects(policy, end).and(selected);
        if selected == Match::No {
            continue;
        }
        let chosen = Chosen {
            policy,
            selected,
            isolates: match policy.section(direction).force {
                Force::Open => Match::No,
                _ => selected,
            },
        };
        match policy.tier {
            Tier::Foreign => found.foreign.push(chosen),
            Tier::Namespaced | Tier::Cilium => found.namespaced.push(chosen),
            Tier::Admin(priority) => admin.push((priority, chosen)),
            Tier::Baseline(priority) => baseline.push((priority, chosen)),
        }
    }
    found
        .foreign
        .sort_by(|a, b| a.policy.meta.key.cmp(&b.policy.meta.key));
    found
        .namespaced
        .sort_by(|a, b| a.policy.meta.key.cmp(&b.policy.meta.key));
    found.admin = groups(admin);
    found.baseline = groups(baseline);
    found.past_isolation = !found.baseline.is_empty() && surroundings.on_cilium();
    found
}

/// Lower priorities first; what has none for certain might stand anywhere, unless it stands alone.
fn groups(mut chosen: Vec<(Option<u16>, Chosen<'_>)>) -> Vec<Vec<Chosen<'_>>> {
    let alone = chosen.len() == 1;
    let key = |chosen: &Chosen<'_>| -> Key { chosen.policy.meta.key.clone() };
    chosen.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| key(&a.1).cmp(&key(&b.1))));
    let mut groups: Vec<(Option<u16>, Vec<Chosen<'_>>)> = Vec::new();
    for (priority, mut one) in chosen {
        if priority.is_none() && !alone {
            one.selected = one.selected.doubted(Doubt::EqualPriority);
            groups.push((None, vec![one]));
            continue;
        }
        match groups.last_mut() {
            Some((held, group)) if *held == priority => group.push(one),
            _ => groups.push((priority, vec![one])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
