//! A redacted dump of a world that `--from` reads back.

mod header;

pub use header::{GROUP, Header, KIND, header};
