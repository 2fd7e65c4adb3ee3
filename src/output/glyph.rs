//! The marks of verdicts, in two sets: one for terminals with Unicode, one for plain ones.

use crate::diagnosis::finding::Severity;
use crate::trace::hop::Verdict;

/// Which characters may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// Any.
    #[default]
    Unicode,
    /// ASCII only.
    Ascii,
}

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// It fails.
    Fail,
    /// A part of it fails, or it soon will.
    Warning,
    /// It cannot be told.
    Unknown,
    /// It works.
    Pass,
    /// Not reached, or nothing is said of it.
    Quiet,
}

impl Mark {
    /// The mark of a hop or a path.
    pub const fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Unknown => Self::Unknown,
            Verdict::Skipped => Self::Quiet,
        }
    }

    /// The mark of a finding.
    pub const fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Fail,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Quiet,
        }
    }

    /// The character.
    pub const fn glyph(self, charset: Charset) -> &'static str {
        match (self, charset) {
            (Self::Fail, Charset::Unicode) => "✗",
            (Self::Fail, Charset::Ascii) => "x",
            (Self::Warning, _) => "!",
            (Self::Unknown, _) => "?",
            (Self::Pass, Charset::Unicode) => "✓",
            (Self::Pass, Charset::Ascii) => "+",
            (Self::Quiet, Charset::Unicode) => "·",
            (Self::Quiet, Charset::Ascii) => ".",
        }
    }

    /// The word of JSON rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Pass => "pass",
            Self::Quiet => "none",
        }
    }
}

/// The text in this set: for [`Charset::Ascii`] our own symbols become their plain forms and any other
/// character beyond ASCII is spelled `\u{…}`.
pub fn in_charset(text: &str, charset: Charset) -> std::borrow::Cow<'_, str> {
    if charset == Charset::Unicode || text.is_ascii() {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            '→' => out.push_str("->"),
            '✓' => out.push('+'),
            '✗' | '×' => out.push('x'),
            '·' => out.push('.'),
            '…' => out.push_str("..."),
            '≥' => out.push_str(">="),
            '≤' => out.push_str("<="),
            '–' | '—' | '─' => out.push('-'),
            '│' | '├' | '┌' | '└' => out.push('|'),
            '▸' => out.push('>'),
            '●' => out.push('*'),
            '‘' | '’' => out.push('\''),
            '“' | '”' => out.push('"'),
            c => out.extend(c.escape_unicode()),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_text_holds_nothing_else() {
        assert_eq!(
            in_charset("80 → 8080 ×41 ·", Charset::Ascii),
            "80 -> 8080 x41 ."
        );
        assert_eq!(in_charset("naïve", Charset::Ascii), "na\\u{ef}ve");
        assert_eq!(in_charset("80 → 8080", Charset::Unicode), "80 → 8080");
    }
}
