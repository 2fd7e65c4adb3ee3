//! One invocation: what was asked for, and where complaints go.

use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::model::key::Name;
use crate::output::glyph::Charset;
use std::io::{self, Write as _};

/// The namespace of documents that name none.
const DEFAULT_NAMESPACE: &str = "default";

/// One invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The flags that every command takes.
    pub global: Global,
}

impl Invocation {
    /// An invocation with these flags.
    pub fn new(global: Global) -> Self {
        Self { global }
    }

    /// The namespace of `-n`.
    pub fn named_namespace(&self) -> Option<&str> {
        let named = self.global.namespace.as_deref();
        named.filter(|namespace| !namespace.is_empty())
    }

    /// The namespace that answers are restricted to; none for all.
    pub fn reported_namespace(&self) -> Option<Name> {
        let named = self.named_namespace();
        named
            .filter(|_| !self.global.all_namespaces)
            .map(Name::from)
    }

    /// The namespace of what names none, offline.
    pub fn offline_namespace(&self) -> Name {
        Name::from(self.named_namespace().unwrap_or(DEFAULT_NAMESPACE))
    }

    /// The characters of answers.
    pub fn charset(&self) -> Charset {
        if self.global.ascii {
            Charset::Ascii
        } else {
            Charset::Unicode
        }
    }

    /// Says on standard error why there is no answer, or none that is whole.
    pub fn complain(&self, failure: &Failure) {
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "portolan: {failure}");
    }
}
