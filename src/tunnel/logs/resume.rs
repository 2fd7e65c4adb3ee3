//! Where a log that broke off goes on: no line twice, none left out.

use jiff::Timestamp;

/// What was read so far. The API server resumes by whole seconds at best, so that lines come again; those before
/// the last time stamp, and as many with that very stamp as were read, are known.
#[derive(Default)]
pub(super) struct Resume {
    last: Option<Timestamp>,
    /// Lines read with the last time stamp.
    same: usize,
    /// Of these, how many the current stream has repeated.
    repeated: usize,
    /// Where the stream before ended; lines before it are known.
    from: Option<Timestamp>,
    count: u64,
}

impl Resume {
    /// A new stream begins: from when it is to be asked for.
    pub(super) fn begin(&mut self) -> Option<Timestamp> {
        self.from = self.last;
        self.repeated = 0;
        self.last
    }

    /// How many lines were new so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Whether a line of the current stream was not read before. A line without time stamp is taken as new.
    pub(super) fn is_new(&mut self, at: Option<Timestamp>) -> bool {
        if let (Some(at), Some(from)) = (at, self.from) {
            if at < from {
                return false;
            }
            if at == from && self.last == Some(from) && self.repeated < self.same {
                self.repeated += 1;
                return false;
            }
        }
        if at.is_some() {
            self.same = if at == self.last { self.same + 1 } else { 1 };
            // Those were just counted: they are not a repetition of anything.
            self.repeated = self.same;
            self.last = at;
        }
        self.count += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(nanosecond: i32) -> Option<Timestamp> {
        Timestamp::new(1_700_000_000, nanosecond).ok()
    }

    fn new(resume: &mut Resume, stamps: &[i32]) -> Vec<bool> {
        stamps
            .iter()
            .map(|stamp| resume.is_new(time(*stamp)))
            .collect()
    }

    #[test]
    fn a_first_stream_is_new_throughout() {
        let mut resume = Resume::default();
        assert_eq!(resume.begin(), None);
        assert_eq!(new(&mut resume, &[1, 1, 2, 2, 1]), [true; 5]);
        assert_eq!(resume.count(), 5);
    }

    #[test]
    fn what_comes_again_is_left_out() {
        let mut resume = Resume::default();
        resume.begin();
        new(&mut resume, &[1, 2, 2]);
        assert_eq!(resume.begin(), time(2));
        assert_eq!(
            new(&mut resume, &[1, 2, 2, 2, 3]),
            [false, false, false, true, true]
        );
        assert_eq!(resume.begin(), time(3));
        assert_eq!(new(&mut resume, &[2, 2, 3, 4]), [false, false, false, true]);
        assert_eq!(resume.count(), 6);
    }

    #[test]
    fn a_stream_that_breaks_off_while_repeating_does_not_confuse_the_next() {
        let mut resume = Resume::default();
        resume.begin();
        new(&mut resume, &[1, 1]);
        resume.begin();
        assert_eq!(new(&mut resume, &[1]), [false]);
        resume.begin();
        assert_eq!(new(&mut resume, &[1, 1, 1]), [false, false, true]);
        resume.begin();
        assert_eq!(new(&mut resume, &[1, 1, 1, 1]), [false, false, false, true]);
    }

    #[test]
    fn lines_without_a_stamp_are_new() {
        let mut resume = Resume::default();
        resume.begin();
        assert!(resume.is_new(None));
        assert_eq!(resume.begin(), None);
        assert!(resume.is_new(None));
    }
}
