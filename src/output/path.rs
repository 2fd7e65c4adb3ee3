//! A path as lines: the one grammar of `trace -o text`, the screen and the docs.
//!
//! Each line carries what it is about and what its colour says, so that whoever draws it needs no knowledge of paths.

use crate::diagnosis::cite::cite;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::report::Report;
use crate::model::key::Key;
use crate::model::text::visible;
use crate::output::glyph::Mark;
use crate::trace::end::To;
use crate::trace::hop::{Hop, Note, Verdict, Weight};
use crate::trace::path::Path;

/// Where a line stands on the rail at the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rail {
    /// The first hop: `┌`.
    First,
    /// A hop in between: `├`.
    Middle,
    /// The last hop: `└`.
    Last,
    /// A line beneath a hop that others follow: `│`.
    Beneath,
    /// No rail.
    None,
}

impl Rail {
    /// The character.
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::First => "┌",
            Self::Middle => "├",
            Self::Last => "└",
            Self::Beneath => "│",
            Self::None => " ",
        }
    }
}

/// One line of a path. Its texts are safe to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The rail at its left.
    pub rail: Rail,
    /// Its mark; none beneath a hop whose lines need none.
    pub mark: Option<Mark>,
    /// The stage; empty beneath a hop.
    pub stage: &'static str,
    /// The words.
    pub text: String,
    /// The codes of the findings behind it.
    pub codes: &'static [&'static str],
    /// What it is about.
    pub object: Option<Key>,
    /// Which hop it belongs to, from 0.
    pub hop: usize,
}

/// The first line: the request, and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// `GET https://shop.example.com/cart`, or `shop/Deployment/web → shop/Service/api:80/TCP`.
    pub request: String,
    /// How it ends.
    pub mark: Mark,
    /// `503 at endpoints`, `passes`.
    pub outcome: String,
}

/// The heading of a path.
pub fn heading(path: &Path) -> Heading {
    let request = match &path.to {
        To::Url(url) => format!("{} {url} from {}", url.method, path.from),
        to => format!("{} → {to}", path.from),
    };
    let status = path.http.as_ref().and_then(|http| http.status);
    let status = status
        .map(|status| format!("{status} "))
        .unwrap_or_default();
    let verdict = path.verdict();
    let stage = path.deciding_hop().map_or("", |hop| hop.stage.word());
    let outcome = match verdict {
        Verdict::Fail => format!("{status}fails at {stage}"),
        Verdict::Unknown => format!("unknown at {stage}"),
        Verdict::Pass | Verdict::Skipped => format!("{status}passes"),
    };
    Heading {
        request: visible(&request).into_owned(),
        mark: Mark::of_verdict(verdict),
        outcome,
    }
}

/// The hops of a path, each with the lines beneath it.
pub fn lines(path: &Path) -> Vec<Line> {
    let last = path.hops.len().saturating_sub(1);
    let all = path.hops.iter().enumerate();
    all.flat_map(|(at, hop)| {
        let rail = match at {
            _ if at == last => Rail::Last,
            0 => Rail::First,
            _ => Rail::Middle,
        };
        let beneath = if at == last {
            Rail::None
        } else {
            Rail::Beneath
        };
        let notes = hop
            .notes
            .iter()
            .map(move |note| note_line(note, beneath, at));
        std::iter::once(hop_line(hop, rail, at)).chain(notes)
    })
    .collect()
}

fn hop_line(hop: &Hop, rail: Rail, at: usize) -> Line {
    // What is shown only, and was not asked, is nothing to worry about.
    let unasked = hop.weight == Weight::Advisory && hop.verdict == Verdict::Unknown;
    let cause = hop.cause.as_ref().filter(|_| !unasked);
    Line {
        rail,
        mark: Some(if unasked {
            Mark::Quiet
        } else {
            Mark::of_verdict(hop.verdict)
        }),
        stage: hop.stage.word(),
        text: visible(&hop.reason).into_owned(),
        codes: cause.map_or(&[], cite),
        object: hop.subject.clone(),
        hop: at,
    }
}

fn note_line(note: &Note, rail: Rail, at: usize) -> Line {
    Line {
        rail,
        mark: Some(Mark::of_verdict(note.verdict)),
        stage: "",
        text: visible(&note.text).into_owned(),
        codes: &[],
        object: note.subject.clone(),
        hop: at,
    }
}

/// The finding behind a path's deciding hop: what explains why it fails and what would mend it. The root cause is
/// taken where the report knows one.
pub fn finding<'r>(path: &Path, report: &'r Report) -> Option<&'r Finding> {
    let hop = path.deciding_hop()?;
    let codes = hop.cause.as_ref().map_or(&[] as &[&str], cite);
    let about = hop.subject.as_ref();
    let all = || report.findings().iter().map(|finding| &**finding);
    let cited = codes.iter().find_map(|code| {
        all().find(|finding| finding.id.code == *code && Some(&finding.id.subject) == about)
    })?;
    let root = cited.cause.as_ref().and_then(|cause| report.find(cause));
    Some(root.map_or(cited, |root| root))
}
