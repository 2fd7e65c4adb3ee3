//! The journal: what changed in the world while it was watched, and which problems came and went with it.
//!
//! A bounded list that is cheap to share. Times are the world's own, from the latest clock.

use crate::diagnosis::finding::{FindingId, Severity};
use crate::model::key::Key;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many rows are kept; the oldest go first.
pub const CAPACITY: usize = 2_000;

/// The most characters of a value that are kept.
const LONGEST: usize = 160;

/// The rows so far, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    rows: Arc<VecDeque<Arc<Row>>>,
    next: u64,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Counts up from 0 and is never reused.
    pub number: u64,
    /// When, by the world's clock.
    pub at: Timestamp,
    /// The object.
    pub about: Key,
    /// What happened to it.
    pub what: What,
}

/// What happened to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It is there now.
    Came,
    /// It is gone.
    Went,
    /// A field has another value.
    Field {
        /// Its path.
        path: String,
        /// What stood there; empty where nothing did.
        from: String,
        /// What stands there; empty where nothing does.
        to: String,
    },
    /// A problem is there that was not.
    Appeared(Problem),
    /// A problem that was there is not any more.
    Vanished(Problem),
}

/// A problem that came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The finding.
    pub id: FindingId,
    /// How bad it is.
    pub severity: Severity,
    /// Its title.
    pub title: String,
    /// The row that did it; none where time alone did, or what could be read changed.
    pub by: Option<u64>,
}

impl Journal {
    /// The rows, the oldest first.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &Arc<Row>> {
        self.rows.iter()
    }

    /// A row by its number, while it is kept.
    pub fn row(&self, number: u64) -> Option<&Arc<Row>> {
        let first = self.rows.front()?.number;
        let at = usize::try_from(number.checked_sub(first)?).ok()?;
        self.rows.get(at)
    }

    /// The rows about an object, the latest first.
    pub fn about<'j>(&'j self, key: &'j Key) -> impl Iterator<Item = &'j Arc<Row>> {
        self.rows.iter().rev().filter(|row| row.about == *key)
    }

    /// The number of the next row.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Adds a row and says its number.
    pub(super) fn add(&mut self, at: Timestamp, about: &Key, what: What) -> u64 {
        let number = self.next;
        self.next += 1;
        let rows = Arc::make_mut(&mut self.rows);
        if rows.len() == CAPACITY {
            rows.pop_front();
        }
        rows.push_back(Arc::new(Row {
            number,
            at,
            about: about.clone(),
            what,
        }));
        number
    }
}

/// A value no longer than what is kept.
pub(super) fn short(value: &str) -> String {
    if value.chars().count() <= LONGEST {
        return value.to_owned();
    }
    let kept: String = value.chars().take(LONGEST).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind::Kind;

    #[test]
    fn the_oldest_rows_go_and_numbers_stay() {
        let mut journal = Journal::default();
        let key = Key::new(Kind::Pod, "shop", "web");
        let many = u64::try_from(CAPACITY).unwrap() + 10;
        for _ in 0..many {
            journal.add(Timestamp::UNIX_EPOCH, &key, What::Came);
        }
        assert_eq!(journal.rows().count(), CAPACITY);
        assert_eq!(journal.row(9), None);
        assert_eq!(journal.row(10).unwrap().number, 10);
        assert_eq!(journal.row(many - 1).unwrap().number, many - 1);
        assert_eq!(journal.row(many), None);
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(short("abc"), "abc");
        let cut = short(&"ä".repeat(500));
        assert_eq!(cut.chars().count(), LONGEST + 1);
    }
}
