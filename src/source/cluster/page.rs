//! Cuts the body of a list into its items while it arrives, so that no more than one item is ever held as text.

use serde::Deserialize;

/// Longest text outside the items, and longest single item.
const LONGEST_FRAME: usize = 1 << 20;
const LONGEST_ITEM: usize = 1 << 26;

/// Why a body is no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// It ends before it is closed.
    Truncated,
    /// Its frame is no JSON object with metadata.
    Frame,
    /// Something in it is unreasonably long.
    TooLong,
}

/// What a list says beside its items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListMeta {
    pub(super) resource_version: Option<String>,
    #[serde(rename = "continue")]
    pub(super) next: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame {
    metadata: Option<ListMeta>,
}

/// Where in the body the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Area {
    /// Outside the items.
    #[default]
    Frame,
    /// Among the items, between two.
    Items,
    /// Inside an item.
    Item,
    /// After the end.
    Closed,
}

/// Whether the next byte belongs to a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Outside,
    Inside,
    /// After a backslash.
    Escaped,
}

/// The state between two pieces of a body.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    area: Area,
    text: Text,
    depth: u32,
    /// The last string at depth 1: the key before a colon.
    key: Vec<u8>,
    frame: Vec<u8>,
    item: Vec<u8>,
}

/// Depth of what stands directly in `items`.
const ELEMENT: u32 = 2;

impl Splitter {
    /// Takes the next piece; `each` is given every item that it completes.
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        each: &mut impl FnMut(&str),
    ) -> Result<(), Malformed> {
        // Where the part of the piece begins that has not been put aside yet.
        let mut from = 0;
        if self.area == Area::Closed {
            return Ok(());
        }
        for (at, &byte) in piece.iter().enumerate() {
            if self.text != Text::Outside {
                self.string_byte(byte);
                continue;
            }
            match byte {
                b',' if self.area == Area::Item && self.depth == ELEMENT => {
                    self.end_item(piece.get(from..at), each);
                }
                b'}' | b']' => {
                    self.close(piece, &mut from, at, each)?;
                    if self.area == Area::Closed {
                        return self.keep_frame(piece.get(from..=at));
                    }
                }
                b' ' | b'\t' | b'\r' | b'\n' | b',' => {}
                _ => {
                    if self.area == Area::Items {
                        self.area = Area::Item;
                        from = at;
                    }
                    if byte == b'[' && self.opens_items() {
                        self.keep_frame(piece.get(from..=at))?;
                        self.area = Area::Items;
                    }
                    self.token_byte(byte);
                }
            }
        }
        self.put_aside(piece.get(from..))
    }

    /// The end of the body: what the list says of itself.
    pub(super) fn finish(self) -> Result<ListMeta, Malformed> {
        if self.area != Area::Closed {
            return Err(Malformed::Truncated);
        }
        let frame: Frame = serde_json::from_slice(&self.frame).map_err(|_| Malformed::Frame)?;
        frame.metadata.ok_or(Malformed::Frame)
    }

    fn opens_items(&self) -> bool {
        self.area == Area::Frame && self.depth == 1 && self.key == b"items"
    }

    /// A closing bracket: of something inside an item, of an item, of the items, or of the frame.
    fn close(
        &mut self,
        piece: &[u8],
        from: &mut usize,
        at: usize,
        each: &mut impl FnMut(&str),
    ) -> Result<(), Malformed> {
        if self.area == Area::Item && self.depth > ELEMENT {
            self.depth -= 1;
            if self.depth == ELEMENT {
                self.end_item(piece.get(*from..=at), each);
            }
            return Ok(());
        }
        if self.area == Area::Item {
            self.end_item(piece.get(*from..at), each);
        }
        if self.area == Area::Items {
            self.area = Area::Frame;
            *from = at;
        }
        self.depth = self.depth.checked_sub(1).ok_or(Malformed::Frame)?;
        if self.depth == 0 {
            self.area = Area::Closed;
        }
        Ok(())
    }

    fn string_byte(&mut self, byte: u8) {
        self.text = match (self.text, byte) {
            (Text::Inside, b'\\') => Text::Escaped,
            (Text::Inside, b'"') => Text::Outside,
            _ => Text::Inside,
        };
        let still = self.text != Text::Outside;
        if still && self.depth == 1 && self.key.len() <= b"items".len() {
            self.key.push(byte);
        }
    }

    fn token_byte(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.text = Text::Inside;
                if self.depth == 1 {
                    self.key.clear();
                }
            }
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            _ => {}
        }
    }

    fn end_item(&mut self, tail: Option<&[u8]>, each: &mut impl FnMut(&str)) {
        let tail = tail.unwrap_or_default();
        self.area = Area::Items;
        if self.item.is_empty() {
            each(&String::from_utf8_lossy(tail));
            return;
        }
        self.item.extend_from_slice(tail);
        each(&String::from_utf8_lossy(&self.item));
        self.item.clear();
    }

    fn keep_frame(&mut self, part: Option<&[u8]>) -> Result<(), Malformed> {
        self.frame.extend_from_slice(part.unwrap_or_default());
        if self.frame.len() > LONGEST_FRAME {
            return Err(Malformed::TooLong);
        }
        Ok(())
    }

    fn put_aside(&mut self, part: Option<&[u8]>) -> Result<(), Malformed> {
        match self.area {
            Area::Item => {
                self.item.extend_from_slice(part.unwrap_or_default());
                if self.item.len() > LONGEST_ITEM {
                    return Err(Malformed::TooLong);
                }
                Ok(())
            }
            Area::Frame => self.keep_frame(part),
            Area::Items | Area::Closed => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ListMeta, Malformed, Splitter};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn split(body: &str, piece: usize) -> Result<(Vec<String>, ListMeta), Malformed> {
        let mut splitter = Splitter::default();
        let mut items = Vec::new();
        for part in body.as_bytes().chunks(piece.max(1)) {
            splitter.push(part, &mut |item| items.push(item.to_owned()))?;
        }
        Ok((items, splitter.finish()?))
    }

    fn list(items: &Value) -> String {
        json!({"kind": "PodList", "apiVersion": "v1",
               "metadata": {"resourceVersion": "42", "continue": "abc", "remainingItemCount": 7},
               "items": items})
        .to_string()
    }

    #[test]
    fn items_and_metadata_at_any_cut() {
        let items = json!([{"a": "}]\"{[\\"}, {"b": [1, {"c": []}]}, {}]);
        let body = list(&items);
        for piece in 1..=body.len() {
            let (found, meta) = split(&body, piece).unwrap();
            let parsed: Vec<Value> = found
                .iter()
                .map(|item| serde_json::from_str(item).unwrap())
                .collect();
            assert_eq!(Value::Array(parsed), items, "cut at {piece}");
            assert_eq!(meta.resource_version.as_deref(), Some("42"));
            assert_eq!(meta.next.as_deref(), Some("abc"));
        }
    }

    #[test]
    fn metadata_after_the_items() {
        let body = "{ \"items\" : [ {\"a\":1} , {\"a\":2} ] , \"metadata\" : { \"resourceVersion\" : \"7\" } }\n";
        let (items, meta) = split(body, 3).unwrap();
        assert_eq!(items, ["{\"a\":1}", "{\"a\":2}"]);
        assert_eq!(meta.resource_version.as_deref(), Some("7"));
    }

    #[test]
    fn items_of_something_else_are_not_the_items() {
        let body = r#"{"metadata":{"resourceVersion":"1","items":[{"no":1}]},"x":"items","y":[{"no":2}],"items":[{"yes":1}]}"#;
        assert_eq!(split(body, 5).unwrap().0, ["{\"yes\":1}"]);
    }

    #[test]
    fn no_items_at_all() {
        for body in [
            r#"{"metadata":{"resourceVersion":"1"},"items":null}"#,
            r#"{"metadata":{"resourceVersion":"1"},"items":[]}"#,
            r#"{"metadata":{"resourceVersion":"1"}}"#,
        ] {
            assert!(split(body, 4).unwrap().0.is_empty(), "{body}");
        }
    }

    #[test]
    fn an_item_that_is_no_object_is_still_an_item() {
        let body =
            r#"{"metadata":{"resourceVersion":"1"},"items":[null, 5 ,"a,]b",[1,2],{"a":1}]}"#;
        for piece in 1..20 {
            let (items, _) = split(body, piece).unwrap();
            let trimmed: Vec<&str> = items.iter().map(|item| item.trim()).collect();
            assert_eq!(
                trimmed,
                ["null", "5", "\"a,]b\"", "[1,2]", "{\"a\":1}"],
                "cut at {piece}"
            );
        }
    }

    #[test]
    fn every_truncation_is_noticed() {
        let body = list(&json!([{"a": 1}, {"b": "x"}]));
        for end in 0..body.len() {
            let begun = body.get(..end).unwrap();
            assert!(split(begun, 8).is_err(), "{begun}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert_eq!(split("", 1), Err(Malformed::Truncated));
        assert_eq!(split("<html></html>", 4), Err(Malformed::Truncated));
        assert_eq!(split("]", 4), Err(Malformed::Frame));
        assert_eq!(split("{\"a\" 1}", 4), Err(Malformed::Frame));
        assert_eq!(split("{\"items\":[]}", 4), Err(Malformed::Frame));
    }

    #[test]
    fn text_that_is_not_unicode_is_passed_on_readable() {
        let mut splitter = Splitter::default();
        let mut items = Vec::new();
        let body = b"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"a\":\"\xff\xfe\"}]}";
        splitter
            .push(body, &mut |item| items.push(item.to_owned()))
            .unwrap();
        assert!(splitter.finish().is_ok());
        assert_eq!(items, ["{\"a\":\"\u{fffd}\u{fffd}\"}"]);
    }

    #[test]
    fn an_endless_frame_is_refused() {
        let mut splitter = Splitter::default();
        let piece = vec![b'a'; 1 << 16];
        splitter.push(b"{\"x\":\"", &mut |_| {}).unwrap();
        let ends = (0..64)
            .map(|_| splitter.push(&piece, &mut |_| {}))
            .find(Result::is_err);
        assert_eq!(ends, Some(Err(Malformed::TooLong)));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(".{0,6}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_the_items_are_they_come_back(items in prop::collection::vec(any_json(), 0..8), piece in 1_usize..40) {
            let body = list(&Value::from(items.clone()));
            let (found, _) = split(&body, piece).unwrap();
            let parsed: Vec<Value> = found.iter().map(|item| serde_json::from_str(item).unwrap()).collect();
            prop_assert_eq!(parsed, items);
        }

        #[test]
        fn any_bytes_are_survived(body in prop::collection::vec(any::<u8>(), 0..300), piece in 1_usize..40) {
            let mut splitter = Splitter::default();
            let fine = body.chunks(piece).all(|part| splitter.push(part, &mut |_| {}).is_ok());
            if fine {
                let _ = splitter.finish();
            }
        }
    }
}
