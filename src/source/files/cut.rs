//! Where the documents of a text begin and end.
//!
//! A line that begins with `---` at its first column ends a document wherever it stands: YAML forbids it in any
//! scalar, and JSON has no line breaks in its strings. So the text can be cut without being parsed.

/// A document of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    /// From the first line that holds anything.
    pub(super) text: &'t str,
    /// The line of the file on which that text begins, from 1.
    pub(super) line: u32,
}

/// The documents that hold anything but blanks, comments and directives.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut line = 1;
    // Where the current document begins, and on which line.
    let mut begin = (text, 1);
    while !rest.is_empty() {
        let (this, next) = split_line(rest);
        if let Some(after) = marker(this) {
            pieces.extend(piece(before(begin.0, rest), begin.1));
            // Content may follow the marker on its own line.
            let kept = rest.get(this.len() - after.len()..).unwrap_or(next);
            begin = if is_idle(after) {
                (next, line + 1)
            } else {
                (kept, line)
            };
        }
        rest = next;
        line += 1;
    }
    pieces.extend(piece(begin.0, begin.1));
    pieces
}

/// The first line, its end included, and what follows it.
pub(super) fn split_line(text: &str) -> (&str, &str) {
    let end = text.find('\n').map_or(text.len(), |at| at + 1);
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The part of a text that comes before its own tail.
pub(super) fn before<'t>(text: &'t str, tail: &str) -> &'t str {
    let length = text.len().saturating_sub(tail.len());
    text.get(..length).unwrap_or(text)
}

/// What follows a document marker on its line.
fn marker(line: &str) -> Option<&str> {
    let after = line
        .strip_prefix("---")
        .or_else(|| line.strip_prefix("..."))?;
    let ends = after.is_empty() || after.starts_with([' ', '\t', '\r', '\n']);
    ends.then_some(after)
}

/// Whether a line holds nothing: blank, or a comment.
pub(super) fn is_idle(line: &str) -> bool {
    let content = line.trim_start();
    content.is_empty() || content.starts_with('#')
}

fn piece(text: &str, line: u32) -> Option<Piece<'_>> {
    let mut text = text;
    let mut line = line;
    while !text.is_empty() {
        let (this, next) = split_line(text);
        if !is_idle(this) && !this.starts_with('%') {
            return Some(Piece { text, line });
        }
        text = next;
        line += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::pieces;

    fn cut(text: &str) -> Vec<(&str, u32)> {
        let pieces = pieces(text).into_iter();
        pieces.map(|piece| (piece.text, piece.line)).collect()
    }

    #[test]
    fn documents_without_content_are_left_out() {
        assert_eq!(cut(""), []);
        assert_eq!(cut("# only a comment\n---\n\n---\n# again\n"), []);
        assert_eq!(cut("%YAML 1.2\n---\na: 1\n...\n"), [("a: 1\n", 3)]);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        assert_eq!(
            cut("# head\n---\n\n# of a\na: 1\n---\nb: 2\n"),
            [("a: 1\n", 5), ("b: 2\n", 7)]
        );
    }

    #[test]
    fn a_marker_may_carry_a_comment_or_the_document() {
        assert_eq!(
            cut("--- # first\na: 1\n--- {b: 2}\n"),
            [("a: 1\n", 2), (" {b: 2}\n", 3)]
        );
    }

    #[test]
    fn windows_line_ends_and_a_missing_last_one() {
        assert_eq!(cut("a: 1\r\n---\r\nb: 2"), [("a: 1\r\n", 1), ("b: 2", 3)]);
    }

    #[test]
    fn dashes_inside_a_scalar_do_not_cut() {
        let block = "a: |\n  ---\n  x\nb: \"---\"\n---x: 1\n----\n";
        assert_eq!(cut(block), [(block, 1)]);
    }
}
