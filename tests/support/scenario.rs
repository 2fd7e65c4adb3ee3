//! A scenario: a cluster as a user would paste it, and exactly what is to be said of it.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a scenario that cannot be read fails its test"
)]

use portolan::diagnosis::engine::{Engine, diagnose};
use portolan::diagnosis::finding::Finding;
use portolan::diagnosis::report::Report;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::key::Name;
use portolan::model::kind::Kind;
use portolan::model::view::View;
use portolan::model::world::{Origin, World};
use portolan::source::files;
use portolan::trace::parse::{self, Request};
use portolan::trace::path::Path as Way;
use portolan::trace::trace;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// When every scenario is looked at, unless it says otherwise.
const NOW: &str = "2026-03-01T12:00:00Z";

/// What is to be said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    #[serde(default)]
    pub(crate) world: Judged,
    pub(crate) now: Option<String>,
    #[serde(default)]
    pub(crate) findings: Vec<ExpectedFinding>,
    #[serde(default)]
    pub(crate) paths: Vec<ExpectedPath>,
}

/// As what the world is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Judged {
    /// As manifests: what a cluster would add is taken for granted.
    #[default]
    Files,
    /// As a live cluster: what is not there is not there.
    Cluster,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedFinding {
    pub(crate) code: String,
    pub(crate) subject: String,
    #[serde(default)]
    pub(crate) detail: String,
    pub(crate) severity: String,
    /// The identity of the finding that explains it.
    pub(crate) cause: Option<String>,
    /// Must stand in the message or the evidence.
    pub(crate) hint: Option<String>,
    /// Must stand in the patch; the empty text: there is none.
    pub(crate) patch: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedPath {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) verdict: String,
    pub(crate) http: Option<u16>,
    /// Stage → verdict, for the stages that are named.
    #[serde(default)]
    pub(crate) hops: BTreeMap<String, String>,
    /// Must be among the codes that the deciding hop cites.
    pub(crate) code: Option<String>,
}

/// A scenario, read.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) expected: Expected,
    deltas: Vec<Delta>,
    origin: Origin,
}

/// All of them, by name.
pub(crate) fn all() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let entries = fs::read_dir(folder).expect("tests/scenarios can be read");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    folders
        .iter()
        .map(|folder| Scenario::read(folder))
        .collect()
}

impl Scenario {
    fn read(folder: &Path) -> Self {
        let name = folder.file_name().expect("a name").to_string_lossy();
        let text = |file: &str| {
            fs::read_to_string(folder.join(file))
                .unwrap_or_else(|why| panic!("{name}/{file}: {why}"))
        };
        let expected: Expected = serde_saphyr::from_str(&text("expected.yaml"))
            .unwrap_or_else(|why| panic!("{name}/expected.yaml: {why}"));
        let loaded = files::load_text("cluster.yaml", &text("cluster.yaml"), "default");
        assert!(
            loaded.unreadable.is_empty(),
            "{name}: {:?}",
            loaded.unreadable
        );
        let origin = match expected.world {
            Judged::Files => Origin::Files,
            Judged::Cluster => Origin::Live {
                context: Name::from("scenario"),
            },
        };
        Self {
            name: name.into_owned(),
            expected,
            deltas: loaded.deltas,
            origin,
        }
    }

    /// The deltas that make the world, in the order of the files; the clock comes first.
    pub(crate) fn deltas(&self) -> Vec<Delta> {
        let now = self.expected.now.as_deref().unwrap_or(NOW);
        let clock = Delta::Clock(now.parse().expect("a time"));
        std::iter::once(clock)
            .chain(self.deltas.iter().cloned())
            .collect()
    }

    /// An engine that has seen nothing.
    pub(crate) fn engine(&self) -> Engine {
        Engine::new(self.origin.clone(), jiff::Timestamp::UNIX_EPOCH)
    }

    /// The world of some deltas.
    pub(crate) fn world(&self, deltas: impl IntoIterator<Item = Delta>) -> World {
        let mut world = World::new(self.origin.clone(), jiff::Timestamp::UNIX_EPOCH);
        for delta in deltas {
            world.apply(delta);
        }
        world
    }

    /// The report of the world as it is.
    pub(crate) fn report(&self) -> Report {
        diagnose(&self.world(self.deltas()))
    }

    /// The deltas as somebody without rights on a kind would get them.
    pub(crate) fn without(&self, kind: Kind) -> Vec<Delta> {
        let mut deltas = self.deltas();
        deltas.retain(|delta| match delta {
            Delta::Upsert(object) => object.key().kind != kind,
            Delta::Replace { kind: of, .. } | Delta::Coverage { kind: of, .. } => *of != kind,
            _ => true,
        });
        deltas.push(Delta::Coverage {
            kind,
            namespace: None,
            state: State::Forbidden {
                detail: Name::from("list is forbidden"),
            },
        });
        deltas
    }

    /// Every way in which the report differs from what is expected.
    pub(crate) fn differences(&self, report: &Report) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut left: Vec<&Finding> = report.findings().iter().map(|finding| &**finding).collect();
        for wanted in &self.expected.findings {
            match left.iter().position(|finding| is_that(finding, wanted)) {
                Some(at) => wrong.extend(fits(left.remove(at), wanted)),
                None => wrong.push(format!("missing: {} {}", wanted.code, wanted.subject)),
            }
        }
        wrong.extend(left.iter().map(|finding| {
            let severity = finding.severity.word();
            format!(
                "not expected: {severity} {}: {}",
                finding.id, finding.message
            )
        }));
        wrong
    }

    /// One expected path, followed.
    pub(crate) fn follow(&self, world: &World, path: &ExpectedPath) -> Way {
        let from = parse::from(&path.from, world, "default")
            .unwrap_or_else(|why| panic!("{}: from {}: {why}", self.name, path.from));
        let namespace = parse::namespace_of(&from, "default");
        let to = parse::to(&path.to, world, namespace, &Request::default())
            .unwrap_or_else(|why| panic!("{}: to {}: {why}", self.name, path.to));
        trace(&View::new(world), &from, &to)
    }
}

fn is_that(finding: &Finding, wanted: &ExpectedFinding) -> bool {
    finding.id.code == wanted.code
        && finding.id.subject.to_string() == wanted.subject
        && *finding.id.detail == *wanted.detail
}

fn fits(finding: &Finding, wanted: &ExpectedFinding) -> Vec<String> {
    let id = &finding.id;
    let mut wrong = Vec::new();
    if finding.severity.word() != wanted.severity {
        let is = finding.severity.word();
        wrong.push(format!(
            "{id} is {is}, not {}: {}",
            wanted.severity, finding.message
        ));
    }
    let cause = finding.cause.as_ref().map(ToString::to_string);
    if cause != wanted.cause {
        wrong.push(format!("{id} follows {cause:?}, not {:?}", wanted.cause));
    }
    let seen = finding.evidence.iter();
    let seen = seen.map(|it| format!("{}: {} {}", it.field, it.observed, it.expected));
    let words: Vec<String> = std::iter::once(finding.message.clone())
        .chain(seen)
        .collect();
    let words = words.join("\n");
    if let Some(hint) = wanted.hint.as_ref().filter(|hint| !words.contains(&**hint)) {
        wrong.push(format!("{id} does not say {hint:?}:\n{words}"));
    }
    let patch = finding.patch.as_deref().unwrap_or_default();
    if wanted.patch.as_deref() == Some("") && !patch.is_empty() {
        wrong.push(format!("{id} would be changed: {patch}"));
    }
    if let Some(part) = wanted
        .patch
        .as_ref()
        .filter(|part| !patch.contains(&**part))
    {
        wrong.push(format!("{id} would not change {part:?}: {patch}"));
    }
    wrong
}
