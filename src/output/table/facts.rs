//! A world and its report, as tables read them.

use super::row::{Cell, age_cell};
use crate::diagnosis::finding::{Finding, Severity};
use crate::diagnosis::journal::Journal;
use crate::diagnosis::report::Report;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::model::world::World;
use crate::output::glyph::Mark;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A world and its report, as tables read them.
#[derive(Debug)]
pub struct Facts<'w> {
    /// The world.
    pub world: &'w World,
    /// Its report.
    pub report: &'w Report,
    /// What has changed, where somebody watched.
    pub journal: Option<&'w Journal>,
    view: View<'w>,
    by_subject: FxHashMap<&'w Key, Vec<&'w Arc<Finding>>>,
}

impl<'w> Facts<'w> {
    /// Facts of a world and its report. Takes a moment in proportion to the findings: made once a snapshot.
    pub fn new(world: &'w World, report: &'w Report) -> Self {
        let mut by_subject: FxHashMap<&Key, Vec<&Arc<Finding>>> = FxHashMap::default();
        for finding in report.findings() {
            by_subject
                .entry(&finding.id.subject)
                .or_default()
                .push(finding);
        }
        Self {
            world,
            report,
            journal: None,
            view: View::new(world),
            by_subject,
        }
    }

    /// The same facts, with what has changed.
    pub fn telling(mut self, journal: &'w Journal) -> Self {
        self.journal = Some(journal);
        self
    }

    /// The world, to be read.
    pub fn view(&self) -> &View<'w> {
        &self.view
    }

    /// The findings on an object, the worst first.
    pub fn on(&self, key: &Key) -> &[&'w Arc<Finding>] {
        self.by_subject.get(key).map_or(&[], Vec::as_slice)
    }

    /// The worst finding on an object; infos do not count.
    pub fn worst(&self, key: &Key) -> Option<&'w Finding> {
        let on = self.on(key).iter();
        on.map(|finding| &***finding)
            .find(|finding| finding.severity != Severity::Info)
    }

    /// How an object is: by its worst finding; unknown where a kind that it rests on could not be read.
    pub(super) fn mark(&self, key: &Key, rests_on: &[Kind]) -> Mark {
        if let Some(finding) = self.worst(key) {
            return Mark::of_severity(finding.severity);
        }
        let namespace = key.namespace.as_ref();
        let gap = rests_on
            .iter()
            .any(|kind| self.view.gap(*kind, namespace).is_some());
        if gap { Mark::Unknown } else { Mark::Pass }
    }

    /// What is said of an object: its worst finding's title, else an info's, else nothing.
    pub(super) fn says(&self, key: &Key) -> Cell {
        match self.on(key).first() {
            Some(finding) => Cell::new(format!("{} {}", finding.id.code, finding.title)),
            None => Cell::empty(),
        }
    }

    pub(super) fn age(&self, key: &Key) -> Cell {
        let created = self.world.get(key).and_then(|object| object.meta().created);
        age_cell(self.world, created)
    }

    pub(super) fn objects(&self, kind: Kind, namespace: Option<&Name>) -> Vec<Key> {
        if let Some(namespace) = namespace.filter(|_| kind.namespaced()) {
            let there = self.world.in_namespace(kind, namespace);
            there.map(|object| object.key().clone()).collect()
        } else {
            let all = self.world.all(kind);
            all.map(|object| object.key().clone()).collect()
        }
    }
}
