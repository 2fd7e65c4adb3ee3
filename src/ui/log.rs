//! The log of a container, as far as it was read.

use crate::model::key::{Key, Name};
use crate::ui::msg::{LogLine, StreamId};
use regex::Regex;
use std::collections::VecDeque;

/// How many lines are kept; older ones are forgotten.
pub const KEPT: usize = 20_000;

/// The log of a container.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, with its own key"
)]
#[derive(Clone, Debug)]
pub struct LogPage {
    /// Under which number its lines arrive.
    pub stream: StreamId,
    /// The pod.
    pub pod: Key,
    /// The container.
    pub container: Name,
    /// The run before this one.
    pub previous: bool,
    /// The lines.
    pub lines: VecDeque<LogLine>,
    /// The number of the first line that is kept: grows as old ones are forgotten.
    pub first: usize,
    /// The number of the line at the top of the screen.
    pub top: usize,
    /// Keep to the end.
    pub follow: bool,
    /// Wrap long lines.
    pub wrap: bool,
    /// Show when.
    pub timestamps: bool,
    /// What is searched for.
    pub search: Option<Regex>,
    /// It has ended, and why if that was not its end.
    pub ended: Option<Option<String>>,
}

impl LogPage {
    /// A log of which nothing has arrived.
    pub fn new(stream: StreamId, pod: Key, container: Name, previous: bool) -> Self {
        Self {
            stream,
            pod,
            container,
            previous,
            lines: VecDeque::new(),
            first: 0,
            top: 0,
            follow: true,
            wrap: false,
            timestamps: false,
            search: None,
            ended: None,
        }
    }

    /// Takes lines that have arrived.
    pub fn extend(&mut self, lines: Vec<LogLine>) {
        self.lines.extend(lines);
        let surplus = self.lines.len().saturating_sub(KEPT);
        self.lines.drain(..surplus);
        self.first += surplus;
        self.top = self.top.max(self.first);
    }

    /// The number behind the last line.
    pub fn end(&self) -> usize {
        self.first + self.lines.len()
    }

    /// Moves the top; at the end it keeps to it.
    pub fn scroll_to(&mut self, top: usize, height: usize) {
        let last = self.end().saturating_sub(height).max(self.first);
        self.top = top.clamp(self.first, last);
        self.follow = self.top == last;
    }

    /// The top line, given how many lines are shown.
    pub fn shown_from(&self, height: usize) -> usize {
        let last = self.end().saturating_sub(height).max(self.first);
        if self.follow {
            last
        } else {
            self.top.min(last)
        }
    }

    /// The number of the next line that the search matches, from a line on; forwards or backwards, going round.
    pub fn find(&self, from: usize, backwards: bool) -> Option<usize> {
        let regex = self.search.as_ref()?;
        let matches: Vec<usize> = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| regex.is_match(&line.text))
            .map(|(at, _)| self.first + at)
            .collect();
        if backwards {
            let before = matches.iter().rev().find(|at| **at < from);
            before.or(matches.last()).copied()
        } else {
            let after = matches.iter().find(|at| **at > from);
            after.or(matches.first()).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind::Kind;

    fn page(count: usize) -> LogPage {
        let mut page = LogPage::new(
            StreamId(1),
            Key::new(Kind::Pod, "shop", "cart"),
            Name::from("cart"),
            false,
        );
        page.extend(
            (0..count)
                .map(|at| LogLine {
                    at: None,
                    text: format!("line {at}"),
                })
                .collect(),
        );
        page
    }

    #[test]
    fn old_lines_are_forgotten_and_the_place_is_kept() {
        let mut page = page(KEPT);
        page.scroll_to(100, 10);
        assert!(!page.follow);
        page.extend(vec![
            LogLine {
                at: None,
                text: "new".into()
            };
            50
        ]);
        assert_eq!((page.first, page.lines.len()), (50, KEPT));
        assert_eq!(page.shown_from(10), 100);
        assert_eq!(page.lines[50].text, "line 100");
    }

    #[test]
    fn the_end_is_followed_until_one_scrolls() {
        let mut page = page(30);
        assert_eq!(page.shown_from(10), 20);
        page.scroll_to(5, 10);
        assert_eq!(page.shown_from(10), 5);
        page.scroll_to(999, 10);
        assert!(page.follow);
    }

    #[test]
    fn a_search_goes_round() {
        let mut page = page(30);
        page.search = Some(Regex::new("line [12]$").unwrap());
        assert_eq!(page.find(0, false), Some(1));
        assert_eq!(page.find(2, false), Some(1));
        assert_eq!(page.find(1, true), Some(2));
        page.search = Some(Regex::new("nothing").unwrap());
        assert_eq!(page.find(0, false), None);
    }
}
