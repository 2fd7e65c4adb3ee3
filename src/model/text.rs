//! Text that came from outside, made safe to show.
//!
//! Whatever the cluster, a file or a log says is data: before it reaches a terminal, a file or a command line,
//! control characters, bidi overrides and invisible characters are written out ([`visible`]).

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with everything that could move the cursor, change colours, reorder or hide characters written
/// as an escape in plain ASCII: `\n`, `\x1b`, `\u{202e}`. Text without any of it is returned as it is.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_treacherous) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if !is_treacherous(c) => shown.push(c),
            c if u32::from(c) < 0x100 => {
                // Writing to a String cannot fail.
                let _ = write!(shown, "\\x{:02x}", u32::from(c));
            }
            c => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(shown)
}

/// The lines of a text, each made visible; tabs become spaces up to the next multiple of eight, and a carriage
/// return before the line's end is dropped.
pub fn visible_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| {
        if !line.contains('\t') {
            return visible(line).into_owned();
        }
        let mut wide = String::with_capacity(line.len() + 16);
        for c in line.chars() {
            if c == '\t' {
                let column = wide.chars().count();
                wide.extend(std::iter::repeat_n(' ', 8 - column % 8));
            } else {
                wide.push(c);
            }
        }
        visible(&wide).into_owned()
    })
}

/// Whether a character could do anything but stand where it is written.
pub fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00ad}'
                | '\u{061c}'
                | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_untouched_and_not_copied() {
        assert!(matches!(
            visible("shop/cart-7d9f — größer ✓"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn terminal_sequences_bidi_and_hidden_characters_are_written_out() {
        assert_eq!(visible("\u{1b}[2Jx"), "\\x1b[2Jx");
        assert_eq!(visible("a\u{9b}31m"), "a\\x9b31m");
        assert_eq!(visible("a\r\nb\tc\u{7f}"), "a\\r\\nb\\tc\\x7f");
        assert_eq!(visible("gpj\u{202e}exe"), "gpj\\u{202e}exe");
        assert_eq!(visible("a\u{200b}b\u{2066}"), "a\\u{200b}b\\u{2066}");
        assert_eq!(visible("\u{e0041}"), "\\u{e0041}");
    }

    #[test]
    fn nothing_visible_stays_treacherous() {
        for code in 0..=0x0010_ffff {
            if let Some(c) = char::from_u32(code) {
                let shown = visible(c.encode_utf8(&mut [0; 4])).into_owned();
                assert!(!shown.chars().any(is_treacherous), "{code:x}");
            }
        }
    }

    #[test]
    fn lines_keep_their_columns() {
        let lines: Vec<String> = visible_lines("a\tb\r\n\u{1b}c").collect();
        assert_eq!(lines, ["a       b", "\\x1bc"]);
    }
}
