//! `check -o github`: workflow commands, shown as annotations on the lines of a pull request.

use crate::diagnosis::finding::{Finding, Severity};
use crate::output::json::check::Unreadable;
use crate::output::sarif::said;
use crate::output::select::Judged;
use std::io::{self, Write};

/// What standard input is called among files.
const STDIN: &str = "-";

/// Writes one command a finding, and one a document that could not be read.
pub fn write(out: &mut dyn Write, judged: &Judged, unreadable: &[Unreadable]) -> io::Result<()> {
    for document in unreadable {
        let place = place(&document.file, document.line);
        let words = data(&document.message);
        writeln!(out, "::error {place}title=unreadable::{words}")?;
    }
    for finding in &judged.findings {
        writeln!(out, "{}", line(finding))?;
    }
    Ok(())
}

fn line(finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let title = property(&format!("{} {}", finding.id.code, finding.id.subject));
    let known = finding.place.as_ref();
    let place = known.map_or_else(String::new, |at| place(&at.file, at.line));
    format!("::{command} {place}title={title}::{}", data(&said(finding)))
}

/// Where an annotation stands: nowhere for standard input, which is no file of a pull request; at a file where its
/// line is not known. Names are relative to the repository, without the `./` that shells write.
fn place(file: &str, line: u32) -> String {
    if file == STDIN {
        return String::new();
    }
    let file = property(file.strip_prefix("./").unwrap_or(file));
    if line == 0 {
        return format!("file={file},");
    }
    format!("file={file},line={line},")
}

/// A command's message: line breaks and per cent signs are escaped, so that no text can start another command.
fn data(text: &str) -> String {
    let escaped = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    crate::model::text::visible(&escaped).into_owned()
}

/// A command's property: what ends one is escaped too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
