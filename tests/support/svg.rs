//! A screen as SVG, for documents: the same cells that a terminal would get.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

const WIDTH: f32 = 8.4;
const HEIGHT: f32 = 17.0;
const PAPER: &str = "#16191f";
const INK: &str = "#d5dae1";

fn colour(colour: Color, otherwise: &str) -> String {
    match colour {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => otherwise.to_owned(),
    }
}

fn colours(cell: &Cell) -> (String, String) {
    let ink = colour(cell.fg, INK);
    let paper = colour(cell.bg, PAPER);
    if cell.modifier.contains(Modifier::REVERSED) {
        (paper, ink)
    } else {
        (ink, paper)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The SVG of a screen.
pub(crate) fn svg(buffer: &Buffer, title: &str) -> String {
    let area = buffer.area;
    let wide = f32::from(area.width) * WIDTH + 16.0;
    let tall = f32::from(area.height) * HEIGHT + 16.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide:.1} {tall:.1}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{PAPER}\"/>\n",
        escaped(title)
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let first = &buffer[(x, y)];
            let (ink, paper) = colours(first);
            let bold = first.modifier.contains(Modifier::BOLD);
            let from = x;
            let mut text = String::new();
            while x < area.width {
                let cell = &buffer[(x, y)];
                if colours(cell) != (ink.clone(), paper.clone())
                    || cell.modifier.contains(Modifier::BOLD) != bold
                {
                    break;
                }
                text.push_str(cell.symbol());
                x += 1;
            }
            let left = f32::from(from) * WIDTH + 8.0;
            let top = f32::from(y) * HEIGHT + 8.0;
            let length = f32::from(x - from) * WIDTH;
            if paper != PAPER {
                let _ = writeln!(
                    out,
                    "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{length:.1}\" height=\"{HEIGHT}\" fill=\"{paper}\"/>"
                );
            }
            if !text.trim().is_empty() {
                let weight = if bold { " font-weight=\"bold\"" } else { "" };
                let _ = writeln!(
                    out,
                    "<text x=\"{left:.1}\" y=\"{:.1}\" fill=\"{ink}\"{weight} xml:space=\"preserve\" \
                     textLength=\"{length:.1}\">{}</text>",
                    top + 13.0,
                    escaped(&text)
                );
            }
        }
    }
    out.push_str("</svg>\n");
    out
}
