//! The engine: owns the world, keeps each judgement until something it read is touched.
//!
//! The unit that is kept is one subject with all rules on its kind; what a verdict rests on is kept per rule.
//! [`diagnose`] judges from scratch and is what the incremental report must equal.

use crate::diagnosis::finding::Finding;
use crate::diagnosis::journal::Journal;
use crate::diagnosis::keeper::Keeper;
use crate::diagnosis::registry::Rulebook;
use crate::diagnosis::report::Report;
use crate::diagnosis::rule::{Rule, Sink};
use crate::model::coverage::Gap;
use crate::model::delta::{Changed, Delta};
use crate::model::index::Read;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::object::Object;
use crate::model::view::View;
use crate::model::world::{Origin, World};
use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

/// The annotation by which an object asks that findings of these codes on it be left out.
const IGNORE: &str = "portolan-ignore";

/// The judgement of one subject.
#[derive(Debug, Default)]
struct Judged {
    findings: Vec<Arc<Finding>>,
    gaps: Vec<Gap>,
    reads: Box<[Read]>,
}

/// Owns a world and its report.
#[derive(Debug)]
pub struct Engine {
    world: World,
    rules: Rulebook,
    judged: FxHashMap<Key, Judged>,
    readers: FxHashMap<Read, FxHashSet<Key>>,
    /// The moments on which a judgement hangs.
    moments: BTreeSet<Timestamp>,
    dirty: FxHashSet<Key>,
    all_dirty: bool,
    report: Arc<Report>,
    /// Where changes are written down.
    keeper: Option<Keeper>,
}

impl Engine {
    /// An engine over an empty world.
    pub fn new(origin: Origin, now: Timestamp) -> Self {
        Self {
            world: World::new(origin, now),
            rules: Rulebook::new(),
            judged: FxHashMap::default(),
            readers: FxHashMap::default(),
            moments: BTreeSet::new(),
            dirty: FxHashSet::default(),
            all_dirty: false,
            report: Arc::default(),
            keeper: None,
        }
    }

    /// The same engine, which from now on writes down what changes.
    pub fn keeping_a_journal(mut self) -> Self {
        self.keeper = Some(Keeper::of(&self.world));
        self
    }

    /// What has changed so far; empty where nobody writes it down.
    pub fn journal(&self) -> Journal {
        let keeper = self.keeper.as_ref();
        keeper
            .map(|keeper| keeper.journal.clone())
            .unwrap_or_default()
    }

    /// The world as it is.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Applies a change and notes which judgements it touches.
    pub fn apply(&mut self, delta: Delta) -> Changed {
        let before = self.world.now();
        let keeper = self.keeper.as_mut();
        let objects = keeper.map(|keeper| keeper.before(&self.world, &delta));
        let changed = self.world.apply(delta);
        self.pass(before, self.world.now());
        self.all_dirty |= changed.coverage;
        for read in &changed.reads {
            if let Some(readers) = self.readers.get(read) {
                self.dirty.extend(readers.iter().cloned());
            }
        }
        let subjects = changed
            .objects
            .iter()
            .filter(|key| !self.rules.on(key.kind).is_empty());
        self.dirty.extend(subjects.cloned());
        if let (Some(keeper), Some(objects)) = (self.keeper.as_mut(), objects)
            && !objects.is_empty()
        {
            let readers = || {
                let reads = changed.reads.iter();
                let readers = reads.filter_map(|read| self.readers.get(read));
                readers.flatten().cloned().collect()
            };
            keeper.after(&self.world, objects, &changed, readers);
        }
        changed
    }

    /// Notes the judgements that asked whether a moment between these has passed. A clock may be set back.
    fn pass(&mut self, before: Timestamp, after: Timestamp) {
        let first = Bound::Excluded(before.min(after));
        let last = Bound::Included(before.max(after));
        if before == after {
            return;
        }
        for moment in self.moments.range((first, last)) {
            if let Some(readers) = self.readers.get(&Read::Passed(*moment)) {
                self.dirty.extend(readers.iter().cloned());
            }
        }
    }

    /// Judges anew what was touched and returns the report.
    pub fn judge(&mut self) -> Arc<Report> {
        if self.all_dirty {
            let all = subjects(&self.world, &self.rules).map(|object| object.key().clone());
            self.dirty.extend(all);
        }
        if self.dirty.is_empty() && !self.all_dirty {
            if let Some(keeper) = &mut self.keeper {
                keeper.not_judged();
            }
            return Arc::clone(&self.report);
        }
        self.all_dirty = false;
        let seen = Seen::of(&self.world);
        for subject in std::mem::take(&mut self.dirty) {
            self.forget(&subject);
            if let Some(object) = self.world.get(&subject) {
                let judged = judge_subject(
                    &self.world,
                    object,
                    self.rules.on(subject.kind),
                    Memory::Kept,
                    seen,
                );
                self.keep(subject, judged);
            }
        }
        let report = assemble(self.judged.values());
        if *self.report != report {
            self.report = Arc::new(report);
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.judged(&self.world, &self.report);
        }
        Arc::clone(&self.report)
    }

    fn forget(&mut self, subject: &Key) {
        let Some(old) = self.judged.remove(subject) else {
            return;
        };
        for read in &old.reads {
            if let Some(readers) = self.readers.get_mut(read) {
                readers.remove(subject);
                if readers.is_empty() {
                    self.readers.remove(read);
                    if let Read::Passed(moment) = read {
                        self.moments.remove(moment);
                    }
                }
            }
        }
    }

    fn keep(&mut self, subject: Key, judged: Judged) {
        for read in &judged.reads {
            if let Read::Passed(moment) = read {
                self.moments.insert(*moment);
            }
            self.readers
                .entry(read.clone())
                .or_default()
                .insert(subject.clone());
        }
        let silent =
            judged.findings.is_empty() && judged.gaps.is_empty() && judged.reads.is_empty();
        if !silent {
            self.judged.insert(subject, judged);
        }
    }
}

/// All rules on all subjects, from scratch.
pub fn diagnose(world: &World) -> Report {
    let seen = Seen::of(world);
    let rules = Rulebook::new();
    let judged: Vec<Judged> = subjects(world, &rules)
        .map(|object| {
            judge_subject(
                world,
                object,
                rules.on(object.key().kind),
                Memory::None,
                seen,
            )
        })
        .collect();
    assemble(judged.iter())
}

fn subjects<'w>(world: &'w World, rules: &Rulebook) -> impl Iterator<Item = &'w Object> {
    let kinds = Kind::ALL.iter().filter(|kind| !rules.on(**kind).is_empty());
    kinds.flat_map(|kind| world.all(*kind).map(|object| &**object))
}

/// Whether every kind can be read, so that no verdict can rest on one that cannot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Everything,
    Parts,
}

impl Seen {
    fn of(world: &World) -> Self {
        if world.coverage().is_complete() {
            Self::Everything
        } else {
            Self::Parts
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    Kept,
    None,
}

fn judge_subject(
    world: &World,
    object: &Object,
    rules: &[&'static Rule],
    memory: Memory,
    seen: Seen,
) -> Judged {
    let subject = object.key();
    let view = if memory == Memory::Kept {
        View::recording(world)
    } else {
        View::new(world)
    };
    let view = match seen {
        Seen::Everything => view.about(object).of_all_seen(),
        Seen::Parts => view.about(object),
    };
    let mut judged = Judged::default();
    for rule in rules {
        let mut sink = Sink::default();
        (rule.check)(&view, subject, &mut sink);
        let gap = match seen {
            Seen::Everything => None,
            Seen::Parts => view.first_gap(),
        };
        view.forget_rests_on();
        match gap {
            // What rests on something that could not be read is unknown, not broken.
            Some(gap) => judged.gaps.push(gap),
            None => judged
                .findings
                .extend(sink.into_findings(rule).into_iter().map(Arc::new)),
        }
    }
    if let Some(listed) = object.meta().annotations.get(IGNORE) {
        judged
            .findings
            .retain(|finding| !is_ignored(listed, finding));
    }
    if let Some(place) = &object.place {
        for finding in &mut judged.findings {
            Arc::make_mut(finding).place = Some(place.clone());
        }
    }
    let mut reads = view.take_reads();
    reads.retain(|read| !matches!(read, Read::Object(key) if key == subject));
    reads.sort_unstable();
    reads.dedup();
    judged.reads = reads.into_boxed_slice();
    judged
}

/// Whether a list of codes and slugs, set apart by commas or spaces, names a finding's rule.
fn is_ignored(listed: &str, finding: &Finding) -> bool {
    let mut words = listed.split(|c: char| c == ',' || c.is_whitespace());
    words.any(|word| {
        word.eq_ignore_ascii_case(finding.id.code) || word.eq_ignore_ascii_case(finding.slug)
    })
}

fn assemble<'j>(judged: impl Iterator<Item = &'j Judged>) -> Report {
    let mut gaps: BTreeMap<Gap, usize> = BTreeMap::new();
    let mut findings = Vec::new();
    for one in judged {
        findings.extend(one.findings.iter().cloned());
        for gap in &one.gaps {
            *gaps.entry(gap.clone()).or_default() += 1;
        }
    }
    Report::assemble(findings, gaps)
}
