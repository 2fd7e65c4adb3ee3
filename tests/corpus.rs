//! No false alarm: well-known applications and controllers as they are shipped, read as `check --from` reads them.
//! Nothing may be said of them but what `expected.txt` lists, each with its defence; and when one thing in them is
//! broken (`breaks.yaml`), exactly that is said.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a corpus that cannot be read fails its test"
)]

use portolan::diagnosis::engine::diagnose;
use portolan::diagnosis::report::Report;
use portolan::model::delta::Delta;
use portolan::model::kind::Kind;
use portolan::model::view::View;
use portolan::model::world::{Origin, World};
use portolan::source::files;
use portolan::trace::parse::{self, Request};
use portolan::trace::trace;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// What is to be said of an application as it is shipped.
#[derive(Default)]
struct Expected {
    /// Severity and identity of each finding → why it is right to say so.
    findings: BTreeMap<String, String>,
    /// Verdict, from, to.
    paths: Vec<(String, String, String)>,
}

/// One thing broken, and all that is to be said of it besides what is said anyway.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Break {
    /// What goes wrong, in a few words.
    what: String,
    file: String,
    /// Text that stands in the file once, or only part of which matters: its first place is changed.
    find: String,
    put: String,
    #[serde(default)]
    says: BTreeSet<String>,
    /// Must stand in a message.
    hint: Option<String>,
    /// `FROM TO` → verdict and the code of the deciding hop (`fail SVC001`).
    #[serde(default)]
    paths: BTreeMap<String, String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn apps() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("tests/corpus can be read");
    let mut apps: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    apps.sort();
    apps
}

fn name(app: &Path) -> String {
    let name = app.file_name().expect("a name");
    name.to_string_lossy().into_owned()
}

/// `severity CODE subject [detail]` at the first column, its defence indented beneath; `verdict FROM TO` for a path.
fn expected(app: &Path) -> Expected {
    let text = fs::read_to_string(app.join("expected.txt")).unwrap_or_default();
    let mut expected = Expected::default();
    let mut last = None;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            _ if line.starts_with(' ') => {
                let of: &String = last.as_ref().expect("a defence stands beneath a finding");
                let why: &mut String = expected.findings.get_mut(of).expect("a finding");
                why.push_str(line.trim());
            }
            [verdict @ ("pass" | "fail" | "unknown"), from, to] => {
                let path = ((*verdict).into(), (*from).into(), (*to).into());
                expected.paths.push(path);
            }
            _ => {
                expected.findings.insert(line.to_owned(), String::new());
                last = Some(line.to_owned());
            }
        }
    }
    expected
}

/// The YAML and JSON files of an application, by name.
fn manifests(app: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(app).expect("an application can be read");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.file_name().is_some_and(|name| name != "breaks.yaml"))
        .filter(|path| {
            let ext = path.extension().and_then(|ext| ext.to_str());
            matches!(ext, Some("yaml" | "yml" | "json"))
        })
        .collect();
    files.sort();
    files
}

/// The world of some deltas, seen when every scenario is.
fn world(deltas: Vec<Delta>) -> World {
    let mut world = World::new(Origin::Files, jiff::Timestamp::UNIX_EPOCH);
    world.apply(Delta::Clock(
        "2026-03-01T12:00:00Z".parse().expect("a time"),
    ));
    for delta in deltas {
        world.apply(delta);
    }
    world
}

fn shipped(app: &Path) -> World {
    let loaded =
        files::load(&manifests(app), &mut io::empty(), "default").expect("the files are there");
    assert!(
        loaded.unreadable.is_empty(),
        "{}: {:?}",
        name(app),
        loaded.unreadable
    );
    world(loaded.deltas)
}

fn said(report: &Report) -> BTreeMap<String, String> {
    let findings = report.findings().iter();
    findings
        .map(|it| {
            let said = format!("{} {}", it.severity.word(), it.id);
            (said, it.message.clone())
        })
        .collect()
}

/// Verdict, code of the deciding hop and every hop of a path.
fn followed(world: &World, from: &str, to: &str) -> (String, String) {
    let from = parse::from(from, world, "default").unwrap_or_else(|why| panic!("{from}: {why}"));
    let namespace = parse::namespace_of(&from, "default");
    let to = parse::to(to, world, namespace, &Request::default())
        .unwrap_or_else(|why| panic!("{to}: {why}"));
    let path = trace(&View::new(world), &from, &to);
    let mut verdict = path.verdict().word().to_owned();
    let cause = path.deciding_hop().and_then(|hop| hop.cause.as_ref());
    if let Some(code) = cause.and_then(|cause| portolan::diagnosis::cite::cite(cause).first()) {
        let _ = write!(verdict, " {code}");
    }
    let hops = path.hops.iter();
    let hops = hops.map(|hop| format!("    {} {} {}", hop.stage, hop.verdict.word(), hop.reason));
    (verdict, hops.collect::<Vec<_>>().join("\n"))
}

#[test]
fn nothing_is_said_of_what_is_shipped_but_what_can_be_defended() {
    let mut wrong = Vec::new();
    for app in apps() {
        let expected = expected(&app);
        let said = said(&diagnose(&shipped(&app)));
        let name = name(&app);
        for (finding, message) in &said {
            if finding.starts_with("error ") || !expected.findings.contains_key(finding) {
                wrong.push(format!("{name}: {finding}\n    {message}"));
            }
        }
        for (finding, why) in &expected.findings {
            if !said.contains_key(finding) {
                wrong.push(format!("{name}: missing: {finding}"));
            }
            if why.is_empty() {
                wrong.push(format!("{name}: no defence of: {finding}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn what_is_shipped_reaches_what_it_needs() {
    let mut wrong = Vec::new();
    for app in apps() {
        let world = shipped(&app);
        for (verdict, from, to) in expected(&app).paths {
            let (is, hops) = followed(&world, &from, &to);
            if !is.starts_with(&verdict) {
                let name = name(&app);
                wrong.push(format!(
                    "{name}: {from} → {to}: {is}, not {verdict}\n{hops}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn one_thing_broken_is_all_that_is_named() {
    let mut wrong = Vec::new();
    for app in apps() {
        let Ok(text) = fs::read_to_string(app.join("breaks.yaml")) else {
            continue;
        };
        let breaks: Vec<Break> =
            serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", app.display()));
        let before: BTreeSet<String> = said(&diagnose(&shipped(&app))).into_keys().collect();
        for broken in breaks {
            let about = format!("{}: {}", name(&app), broken.what);
            let world = world_of(&app, &broken);
            let after = said(&diagnose(&world));
            let new: BTreeSet<String> = after
                .keys()
                .filter(|finding| !before.contains(*finding))
                .cloned()
                .collect();
            if new != broken.says {
                let told: Vec<String> = new
                    .iter()
                    .map(|it| format!("    {it}: {}", after[it]))
                    .collect();
                wrong.push(format!(
                    "{about}:\n{}\n  not {:?}",
                    told.join("\n"),
                    broken.says
                ));
            }
            let told = |hint: &String| new.iter().any(|it| after[it].contains(hint));
            if broken.hint.as_ref().is_some_and(|hint| !told(hint)) {
                wrong.push(format!("{about}: nothing says {:?}", broken.hint));
            }
            for (ends, verdict) in &broken.paths {
                let (from, to) = ends.split_once(' ').expect("FROM TO");
                let (is, hops) = followed(&world, from, to);
                if is != *verdict {
                    wrong.push(format!("{about}: {ends}: {is}, not {verdict}\n{hops}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The application with one thing changed.
fn world_of(app: &Path, broken: &Break) -> World {
    let mut text = String::new();
    for path in manifests(app) {
        let own = fs::read_to_string(&path).expect("a file");
        let is_it = path.file_name().is_some_and(|name| *name == *broken.file);
        let own = if is_it {
            assert!(own.contains(&broken.find), "{}: {}", name(app), broken.what);
            own.replacen(&broken.find, &broken.put, 1)
        } else {
            own
        };
        let _ = write!(text, "---\n{own}");
    }
    let loaded = files::load_text("all.yaml", &text, "default");
    let about = (name(app), &broken.what);
    assert!(
        loaded.unreadable.is_empty(),
        "{about:?} {:?}",
        loaded.unreadable
    );
    world(loaded.deltas)
}

#[test]
fn the_corpus_is_large_enough_and_every_object_of_it_fits_its_schema() {
    let apps = apps();
    assert!(apps.len() >= 40, "only {} applications", apps.len());
    for app in apps {
        let world = shipped(&app);
        let services = world.all(Kind::Service).count();
        assert!(services > 0, "{} has no Service", name(&app));
    }
}
