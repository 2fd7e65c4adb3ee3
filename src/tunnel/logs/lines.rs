//! Cuts a stream of bytes into lines of bounded length.

use crate::tunnel::logs::Line;
use jiff::Timestamp;

/// The longest line that is kept, in bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// The longest time stamp before a line, with its blank.
const STAMP: usize = 64;

/// A line as it came, with its time stamp.
pub(super) struct Raw {
    bytes: Vec<u8>,
    cut: bool,
}

impl Raw {
    /// The line: `TIMESTAMP TEXT`; without a time stamp the whole is text.
    pub(super) fn into_line(mut self) -> Line {
        if self.bytes.last() == Some(&b'\r') {
            self.bytes.pop();
        }
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        let stamped = match text.split_once(' ') {
            Some((stamp, rest)) => stamp.parse::<Timestamp>().ok().map(|at| (at, rest)),
            // The kubelet writes an empty line as a time stamp alone.
            None => text.parse::<Timestamp>().ok().map(|at| (at, "")),
        };
        let (at, mut text) = match stamped {
            Some((at, rest)) => (Some(at), rest.to_owned()),
            None => (None, text),
        };
        let long = text.len() > LONGEST;
        text.truncate(text.floor_char_boundary(LONGEST));
        Line {
            at,
            text,
            cut: self.cut || long,
        }
    }
}

/// The line that is being put together.
#[derive(Default)]
pub(super) struct Cutter {
    begun: Vec<u8>,
    cut: bool,
}

impl Cutter {
    /// The lines that these bytes complete.
    pub(super) fn cut(&mut self, bytes: &[u8]) -> Vec<Raw> {
        let mut done = Vec::new();
        let mut parts = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            let room = (LONGEST + STAMP).saturating_sub(self.begun.len());
            self.cut |= part.len() > room;
            self.begun.extend(part.iter().take(room));
            if parts.peek().is_some() {
                done.push(self.take());
            }
        }
        done
    }

    /// The last line, where it had no end.
    pub(super) fn rest(&mut self) -> Option<Raw> {
        (!self.begun.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> Raw {
        Raw {
            bytes: std::mem::take(&mut self.begun),
            cut: std::mem::take(&mut self.cut),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines_of(pieces: &[&[u8]]) -> Vec<Line> {
        let mut cutter = Cutter::default();
        let mut raw: Vec<Raw> = pieces.iter().flat_map(|piece| cutter.cut(piece)).collect();
        raw.extend(cutter.rest());
        raw.into_iter().map(Raw::into_line).collect()
    }

    fn texts(pieces: &[&[u8]]) -> Vec<String> {
        lines_of(pieces).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn lines_across_pieces() {
        assert_eq!(texts(&[b"a\nb", b"c\n", b"\nd"]), ["a", "bc", "", "d"]);
        assert_eq!(texts(&[b"a\r\n"]), ["a"]);
        assert!(texts(&[b"", b""]).is_empty());
    }

    #[test]
    fn the_time_stamp_is_taken_off() {
        let line = &lines_of(&[b"2026-11-22T16:20:13.123456789Z  two blanks\n"])[0];
        assert_eq!(
            line.at.unwrap().to_string(),
            "2026-11-22T16:20:13.123456789Z"
        );
        assert_eq!(line.text, " two blanks");
        let empty = &lines_of(&[b"2026-11-22T16:20:13+02:00\n"])[0];
        assert!(empty.at.is_some() && empty.text.is_empty());
        let bare = &lines_of(&[b"no stamp\n"])[0];
        assert_eq!((bare.at, bare.text.as_str()), (None, "no stamp"));
    }

    #[test]
    fn what_is_no_utf8_is_replaced() {
        assert_eq!(texts(&[b"a\xffb\n"]), ["a\u{fffd}b"]);
    }

    #[test]
    fn long_lines_are_cut_at_sixteen_kibibytes() {
        let mut long = b"2026-11-22T16:20:13.123456789Z ".to_vec();
        long.extend(std::iter::repeat_n(b'x', LONGEST));
        let exact = &lines_of(&[&long, b"\n"])[0];
        assert_eq!((exact.text.len(), exact.cut), (LONGEST, false));
        long.push(b'y');
        let over = &lines_of(&[&long, b"\nnext\n"]);
        assert_eq!((over[0].text.len(), over[0].cut), (LONGEST, true));
        assert_eq!((over[1].text.as_str(), over[1].cut), ("next", false));
        let endless = vec![b'z'; 1024 * 1024];
        let mut cutter = Cutter::default();
        for _ in 0..10 {
            assert!(cutter.cut(&endless).is_empty());
        }
        assert!(cutter.begun.capacity() <= 2 * (LONGEST + STAMP));
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_lines_are_the_same(text in "[a-c\n]{0,60}", cuts in prop::collection::vec(0_usize..60, 0..6)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                pieces.push(&text.as_bytes()[from..cut]);
                from = cut;
            }
            let whole: Vec<&str> = text.lines().collect();
            prop_assert_eq!(texts(&pieces), whole);
        }
    }
}
