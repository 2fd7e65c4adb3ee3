//! Lines broken at words.

use crate::model::text::visible;
use crate::ui::rich::{Line, Span};
use crate::ui::theme::Role;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The lines that a line takes in this many cells; continuations begin at its hanging indentation.
pub fn wrap(line: &Line, cells: u16) -> Vec<Line> {
    let cells = usize::from(cells.max(1));
    let plain: usize = line
        .spans
        .iter()
        .map(|span| visible(&span.text).width())
        .sum();
    if plain <= cells {
        return vec![line.clone()];
    }
    // Room for a wide letter must remain beside the indentation.
    let hang = usize::from(line.hang)
        .min(cells / 2)
        .min(cells.saturating_sub(2));
    let mut pieces: Vec<(Role, String)> = Vec::new();
    for span in &line.spans {
        let shown = visible(&span.text).into_owned();
        pieces.extend(
            shown
                .graphemes(true)
                .map(|grapheme| (span.role, grapheme.to_owned())),
        );
    }
    let mut rows: Vec<Vec<(Role, String)>> = Vec::new();
    let mut row: Vec<(Role, String)> = Vec::new();
    let mut used = 0;
    for (role, piece) in pieces {
        let wide = piece.width();
        let indent = if rows.is_empty() { 0 } else { hang };
        if used + wide > cells && !row.is_empty() {
            let rest = break_at(&mut row, indent, cells.saturating_sub(hang + wide));
            rows.push(std::mem::take(&mut row));
            row = vec![(Role::Text, " ".to_owned()); hang];
            row.extend(rest);
            used = row.iter().map(|(_, piece)| piece.width()).sum();
            if piece == " " && row.len() == hang {
                continue;
            }
        }
        used += wide;
        row.push((role, piece));
    }
    rows.push(row);
    rows.into_iter().map(merged).collect()
}

/// Cuts a row after its last space (not within its indentation) and returns what goes to the next one; nothing where
/// that would be wider than its room there.
fn break_at(row: &mut Vec<(Role, String)>, indent: usize, room: usize) -> Vec<(Role, String)> {
    let at = row.iter().rposition(|(_, piece)| piece == " ");
    match at {
        Some(at)
            if at > indent
                && row.len() - at < row.len() * 2 / 3
                && width_after(row, at) <= room =>
        {
            let rest = row.split_off(at + 1);
            row.pop();
            rest
        }
        _ => Vec::new(),
    }
}

fn width_after(row: &[(Role, String)], at: usize) -> usize {
    row.iter()
        .skip(at + 1)
        .map(|(_, piece)| piece.width())
        .sum()
}

fn merged(pieces: Vec<(Role, String)>) -> Line {
    let mut line = Line::new();
    for (role, piece) in pieces {
        match line.spans.last_mut() {
            Some(last) if last.role == role => last.text.push_str(&piece),
            _ => line.spans.push(Span { role, text: piece }),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrapped(text: &str, hang: u16, cells: u16) -> Vec<String> {
        let line = Line::of(Role::Text, text).hang(hang);
        wrap(&line, cells).iter().map(Line::plain).collect()
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(
            wrapped("Why  two pods crash on start", 5, 16),
            ["Why  two pods", "     crash on", "     start"]
        );
        assert_eq!(wrapped("abcdefghij", 0, 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("short", 0, 10), ["short"]);
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_no_word_is_lost(text in "[a-z 漢]{0,80}", hang in 0u16..9, cells in 2u16..30) {
            let rows = wrapped(&text, hang, cells);
            for row in &rows {
                prop_assert!(row.width() <= usize::from(cells), "{row:?}");
            }
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&rows.concat()), letters(&text));
        }
    }
}
