//! Lengths of time as people read them.

use jiff::Timestamp;

/// How long ago, in its largest unit: `4 s`, `2 m`, `3 h`, `12 d`. A time that lies ahead counts as now.
pub fn ago(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} m", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How long ago, or the empty text where the time is not known.
pub fn since(now: Timestamp, then: Option<Timestamp>) -> String {
    then.map(|then| ago(now, then)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn the_largest_unit_is_taken() {
        let now = Timestamp::UNIX_EPOCH;
        let at = |secs| ago(now, now - SignedDuration::from_secs(secs));
        assert_eq!(at(0), "0 s");
        assert_eq!(at(59), "59 s");
        assert_eq!(at(60), "1 m");
        assert_eq!(at(3_599), "59 m");
        assert_eq!(at(3_600), "1 h");
        assert_eq!(at(172_800), "2 d");
        assert_eq!(at(-5), "0 s");
    }
}
