//! Why a command could not answer: one sentence for standard error.

use crate::model::text::visible;
use std::fmt;
use std::io;

/// Why a command could not answer. Shown as one line, whatever it quotes.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure with its sentence, which says what to do where something can be done.
    pub fn new(words: impl fmt::Display) -> Self {
        Self(words.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(&self.0))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(format!("the answer cannot be written: {error}"))
    }
}

/// The reader of standard output has gone: that is no failure of ours.
pub fn unless_reader_gone(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
