//! `trace -o text`: the path, then why it fails and what would mend it.

use crate::diagnosis::report::Report;
use crate::model::text::visible;
use crate::output::glyph::{Charset, in_charset};
use crate::output::path::{self, Line, Rail};
use crate::output::width::{pad, width};
use crate::trace::path::Path;
use std::io::{self, Write};

/// Cells of a stage's name and the gap behind it.
const STAGE: usize = 11;

/// Writes a path.
pub fn write(
    out: &mut dyn Write,
    path: &Path,
    report: &Report,
    charset: Charset,
) -> io::Result<()> {
    let mut put = |text: &str| writeln!(out, "{}", in_charset(text, charset).trim_end());
    let heading = path::heading(path);
    put(&format!(
        "{}   {} {}",
        heading.request,
        heading.mark.glyph(charset),
        heading.outcome
    ))?;
    let lines = path::lines(path);
    let texts: Vec<String> = lines.iter().map(|line| text_of(line, charset)).collect();
    let coded = lines
        .iter()
        .zip(&texts)
        .filter(|(line, _)| !line.codes.is_empty());
    let room = coded.map(|(_, text)| width(text)).max().unwrap_or(0);
    for (line, text) in lines.iter().zip(&texts) {
        if line.codes.is_empty() {
            put(text)?;
        } else {
            put(&format!("{}  {}", pad(text, room), line.codes.join(" ")))?;
        }
    }
    if let Some(addition) = path.deciding_hop().and_then(|hop| hop.addition.as_ref()) {
        put("To admit it, apply:")?;
        for line in addition.lines() {
            put(&visible(line))?;
        }
    }
    if let Some(finding) = path::finding(path, report) {
        let said = [
            ("Why", finding.message.as_str()),
            ("Fix", finding.fix.as_str()),
            ("Patch", finding.patch.as_deref().unwrap_or_default()),
            ("Confirm", finding.confirm.as_str()),
        ];
        for (name, words) in said.into_iter().filter(|(_, words)| !words.is_empty()) {
            put(&format!("{name:<8}{}", visible(words)))?;
        }
    }
    Ok(())
}

fn text_of(line: &Line, charset: Charset) -> String {
    let mark = line.mark.map_or(" ", |mark| mark.glyph(charset));
    let rail = line.rail.glyph();
    if matches!(line.rail, Rail::Beneath | Rail::None) {
        return format!("{rail}     {mark} {}", line.text);
    }
    format!("{rail} {mark} {}{}", pad(line.stage, STAGE), line.text)
}
