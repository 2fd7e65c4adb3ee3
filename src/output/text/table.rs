//! A table as `list` prints it.

use crate::output::glyph::{Charset, in_charset};
use crate::output::table::{Align, Column, Row};
use crate::output::width::{pad, pad_left, width};
use std::io::{self, Write};

/// Writes a heading line and one line a row, each behind its mark. Columns without any text are left out, unless
/// they are of rank 0.
pub fn write(
    out: &mut dyn Write,
    columns: &[Column],
    rows: &[Row],
    charset: Charset,
) -> io::Result<()> {
    let texts: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let cells = row.cells.iter();
            cells
                .map(|cell| in_charset(&cell.text, charset).into_owned())
                .collect()
        })
        .collect();
    let kept: Vec<(usize, &Column, usize)> = columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| {
            let cells = texts.iter().filter_map(|row| row.get(at));
            let widest = cells.map(|text| width(text)).max().unwrap_or(0);
            let shown = column.rank == 0 || widest > 0;
            shown.then(|| (at, column, widest.max(width(column.title))))
        })
        .collect();
    let line = |mark: &str, text_at: &dyn Fn(usize) -> String| {
        let cells = kept.iter().map(|(at, column, cells)| match column.align {
            Align::Left => pad(&text_at(*at), *cells),
            Align::Right => pad_left(&text_at(*at), *cells),
        });
        let cells: Vec<String> = cells.collect();
        format!("{mark} {}", cells.join("  ")).trim_end().to_owned()
    };
    let title = |at: usize| columns.get(at).map_or("", |column| column.title).to_owned();
    writeln!(out, "{}", line(" ", &title))?;
    for (row, texts) in rows.iter().zip(&texts) {
        let text = |at: usize| texts.get(at).cloned().unwrap_or_default();
        writeln!(out, "{}", line(row.mark.glyph(charset), &text))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::Key;
    use crate::model::kind::Kind;
    use crate::output::glyph::Mark;
    use crate::output::table::{Cell, RowId};

    fn row(mark: Mark, texts: [&str; 3]) -> Row {
        Row {
            id: RowId::Object(Key::new(Kind::Service, "shop", "api")),
            mark,
            cells: texts.into_iter().map(Cell::new).collect(),
        }
    }

    #[test]
    fn columns_are_aligned_by_cells_and_hostile_text_is_spelled_out() {
        let column = |id, title, align, rank| Column {
            id,
            title,
            align,
            rank,
        };
        let columns = [
            column("name", "NAME", Align::Left, 0),
            column("ready", "READY", Align::Right, 0),
            column("says", "SAYS", Align::Left, 3),
        ];
        let rows = [
            row(Mark::Fail, ["漢字漢", "0/3", ""]),
            row(Mark::Pass, ["a\u{1b}[2J", "10/10", ""]),
        ];
        let mut out = Vec::new();
        write(&mut out, &columns, &rows, Charset::Unicode).unwrap();
        let expected = "  NAME      READY\n✗ 漢字漢      0/3\n✓ a\\x1b[2J  10/10\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
