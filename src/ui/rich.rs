//! Lines of text whose parts have a meaning.

use crate::ui::theme::Role;

/// A piece of text with one meaning. Cluster text may stand in it raw: drawing makes it visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it means.
    pub role: Role,
    /// The words.
    pub text: String,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its parts, from left to right.
    pub spans: Vec<Span>,
    /// Where its continuation begins when it is wrapped, in cells.
    pub hang: u16,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of one piece.
    pub fn of(role: Role, text: impl Into<String>) -> Self {
        Self::new().and(role, text)
    }

    /// The same line with a piece more.
    pub fn and(mut self, role: Role, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.spans.push(Span { role, text });
        }
        self
    }

    /// The same line, wrapped with this indentation.
    pub fn hang(mut self, cells: u16) -> Self {
        self.hang = cells;
        self
    }

    /// The words alone.
    pub fn plain(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// The words of lines, one a line.
pub fn plain(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.plain().trim_end());
        text.push('\n');
    }
    text
}
