//! `check -o github`: workflow commands, shown as annotations on the lines of a pull request.

use crate::diagnosis::finding::{Finding, Severity};
use crate::output::sarif::said;
use crate::output::select::Judged;
use std::io::{self, Write};

/// Writes one command a finding.
pub fn write(out: &mut dyn Write, judged: &Judged) -> io::Result<()> {
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
    let place = finding
        .place
        .iter()
        .map(|place| format!("file={},line={},", property(&place.file), place.line));
    let title = property(&format!("{} {}", finding.id.code, finding.id.subject));
    let place: String = place.collect();
    format!("::{command} {place}title={title}::{}", data(&said(finding)))
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
