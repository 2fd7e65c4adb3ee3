//! Reading a value of any form into the shape that is wanted, in one pass and without buffering.

use crate::wire::notes::Notes;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Something that can be read from a value of any form; `None` where nothing sensible can be made of it.
///
/// Every method that returns `None` has noted why. The defaults are for forms that do not fit.
pub(crate) trait Shape: Sized {
    /// What the schema asks for, as a person would say it.
    const EXPECTED: &'static str;

    fn flag(value: bool, notes: &mut Notes) -> Option<Self> {
        notes.odd(value.to_string(), Self::EXPECTED);
        None
    }

    fn whole(value: i128, notes: &mut Notes) -> Option<Self> {
        notes.odd(value.to_string(), Self::EXPECTED);
        None
    }

    /// A number with a fraction, or beyond what is exact.
    fn real(value: f64, notes: &mut Notes) -> Option<Self> {
        notes.odd(value.to_string(), Self::EXPECTED);
        None
    }

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        notes.odd_text(value, Self::EXPECTED);
        None
    }

    fn list<'de, A: SeqAccess<'de>>(
        mut list: A,
        notes: &mut Notes,
    ) -> Result<Option<Self>, A::Error> {
        notes.odd("a list".to_owned(), Self::EXPECTED);
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn map<'de, A: MapAccess<'de>>(
        mut map: A,
        notes: &mut Notes,
    ) -> Result<Option<Self>, A::Error> {
        notes.odd("an object".to_owned(), Self::EXPECTED);
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// Reads one value; `null` is the same as nothing, as it is to Kubernetes.
pub(crate) struct Seed<'n, T>(&'n mut Notes, PhantomData<T>);

impl Notes {
    pub(crate) fn seed<T: Shape>(&mut self) -> Seed<'_, T> {
        Seed(self, PhantomData)
    }

    /// Reads the value of a field.
    pub(crate) fn field<'de, T: Shape, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        map: &mut A,
    ) -> Result<Option<T>, A::Error> {
        self.enter(name);
        let value = map.next_value_seed(self.seed());
        self.leave();
        value
    }
}

impl<'de, T: Shape> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, T: Shape> Visitor<'de> for Seed<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(T::flag(value, self.0))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(T::whole(i128::from(value), self.0))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(T::whole(i128::from(value), self.0))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Self::Value, E> {
        Ok(T::whole(value, self.0))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(match exact(value) {
            Some(whole) => T::whole(whole, self.0),
            None => T::real(value, self.0),
        })
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(T::text(value, self.0))
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Self::Value, E> {
        Ok(T::text(&String::from_utf8_lossy(value), self.0))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::list(list, self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::map(map, self.0)
    }
}

/// The whole number that a float stands for, where it is one: `8080.0` is taken for `8080`.
fn exact(value: f64) -> Option<i128> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() != 0.0 || value.abs() > EXACT {
        return None;
    }
    format!("{value:.0}").parse().ok()
}

/// A key of an object, borrowed from the document where that is possible.
pub(crate) struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }

    fn visit_string<E: Error>(self, key: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }
}

impl<T: Shape> Shape for Vec<T> {
    const EXPECTED: &'static str = "a list";

    /// Items of which nothing can be made are left out (and noted).
    fn list<'de, A: SeqAccess<'de>>(
        mut list: A,
        notes: &mut Notes,
    ) -> Result<Option<Self>, A::Error> {
        let mut items = Vec::new();
        for at in 0.. {
            notes.enter_item(at);
            let item = list.next_element_seed(notes.seed::<T>());
            notes.leave();
            match item? {
                Some(Some(item)) => items.push(item),
                Some(None) => {}
                None => break,
            }
        }
        Ok(Some(items))
    }
}

impl<T: Shape> Shape for Box<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn map<'de, A: MapAccess<'de>>(map: A, notes: &mut Notes) -> Result<Option<Self>, A::Error> {
        Ok(T::map(map, notes)?.map(Box::new))
    }
}

/// An object with named fields, each optional; a field marked `required` is noted when it is not there.
macro_rules! object {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $shape:ty = $key:literal $($required:ident)?,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(crate) struct $name { $(pub(crate) $field: Option<$shape>,)* }

        impl $crate::wire::shape::Shape for $name {
            const EXPECTED: &'static str = "an object";

            fn map<'de, A: serde::de::MapAccess<'de>>(
                mut map: A,
                notes: &mut $crate::wire::notes::Notes,
            ) -> Result<Option<Self>, A::Error> {
                let mut it = Self::default();
                while let Some(key) = map.next_key_seed($crate::wire::shape::KeySeed)? {
                    match &*key {
                        $($key => {
                            if it.$field.is_some() {
                                notes.twice($key);
                            }
                            it.$field = notes.field::<$shape, A>($key, &mut map)?;
                        })*
                        _ => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                $($(notes.$required(
                    it.$field.is_none(),
                    $key,
                    <$shape as $crate::wire::shape::Shape>::EXPECTED,
                );)?)*
                Ok(Some(it))
            }
        }
    };
}
pub(crate) use object;

/// A text that Kubernetes limits to a few words; another word is noted and kept.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident, $expected:literal { $($variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($variant,)* Other($crate::wire::notes::Text) }

        impl $crate::wire::shape::Shape for $name {
            const EXPECTED: &'static str = $expected;

            fn text(value: &str, notes: &mut $crate::wire::notes::Notes) -> Option<Self> {
                $(if value == $word {
                    return Some(Self::$variant);
                })*
                if value.is_empty() {
                    return None;
                }
                notes.odd_text(value, $expected);
                $(if value.eq_ignore_ascii_case($word) {
                    return Some(Self::$variant);
                })*
                Some(Self::Other(value.into()))
            }
        }
    };
}
pub(crate) use choice;
