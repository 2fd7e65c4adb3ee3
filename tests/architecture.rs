//! The arrows between layers, read from the imports; and what pure layers must not touch.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every layer and the layers and crates that only it and those named may use (ARCHITECTURE.md, layers).
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("wire", &["model"]),
    ("lower", &["model", "wire"]),
    ("semantics", &["model"]),
    ("trace", &["model", "semantics"]),
    ("diagnosis", &["model", "semantics", "trace"]),
    ("forward", &["model", "semantics", "trace", "diagnosis"]),
    (
        "output",
        &["model", "semantics", "trace", "diagnosis", "forward"],
    ),
    (
        "ui",
        &[
            "model",
            "semantics",
            "trace",
            "diagnosis",
            "forward",
            "output",
        ],
    ),
    ("client", &["model"]),
    ("source", &["model", "wire", "lower", "semantics", "client"]),
    (
        "tunnel",
        &["model", "semantics", "diagnosis", "forward", "client"],
    ),
    (
        "runtime",
        &[
            "model",
            "semantics",
            "trace",
            "diagnosis",
            "forward",
            "output",
            "ui",
            "client",
            "source",
            "tunnel",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "semantics",
            "trace",
            "diagnosis",
            "forward",
            "output",
            "ui",
            "client",
            "source",
            "tunnel",
            "runtime",
        ],
    ),
];

/// The layers that are functions of their input alone.
const PURE: &[&str] = &[
    "model",
    "wire",
    "lower",
    "semantics",
    "trace",
    "diagnosis",
    "forward",
    "output",
];

/// What a function of its input alone cannot need.
const IMPURE: &[&str] = &[
    "std::time::Instant",
    "std::time::SystemTime",
    "std::env",
    "std::fs",
    "std::thread",
    "std::process",
    "std::net::Tcp",
    "std::net::Udp",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::sync::mpsc",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "tokio",
    "Timestamp::now",
    "Zoned::now",
    "rand",
];

/// Crates and the only layers that may use them.
const CRATES: &[(&str, &[&str])] = &[
    ("kube", &["client", "source", "tunnel"]),
    ("k8s_openapi", &["client", "source", "tunnel"]),
    ("crossterm", &["runtime"]),
    ("ratatui", &["ui", "runtime"]),
    ("clap", &["cli"]),
    ("color_eyre", &["cli", "main", "runtime"]),
    ("tokio", &["client", "source", "tunnel", "runtime", "cli"]),
];

/// More lines of code than this in one file are too many. The aim is 350.
const LONGEST: usize = 400;

struct Source {
    path: PathBuf,
    layer: String,
    /// The file without comments, texts and tests.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    assert!(found.len() > 50, "the sources were found");
    found
        .into_iter()
        .map(|path| {
            let below = path.strip_prefix(&root).unwrap();
            let first = below.components().next().unwrap();
            let layer = Path::new(first.as_os_str()).file_stem().unwrap();
            Source {
                layer: layer.to_str().unwrap().to_owned(),
                code: code_of(&fs::read_to_string(&path).unwrap()),
                path: below.to_owned(),
            }
        })
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Without line comments, texts and everything from the tests on.
fn code_of(text: &str) -> String {
    let tested = text.find("#[cfg(test)]").map_or(text, |at| &text[..at]);
    let lines = tested.lines().map(|line| {
        let mut code = String::new();
        let mut quoted = false;
        let mut letters = line.chars().peekable();
        while let Some(c) = letters.next() {
            match c {
                '\\' if quoted => {
                    letters.next();
                }
                '"' => quoted = !quoted,
                '/' if !quoted && letters.peek() == Some(&'/') => break,
                c if !quoted => code.push(c),
                _ => {}
            }
        }
        code
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Every path that starts with a crate's or module's name, for example `crate::model::key`.
fn mentions<'c>(code: &'c str, start: &'c str) -> impl Iterator<Item = &'c str> {
    code.match_indices(start).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back();
        let inside = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
        let rest = &code[at + start.len()..];
        (!inside).then(|| {
            rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or("")
        })
    })
}

fn is_test(source: &Source) -> bool {
    let name = source.path.file_name().unwrap();
    let inside = source
        .path
        .components()
        .any(|part| part.as_os_str() == "tests");
    name == "tests.rs" || inside
}

#[test]
fn every_arrow_points_down() {
    let allowed: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        if matches!(source.layer.as_str(), "lib" | "main") || is_test(&source) {
            continue;
        }
        let below = allowed
            .get(source.layer.as_str())
            .unwrap_or_else(|| panic!("{} is in no layer", source.path.display()));
        let grouped = source.code.contains("use crate::{");
        assert!(!grouped, "{}: one import a line", source.path.display());
        for used in mentions(&source.code, "crate::") {
            if allowed.contains_key(used) && used != source.layer && !below.contains(&used) {
                wrong.push(format!("{} uses {used}", source.path.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows that point up:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn crates_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !is_test(source)) {
        for (name, layers) in CRATES {
            let used = mentions(&source.code, &format!("{name}::")).count();
            if used > 0 && !layers.contains(&source.layer.as_str()) {
                wrong.push(format!("{} uses {name}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_layers_touch_no_clock_file_thread_or_lock() {
    let mut wrong = Vec::new();
    let sources = sources();
    let pure = sources
        .iter()
        .filter(|source| PURE.contains(&source.layer.as_str()) && !is_test(source));
    for source in pure {
        for name in IMPURE {
            if mentions(&source.code, name).next().is_some() {
                wrong.push(format!("{} uses {name}", source.path.display()));
            }
        }
        for inner in imported_from_std(&source.code) {
            let whole = format!("std::{inner}");
            let hit = IMPURE.iter().find(|name| whole.starts_with(**name));
            wrong.extend(hit.map(|name| format!("{} imports {name}", source.path.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The paths of `use std::a::{b, c}`, each whole: `a::b`, `a::c`.
fn imported_from_std(code: &str) -> Vec<String> {
    let statements = code.split(';').filter_map(|statement| {
        let (_, path) = statement.rsplit_once("use std::")?;
        Some(path.split_whitespace().collect::<String>())
    });
    statements
        .flat_map(|path| match path.split_once("::{") {
            Some((head, group)) => {
                let group = group.trim_end_matches('}');
                group
                    .split(',')
                    .map(|item| format!("{head}::{item}"))
                    .collect()
            }
            None => vec![path],
        })
        .collect()
}

#[test]
fn no_module_is_called_mod() {
    let named: Vec<PathBuf> = sources()
        .into_iter()
        .map(|source| source.path)
        .filter(|path| path.file_name().unwrap() == "mod.rs")
        .collect();
    assert!(named.is_empty(), "{named:?}");
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| !is_test(source))
        .filter_map(|source| {
            let lines = source
                .code
                .lines()
                .filter(|line| !line.trim().is_empty())
                .count();
            (lines > LONGEST).then(|| format!("{}: {lines} lines of code", source.path.display()))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_reader_of_this_test_sees_through_comments_and_texts() {
    let code = code_of(
        "use crate::ui; // crate::model\nlet a = \"crate::tunnel\";\n#[cfg(test)]\nuse crate::cli;",
    );
    assert_eq!(mentions(&code, "crate::").collect::<Vec<_>>(), ["ui"]);
    assert_eq!(
        imported_from_std("use std::collections::BTreeMap;\nuse std::sync::{Arc, Mutex};"),
        ["collections::BTreeMap", "sync::Arc", "sync::Mutex"]
    );
}
