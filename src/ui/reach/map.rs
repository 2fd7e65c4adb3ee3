//! What the page shows: rows, columns, and what is said of each cell; and when it must be made anew.

use super::query::Query;
use crate::model::coverage::State as Coverage;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::object::{Fact, Object};
use crate::model::pod::Pod;
use crate::model::policy::Direction;
use crate::model::view::{View, as_pod};
use crate::model::world::World;
use crate::semantics::network::unenforced;
use crate::semantics::policy::ports::PortSet;
use crate::semantics::policy::reach::summary::{Sum, Summary};
use crate::semantics::policy::reach::{Reach, owners as tops};
use crate::ui::place::Scope;
use crate::ui::rich::Line;
use crate::ui::snapshot::Snapshot;
use crate::ui::theme::Role;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// The end that stands for every address outside. No workload is called so: their names hold a slash.
pub const OUTSIDE: &str = "addresses outside";

/// Above so many pods the map would hold up the screen.
pub const MOST: usize = 5_000;

/// Above so many cells a grid would hold up the screen, and nobody reads it.
const CELLS: usize = 100_000;

/// What is shown.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// The senders of the grid; the peers of the one workload that is looked at.
    pub rows: Vec<String>,
    /// The receivers of the grid.
    pub receivers: Vec<String>,
    /// The one workload that is looked at.
    pub focus: Option<String>,
    /// The number of each workload in the grid, which no filter changes.
    pub numbers: BTreeMap<String, usize>,
    /// The pods of each workload, those together that no policy can tell apart.
    pub pods: BTreeMap<String, Vec<Vec<String>>>,
    /// What must be known before the map is read.
    pub notes: Vec<Line>,
    /// Why nothing is denied although policies deny; said with every cell that is denied.
    pub unenforced: Option<&'static str>,
    /// Whether the grid is left out because of its size.
    crowded: bool,
    asked: PortSet,
    cells: Vec<u32>,
    summaries: Vec<Summary>,
}

impl Map {
    /// The map of a world: of a namespace where one is looked at, or of one workload with all its peers.
    pub fn new(snapshot: &Snapshot, scope: &Scope, query: &Query, focus: Option<&str>) -> Self {
        let view = View::new(&snapshot.world);
        let mut map = Self {
            asked: query.port.map_or_else(PortSet::all, |(protocol, port)| {
                PortSet::one(protocol, port)
            }),
            notes: notes(&view, scope),
            unenforced: unenforced(&view),
            ..Self::default()
        };
        let count = snapshot.world.count(Kind::Pod);
        if count > MOST {
            let words = format!(
                "A map of {count} pods is too large for the screen: portolan reach writes it."
            );
            map.notes.push(Line::of(Role::Warning, words));
            return map;
        }
        let mut reach = Reach::new(&view);
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        for (nth, owner) in reach.owners().enumerate() {
            at.insert(owner.name.clone(), nth);
            let parts = owner.parts.iter().map(|(_, pods)| pods.clone());
            map.pods.insert(owner.name.clone(), parts.collect());
        }
        map.lay_out(&at, scope, query, focus);
        map.fill(&mut reach, &at);
        map.say_if_empty(&snapshot.world, scope, query, at.len());
        map
    }

    fn lay_out(
        &mut self,
        at: &BTreeMap<String, usize>,
        scope: &Scope,
        query: &Query,
        focus: Option<&str>,
    ) {
        if let Some(focus) = focus.filter(|focus| at.contains_key(*focus)) {
            let peers = at.keys().filter(|name| *name != focus && query.peer(name));
            self.rows = peers.cloned().collect();
            if query.peer(OUTSIDE) {
                self.rows.push(OUTSIDE.to_owned());
            }
            self.focus = Some(focus.to_owned());
            return;
        }
        let here: Vec<&String> = at.keys().filter(|name| in_scope(name, scope)).collect();
        let numbered = here.iter().map(|name| (*name).clone());
        self.numbers = numbered.zip(1..).collect();
        let axis = |meant: &dyn Fn(&str) -> bool| -> Vec<String> {
            let mut axis: Vec<String> = here
                .iter()
                .filter(|name| meant(name))
                .map(|name| (*name).clone())
                .collect();
            if meant(OUTSIDE) && !here.is_empty() {
                axis.push(OUTSIDE.to_owned());
            }
            axis
        };
        self.rows = axis(&|name| query.sends(name));
        self.receivers = axis(&|name| query.receives(name));
        if self.rows.len() * self.receivers.len() > CELLS {
            let words = format!(
                "{} workloads are too many for a grid: look at one namespace, narrow with /, or ask for one: :reach NAME.",
                here.len()
            );
            self.notes.push(Line::of(Role::Warning, words));
            self.crowded = true;
            self.rows.clear();
            self.receivers.clear();
        }
    }

    fn fill(&mut self, reach: &mut Reach<'_>, at: &BTreeMap<String, usize>) {
        let mut known: BTreeMap<Summary, u32> = BTreeMap::new();
        for row in 0..self.rows.len() {
            for column in 0..self.columns() {
                let summary = self
                    .ends(row, column)
                    .map(|(src, dst)| summary(reach, at, &src, &dst))
                    .unwrap_or_default();
                let id = *known.entry(summary).or_insert_with_key(|summary| {
                    self.summaries.push(summary.clone());
                    u32::try_from(self.summaries.len() - 1).unwrap_or(u32::MAX)
                });
                self.cells.push(id);
            }
        }
    }

    fn say_if_empty(&mut self, world: &World, scope: &Scope, query: &Query, known: usize) {
        if self.crowded || (!self.rows.is_empty() && self.columns() > 0) {
            return;
        }
        let words = if known > 0 && !query.is_empty() {
            format!("No workload matches {}.", query.text)
        } else {
            match scope.one() {
                Some(name) if known > 0 => {
                    format!(
                        "No running pod in {name}. {known} workloads in other namespaces (0 = all)."
                    )
                }
                _ if world.count(Kind::Pod) > 0 => "No pod runs: all have finished.".to_owned(),
                _ => "No pod is seen.".to_owned(),
            }
        };
        self.notes.push(Line::of(Role::Text, words));
    }

    /// How many columns there are: in the list, what the workload sends and what it receives.
    pub fn columns(&self) -> usize {
        if self.focus.is_some() {
            2
        } else {
            self.receivers.len()
        }
    }

    /// The ends of a cell; none beyond the edge.
    pub fn ends(&self, row: usize, column: usize) -> Option<super::Pair> {
        let row = self.rows.get(row)?.clone();
        match (&self.focus, column) {
            (Some(focus), 0) => Some((focus.clone(), row)),
            (Some(focus), 1) => Some((row, focus.clone())),
            (Some(_), _) => None,
            (None, _) => Some((row, self.receivers.get(column)?.clone())),
        }
    }

    /// Where a cell is.
    pub fn position(&self, (src, dst): &super::Pair) -> Option<(usize, usize)> {
        let at = |names: &[String], name: &String| names.iter().position(|held| held == name);
        match &self.focus {
            Some(focus) if src == focus => Some((at(&self.rows, dst)?, 0)),
            Some(focus) if dst == focus => Some((at(&self.rows, src)?, 1)),
            Some(_) => None,
            None => Some((at(&self.rows, src)?, at(&self.receivers, dst)?)),
        }
    }

    /// What is said of a cell; none where both ends are the same.
    pub fn cell(&self, row: usize, column: usize) -> Option<&Summary> {
        let (src, dst) = self.ends(row, column)?;
        if src == dst {
            return None;
        }
        let id = self.cells.get(row * self.columns() + column)?;
        self.summaries.get(usize::try_from(*id).ok()?)
    }

    /// The cell to begin at: the first that is denied or not known, else the first of two different ends.
    pub fn telling(&self) -> (usize, usize) {
        let across = 0..self.columns();
        let cells = (0..self.rows.len()).flat_map(|row| across.clone().map(move |at| (row, at)));
        let sum = |(row, at): &(usize, usize)| self.sum(*row, *at);
        let wanted = |cell: &(usize, usize)| sum(cell).is_some_and(|sum| sum != Sum::All);
        let mut any = cells.clone().filter(|cell| sum(cell).is_some());
        cells
            .clone()
            .find(wanted)
            .or_else(|| any.next())
            .unwrap_or_default()
    }

    /// The map as lines: who sends, who receives, and what.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for row in 0..self.rows.len() {
            for column in 0..self.columns() {
                let (Some((src, dst)), Some(cell)) =
                    (self.ends(row, column), self.cell(row, column))
                else {
                    continue;
                };
                // Writing to a text cannot fail.
                let _ = writeln!(text, "{src} → {dst}  {}", told(cell));
            }
        }
        text
    }

    /// What is said of a cell on the ports that are asked for.
    pub fn sum(&self, row: usize, column: usize) -> Option<Sum> {
        Some(self.cell(row, column)?.of(&self.asked))
    }
}

fn in_scope(name: &str, scope: &Scope) -> bool {
    scope.one().is_none_or(|namespace| {
        name.strip_prefix(&**namespace)
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

fn summary(reach: &mut Reach<'_>, at: &BTreeMap<String, usize>, src: &str, dst: &str) -> Summary {
    match (at.get(src), at.get(dst)) {
        (Some(src), Some(dst)) if src != dst => reach.between(*src, *dst),
        (Some(src), None) => reach.beyond(*src, Direction::Egress),
        (None, Some(dst)) => reach.beyond(*dst, Direction::Ingress),
        _ => Summary::default(),
    }
}

/// The names of all workloads with running pods.
pub fn owners(snapshot: &Snapshot) -> Vec<String> {
    let view = View::new(&snapshot.world);
    let pods = view.all(Kind::Pod).filter_map(as_pod);
    let mut names: Vec<String> = pods
        .filter(|pod| !pod.is_terminal())
        .map(|pod| tops::top(&view, pod))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The first running pod of a workload.
pub fn first_pod(view: &View<'_>, owner: &str) -> Option<Key> {
    let mut pods = view.all(Kind::Pod).filter_map(as_pod);
    let own = |pod: &&Pod| !pod.is_terminal() && tops::top(view, pod) == owner;
    pods.find(own).map(|pod| pod.meta.key.clone())
}

/// Kinds that the map is made of, beside pods, nodes and policies.
const READ: &[Kind] = &[Kind::Namespace, Kind::Service];

/// Policies that ask who is behind a Service.
const ASKS_SERVICES: &[Kind] = &[
    Kind::CiliumNetworkPolicy,
    Kind::CiliumClusterwideNetworkPolicy,
];

/// What must be known before the map is read: what nobody enforces, what could not be seen, that there is no policy.
fn notes(view: &View<'_>, scope: &Scope) -> Vec<Line> {
    let mut notes = Vec::new();
    if let Some(why) = unenforced(view) {
        let words = format!("What is denied here is denied if enforced: {why}.");
        notes.push(Line::of(Role::Warning, "! ").and(Role::Text, words).hang(2));
    }
    let kinds = [Kind::Pod, Kind::Namespace].iter().chain(Kind::POLICIES);
    let mut unseen: Vec<String> = kinds
        .filter_map(|kind| view.gap(*kind, scope.one().filter(|_| kind.namespaced())))
        .map(|gap| gap.why.to_string())
        .collect();
    unseen.dedup();
    let all_seen = unseen.is_empty();
    notes.extend(unseen.into_iter().map(|why| {
        Line::of(Role::Unknown, "? ")
            .and(Role::Text, format!("{why}."))
            .hang(2)
    }));
    if all_seen && !Kind::POLICIES.iter().any(|kind| view.any(*kind)) {
        let words = "No policy is there: everybody may talk to everybody.";
        notes.push(Line::of(Role::Dim, words));
    }
    notes
}

/// Whether two worlds give the same map: only what policies can see of pods and nodes matters, not how they fare.
pub fn alike(old: &Snapshot, new: &Snapshot) -> bool {
    let (old, new) = (&old.world, &new.world);
    let asked = ASKS_SERVICES.iter().any(|kind| new.count(*kind) > 0);
    let slices = [Kind::EndpointSlice];
    let slices = slices.iter().filter(|_| asked);
    let whole = READ.iter().chain(Kind::POLICIES).chain(slices);
    let owners = Kind::ALL.iter().filter(|kind| {
        let made = old.all(**kind).next().or(new.all(**kind).next());
        made.is_some_and(|object| matches!(object.fact, Fact::Workload(_)))
    });
    whole
        .chain(owners)
        .all(|kind| same(old, new, *kind, |a, b| a.fact == b.fact))
        && same(old, new, Kind::Pod, pods_alike)
        && same(old, new, Kind::Node, nodes_alike)
        && known(old) == known(new)
}

fn same(old: &World, new: &World, kind: Kind, alike: impl Fn(&Object, &Object) -> bool) -> bool {
    let (mut one, mut other) = (old.all(kind), new.all(kind));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if Arc::ptr_eq(a, b) || alike(a, b) => {}
            _ => return false,
        }
    }
}

fn pods_alike(one: &Object, other: &Object) -> bool {
    let (Fact::Pod(one), Fact::Pod(other)) = (&one.fact, &other.fact) else {
        return false;
    };
    let spec = |pod: &Pod| -> Vec<(Name, crate::model::pod::Role)> {
        let containers = pod.containers.iter();
        containers
            .map(|one| (one.image.clone(), one.role))
            .collect()
    };
    let ports = |pod: &Pod| -> Vec<crate::model::pod::ContainerPort> {
        let containers = pod.containers.iter();
        containers.flat_map(|one| one.ports.to_vec()).collect()
    };
    one.meta.key == other.meta.key
        && one.meta.labels == other.meta.labels
        && one.meta.owner == other.meta.owner
        && one.node == other.node
        && one.host_network == other.host_network
        && one.host_ip == other.host_ip
        && one.ips == other.ips
        && one.is_terminal() == other.is_terminal()
        && spec(one) == spec(other)
        && ports(one) == ports(other)
}

fn nodes_alike(one: &Object, other: &Object) -> bool {
    let (Fact::Node(one), Fact::Node(other)) = (&one.fact, &other.fact) else {
        return false;
    };
    one.meta.key == other.meta.key
        && one.meta.labels == other.meta.labels
        && one.internal_ips == other.internal_ips
        && one.external_ips == other.external_ips
        && one.pod_cidrs == other.pod_cidrs
}

/// What could be read, without how far a list is.
fn known(world: &World) -> Vec<(Kind, Option<Name>, Option<Name>)> {
    let notes = world.coverage().iter();
    let all = notes.filter_map(|(kind, namespace, state)| {
        let why = match state {
            Coverage::Forbidden { detail } => Some(detail.clone()),
            Coverage::Syncing { .. } => None,
            _ => return None,
        };
        Some((kind, namespace.cloned(), why))
    });
    all.collect()
}

/// A summary in words: `5432/TCP`, `every port`, `5432/TCP between some pods`.
pub fn told(summary: &Summary) -> String {
    let mut said = Vec::new();
    if !summary.everyone.is_empty() {
        said.push(summary.everyone.to_string());
    }
    let some = summary.someone.minus(&summary.everyone);
    let pods = some.minus(&summary.one_family);
    if !pods.is_empty() {
        said.push(format!("{pods} for some pods"));
    }
    let family = some.and(&summary.one_family);
    if !family.is_empty() {
        said.push(format!("{family} over one family of addresses"));
    }
    let unknown = summary.unknown.minus(&summary.someone);
    if !unknown.is_empty() {
        said.push(if unknown.is_all() {
            "not known".to_owned()
        } else {
            format!("{unknown} not known")
        });
    }
    if said.is_empty() {
        said.push("nothing".to_owned());
    }
    said.join("; ")
}
