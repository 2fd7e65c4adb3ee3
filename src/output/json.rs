//! JSON answers: the shapes that others build on, and the way they are written.

pub mod check;
pub mod forward;
pub mod list;
pub mod reach;
pub mod routes;
pub mod trace;

use crate::model::text::is_treacherous;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use std::io::{self, Write};

/// Writes an answer, indented, with a line break behind it. What a terminal could act on is escaped, so that the
/// text is as safe to look at as to parse.
pub fn write(out: &mut dyn Write, answer: &impl Serialize) -> io::Result<()> {
    let escaping = Escaping(PrettyFormatter::new());
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, escaping);
    answer.serialize(&mut serializer).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes one of many answers on a line of its own, escaped in the same way.
pub fn write_line(out: &mut dyn Write, answer: &impl Serialize) -> io::Result<()> {
    let escaping = EscapingLine(CompactFormatter);
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, escaping);
    answer.serialize(&mut serializer).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// The JSON Schema of an answer, as it stands in `docs/schema`.
pub fn schema<T: schemars::JsonSchema>() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Every schema, by the name of its file.
pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    vec![
        ("check.v1.json", schema::<check::Check>()),
        ("forward.v1.json", schema::<forward::Line>()),
        ("list.v1.json", schema::<list::List>()),
        (
            "reach-difference.v1.json",
            schema::<reach::DifferenceJson>(),
        ),
        ("reach.v1.json", schema::<reach::ReachJson>()),
        ("routes.v1.json", schema::<routes::Routes>()),
        ("trace.v1.json", schema::<trace::Trace>()),
    ]
}

fn escape<W: ?Sized + Write>(out: &mut W, text: &str) -> io::Result<()> {
    for c in text.chars() {
        if is_treacherous(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}")?;
            }
        } else {
            out.write_all(c.encode_utf8(&mut [0; 4]).as_bytes())?;
        }
    }
    Ok(())
}

struct EscapingLine(CompactFormatter);

impl Formatter for EscapingLine {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        escape(out, text)
    }
}

struct Escaping<'f>(PrettyFormatter<'f>);

impl Default for Escaping<'_> {
    fn default() -> Self {
        Self(PrettyFormatter::new())
    }
}

impl Formatter for Escaping<'_> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        escape(out, text)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_could_act_on_is_escaped_and_nothing_is_lost() {
        let text = "a\u{9b}31m\u{202e}\u{e0041}\u{1b}\n\"ü漢";
        let mut out = Vec::new();
        write(&mut out, &[text]).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert!(
            !written
                .trim_end()
                .replace('\n', "")
                .chars()
                .any(is_treacherous),
            "{written:?}"
        );
        assert_eq!(
            serde_json::from_str::<Vec<String>>(&written).unwrap(),
            [text]
        );
    }
}
