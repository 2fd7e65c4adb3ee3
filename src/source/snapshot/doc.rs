//! A JSON object that leaves out what is empty.

use serde_json::{Map, Value};

#[derive(Default)]
pub(super) struct Doc(Map<String, Value>);

impl Doc {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A field, unless its value is nothing, empty or false: what lowering takes an absent field for.
    pub(super) fn put(self, key: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let empty = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::Bool(true) | Value::Number(_) => false,
        };
        if empty { self } else { self.keep(key, value) }
    }

    /// A field, whatever its value.
    pub(super) fn keep(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    pub(super) fn done(self) -> Value {
        Value::Object(self.0)
    }
}

impl From<Doc> for Value {
    fn from(doc: Doc) -> Self {
        doc.done()
    }
}

/// An array of whatever can be written as text.
pub(super) fn texts(items: impl IntoIterator<Item = impl ToString>) -> Value {
    let items = items.into_iter();
    items.map(|item| Value::String(item.to_string())).collect()
}

/// A text, where there is one.
pub(super) fn text(item: Option<impl ToString>) -> Value {
    item.map_or(Value::Null, |item| Value::String(item.to_string()))
}
