//! What of a report is reported: by namespace, by code, and without what is already known.

use crate::diagnosis::finding::{Finding, FindingId, Severity};
use crate::diagnosis::registry;
use crate::diagnosis::report::{Report, Summary};
use crate::model::key::Name;
use crate::model::kind::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a user wants to hear of.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only objects of this namespace.
    pub namespace: Option<Name>,
    /// Only these codes; empty means all.
    pub only: BTreeSet<&'static str>,
    /// Not these codes.
    pub skip: BTreeSet<&'static str>,
    /// The ids of findings that are known already.
    pub baseline: BTreeSet<String>,
}

/// The findings that are reported.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Root causes and the worst first.
    pub findings: Vec<Arc<Finding>>,
}

impl Selection {
    /// The findings of a report that are wanted. Each stands beneath the nearest of its causes that is reported
    /// too, and for itself where none is: no answer points at a finding that it does not hold.
    pub fn of(&self, report: &Report) -> Judged {
        let causes: BTreeMap<&FindingId, &FindingId> = report
            .findings()
            .iter()
            .filter_map(|finding| Some((&finding.id, finding.cause.as_ref()?)))
            .collect();
        let wanted = report
            .findings()
            .iter()
            .filter(|finding| self.wants(finding));
        let wanted: Vec<&Arc<Finding>> = wanted.collect();
        let held: BTreeSet<&FindingId> = wanted.iter().map(|finding| &finding.id).collect();
        let mut findings: Vec<Arc<Finding>> = Vec::with_capacity(wanted.len());
        for finding in wanted {
            let mut above =
                std::iter::successors(finding.cause.as_ref(), |id| causes.get(id).copied());
            let cause = above.find(|id| held.contains(id)).cloned();
            let mut finding = Arc::clone(finding);
            let all = finding.effects.iter().all(|id| held.contains(id));
            if cause != finding.cause || !all {
                let changed = Arc::make_mut(&mut finding);
                changed.cause = cause;
                changed.effects.retain(|id| held.contains(id));
            }
            findings.push(finding);
        }
        Judged { findings }
    }

    fn wants(&self, finding: &Finding) -> bool {
        let code = finding.id.code;
        let ids = std::iter::once(&finding.id).chain(&finding.effects);
        let subject = &finding.id.subject;
        // What lives in no namespace concerns one through what it breaks there.
        let here = match (&self.namespace, &subject.namespace) {
            (None, _) => true,
            (Some(wanted), Some(place)) => wanted == place,
            (Some(wanted), None) if subject.kind == Kind::Namespace => *wanted == subject.name,
            (Some(_), None) => ids
                .into_iter()
                .any(|id| id.subject.namespace == self.namespace),
        };
        here && (self.only.is_empty() || self.only.contains(code))
            && !self.skip.contains(code)
            && !self.baseline.contains(&finding.id.to_string())
    }
}

impl Judged {
    /// Counts of the findings that no other explains.
    pub fn summary(&self) -> Summary {
        let roots = || {
            self.findings
                .iter()
                .filter(|finding| finding.cause.is_none())
        };
        let count = |severity| {
            roots()
                .filter(|finding| finding.severity == severity)
                .count()
        };
        Summary {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        }
    }

    /// Whether any finding, explained by another or not, is as bad as this.
    pub fn reaches(&self, severity: Severity) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity <= severity)
    }
}

/// The codes that a word of `--only` or `--skip` means: a code, a slug or a family (`SVC`), any case.
pub fn codes(word: &str) -> BTreeSet<&'static str> {
    let wanted = word.trim();
    let rules = registry::RULES.iter().map(|rule| (rule.code, rule.slug));
    rules
        .filter(|(code, slug)| {
            let family = code.trim_end_matches(|c: char| c.is_ascii_digit());
            [*code, *slug, family]
                .iter()
                .any(|name| name.eq_ignore_ascii_case(wanted))
        })
        .map(|(code, _)| code)
        .collect()
}
