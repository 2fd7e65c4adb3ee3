//! The name that was probably meant.

/// The candidate nearest to a word, where it is near enough to be meant: at most one edit in three
/// characters. Ties go to the first in order.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (edits(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The edits between two words: characters put in, left out, replaced, or two neighbours swapped.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut earlier: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    let mut before = None;
    for (at, here) in from.chars().enumerate() {
        let mut row = vec![at + 1];
        for (to_at, there) in to.iter().enumerate() {
            let cost =
                |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
            let mut least = (cost(&above, to_at) + usize::from(here != *there))
                .min(cost(&row, to_at) + 1)
                .min(cost(&above, to_at + 1) + 1);
            let swapped = before == Some(*there) && to_at > 0 && to.get(to_at - 1) == Some(&here);
            if swapped && !earlier.is_empty() {
                least = least.min(cost(&earlier, to_at - 1) + 1);
            }
            row.push(least);
        }
        earlier = std::mem::replace(&mut above, row);
        before = Some(here);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (from, to, distance) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("api", "api", 0),
            ("ab", "ba", 1),
            ("htpt", "http", 1),
            ("ca", "abc", 3),
        ] {
            assert_eq!(edits(from, to), distance, "{from} → {to}");
            assert_eq!(edits(to, from), distance, "{to} → {from}");
        }
    }

    #[test]
    fn only_a_near_one_is_meant() {
        assert_eq!(nearest("apii", ["web", "api", "apis"]), Some("api"));
        assert_eq!(
            nearest("htpt-metrics", ["http", "http-metrics"]),
            Some("http-metrics")
        );
        assert_eq!(nearest("db", ["web", "cache"]), None);
        assert_eq!(nearest("x", []), None);
    }
}
