//! What was odd while reading a document, and where.

use std::fmt::Write as _;
use std::sync::Arc;

/// A short shared text.
pub(crate) type Text = Arc<str>;

/// How many flaws of one object are kept: a hostile document must not grow without bound.
const MOST: usize = 64;
/// How many characters of an odd value are kept.
const SHOWN: usize = 60;
/// The name of the whole document where a path would be empty.
pub(crate) const WHOLE: &str = "(document)";

/// A field whose value does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// Path of the field.
    pub(crate) field: String,
    /// What stands there, shortened.
    pub(crate) observed: String,
    /// What the schema asks for.
    pub(crate) expected: String,
}

/// Whether pod templates are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Templates {
    /// They are kept.
    Read,
    /// They are skipped.
    Skip,
}

#[derive(Debug)]
enum Step {
    Field(&'static str),
    Item(usize),
    Entry(Text),
}

/// The flaws so far and the path of the value that is being read.
#[derive(Debug)]
pub(crate) struct Notes {
    path: Vec<Step>,
    flaws: Vec<Flaw>,
    pub(crate) templates: Templates,
}

impl Notes {
    pub(crate) fn new(templates: Templates) -> Self {
        Self {
            path: Vec::new(),
            flaws: Vec::new(),
            templates,
        }
    }

    pub(crate) fn into_flaws(self) -> Vec<Flaw> {
        self.flaws
    }

    pub(crate) fn enter(&mut self, field: &'static str) {
        self.path.push(Step::Field(field));
    }

    pub(crate) fn enter_item(&mut self, at: usize) {
        self.path.push(Step::Item(at));
    }

    pub(crate) fn enter_entry(&mut self, key: &Text) {
        self.path.push(Step::Entry(Arc::clone(key)));
    }

    pub(crate) fn leave(&mut self) {
        self.path.pop();
    }

    /// Notes that the value being read is not what was expected.
    pub(crate) fn odd(&mut self, observed: String, expected: &str) {
        let field = self.here(None);
        self.flaw(field, observed, expected);
    }

    /// Notes that a text is not what was expected.
    pub(crate) fn odd_text(&mut self, text: &str, expected: &str) {
        self.odd(format!("\"{}\"", shortened(text)), expected);
    }

    /// Notes a field of the value being read that had to be there, unless it is known to be odd.
    pub(crate) fn required(&mut self, missing: bool, field: &'static str, expected: &str) {
        if missing {
            let path = self.here(Some(field));
            if !self.flaws.iter().any(|flaw| flaw.field == path) {
                self.flaw(path, "nothing".to_owned(), expected);
            }
        }
    }

    /// Notes that a field of the value being read stands there twice.
    pub(crate) fn twice(&mut self, field: &str) {
        let path = self.here(Some(field));
        self.flaw(path, "the field twice".to_owned(), "the field once");
    }

    /// Whether the value at a path, or anything in it, was found odd. Once flaws are no longer kept, everything is.
    pub(crate) fn flawed(&self, path: &str) -> bool {
        self.flaws.len() >= MOST
            || self.flaws.iter().any(|flaw| {
                let rest = flaw.field.strip_prefix(path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            })
    }

    /// Notes a flaw by its full path.
    pub(crate) fn flaw(&mut self, field: String, observed: String, expected: &str) {
        if self.flaws.len() < MOST {
            let expected = expected.to_owned();
            self.flaws.push(Flaw {
                field,
                observed,
                expected,
            });
        }
    }

    fn here(&self, field: Option<&str>) -> String {
        let mut path = String::new();
        let mut dot = "";
        for step in &self.path {
            // Writing to a text cannot fail.
            let _ = match step {
                Step::Field(name) => write!(path, "{dot}{name}"),
                Step::Item(at) => write!(path, "[{at}]"),
                Step::Entry(key) => write!(path, "[{}]", shortened(key)),
            };
            dot = ".";
        }
        if let Some(field) = field {
            let _ = write!(path, "{dot}{}", shortened(field));
        }
        if path.is_empty() {
            WHOLE.to_owned()
        } else {
            path
        }
    }
}

/// A text cut to what a person wants to see of it.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
