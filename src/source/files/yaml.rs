//! The YAML parser, with limits that let large dumps through and stop alias bombs.

use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Deserializer, Error, Options};

/// Reads one document.
pub(super) fn read<'t, R>(
    text: &'t str,
    with: impl for<'e> FnOnce(Deserializer<'t, 'e>) -> Result<R, Error>,
) -> Result<R, Error> {
    serde_saphyr::with_deserializer_from_str_with_options(text, options(), with)
}

/// The same document as JSON.
pub(super) fn to_json(text: &str) -> Result<String, Error> {
    let value: serde_json::Value = serde_saphyr::from_str_with_options(text, options())?;
    Ok(value.to_string())
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 40_000_000,
            max_nodes: 20_000_000,
            max_depth: 100,
            max_total_scalar_bytes: 1 << 30,
            enforce_alias_anchor_ratio: false,
        },
        emit_comments: false,
        with_snippet: false,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        ignore_binary_tag_for_string: true,
    }
}
