//! `portolan/check/v1`.

use crate::diagnosis::finding::{Finding, Severity};
use crate::diagnosis::report::Summary;
use crate::model::coverage::State;
use crate::model::evidence::Evidence;
use crate::model::world::{Origin, World};
use crate::output::select::Judged;
use crate::output::table::detail;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The answer of `portolan check -o json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Check {
    /// Names this shape and its version.
    pub schema: Schema,
    /// `context:NAME`, `files` or `demo`.
    pub source: String,
    /// Findings that no other explains, by severity.
    pub summary: Counts,
    /// What of the cluster could be seen: every kind, and every kind that Portolan does not know.
    pub coverage: Vec<Coverage>,
    /// Documents that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Everything that was found, root causes and the worst first.
    pub findings: Vec<FindingJson>,
}

/// The name of the shape.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub enum Schema {
    /// The first version.
    #[serde(rename = "portolan/check/v1")]
    V1,
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Counts {
    /// Traffic fails now.
    pub error: usize,
    /// A part of it fails, or it will soon.
    pub warning: usize,
    /// Worth knowing.
    pub info: usize,
}

impl From<Summary> for Counts {
    fn from(summary: Summary) -> Self {
        Self {
            error: summary.errors,
            warning: summary.warnings,
            info: summary.infos,
        }
    }
}

/// How well a kind is known.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Coverage {
    /// The kind as the API spells it.
    pub kind: String,
    /// The namespace, where only some are readable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How well.
    pub state: CoverageState,
    /// What is to be said besides; may be empty.
    pub detail: String,
    /// Objects seen.
    pub objects: usize,
}

/// How well a kind is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CoverageState {
    /// Listed and watched, or read from files.
    Ready,
    /// The first list is under way.
    Syncing,
    /// The watch is broken; the last good data are kept.
    Stale,
    /// The API server refuses it.
    Forbidden,
    /// The cluster does not serve it, or Portolan does not know it.
    NotInstalled,
    /// The files hold none: known to be absent.
    Absent,
}

impl From<&State> for CoverageState {
    fn from(state: &State) -> Self {
        match state {
            State::Ready => Self::Ready,
            State::Syncing { .. } => Self::Syncing,
            State::Stale { .. } => Self::Stale,
            State::Forbidden { .. } => Self::Forbidden,
            State::NotInstalled => Self::NotInstalled,
            State::Absent => Self::Absent,
        }
    }
}

/// A document that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unreadable {
    /// The file as it was named; `-` for standard input.
    pub file: String,
    /// Which document of it, from 1; 0 where it is the whole file.
    pub document: u32,
    /// The line, from 1; 0 where it is the whole file.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

/// One finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingJson {
    /// The same while the problem is the same.
    pub id: String,
    /// For example `SVC001`.
    pub code: String,
    /// For example `selector-matches-nothing`.
    pub slug: String,
    /// How bad it is.
    pub severity: SeverityJson,
    /// The object at fault.
    pub subject: String,
    /// The field at fault.
    pub field: String,
    /// A few words.
    pub title: String,
    /// What is so and what follows from it.
    pub message: String,
    /// The grounds.
    pub evidence: Vec<EvidenceJson>,
    /// A kubectl line that shows it.
    pub confirm: String,
    /// What to do.
    pub fix: String,
    /// The smallest change as a kubectl line.
    pub patch: Option<String>,
    /// The id of the finding that explains this one.
    pub cause: Option<String>,
    /// The ids of the findings that this one explains.
    pub effects: Vec<String>,
    /// Since when (RFC 3339), by the object's own times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The file that the object is in, with `--from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line on which it begins, with `--from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SeverityJson {
    /// Traffic fails now.
    Error,
    /// A part of it fails, or it will soon.
    Warning,
    /// Worth knowing.
    Info,
}

impl From<Severity> for SeverityJson {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Info,
        }
    }
}

/// One field of one object, as it is and as it would have to be.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EvidenceJson {
    /// The object.
    pub object: String,
    /// The path of the field.
    pub field: String,
    /// What stands there.
    pub observed: String,
    /// What would have to; may be empty.
    pub expected: String,
}

impl From<&Evidence> for EvidenceJson {
    fn from(evidence: &Evidence) -> Self {
        Self {
            object: evidence.object.to_string(),
            field: evidence.field.to_string(),
            observed: evidence.observed.clone(),
            expected: evidence.expected.clone(),
        }
    }
}

impl From<&Finding> for FindingJson {
    fn from(finding: &Finding) -> Self {
        let place = finding.place.as_ref();
        Self {
            id: finding.id.to_string(),
            code: finding.id.code.to_owned(),
            slug: finding.slug.to_owned(),
            severity: finding.severity.into(),
            subject: finding.id.subject.to_string(),
            field: finding.field.to_string(),
            title: finding.title.clone(),
            message: finding.message.clone(),
            evidence: finding.evidence.iter().map(EvidenceJson::from).collect(),
            confirm: finding.confirm.clone(),
            fix: finding.fix.clone(),
            patch: finding.patch.clone(),
            cause: finding.cause.as_ref().map(ToString::to_string),
            effects: finding.effects.iter().map(ToString::to_string).collect(),
            since: finding.since.map(|since| since.to_string()),
            file: place.map(|place| place.file.to_string()),
            line: place.map(|place| place.line),
        }
    }
}

/// Where the world comes from, in the contract's words.
pub fn source(world: &World) -> String {
    match world.origin() {
        Origin::Live { context } => format!("context:{context}"),
        Origin::Files => "files".to_owned(),
        Origin::Demo => "demo".to_owned(),
    }
}

/// Coverage of every kind, then of the kinds that Portolan does not know.
pub fn coverage(world: &World) -> Vec<Coverage> {
    let known = world.coverage().iter().map(|(kind, namespace, state)| {
        let objects = match (state, namespace) {
            (State::Syncing { seen }, _) => *seen,
            (_, Some(namespace)) => world.in_namespace(kind, namespace).count(),
            (_, None) => world.count(kind),
        };
        Coverage {
            kind: kind.qualified_name().to_owned(),
            namespace: namespace.map(ToString::to_string),
            state: state.into(),
            detail: detail(state),
            objects,
        }
    });
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    for ((api_version, kind), objects) in world.unrecognised() {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let name = if group.is_empty() {
            kind.to_string()
        } else {
            format!("{kind}.{group}")
        };
        *unknown.entry(name).or_default() += objects.len();
    }
    let unknown = unknown.into_iter().map(|(kind, objects)| Coverage {
        kind,
        namespace: None,
        state: CoverageState::NotInstalled,
        detail: format!("skipped: not a kind that Portolan knows ({objects} seen)"),
        objects,
    });
    known.chain(unknown).collect()
}

impl Check {
    /// The answer for what was judged.
    pub fn new(world: &World, judged: &Judged, unreadable: Vec<Unreadable>) -> Self {
        Self {
            schema: Schema::V1,
            source: source(world),
            summary: judged.summary().into(),
            coverage: coverage(world),
            unreadable,
            findings: judged
                .findings
                .iter()
                .map(|finding| FindingJson::from(&**finding))
                .collect(),
        }
    }
}
