//! Findings.

use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::object::Place;
use jiff::Timestamp;
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Traffic fails now.
    Error,
    /// A part of it fails, or it will soon.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// The word of the JSON contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// The identity of a finding: stable while the problem is the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId {
    /// Family and number, for example `SVC001`.
    pub code: &'static str,
    /// The object at fault.
    pub subject: Key,
    /// Which part of it, where a rule can fire several times on one object: a port, a host and path; else empty.
    pub detail: Name,
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.subject)?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(f, " {}", self.detail)
    }
}

/// One thing that is wrong (or worth knowing), with its grounds and its remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Code, subject and detail.
    pub id: FindingId,
    /// The rule's slug, for example `selector-matches-nothing`.
    pub slug: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The field at fault, for example `spec.selector`.
    pub field: Name,
    /// A few words for a table, without the subject: `selector matches no pod`.
    pub title: String,
    /// One or two sentences: what is so and what follows from it.
    pub message: String,
    /// The grounds; never empty.
    pub evidence: Vec<Evidence>,
    /// A kubectl line that shows it, safe to paste.
    pub confirm: String,
    /// What to do, in words; says what the patch would change.
    pub fix: String,
    /// The smallest change as a kubectl line, safe to paste.
    pub patch: Option<String>,
    /// Since when, by the object's own times.
    pub since: Option<Timestamp>,
    /// The finding that explains this one.
    pub cause: Option<FindingId>,
    /// The findings that this one explains, directly or through others.
    pub effects: Vec<FindingId>,
    /// Where the subject stands, for objects from files.
    pub place: Option<Place>,
    /// What could explain this one: the first that is found becomes its cause.
    pub follows: Vec<Explanation>,
}

/// A finding that would explain another: any of these codes on that subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The codes, the most telling first.
    pub codes: &'static [&'static str],
    /// The subject they would stand on.
    pub subject: Key,
}
