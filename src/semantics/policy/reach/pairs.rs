//! Pairs of owners: what becomes of connections between their pods, and how these differ.

use super::{Part, Reach};
use crate::model::key::Name;
use crate::model::service::Family;
use crate::semantics::policy::family::Has;
use crate::semantics::policy::reach::classes::Owner;
use crate::semantics::policy::reach::outcomes::{Id, OPEN};

/// Names of pods that are alike.
type Pods<'o> = Vec<&'o str>;

/// How two owners are to be told.
pub(super) enum Shape<'o> {
    /// All pods of both alike.
    Same(Id),
    /// The receiver's pods differ.
    Receivers(Vec<(Pods<'o>, Id)>),
    /// The sender's pods differ.
    Senders(Vec<(Pods<'o>, Id)>),
    /// Both differ: by the sender's pods, then the receiver's.
    Both(Vec<(Pods<'o>, Vec<Id>)>, Vec<Pods<'o>>),
}

/// Pods of an owner that are alike for the other end.
struct Group<'o> {
    /// Which of the owner's parts.
    part: usize,
    place: Place<'o>,
    pods: Pods<'o>,
}

/// Where pods are, as far as it makes a difference to the other end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'o> {
    /// Not known.
    Somewhere,
    /// On a node on which the other end has pods too.
    On(&'o Name),
    /// Where the other end has none.
    Elsewhere,
}

impl Place<'_> {
    fn may_be(self, other: Self) -> bool {
        match (self, other) {
            (Self::Somewhere, _) | (_, Self::Somewhere) => true,
            (Self::On(one), Self::On(other)) => one == other,
            _ => false,
        }
    }
}

impl Reach<'_> {
    /// How two owners differ by their pods. What is admitted for certain never hangs on nodes.
    pub(super) fn shape<'o>(&mut self, src: &'o Owner, dst: &'o Owner, part: Part) -> Shape<'o> {
        let hosts = part == Part::Unknown && (src.host || dst.host);
        // Most pairs by far: nothing is to be told apart.
        if let ([(from, _)], [(to, _)], false) = (&*src.parts, &*dst.parts, hosts) {
            return Shape::Same(self.apart(*from, *to));
        }
        let mut apart: Vec<Vec<Id>> = Vec::with_capacity(src.parts.len());
        for (from, _) in &src.parts {
            let row = dst.parts.iter().map(|(to, _)| self.apart(*from, *to));
            apart.push(row.collect());
        }
        let by_node = hosts && self.denies(&apart);
        if let ([row], false) = (apart.as_slice(), by_node)
            && let [id] = row.as_slice()
        {
            return Shape::Same(*id);
        }
        let (from, to) = if by_node {
            (groups(src, dst), groups(dst, src))
        } else {
            (parts(src), parts(dst))
        };
        let mut matrix: Vec<Vec<Id>> = Vec::with_capacity(from.len());
        for a in &from {
            let row = to.iter().map(|b| {
                let id = apart
                    .get(a.part)
                    .and_then(|row| row.get(b.part))
                    .copied()
                    .unwrap_or(OPEN);
                let on_host = self.on_host(src, a.part) || self.on_host(dst, b.part);
                if by_node && on_host && a.place.may_be(b.place) {
                    self.outcomes.either_open(id)
                } else {
                    id
                }
            });
            matrix.push(row.collect());
        }
        self.shaped(matrix, from, to)
    }

    /// Whether anything is denied for certain, which is not certain of pods that may be on one node.
    fn denies(&mut self, ids: &[Vec<Id>]) -> bool {
        ids.iter().flatten().any(|id| {
            self.told(*id)
                .is_some_and(|told| !told.admitted.or(&told.unknown).is_all())
        })
    }

    fn on_host(&self, owner: &Owner, part: usize) -> bool {
        let class = owner.parts.get(part).map(|(class, _)| *class);
        class
            .and_then(|class| self.classes.classes.get(class))
            .is_some_and(|class| class.host)
    }

    fn shaped<'o>(
        &self,
        matrix: Vec<Vec<Id>>,
        from: Vec<Group<'o>>,
        to: Vec<Group<'o>>,
    ) -> Shape<'o> {
        // Why something is unknown may differ without making a difference.
        let mut bare: (Id, Id) = (OPEN, OPEN);
        let mut verdict = |id: &Id| {
            if bare.0 != *id {
                bare = (*id, self.outcomes.bare(*id));
            }
            bare.1
        };
        let verdicts: Vec<Vec<Id>> = matrix
            .iter()
            .map(|row| row.iter().map(&mut verdict).collect())
            .collect();
        let alike = |row: &Vec<Id>| row.iter().all(|id| row.first() == Some(id));
        let senders_alike = verdicts.iter().all(|row| verdicts.first() == Some(row));
        let receivers_alike = verdicts.iter().all(alike);
        let first = |row: &Vec<Id>| row.first().copied().unwrap_or(OPEN);
        let pods = |groups: Vec<Group<'o>>| groups.into_iter().map(|group| group.pods);
        match (senders_alike, receivers_alike) {
            (true, true) => Shape::Same(matrix.first().map_or(OPEN, first)),
            (true, false) => {
                let ids = matrix.into_iter().next().unwrap_or_default();
                Shape::Receivers(pods(to).zip(ids).collect())
            }
            (false, true) => {
                let ids: Vec<Id> = matrix.iter().map(first).collect();
                Shape::Senders(pods(from).zip(ids).collect())
            }
            (false, false) => Shape::Both(pods(from).zip(matrix).collect(), pods(to).collect()),
        }
    }

    /// What becomes of connections between pods of two classes, whichever: of some of them at least, where these may be
    /// on one node.
    pub(super) fn between_classes(
        &mut self,
        (src, from): (&Owner, usize),
        (dst, to): (&Owner, usize),
    ) -> Vec<Id> {
        let class = |owner: &Owner, part: usize| owner.parts.get(part).map(|(class, _)| *class);
        let (Some(a), Some(b)) = (class(src, from), class(dst, to)) else {
            return Vec::new();
        };
        let apart = self.apart(a, b);
        if !(self.on_host(src, from) || self.on_host(dst, to)) {
            return vec![apart];
        }
        let (senders, receivers) = (groups(src, dst), groups(dst, src));
        let of = |group: &&Group<'_>, part: usize| group.part == part;
        let meets = senders.iter().filter(|group| of(group, from)).any(|a| {
            let mut receivers = receivers.iter().filter(|group| of(group, to));
            receivers.any(|b| a.place.may_be(b.place))
        });
        if meets {
            vec![apart, self.outcomes.either_open(apart)]
        } else {
            vec![apart]
        }
    }

    /// What becomes of connections between pods of two classes that are not on one node.
    fn apart(&mut self, src: usize, dst: usize) -> Id {
        let over = |reach: &mut Self, family| {
            let (to, from) = (reach.column(dst, family), reach.column(src, family));
            let egress = reach.egress.get(src).map_or(OPEN, |row| row.at(to));
            let ingress = reach.ingress.get(dst).map_or(OPEN, |row| row.at(from));
            reach.outcomes.both(egress, ingress)
        };
        let has = |at: usize| self.classes.classes.get(at).map(|class| class.has);
        let shared = has(src).zip(has(dst)).map(|(from, to)| from.and(to));
        match shared {
            Some(Has { v4: true, v6: true }) => {
                let (four, six) = (over(self, Family::V4), over(self, Family::V6));
                self.outcomes.over_either(four, six)
            }
            Some(Has { v6: true, .. }) => over(self, Family::V6),
            _ => over(self, Family::V4),
        }
    }

    /// The column of a class as it is met over a family.
    fn column(&self, class: usize, family: Family) -> usize {
        let (classes, pieces) = (&self.classes.classes, &self.classes.pieces);
        let six = classes.get(class).and_then(|class| class.six);
        match six {
            Some(six) if family == Family::V6 => classes.len() + pieces.len() + six,
            _ => class,
        }
    }
}

/// The parts of an owner as they are.
fn parts(owner: &Owner) -> Vec<Group<'_>> {
    let parts = owner.parts.iter().enumerate();
    parts
        .map(|(part, (_, pods))| Group {
            part,
            place: Place::Elsewhere,
            pods: pods.iter().map(String::as_str).collect(),
        })
        .collect()
}

/// The parts of an owner, each in groups by the nodes on which the other owner has pods too.
fn groups<'o>(owner: &'o Owner, other: &'o Owner) -> Vec<Group<'o>> {
    let mut groups: Vec<Group<'o>> = Vec::new();
    for (part, (_, pods)) in owner.parts.iter().enumerate() {
        let on = owner.on.get(part).map(Vec::as_slice).unwrap_or_default();
        let place = |node: &'o Option<Name>| match node {
            None => Place::Somewhere,
            Some(name) if other.nodes.binary_search(node).is_ok() => Place::On(name),
            Some(_) => Place::Elsewhere,
        };
        let mut placed: Vec<(Place<'o>, &'o str)> = on
            .iter()
            .map(place)
            .zip(pods.iter().map(String::as_str))
            .collect();
        placed.sort_by_key(|(place, _)| *place);
        for (place, pod) in placed {
            match groups.last_mut() {
                Some(last) if last.part == part && last.place == place => last.pods.push(pod),
                _ => groups.push(Group {
                    part,
                    place,
                    pods: vec![pod],
                }),
            }
        }
    }
    groups
}
