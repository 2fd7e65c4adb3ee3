//! `check`: judges everything, and says in its exit code how it is.

use crate::cli::COULD_NOT;
use crate::cli::answer;
use crate::cli::args::{Check, CheckFormat, FailOn};
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::cli::world::{self, Seen};
use crate::diagnosis::finding::Severity;
use crate::output::json;
use crate::output::select::{self, Judged, Selection};
use crate::output::{github, sarif, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Judges and reports.
pub fn run(invocation: &Invocation, args: &Check) -> Result<u8, Failure> {
    let selection = Selection {
        namespace: invocation.reported_namespace(),
        only: codes(&args.only)?,
        skip: codes(&args.skip)?,
        baseline: args
            .baseline
            .as_deref()
            .map(baseline)
            .transpose()?
            .unwrap_or_default(),
    };
    let mut seen = world::open(invocation)?;
    let report = seen.engine.judge();
    let judged = selection.of(&report);
    print(invocation, args.output, &seen, &judged)?;
    let unread = args.require_coverage && seen.names_unreadable_kinds();
    let could_not = seen.exit_code(invocation);
    if could_not != 0 || unread {
        return Ok(COULD_NOT);
    }
    Ok(u8::from(judged.reaches(severity(args.fail_on))))
}

fn severity(fail_on: FailOn) -> Severity {
    match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
    }
}

fn print(
    invocation: &Invocation,
    format: CheckFormat,
    seen: &Seen,
    judged: &Judged,
) -> Result<(), Failure> {
    let world = seen.engine.world();
    answer(|out| match format {
        CheckFormat::Table => text::check::write(out, world, judged, invocation.charset()),
        CheckFormat::Json => {
            let check = json::check::Check::new(world, judged, seen.unreadable.clone());
            json::write(out, &check)
        }
        CheckFormat::Sarif => json::write(out, &sarif::log(judged, &seen.unreadable)),
        CheckFormat::Github => github::write(out, judged, &seen.unreadable),
    })?;
    Ok(())
}

fn codes(words: &[String]) -> Result<BTreeSet<&'static str>, Failure> {
    let mut all = BTreeSet::new();
    for word in words.iter().filter(|word| !word.trim().is_empty()) {
        let meant = select::codes(word);
        if meant.is_empty() {
            let words = format!(
                "`{word}` is no code, name or family of findings; `portolan explain` lists them"
            );
            return Err(Failure::new(words));
        }
        all.extend(meant);
    }
    Ok(all)
}

/// The ids of findings in a file: an earlier answer in JSON, or one id a line.
fn baseline(path: &Path) -> Result<BTreeSet<String>, Failure> {
    let unreadable = |why: String| {
        Failure::new(format!(
            "the baseline {} cannot be read: {why}",
            path.display()
        ))
    };
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    if !text.trim_start().starts_with('{') {
        let ids = text.lines().map(str::trim);
        let ids = ids.filter(|line| !line.is_empty() && !line.starts_with('#'));
        return Ok(ids.map(str::to_owned).collect());
    }
    let answer: Value =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let findings = answer.get("findings").and_then(Value::as_array);
    let Some(findings) = findings else {
        return Err(unreadable("it holds no findings".to_owned()));
    };
    let ids = findings
        .iter()
        .filter_map(|finding| finding.get("id")?.as_str());
    Ok(ids.map(str::to_owned).collect())
}
