//! What a rule is, and the sink that it reports to.

use crate::diagnosis::finding::{Explanation, Finding, FindingId, Severity};
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::View;
use jiff::Timestamp;

/// A rule: its code, its page, and its check of one subject.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Family and number; stable and never reused.
    pub code: &'static str,
    /// File name, doc anchor and scenario prefix.
    pub slug: &'static str,
    /// A few words for lists.
    pub title: &'static str,
    /// The kinds of its subjects.
    pub on: &'static [Kind],
    /// The page, in Markdown with fixed headings.
    pub page: &'static str,
    /// Looks at one subject.
    pub check: fn(&View<'_>, &Key, &mut Sink),
}

/// Collects what a rule finds.
#[derive(Debug, Default)]
pub struct Sink {
    drafts: Vec<Draft>,
}

impl Sink {
    /// Reports a finding.
    pub fn report(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// What was reported, as findings of this rule.
    pub fn into_findings(self, rule: &Rule) -> Vec<Finding> {
        self.drafts
            .into_iter()
            .map(|draft| draft.finish(rule))
            .collect()
    }
}

/// A finding in the making.
#[derive(Debug)]
pub struct Draft {
    subject: Key,
    severity: Severity,
    detail: Name,
    field: Name,
    title: String,
    message: String,
    evidence: Vec<Evidence>,
    confirm: String,
    fix: String,
    patch: Option<String>,
    since: Option<Timestamp>,
    follows: Vec<Explanation>,
}

impl Draft {
    fn new(subject: &Key, severity: Severity, title: impl Into<String>) -> Self {
        Self {
            subject: subject.clone(),
            severity,
            detail: Name::default(),
            field: Name::default(),
            title: title.into(),
            message: String::new(),
            evidence: Vec::new(),
            confirm: String::new(),
            fix: String::new(),
            patch: None,
            since: None,
            follows: Vec::new(),
        }
    }

    /// An error on a subject, with a few words for tables.
    pub fn error(subject: &Key, title: impl Into<String>) -> Self {
        Self::new(subject, Severity::Error, title)
    }

    /// A warning.
    pub fn warning(subject: &Key, title: impl Into<String>) -> Self {
        Self::new(subject, Severity::Warning, title)
    }

    /// A piece of information.
    pub fn info(subject: &Key, title: impl Into<String>) -> Self {
        Self::new(subject, Severity::Info, title)
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Which part of the subject: makes the finding's identity unique.
    pub fn detail(mut self, detail: impl Into<Name>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The field at fault.
    pub fn at(mut self, field: impl Into<Name>) -> Self {
        self.field = field.into();
        self
    }

    /// What is so and what follows from it.
    pub fn says(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// A ground.
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// Several grounds.
    pub fn evidences(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// The kubectl line that shows it.
    pub fn confirm(mut self, line: impl Into<String>) -> Self {
        self.confirm = line.into();
        self
    }

    /// What to do.
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// The smallest change as a kubectl line.
    pub fn patch(mut self, patch: Option<String>) -> Self {
        self.patch = patch;
        self
    }

    /// Since when.
    pub fn since(mut self, since: Option<Timestamp>) -> Self {
        self.since = since;
        self
    }

    /// A finding with one of these codes on that subject would explain this one.
    pub fn follows(mut self, codes: &'static [&'static str], subject: &Key) -> Self {
        self.follows.push(Explanation {
            codes,
            subject: subject.clone(),
        });
        self
    }

    fn finish(self, rule: &Rule) -> Finding {
        Finding {
            id: FindingId {
                code: rule.code,
                subject: self.subject,
                detail: self.detail,
            },
            slug: rule.slug,
            severity: self.severity,
            field: self.field,
            title: self.title,
            message: self.message,
            evidence: self.evidence,
            confirm: self.confirm,
            fix: self.fix,
            patch: self.patch,
            since: self.since,
            cause: None,
            effects: Vec::new(),
            place: None,
            follows: self.follows,
        }
    }
}
