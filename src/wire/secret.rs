//! Secret. Its values are texts that overwrite themselves when dropped and cannot be printed; whatever is odd about
//! one is noted without it.

use crate::wire::meta::Metadata;
use crate::wire::notes::{Notes, Text};
use crate::wire::scalar::Time;
use crate::wire::shape::{KeySeed, Shape, object};
use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use std::fmt;
use zeroize::Zeroizing;

object! {
    /// A Secret; `sops` stands in manifests whose values are encrypted, `facts` in Portolan's own snapshots.
    Secret {
        metadata: Metadata = "metadata" required,
        kind: Text = "type",
        data: Values = "data",
        string_data: Values = "stringData",
        sops: Anything = "sops",
        facts: Facts = "facts",
    }
}

/// A value that nobody may see.
pub(crate) struct Hidden(pub(crate) Zeroizing<String>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

fn hidden(notes: &mut Notes, form: &str) {
    notes.odd(form.to_owned(), Hidden::EXPECTED);
}

impl Shape for Hidden {
    const EXPECTED: &'static str = "a string";

    fn flag(_: bool, notes: &mut Notes) -> Option<Self> {
        hidden(notes, "true or false");
        None
    }

    fn whole(_: i128, notes: &mut Notes) -> Option<Self> {
        hidden(notes, "a number");
        None
    }

    fn real(_: f64, notes: &mut Notes) -> Option<Self> {
        hidden(notes, "a number");
        None
    }

    fn text(value: &str, _: &mut Notes) -> Option<Self> {
        Some(Self(Zeroizing::new(value.to_owned())))
    }
}

/// `data` or `stringData`: only the values that TLS asks for are kept, of the others the key.
#[derive(Debug, Default)]
pub(crate) struct Values(pub(crate) Vec<(Text, Option<Hidden>)>);

/// The keys whose values are looked at.
const LOOKED_AT: &[&str] = &["tls.crt", "tls.key"];

impl Shape for Values {
    const EXPECTED: &'static str = "an object of strings";

    fn flag(_: bool, notes: &mut Notes) -> Option<Self> {
        notes.odd("true or false".to_owned(), Self::EXPECTED);
        None
    }

    fn whole(_: i128, notes: &mut Notes) -> Option<Self> {
        notes.odd("a number".to_owned(), Self::EXPECTED);
        None
    }

    fn real(_: f64, notes: &mut Notes) -> Option<Self> {
        notes.odd("a number".to_owned(), Self::EXPECTED);
        None
    }

    fn text(_: &str, notes: &mut Notes) -> Option<Self> {
        notes.odd("a string".to_owned(), Self::EXPECTED);
        None
    }

    fn map<'de, A: MapAccess<'de>>(
        mut map: A,
        notes: &mut Notes,
    ) -> Result<Option<Self>, A::Error> {
        let mut values = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            let key: Text = key.into();
            if !LOOKED_AT.contains(&&*key) {
                map.next_value::<IgnoredAny>()?;
                values.push((key, None));
                continue;
            }
            notes.enter_entry(&key);
            let value = map.next_value_seed(notes.seed::<Hidden>());
            notes.leave();
            values.push((key, value?));
        }
        Ok(Some(Self(values)))
    }
}

/// That something stands there, whatever it is.
#[derive(Debug)]
pub(crate) struct Anything;

impl Shape for Anything {
    const EXPECTED: &'static str = "anything";

    fn flag(_: bool, _: &mut Notes) -> Option<Self> {
        Some(Self)
    }

    fn whole(_: i128, _: &mut Notes) -> Option<Self> {
        Some(Self)
    }

    fn real(_: f64, _: &mut Notes) -> Option<Self> {
        Some(Self)
    }

    fn text(_: &str, _: &mut Notes) -> Option<Self> {
        Some(Self)
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A, _: &mut Notes) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }

    fn map<'de, A: MapAccess<'de>>(mut map: A, _: &mut Notes) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }
}

object! {
    /// What a snapshot keeps of a Secret: public facts.
    Facts {
        keys: Vec<Text> = "keys",
        contents: Text = "contents",
        chain: Text = "chain",
        chain_fault: Text = "chainFault",
        key: Text = "key",
        key_fault: Text = "keyFault",
        key_of: u32 = "keyOf",
        certificates: Vec<Certificate> = "certificates",
    }
}

object! {
    /// A certificate in a snapshot.
    Certificate {
        common_name: Text = "commonName",
        subject: Text = "subject",
        issuer: Text = "issuer",
        hosts: Vec<Text> = "hosts",
        addresses: Vec<Text> = "addresses",
        not_before: Time = "notBefore",
        not_after: Time = "notAfter",
        is_ca: bool = "ca",
        self_signed: bool = "selfSigned",
        not_for_servers: bool = "notForServers",
        fingerprint: Text = "fingerprint",
    }
}
