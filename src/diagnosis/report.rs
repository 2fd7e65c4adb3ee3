//! The report: all findings of a world, totally ordered, each tied to what explains it.

use crate::diagnosis::finding::{Finding, FindingId, Severity};
use crate::model::coverage::Gap;
use crate::model::key::Key;
use crate::model::kind::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All that is to be said of a world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Arc<Finding>>,
    gaps: BTreeMap<Gap, usize>,
}

/// How many findings there are of each severity, counting only those that no other explains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Infos.
    pub infos: usize,
}

/// Whom a finding hurts, itself and its effects counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hurt {
    /// Ways in (Ingresses and routes).
    pub routes: usize,
    /// Services.
    pub services: usize,
    /// Pods.
    pub pods: usize,
}

impl Report {
    /// Ties findings to their causes and orders them: roots by severity, by what they hurt, then by identity.
    pub fn assemble(
        found: impl IntoIterator<Item = Arc<Finding>>,
        gaps: BTreeMap<Gap, usize>,
    ) -> Self {
        let mut by_id: BTreeMap<FindingId, Arc<Finding>> = found
            .into_iter()
            .map(|finding| (finding.id.clone(), finding))
            .collect();
        let causes: BTreeMap<FindingId, FindingId> = by_id
            .values()
            .filter_map(|finding| Some((finding.id.clone(), explanation(finding, &by_id)?)))
            .collect();
        let causes = without_cycles(causes);
        let mut effects: BTreeMap<FindingId, BTreeSet<FindingId>> = BTreeMap::new();
        for effect in causes.keys() {
            let mut at = effect;
            while let Some(cause) = causes.get(at) {
                effects
                    .entry(cause.clone())
                    .or_default()
                    .insert(effect.clone());
                at = cause;
            }
        }
        for finding in by_id.values_mut() {
            let cause = causes.get(&finding.id).cloned();
            let effects: Vec<FindingId> =
                effects.remove(&finding.id).into_iter().flatten().collect();
            if finding.cause != cause || finding.effects != effects {
                let finding = Arc::make_mut(finding);
                finding.cause = cause;
                finding.effects = effects;
            }
        }
        let mut findings: Vec<Arc<Finding>> = by_id.into_values().collect();
        findings.sort_by_cached_key(|finding| {
            let hurt = hurt(finding);
            let weight = std::cmp::Reverse((hurt.routes, hurt.services, hurt.pods));
            (finding.severity, weight, finding.id.clone())
        });
        Self { findings, gaps }
    }

    /// All findings, the worst first.
    pub fn findings(&self) -> &[Arc<Finding>] {
        &self.findings
    }

    /// The findings that no other explains, the worst first.
    pub fn roots(&self) -> impl Iterator<Item = &Arc<Finding>> {
        self.findings
            .iter()
            .filter(|finding| finding.cause.is_none())
    }

    /// A finding by its identity.
    pub fn find(&self, id: &FindingId) -> Option<&Arc<Finding>> {
        self.findings.iter().find(|finding| finding.id == *id)
    }

    /// The findings on an object, the worst first.
    pub fn on<'r>(&'r self, subject: &'r Key) -> impl Iterator<Item = &'r Arc<Finding>> {
        self.findings
            .iter()
            .filter(move |finding| finding.id.subject == *subject)
    }

    /// What could not be read and for how many judgements that mattered.
    pub fn gaps(&self) -> &BTreeMap<Gap, usize> {
        &self.gaps
    }

    /// Counts of the roots.
    pub fn summary(&self) -> Summary {
        let count = |severity| {
            self.roots()
                .filter(|finding| finding.severity == severity)
                .count()
        };
        Summary {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        }
    }
}

/// Whom a finding hurts: distinct objects among its own subject and those of its effects.
pub fn hurt(finding: &Finding) -> Hurt {
    let ids = std::iter::once(&finding.id).chain(&finding.effects);
    let subjects: BTreeSet<&Key> = ids.map(|id| &id.subject).collect();
    let count = |kind| subjects.iter().filter(|key| key.kind == kind).count();
    Hurt {
        routes: count(Kind::Ingress),
        services: count(Kind::Service),
        pods: count(Kind::Pod),
    }
}

fn explanation(finding: &Finding, all: &BTreeMap<FindingId, Arc<Finding>>) -> Option<FindingId> {
    finding.follows.iter().find_map(|candidate| {
        candidate.codes.iter().find_map(|code| {
            let from = FindingId {
                code,
                subject: candidate.subject.clone(),
                detail: "".into(),
            };
            let found = all.range(&from..).map(|(id, _)| id);
            found
                .take_while(|id| id.code == *code && id.subject == candidate.subject)
                .find(|id| **id != finding.id)
                .cloned()
        })
    })
}

/// Rules are written so that no cycle can arise; should one, its links are cut rather than followed forever.
fn without_cycles(causes: BTreeMap<FindingId, FindingId>) -> BTreeMap<FindingId, FindingId> {
    let turns_back = |start: &FindingId| {
        let mut at = start;
        for _ in 0..=causes.len() {
            let Some(next) = causes.get(at) else {
                return false;
            };
            at = next;
        }
        true
    };
    let cut: BTreeSet<FindingId> = causes.keys().filter(|id| turns_back(id)).cloned().collect();
    causes
        .into_iter()
        .filter(|(id, _)| !cut.contains(id))
        .collect()
}
