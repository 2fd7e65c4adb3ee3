//! Why a document cannot be read, in words that say what to do about it.

use serde_saphyr::Error;

/// A fault in a document: how many lines after its first one, and what it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) lines_down: u32,
    pub(super) message: String,
}

/// A template is told by its braces where YAML has no place for them.
const TEMPLATE: &str = "a template, not a manifest: render it first (helm template …, kustomize build …) and judge what comes out";

/// What the YAML parser says of a document.
pub(super) fn of_yaml(text: &str, error: &Error) -> Fault {
    let location = error.location();
    let line = location.map_or(1, |location| location.line());
    let said = error.to_string();
    // The place is told apart from the words.
    let words = said
        .rsplit_once(" at line ")
        .map_or(&*said, |(words, _)| words);
    let words = if said.starts_with("budget breached") {
        // The parser's own names for its limits say nothing to whoever wrote the document.
        over_budget(&said)
    } else {
        words
    };
    let message = if text.contains("{{") {
        TEMPLATE.to_owned()
    } else {
        let column = location.map_or(0, |location| location.column());
        if text.contains("Secret") {
            // The parser's words may hold a piece of a value.
            format!("not valid YAML (column {column})")
        } else {
            format!("not valid YAML: {words} (column {column})")
        }
    };
    Fault {
        lines_down: u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX),
        message,
    }
}

/// Which limit of the parser a document goes over.
fn over_budget(said: &str) -> &'static str {
    if said.contains("Depth") {
        "more levels than an object of Kubernetes has"
    } else if said.contains("nchor") || said.contains("lias") {
        "aliases that unfold to more than can be read"
    } else {
        "more than can be read of one document"
    }
}

/// What the JSON parser says of a document.
pub(super) fn of_json(error: &serde_json::Error) -> Fault {
    let said = error.to_string();
    let words = said
        .rsplit_once(" at line ")
        .map_or(&*said, |(words, _)| words);
    Fault {
        lines_down: u32::try_from(error.line().saturating_sub(1)).unwrap_or(u32::MAX),
        message: format!("not valid JSON: {words} (column {})", error.column()),
    }
}

/// A document that does not say what it is.
pub(super) fn of_kindless(file: &str, has_version: bool) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    if has_version {
        return "no kind: every Kubernetes object has one".to_owned();
    }
    match name {
        "kustomization.yaml" | "kustomization.yml" => {
            "kustomize's own file, not a manifest: judge what `kustomize build` prints".to_owned()
        }
        "Chart.yaml" | "values.yaml" | "values.yml" => {
            "a chart's own file, not a manifest: judge what `helm template` prints".to_owned()
        }
        _ => "neither apiVersion nor kind: not a Kubernetes object".to_owned(),
    }
}

/// Bytes that are no text.
pub(super) fn of_bytes(bytes: &[u8], valid_up_to: usize) -> (u32, String) {
    let start = bytes.get(..valid_up_to).unwrap_or(bytes);
    if start.iter().take(8192).any(|byte| *byte == 0) || bytes.iter().take(512).any(|b| *b == 0) {
        return (0, "a binary file, not YAML or JSON".to_owned());
    }
    let line = start.split(|byte| *byte == b'\n').count();
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    (line, "not UTF-8 text".to_owned())
}
