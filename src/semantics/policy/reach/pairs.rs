//! Pairs of owners: what becomes of connections between their pods, and how these differ.

use super::Reach;
use crate::model::service::Family;
use crate::semantics::policy::family::Has;
use crate::semantics::policy::reach::classes::{Class, Owner};
use crate::semantics::policy::reach::outcomes::{Id, OPEN};

/// How two owners are to be told.
pub(super) enum Shape {
    /// All pods of both alike.
    Same(Id),
    /// The receiver's pods differ: one outcome for each of its parts.
    Receivers(Vec<Id>),
    /// The sender's pods differ: one outcome for each of its parts.
    Senders(Vec<Id>),
    /// Both differ: by the sender's parts, then the receiver's.
    Both(Vec<Vec<Id>>),
}

impl Reach<'_> {
    /// How two owners differ by their pods.
    pub(super) fn shape(&mut self, src: &Owner, dst: &Owner) -> Shape {
        if let ([(from, _)], [(to, _)]) = (src.parts.as_slice(), dst.parts.as_slice()) {
            return Shape::Same(self.pair(*from, *to));
        }
        let matrix: Vec<Vec<Id>> = src
            .parts
            .iter()
            .map(|(from, _)| {
                dst.parts
                    .iter()
                    .map(|(to, _)| self.pair(*from, *to))
                    .collect()
            })
            .collect();
        // Why something is unknown may differ without making a difference.
        let bare = |id: &Id| self.outcomes.bare(*id);
        let verdicts: Vec<Vec<Id>> = matrix
            .iter()
            .map(|row| row.iter().map(bare).collect())
            .collect();
        let alike = |row: &Vec<Id>| row.iter().all(|id| row.first() == Some(id));
        let senders_alike = verdicts.iter().all(|row| verdicts.first() == Some(row));
        let receivers_alike = verdicts.iter().all(alike);
        let first = || {
            matrix
                .first()
                .and_then(|row| row.first())
                .copied()
                .unwrap_or(OPEN)
        };
        match (senders_alike, receivers_alike) {
            (true, true) => Shape::Same(first()),
            (true, false) => Shape::Receivers(matrix.into_iter().next().unwrap_or_default()),
            (false, true) => Shape::Senders(
                matrix
                    .iter()
                    .filter_map(|row| row.first().copied())
                    .collect(),
            ),
            (false, false) => Shape::Both(matrix),
        }
    }

    /// What becomes of connections between pods of two classes.
    pub(super) fn pair(&mut self, src: usize, dst: usize) -> Id {
        let over = |reach: &mut Self, family| {
            let (to, from) = (reach.column(dst, family), reach.column(src, family));
            let egress = reach.egress.get(src).map_or(OPEN, |row| row.at(to));
            let ingress = reach.ingress.get(dst).map_or(OPEN, |row| row.at(from));
            reach.outcomes.both(egress, ingress)
        };
        let has = |at: usize| self.classes.classes.get(at).map(|class| class.has);
        let shared = has(src).zip(has(dst)).map(|(from, to)| from.and(to));
        let id = match shared {
            Some(Has { v4: true, v6: true }) => {
                let (four, six) = (over(self, Family::V4), over(self, Family::V6));
                self.outcomes.over_either(four, six)
            }
            Some(Has { v6: true, .. }) => over(self, Family::V6),
            _ => over(self, Family::V4),
        };
        if id != OPEN && self.may_share_a_node(src, dst) {
            return self.outcomes.either_open(id);
        }
        id
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

    /// Whether one end shares its node's network and the other may be on that node.
    fn may_share_a_node(&self, src: usize, dst: usize) -> bool {
        let classes = &self.classes.classes;
        let (Some(src), Some(dst)) = (classes.get(src), classes.get(dst)) else {
            return false;
        };
        if !src.host && !dst.host {
            return false;
        }
        let unknown = |class: &Class<'_>| class.nodes.first().is_some_and(Option::is_none);
        unknown(src)
            || unknown(dst)
            || src
                .nodes
                .iter()
                .any(|node| dst.nodes.binary_search(node).is_ok())
    }
}
