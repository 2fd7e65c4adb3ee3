//! Text from outside, made fit for one line of a terminal, a log or an error.

/// Longest text that is kept of a message from outside, in characters.
const LONGEST: usize = 400;

/// One line: white space runs become one blank, control characters and direction overrides become visible escapes,
/// and what is longer than 400 characters is cut with an ellipsis.
pub fn one_line(text: &str) -> String {
    let mut out = String::new();
    let mut blank = false;
    let mut taken = 0;
    for c in text.trim().chars() {
        if taken >= LONGEST {
            out.push('…');
            break;
        }
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        if blank && !out.is_empty() {
            out.push(' ');
            taken += 1;
        }
        blank = false;
        taken += 1;
        if is_hidden(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Characters that change how others are shown, or show nothing: controls, direction overrides and isolates, zero-width.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn escapes_and_overrides_become_visible() {
        assert_eq!(
            one_line("a\u{1b}[2Jb\u{202e}c\u{200b}d"),
            "a\\u{1b}[2Jb\\u{202e}c\\u{200b}d"
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
