//! What a JSON document says at its outermost level, with the items of a list left as they are.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The outermost level of a JSON object.
#[derive(Debug, Default)]
pub(super) struct Top<'j> {
    pub(super) api_version: Option<Cow<'j, str>>,
    pub(super) kind: Option<Cow<'j, str>>,
    pub(super) items: Option<&'j RawValue>,
}

impl<'de> Deserialize<'de> for Top<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(TopVisitor)
    }
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top<'de>, A::Error> {
        let mut top = Top::default();
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "apiVersion" => top.api_version = word(map.next_value()?),
                "kind" => top.kind = word(map.next_value()?),
                "items" => top.items = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(top)
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
