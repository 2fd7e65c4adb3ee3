//! One object's own text, read again from its file.

use crate::lower;
use crate::model::key::Key;
use crate::model::object::Place;
use crate::source::files::cut::pieces;
use crate::source::files::json::{Lines, top};
use crate::source::files::outline::outline;
use crate::source::files::{STDIN, read, yaml};
use serde_json::value::RawValue;
use std::path::Path;

/// The text of the document, or of the item of a list, from which an object was read. None where the file has gone,
/// holds something else by now, or cannot be read twice (standard input, pipes).
pub fn raw(place: &Place, key: &Key) -> Option<String> {
    let path = Path::new(place.file.as_str());
    if place.file == STDIN || !path.is_file() {
        return None;
    }
    let text = String::from_utf8(read(path).ok()?).ok()?;
    let text = text.trim_start_matches('\u{feff}');
    let all = pieces(text);
    // The last document that begins at or before the line holds it.
    let piece = all.iter().rfind(|piece| piece.line <= place.line)?;
    let found = if piece.text.trim_start().starts_with(['{', '[']) {
        in_json(piece.text, piece.line, place.line, key)
    } else {
        None
    };
    found.or_else(|| in_yaml(piece.text, piece.line, place.line, key))
}

fn in_json(text: &str, line: u32, wanted: u32, key: &Key) -> Option<String> {
    let mut lines = Lines::new(text, line);
    let documents = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    documents
        .map_while(Result::ok)
        .find_map(|document| json_value(document.get(), &mut lines, wanted, key))
}

fn json_value(json: &str, lines: &mut Lines<'_>, wanted: u32, key: &Key) -> Option<String> {
    let line = lines.of(json);
    let items = if json.starts_with('[') {
        Some(json)
    } else {
        let top = top(json)?;
        let of_list = top
            .kind
            .as_deref()
            .is_some_and(|kind| kind.ends_with("List"));
        top.items.filter(|_| of_list).map(RawValue::get)
    };
    let Some(items) = items else {
        let identity = lower::identify(json);
        return (line == wanted && identity.name == *key.name).then(|| json.to_owned());
    };
    let items: Vec<&RawValue> = serde_json::from_str(items).ok()?;
    items
        .into_iter()
        .find_map(|item| json_value(item.get(), lines, wanted, key))
}

fn in_yaml(text: &str, line: u32, wanted: u32, key: &Key) -> Option<String> {
    let seen = outline(text);
    let of_list = seen.kind.is_none_or(|kind| kind.ends_with("List"));
    if let Some(items) = seen.items.filter(|_| of_list) {
        return items.iter().find_map(|item| {
            let line = line.saturating_add(item.line);
            in_yaml(&item.document(), line, wanted, key)
        });
    }
    let read = yaml::read(text, |document| lower::identify_document(document));
    let fits = line == wanted && read.is_ok_and(|identity| identity.name == *key.name);
    fits.then(|| without_indent(text))
}

/// An item of a list, moved to the first column.
fn without_indent(text: &str) -> String {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let lines = text.lines().map(|line| {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        line.get(indent.min(blanks)..).unwrap_or(line)
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}
