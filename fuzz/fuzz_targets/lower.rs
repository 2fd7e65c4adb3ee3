//! Lowering is total: any text, of any kind, in either manner, becomes an object of that kind.
//!
//! `cargo fuzz run lower -s none` (on stable), or with a sanitizer on nightly.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portolan::lower::{Manner, identify, lower_json, mirror_json};
use portolan::model::kind::Kind;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let kind = Kind::ALL[usize::from(*first) % Kind::ALL.len()];
    identify(text);
    for manner in [Manner::Observed, Manner::Manifest { namespace: "shop" }] {
        let object = lower_json(kind, text, manner);
        assert_eq!(object.key().kind, kind);
        mirror_json(text, manner);
    }
});
