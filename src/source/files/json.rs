//! What a JSON document says at its outermost level, with the items of a list left as they are.

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The outermost level of a JSON object.
#[derive(Debug, Default)]
pub(super) struct Top<'j> {
    pub(super) api_version: Option<Cow<'j, str>>,
    pub(super) kind: Option<Cow<'j, str>>,
    /// Only looked for where the kind may be a list's.
    pub(super) items: Option<&'j RawValue>,
}

impl Top<'_> {
    /// Kind and version usually come first, and an object that is no list needs nothing else.
    fn is_enough(&self) -> bool {
        let single = self
            .kind
            .as_ref()
            .is_some_and(|kind| !kind.ends_with("List"));
        single && self.api_version.is_some()
    }
}

/// Reads the outermost level of a JSON object, no further than it must.
pub(super) fn top(json: &str) -> Option<Top<'_>> {
    if !json.starts_with('{') {
        return None;
    }
    let mut top = Top::default();
    let mut document = serde_json::Deserializer::from_str(json);
    let read = document.deserialize_map(TopVisitor(&mut top));
    (read.is_ok() || top.is_enough()).then_some(top)
}

struct TopVisitor<'t, 'j>(&'t mut Top<'j>);

impl<'de> Visitor<'de> for TopVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "apiVersion" => self.0.api_version = word(map.next_value()?),
                "kind" => self.0.kind = word(map.next_value()?),
                "items" => self.0.items = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if self.0.is_enough() {
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
    }
}

/// A text, borrowed where it holds no escape.
struct Key<'j>(Cow<'j, str>);

impl<'de: 'j, 'j> Deserialize<'de> for Key<'j> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        from.deserialize_str(Text).map(Key)
    }
}

fn word(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text: Result<Key<'_>, _> = serde_json::from_str(raw.get());
    text.ok().map(|key| key.0)
}

/// Tells on which line a part of a text begins; parts must be asked for in their order.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, line: u32) -> Self {
        Self { text, at: 0, line }
    }

    /// The line on which a part of the text begins.
    pub(super) fn of(&mut self, part: &str) -> u32 {
        let offset = part
            .as_ptr()
            .addr()
            .saturating_sub(self.text.as_ptr().addr());
        let passed = self.text.get(self.at..offset).unwrap_or_default();
        let breaks = passed.matches('\n').count();
        self.line = self
            .line
            .saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.at = self.at.max(offset);
        self.line
    }
}
