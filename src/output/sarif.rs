//! `check -o sarif`: SARIF 2.1.0, for code scanning.

use crate::diagnosis::finding::{Finding, Severity};
use crate::output::explain::{self, Page};
use crate::output::json::check::Unreadable;
use crate::output::select::Judged;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The log of one run.
pub fn log(judged: &Judged, unreadable: &[Unreadable]) -> Value {
    let pages: Vec<Page> = explain::pages().collect();
    let rules: Vec<Value> = pages.iter().map(rule).collect();
    let results = judged
        .findings
        .iter()
        .map(|finding| result(finding, &pages));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "portolan",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": unreadable.is_empty(),
                "toolExecutionNotifications": unreadable.iter().map(notification).collect::<Vec<_>>(),
            }],
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn rule(page: &Page) -> Value {
    json!({
        "id": page.code,
        "name": page.slug,
        "shortDescription": { "text": page.title },
        "help": { "text": page.text, "markdown": page.text },
    })
}

fn result(finding: &Finding, pages: &[Page]) -> Value {
    let code = finding.id.code;
    let mut result = json!({
        "ruleId": code,
        "ruleIndex": pages.iter().position(|page| page.code == code),
        "level": level(finding.severity),
        "message": { "text": format!("{}: {}", finding.id.subject, said(finding)) },
        "partialFingerprints": { "findingId/v1": finding.id.to_string() },
    });
    let mut location = json!({
        "logicalLocations": [{ "fullyQualifiedName": finding.id.subject.to_string(), "kind": "resource" }],
    });
    let place = finding.place.as_ref();
    let place = place.and_then(|place| physical(&place.file, place.line));
    if let (Some(place), Some(object)) = (place, location.as_object_mut()) {
        object.insert("physicalLocation".to_owned(), place);
    }
    if let Some(object) = result.as_object_mut() {
        object.insert("locations".to_owned(), json!([location]));
    }
    result
}

/// A document that could not be read.
fn notification(document: &Unreadable) -> Value {
    let place = physical(&document.file, document.line);
    let places = place.map(|place| json!({ "physicalLocation": place }));
    json!({
        "level": "error",
        "message": { "text": document.message },
        "locations": places.into_iter().collect::<Vec<_>>(),
    })
}

/// A place in a file; none in standard input. A line is left out where it is not known.
fn physical(file: &str, line: u32) -> Option<Value> {
    if file == "-" {
        return None;
    }
    let artifact = json!({ "uri": uri(file.strip_prefix("./").unwrap_or(file)) });
    if line == 0 {
        return Some(json!({ "artifactLocation": artifact }));
    }
    Some(json!({ "artifactLocation": artifact, "region": { "startLine": line } }))
}

/// The words of a finding: title, what follows from it, what to do.
pub(super) fn said(finding: &Finding) -> String {
    let parts = [&finding.title, &finding.message, &finding.fix];
    let said = parts.into_iter().filter(|part| !part.is_empty());
    let said = said.map(|part| part.trim_end_matches('.'));
    said.collect::<Vec<_>>().join(". ")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A file's name as a URI reference: what has a meaning in URIs is escaped.
fn uri(file: &str) -> String {
    let mut out = String::from(if file.starts_with('/') { "file://" } else { "" });
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
