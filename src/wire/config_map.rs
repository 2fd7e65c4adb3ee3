//! ConfigMap: of its data only the values that are asked for, and no complaint about the others.

use crate::model::config_map::{PROXY_KEYS, SETTINGS};
use crate::wire::meta::Metadata;
use crate::wire::notes::{Notes, Text};
use crate::wire::shape::{KeySeed, Shape, object};
use serde::de::{IgnoredAny, MapAccess, SeqAccess};

object! {
    /// A ConfigMap; `facts` stands in Portolan's own snapshots.
    ConfigMap {
        metadata: Metadata = "metadata" required,
        data: Values = "data",
        facts: Facts = "facts",
    }
}

object! {
    /// What a snapshot says of a ConfigMap that was not read.
    Facts {
        contents: Text = "contents",
    }
}

/// A value that is a text; whatever else stands there is passed over.
#[derive(Debug)]
pub(crate) struct Loose(pub(crate) Text);

impl Shape for Loose {
    const EXPECTED: &'static str = "a string";

    fn flag(_: bool, _: &mut Notes) -> Option<Self> {
        None
    }

    fn whole(_: i128, _: &mut Notes) -> Option<Self> {
        None
    }

    fn real(_: f64, _: &mut Notes) -> Option<Self> {
        None
    }

    fn text(value: &str, _: &mut Notes) -> Option<Self> {
        Some(Self(value.into()))
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A, _: &mut Notes) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn map<'de, A: MapAccess<'de>>(mut map: A, _: &mut Notes) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// `data`: the values of the keys that are asked for.
#[derive(Debug, Default)]
pub(crate) struct Values(pub(crate) Vec<(Text, Text)>);

impl Shape for Values {
    const EXPECTED: &'static str = "an object of strings";

    fn map<'de, A: MapAccess<'de>>(
        mut map: A,
        notes: &mut Notes,
    ) -> Result<Option<Self>, A::Error> {
        let mut values = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            if !PROXY_KEYS.contains(&&*key) && !SETTINGS.contains(&&*key) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let key: Text = key.into();
            if let Some(Loose(value)) = map.next_value_seed(notes.seed::<Loose>())? {
                values.push((key, value));
            }
        }
        Ok(Some(Self(values)))
    }
}
