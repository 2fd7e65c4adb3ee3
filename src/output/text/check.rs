//! `check -o table`: each root cause with its grounds and its remedy, what it explains folded beneath.

use crate::diagnosis::finding::{Finding, Severity};
use crate::model::coverage::State;
use crate::model::kind::{Kind, Live};
use crate::model::text::visible;
use crate::model::world::World;
use crate::output::glyph::{Charset, Mark, in_charset};
use crate::output::select::Judged;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

/// Writes the findings and a closing line that says what they rest on.
pub fn write(
    out: &mut dyn Write,
    world: &World,
    judged: &Judged,
    charset: Charset,
) -> io::Result<()> {
    let (folded, roots): (Vec<_>, Vec<_>) = judged
        .findings
        .iter()
        .partition(|finding| finding.cause.is_some());
    let mut page = Page { out, charset };
    for root in roots {
        page.root(root)?;
        let beneath = folded
            .iter()
            .filter(|finding| root.effects.contains(&finding.id));
        for finding in beneath {
            page.effect(finding)?;
        }
        page.line("")?;
    }
    page.line(&closing(world, judged))
}

struct Page<'o> {
    out: &'o mut dyn Write,
    charset: Charset,
}

impl Page<'_> {
    fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", in_charset(&visible(text), self.charset))
    }

    fn glyph(&self, severity: Severity) -> &'static str {
        Mark::of_severity(severity).glyph(self.charset)
    }

    fn root(&mut self, finding: &Arc<Finding>) -> io::Result<()> {
        let glyph = self.glyph(finding.severity);
        self.line(&format!("{glyph} {}  {}", finding.id, finding.title))?;
        if let Some(place) = &finding.place {
            self.field("at", &format!("{}:{}", place.file, place.line))?;
        }
        self.field("why", &finding.message)?;
        for evidence in &finding.evidence {
            let expected = match evidence.expected.as_str() {
                "" => String::new(),
                expected => format!(" (needed: {expected})"),
            };
            let seen = format!(
                "{} {}: {}{expected}",
                evidence.object, evidence.field, evidence.observed
            );
            self.field("seen", &seen)?;
        }
        self.field("confirm", &finding.confirm)?;
        self.field("fix", &finding.fix)?;
        self.field("patch", finding.patch.as_deref().unwrap_or_default())
    }

    fn field(&mut self, name: &str, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.line(&format!("    {name:<8}{text}"))
    }

    fn effect(&mut self, finding: &Finding) -> io::Result<()> {
        let glyph = self.glyph(finding.severity);
        self.line(&format!("    └ {glyph} {}  {}", finding.id, finding.title))
    }
}

/// `2 errors, 1 warning, 0 infos · 9 kinds read, 1 unreadable (Secret)`.
fn closing(world: &World, judged: &Judged) -> String {
    let summary = judged.summary();
    let some =
        |count: usize, name: &str| format!("{count} {name}{}", if count == 1 { "" } else { "s" });
    let mut read = BTreeSet::new();
    let mut unread = BTreeSet::new();
    for (kind, _, state) in world.coverage().iter() {
        match state {
            State::Ready | State::Stale { .. } | State::Absent => read.insert(kind),
            State::Forbidden { .. } | State::Syncing { .. } => unread.insert(kind),
            State::NotInstalled => false,
        };
    }
    let partial: BTreeSet<_> = read.intersection(&unread).copied().collect();
    let counts = if judged.findings.is_empty() && unread.is_empty() {
        "No problems".to_owned()
    } else if judged.findings.is_empty() {
        "No problem in what could be read".to_owned()
    } else {
        let all = [
            some(summary.errors, "error"),
            some(summary.warnings, "warning"),
            some(summary.infos, "info"),
        ];
        all.join(", ")
    };
    let whole = read.len() - partial.len();
    // What is read because something names it is not judged for itself; nor is the namespace that it lies in.
    let mut alone = Kind::ALL
        .iter()
        .filter(|kind| kind.info().live != Live::Named && **kind != Kind::Namespace);
    let nothing = alone.all(|kind| world.all(*kind).next().is_none());
    let mut text = if nothing && unread.is_empty() {
        // That nothing is wrong with nothing is no good news.
        "Nothing to judge: no object of a kind that Portolan judges".to_owned()
    } else {
        format!("{counts} · {} read", some(whole, "kind"))
    };
    if !partial.is_empty() {
        let _ = write!(text, ", {} in some namespaces only", partial.len());
    }
    unread.retain(|kind| !partial.contains(kind));
    if !unread.is_empty() {
        let names: Vec<&str> = unread.iter().map(|kind| kind.qualified_name()).collect();
        let _ = write!(
            text,
            ", {} not readable ({})",
            unread.len(),
            names.join(", ")
        );
    }
    let unknown = world.unrecognised().len();
    if unknown > 0 {
        let _ = write!(text, ", {} skipped", some(unknown, "unknown kind"));
    }
    text
}
