//! Text from outside, made fit for one line of a terminal, a log or an error.

use crate::model::text::visible;

/// Longest text that is kept of a message from outside, in characters.
const LONGEST: usize = 400;

/// One line: white space runs become one blank, what could steer a terminal is written out, and what is longer than
/// 400 characters is cut with an ellipsis.
pub fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * LONGEST {
            break;
        }
    }
    let cut = match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    };
    visible(&cut).into_owned()
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn escapes_and_overrides_become_visible() {
        assert_eq!(
            one_line("a\u{1b}[2Jb\u{202e}c\u{200b}d"),
            "a\\x1b[2Jb\\u{202e}c\\u{200b}d"
        );
    }

    #[test]
    fn lines_become_one() {
        assert_eq!(one_line("  error:\r\n\n  no\tlogin \n"), "error: no login");
        assert_eq!(one_line(""), "");
    }

    #[test]
    fn long_text_is_cut() {
        let text = one_line(&"ä".repeat(10_000));
        assert_eq!(text.chars().count(), 401);
        assert!(text.ends_with('…'));
    }
}
