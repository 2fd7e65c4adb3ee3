//! The whole map: which owner may talk to which, and to which ranges outside, on which ports.
//!
//! Pods that no policy can tell apart are judged once. What is held is a table of classes; the map itself, which may
//! be many times larger, is told connection by connection, sorted by sender and receiver.

pub mod classes;
pub mod difference;
mod focus;
pub mod outcomes;
pub mod owners;
mod pairs;
pub mod planned;
pub mod rows;
pub mod summary;

use crate::model::kind::Kind;
use crate::model::policy::{Direction, Policy};
use crate::model::view::{View, as_policy};
use crate::semantics::network::unenforced;
use crate::semantics::policy::address::follows;
use crate::semantics::policy::end::Span;
use crate::semantics::policy::matching::Surroundings;
use crate::semantics::policy::ports::PortSet;
use crate::semantics::policy::rules::Policies;
use classes::{Classes, Owner};
pub use focus::Focus;
use outcomes::{ByFamily, Id, Outcomes, Told};
use pairs::Shape;
use rows::{Row, Rows};
use std::borrow::Cow;

/// The map of a world.
#[derive(Debug)]
pub struct Reach<'w> {
    classes: Classes<'w>,
    egress: Vec<Row>,
    ingress: Vec<Row>,
    outcomes: Outcomes,
    told: Vec<Told>,
    unenforced: Option<&'static str>,
}

/// A connection that is possible, or of which it cannot be told.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'c> {
    /// The sender.
    pub src: &'c str,
    /// The receiver.
    pub dst: &'c str,
    /// The ports.
    pub ports: &'c PortSet,
    /// Why it cannot be told; none for a connection that is possible.
    pub reason: Option<&'c str>,
    /// Of what cannot be told, what each family of addresses admits; none where that is not what decides.
    pub families: Option<&'c ByFamily>,
}

/// Which part of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is admitted for certain.
    Connections,
    /// What cannot be told.
    Unknown,
}

/// Told each connection in turn; the first refusal ends the telling.
pub type Listener<'l, E> = &'l mut dyn FnMut(Connection<'_>) -> Result<(), E>;

/// A connection before it is sorted: sender, receiver, outcome.
type Line<'o> = (Cow<'o, str>, Cow<'o, str>, Id);

impl<'w> Reach<'w> {
    /// The map of a world.
    pub fn new(view: &View<'w>) -> Self {
        let surroundings = Surroundings::new(view);
        let all: Vec<&'w Policy> = Kind::POLICIES
            .iter()
            .flat_map(|kind| view.all(*kind))
            .filter_map(as_policy)
            .collect();
        let classes = Classes::new(&surroundings, &all);
        let policies = Policies::read(view);
        let count = classes.classes.len();
        let mut rows = Rows::new(&surroundings, &classes);
        let mut of = |direction| -> Vec<Row> {
            (0..count)
                .map(|class| rows.row(&policies, class, direction))
                .collect()
        };
        let (egress, ingress) = (of(Direction::Egress), of(Direction::Ingress));
        let outcomes = rows.outcomes;
        Self {
            classes,
            egress,
            ingress,
            outcomes,
            told: Vec::new(),
            unenforced: unenforced(view),
        }
    }

    /// Why what is denied is denied only if somebody enforces it, where nobody is seen to.
    pub fn unenforced(&self) -> Option<&'static str> {
        self.unenforced
    }

    /// How many owners and classes there are.
    pub fn size(&self) -> (usize, usize) {
        (self.classes.owners.len(), self.classes.classes.len())
    }

    /// The owners, by name.
    pub fn owners(&self) -> impl Iterator<Item = &Owner> {
        self.classes.owners.iter()
    }

    /// Tells one part of the map, sorted by sender, then receiver. Only what the focus asks for.
    pub fn tell<E>(&mut self, part: Part, focus: &Focus, listen: Listener<'_, E>) -> Result<(), E> {
        let owners = std::mem::take(&mut self.classes.owners);
        let result = self.tell_all(&owners, part, focus, listen);
        self.classes.owners = owners;
        result
    }

    fn tell_all<E>(
        &mut self,
        owners: &[Owner],
        part: Part,
        focus: &Focus,
        listen: Listener<'_, E>,
    ) -> Result<(), E> {
        // Senders that are no owner: ranges outside, and pods of owners that differ. There are few.
        let mut aside: Vec<Line<'_>> = Vec::new();
        // Of pods that may be on one node with another not everything can be told.
        let hosts = part == Part::Unknown && owners.iter().any(|owner| owner.host);
        for owner in owners {
            if focus.has(owner) {
                self.outside_lines(owner, part, &mut aside);
            }
            let several = owner.parts.len() > 1;
            let pods = owner.parts.first().map_or(0, |(_, pods)| pods.len());
            if several || (hosts && pods > 1) {
                self.pod_lines(owner, owners, part, focus, &mut aside);
            }
        }
        aside.retain(|(_, _, id)| self.counts(*id, part));
        aside.sort();
        let mut aside = aside.into_iter().peekable();
        for src in owners {
            while let Some((from, to, id)) = aside.next_if(|line| *line.0 < *src.name) {
                self.emit(part, &from, &to, id, listen)?;
            }
            let mut lines = self.owner_lines(src, owners, part, focus);
            lines.sort();
            for (dst, id) in lines {
                self.emit(part, &src.name, &dst, id, listen)?;
            }
        }
        for (from, to, id) in aside {
            self.emit(part, &from, &to, id, listen)?;
        }
        Ok(())
    }

    /// What an owner whose pods are alike sends, unsorted.
    fn owner_lines<'o>(
        &mut self,
        src: &'o Owner,
        owners: &'o [Owner],
        part: Part,
        focus: &Focus,
    ) -> Vec<(Cow<'o, str>, Id)> {
        let mut lines = Vec::new();
        let wanted = |dst: &Owner| dst.name != src.name && (focus.has(src) || focus.has(dst));
        for dst in owners.iter().filter(|dst| wanted(dst)) {
            match self.shape(src, dst, part) {
                Shape::Same(id) if self.counts(id, part) => {
                    lines.push((Cow::Borrowed(&*dst.name), id));
                }
                Shape::Receivers(groups) => {
                    for (pods, id) in groups {
                        if self.counts(id, part) {
                            lines.extend(pods.into_iter().map(|pod| (Cow::Borrowed(pod), id)));
                        }
                    }
                }
                Shape::Same(_) | Shape::Senders(_) | Shape::Both(..) => {}
            }
        }
        if focus.has(src)
            && let Some(spans) = self.outside(src, Direction::Egress, part)
        {
            lines.extend(
                spans
                    .into_iter()
                    .map(|(span, id)| (Cow::Owned(external(span)), id)),
            );
        }
        lines
    }

    /// What the pods of an owner send that differ.
    fn pod_lines<'o>(
        &mut self,
        src: &'o Owner,
        owners: &'o [Owner],
        part: Part,
        focus: &Focus,
        aside: &mut Vec<Line<'o>>,
    ) {
        let several = src.parts.len() > 1;
        let wanted = |dst: &Owner| {
            (several || src.host || dst.host)
                && dst.name != src.name
                && (focus.has(src) || focus.has(dst))
        };
        for dst in owners.iter().filter(|dst| wanted(dst)) {
            match self.shape(src, dst, part) {
                Shape::Senders(groups) => {
                    for (pods, id) in groups {
                        if self.counts(id, part) {
                            let to = Cow::Borrowed(&*dst.name);
                            let lines = pods.into_iter();
                            aside.extend(lines.map(|pod| (Cow::Borrowed(pod), to.clone(), id)));
                        }
                    }
                }
                Shape::Both(senders, receivers) => {
                    for (senders, ids) in senders {
                        for (receivers, id) in receivers.iter().zip(ids) {
                            if !self.counts(id, part) {
                                continue;
                            }
                            let pairs = senders
                                .iter()
                                .flat_map(|from| receivers.iter().map(move |to| (*from, *to)));
                            aside
                                .extend(pairs.map(|(from, to)| {
                                    (Cow::Borrowed(from), Cow::Borrowed(to), id)
                                }));
                        }
                    }
                }
                Shape::Same(_) | Shape::Receivers(_) => {}
            }
        }
        if several && focus.has(src) && self.outside(src, Direction::Egress, part).is_none() {
            for (class, pods) in &src.parts {
                for (span, id) in self.spans(*class, Direction::Egress, part) {
                    let lines = pods
                        .iter()
                        .map(|pod| (Cow::Borrowed(&**pod), Cow::Owned(external(span)), id));
                    aside.extend(lines);
                }
            }
        }
    }

    /// What an owner receives from outside.
    fn outside_lines<'o>(&mut self, dst: &'o Owner, part: Part, aside: &mut Vec<Line<'o>>) {
        if let Some(spans) = self.outside(dst, Direction::Ingress, part) {
            let lines = spans
                .into_iter()
                .map(|(span, id)| (Cow::Owned(external(span)), Cow::Borrowed(&*dst.name), id));
            aside.extend(lines);
            return;
        }
        for (class, pods) in &dst.parts {
            for (span, id) in self.spans(*class, Direction::Ingress, part) {
                let lines = pods
                    .iter()
                    .map(|pod| (Cow::Owned(external(span)), Cow::Borrowed(&**pod), id));
                aside.extend(lines);
            }
        }
    }

    /// The ranges outside of an owner; none where its pods differ.
    fn outside(
        &mut self,
        owner: &Owner,
        direction: Direction,
        part: Part,
    ) -> Option<Vec<(Span, Id)>> {
        let mut parts = owner.parts.iter();
        let (first, _) = parts.next()?;
        let spans = self.spans(*first, direction, part);
        for (class, _) in parts {
            if self.spans(*class, direction, part) != spans {
                return None;
            }
        }
        Some(spans)
    }

    /// The ranges outside of a class, cut only where what is told differs. Pieces that hold nothing but pods never
    /// cut, and belong to what is the same on both sides of them.
    fn spans(&mut self, class: usize, direction: Direction, part: Part) -> Vec<(Span, Id)> {
        let rows = match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        };
        let Some(row) = rows.get(class).cloned() else {
            return Vec::new();
        };
        let pods = self.classes.classes.len();
        let mut spans: Vec<(Span, Id)> = Vec::new();
        let mut bridge: Option<Span> = None;
        for at in 0..self.classes.pieces.len() {
            let Some(piece) = self.classes.pieces.get(at).copied() else {
                continue;
            };
            if self.classes.only_pods.get(at).copied().unwrap_or(false) {
                bridge = Some(match bridge {
                    Some(held) if follows(held.last, piece.first) => Span {
                        last: piece.last,
                        ..held
                    },
                    _ => piece,
                });
                continue;
            }
            let between = bridge.take();
            let id = row.at(pods + at);
            if !self.counts(id, part) {
                continue;
            }
            let alike = spans.last().copied().is_some_and(|(last, held)| {
                let end = match between {
                    Some(between) if follows(last.last, between.first) => between.last,
                    _ => last.last,
                };
                follows(end, piece.first) && self.same(held, id, part)
            });
            match spans.last_mut() {
                Some((last, _)) if alike => last.last = piece.last,
                _ => spans.push((piece, id)),
            }
        }
        spans
    }

    fn same(&mut self, one: Id, other: Id, part: Part) -> bool {
        let one = self.told(one).cloned().unwrap_or_default();
        let other = self.told(other).cloned().unwrap_or_default();
        match part {
            Part::Connections => one.admitted == other.admitted,
            Part::Unknown => one.unknown == other.unknown && one.reason == other.reason,
        }
    }

    fn told(&mut self, id: Id) -> Option<&Told> {
        let at = usize::try_from(id).ok()?;
        while self.told.len() <= at {
            let next = Id::try_from(self.told.len()).ok()?;
            self.told.push(self.outcomes.told(next));
        }
        self.told.get(at)
    }

    fn counts(&mut self, id: Id, part: Part) -> bool {
        self.told(id).is_some_and(|told| match part {
            Part::Connections => !told.admitted.is_empty(),
            Part::Unknown => !told.unknown.is_empty(),
        })
    }

    fn emit<E>(
        &mut self,
        part: Part,
        src: &str,
        dst: &str,
        id: Id,
        listen: Listener<'_, E>,
    ) -> Result<(), E> {
        let Some(told) = self.told(id) else {
            return Ok(());
        };
        let unknown = part == Part::Unknown;
        listen(Connection {
            src,
            dst,
            ports: if unknown {
                &told.unknown
            } else {
                &told.admitted
            },
            reason: told.reason.as_deref().filter(|_| unknown),
            families: told.families.as_deref().filter(|_| unknown),
        })
    }
}

fn external(span: Span) -> String {
    format!("external:{span}")
}
