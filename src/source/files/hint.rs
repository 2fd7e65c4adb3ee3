//! What a document says it is, and what the items of a typed list are that do not say.

use crate::lower::Identity;
use crate::model::key::Name;
use crate::source::files::json::Top;
use std::borrow::Cow;

/// What items of a typed list are, where they do not say.
#[derive(Clone, Default)]
pub(super) struct Hint {
    pub(super) api_version: Name,
    pub(super) kind: Name,
}

/// What a JSON object says it is, and what its items are if it is a list.
pub(super) fn told(top: &Top<'_>, hint: &Hint) -> (Hint, Identity) {
    let name = |word: Option<&Cow<'_, str>>| Name::from(word.map_or("", |word| &**word));
    let mut identity = Identity {
        api_version: name(top.api_version.as_ref()),
        kind: name(top.kind.as_ref()),
        ..Identity::default()
    };
    supply(&mut identity, hint);
    (item_hint(&identity.api_version, &identity.kind), identity)
}

/// `PodList` holds Pods; `List` says nothing of its items.
pub(super) fn item_hint(api_version: &str, kind: &str) -> Hint {
    match kind.strip_suffix("List") {
        Some(item) if !item.is_empty() => Hint {
            api_version: Name::from(api_version),
            kind: Name::from(item),
        },
        _ => Hint::default(),
    }
}

pub(super) fn supply(identity: &mut Identity, hint: &Hint) {
    if identity.kind.is_empty() {
        identity.kind = hint.kind.clone();
        if identity.api_version.is_empty() {
            identity.api_version = hint.api_version.clone();
        }
    }
}
