//! Keeps the journal while an engine works: compares objects before and after a delta, and reports before and after a
//! judgement.
//!
//! What arrives while a kind is read for the first time is no change, and neither is what is found until everything
//! that is asked for has been read once.

use crate::diagnosis::fields;
use crate::diagnosis::finding::{Finding, FindingId, Severity};
use crate::diagnosis::journal::{Journal, Problem, What, short};
use crate::diagnosis::report::Report;
use crate::model::coverage::State;
use crate::model::delta::{Changed, Delta};
use crate::model::key::{Key, Name};
use crate::model::kind::{Kind, Live};
use crate::model::object::{Fact, Object};
use crate::model::world::World;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most fields of one object that one change tells.
const FIELDS: usize = 8;

/// How many Services that are gone are remembered.
const GONE: usize = 500;

/// The journal and what it takes to keep it.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    pub(super) journal: Journal,
    /// Kinds (and the namespaces in which they are read) that have been read once.
    known: BTreeSet<(Kind, Option<Name>)>,
    /// The findings of the last report, once there was a whole one.
    problems: Option<BTreeMap<FindingId, Arc<Finding>>>,
    /// Since the last judgement: the last row that a subject's judgement had read.
    touched: FxHashMap<Key, u64>,
    /// Since the last judgement: the numbers from this one on.
    fresh: u64,
    /// The cluster addresses of Services that are gone.
    gone: BTreeMap<Key, String>,
}

/// The objects that a delta is about, as they are before it.
pub(super) type Before = Vec<(Key, Option<Arc<Object>>)>;

impl Keeper {
    /// A keeper for a world of which some kinds may have been read already.
    pub(super) fn of(world: &World) -> Self {
        let coverage = world.coverage().iter();
        let read = coverage.filter(|(.., state)| {
            matches!(state, State::Ready | State::Absent | State::Stale { .. })
        });
        Self {
            known: read
                .map(|(kind, namespace, _)| (kind, namespace.cloned()))
                .collect(),
            ..Self::default()
        }
    }

    /// What has to be remembered before a delta is applied.
    pub(super) fn before(&mut self, world: &World, delta: &Delta) -> Before {
        let held = |key: &Key| (key.clone(), world.get(key).cloned());
        match delta {
            Delta::Upsert(object) if self.knows(object.key()) => vec![held(object.key())],
            Delta::Delete(key) if self.knows(key) => vec![held(key)],
            Delta::Replace {
                kind,
                namespace,
                objects,
            } if self.known.contains(&(*kind, namespace.clone())) => {
                let there = world.all(*kind).map(|object| object.key());
                let there = there.filter(|key| namespace.is_none() || key.namespace == *namespace);
                let all: BTreeSet<&Key> = there.chain(objects.iter().map(Object::key)).collect();
                all.into_iter().map(held).collect()
            }
            Delta::Coverage {
                kind,
                namespace,
                state: State::Ready,
            } => {
                self.known.insert((*kind, namespace.clone()));
                Before::new()
            }
            _ => Before::new(),
        }
    }

    fn knows(&self, key: &Key) -> bool {
        key.kind != Kind::Event
            && (self.known.contains(&(key.kind, None))
                || self.known.contains(&(key.kind, key.namespace.clone())))
    }

    /// Writes down what a delta changed; `readers` are the subjects that read what it touched.
    pub(super) fn after(
        &mut self,
        world: &World,
        before: Before,
        changed: &Changed,
        readers: impl Fn() -> Vec<Key>,
    ) {
        let alone = changed.objects.len() == 1;
        let objects: FxHashSet<&Key> = changed.objects.iter().collect();
        for (key, old) in before {
            if key.kind == Kind::Event || !objects.contains(&key) {
                continue;
            }
            let new = world.get(&key).cloned();
            let Some(row) = self.compare(world, &key, old.as_deref(), new.as_deref()) else {
                continue;
            };
            if alone {
                self.touched
                    .extend(readers().into_iter().map(|reader| (reader, row)));
            }
        }
    }

    /// The last row that was written, if any.
    fn compare(
        &mut self,
        world: &World,
        key: &Key,
        old: Option<&Object>,
        new: Option<&Object>,
    ) -> Option<u64> {
        let now = world.now();
        match (old, new) {
            (None, None) => None,
            (None, Some(new)) => {
                let mut row = self.journal.add(now, key, What::Came);
                if let Some(told) = self.another_address(key, new) {
                    row = self.journal.add(now, key, told);
                }
                Some(row)
            }
            (Some(old), None) => {
                self.remember(key, old);
                Some(self.journal.add(now, key, What::Went))
            }
            (Some(old), Some(new)) => {
                let changes = changes(old, new);
                let more = changes.len().saturating_sub(FIELDS);
                let told = changes.into_iter().take(FIELDS);
                let mut row = None;
                for what in told {
                    row = Some(self.journal.add(now, key, what));
                }
                if more > 0 {
                    let what = What::Field {
                        path: format!("and {more} more fields"),
                        from: String::new(),
                        to: String::new(),
                    };
                    row = Some(self.journal.add(now, key, what));
                }
                row
            }
        }
    }

    fn remember(&mut self, key: &Key, old: &Object) {
        let address = cluster_address(old);
        if address.is_empty() {
            return;
        }
        if self.gone.len() == GONE {
            self.gone.pop_first();
        }
        self.gone.insert(key.clone(), address);
    }

    /// A Service that was deleted and made again has another address.
    fn another_address(&mut self, key: &Key, new: &Object) -> Option<What> {
        let from = self.gone.remove(key)?;
        let to = cluster_address(new);
        (!to.is_empty() && from != to).then(|| What::Field {
            path: "spec.clusterIPs".to_owned(),
            from,
            to: format!("{to} {RECREATED}"),
        })
    }

    /// Nothing was judged: what was touched had no reader.
    pub(super) fn not_judged(&mut self) {
        self.touched.clear();
        self.fresh = self.journal.next();
    }

    /// Compares reports: which problems came and went.
    pub(super) fn judged(&mut self, world: &World, report: &Report) {
        if !is_whole(world) {
            return;
        }
        let roots = report
            .roots()
            .filter(|finding| finding.severity != Severity::Info);
        let now: BTreeMap<FindingId, Arc<Finding>> = roots
            .map(|finding| (finding.id.clone(), Arc::clone(finding)))
            .collect();
        let touched = std::mem::take(&mut self.touched);
        let fresh = std::mem::replace(&mut self.fresh, self.journal.next());
        let Some(before) = self.problems.take() else {
            self.problems = Some(now);
            return;
        };
        for (id, finding) in before.iter().filter(|(id, _)| !now.contains_key(*id)) {
            // What has become the effect of another is still there.
            if report.find(id).is_none() {
                let problem = self.problem(finding, &touched, fresh);
                self.journal
                    .add(world.now(), &id.subject, What::Vanished(problem));
            }
        }
        for (id, finding) in now.iter().filter(|(id, _)| !before.contains_key(*id)) {
            let problem = self.problem(finding, &touched, fresh);
            self.journal
                .add(world.now(), &id.subject, What::Appeared(problem));
        }
        self.problems = Some(now);
        self.fresh = self.journal.next();
    }

    /// The problem with the row that did it, among those since the last judgement: of the very field that its evidence
    /// names, else of an object that it names, else the last that its judgement had read.
    fn problem(&self, finding: &Finding, touched: &FxHashMap<Key, u64>, fresh: u64) -> Problem {
        let rows = || {
            let rows = self.journal.rows().rev();
            rows.take_while(move |row| row.number >= fresh)
        };
        let field = rows().find(|row| match &row.what {
            What::Field { path, .. } => finding
                .evidence
                .iter()
                .any(|it| it.object == row.about && it.field.as_str() == path),
            _ => false,
        });
        let object = || {
            let is_problem = |what: &What| matches!(what, What::Appeared(_) | What::Vanished(_));
            rows().find(|row| {
                let named = finding.evidence.iter().any(|it| it.object == row.about);
                !is_problem(&row.what) && (named || row.about == finding.id.subject)
            })
        };
        let by = field.or_else(object).map(|row| row.number);
        Problem {
            id: finding.id.clone(),
            severity: finding.severity,
            title: finding.title.clone(),
            by: by.or_else(|| touched.get(&finding.id.subject).copied()),
        }
    }
}

/// What is said of a Service's new address.
const RECREATED: &str =
    "(made anew: clients that keep addresses go on asking the old one until they are restarted)";

fn cluster_address(object: &Object) -> String {
    match &object.fact {
        Fact::Service(service) => {
            let ips: Vec<String> = service
                .cluster_ips
                .iter()
                .map(ToString::to_string)
                .collect();
            ips.join(", ")
        }
        _ => String::new(),
    }
}

/// Everything that is asked for has been read, as far as it can be.
fn is_whole(world: &World) -> bool {
    let coverage = world.coverage();
    let mut watched = Kind::ALL
        .iter()
        .filter(|kind| kind.info().live == Live::Watched);
    let noted = |kind: Kind| coverage.iter().any(|(known, ..)| known == kind);
    let mut states = coverage.iter().map(|(.., state)| state);
    watched.all(|kind| noted(*kind)) && !states.any(|state| matches!(state, State::Syncing { .. }))
}

/// The fields whose values differ, by path.
fn changes(old: &Object, new: &Object) -> Vec<What> {
    let mut paths: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (path, value) in fields::of(old) {
        paths.entry(path).or_default().0 = value;
    }
    for (path, value) in fields::of(new) {
        paths.entry(path).or_default().1 = value;
    }
    let anew = old.meta().uid != new.meta().uid;
    let differ = paths.into_iter().filter(|(_, (from, to))| from != to);
    differ
        .map(|(path, (from, to))| {
            let address = anew && path == "spec.clusterIPs" && !from.is_empty();
            let to = if address {
                format!("{to} {RECREATED}")
            } else {
                short(&to)
            };
            What::Field {
                path,
                from: short(&from),
                to,
            }
        })
        .collect()
}
