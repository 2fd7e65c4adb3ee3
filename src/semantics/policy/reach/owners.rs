//! The ends of the map: the top owners of pods.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::meta::Owner;
use crate::model::pod::Pod;
use crate::model::view::View;

/// How far owners are followed: a loop in references must end.
const DEPTH: usize = 8;

/// The end that a pod belongs to: its controller, followed upwards through objects that are in the world; an owner
/// that is not there is named as the reference names it. A bare pod, or one owned by a Node, is itself.
pub fn top(view: &View<'_>, pod: &Pod) -> String {
    let own = &pod.meta.key;
    let Some(owner) = pod.meta.owner.as_ref().filter(|owner| !is_node(owner)) else {
        return own.to_string();
    };
    let namespace = own.namespace.clone().unwrap_or_default();
    let mut owner = owner.clone();
    for _ in 0..DEPTH {
        let next = Kind::of_document(&owner.group, &owner.kind).and_then(|kind| {
            let key = Key::new(kind, namespace.clone(), owner.name.clone());
            view.advisory(|view| view.object(&key))?
                .meta()
                .owner
                .clone()
        });
        match next {
            Some(next) if !is_node(&next) => owner = next,
            _ => break,
        }
    }
    format!("{namespace}/{}/{}", kind_word(&owner), owner.name)
}

fn is_node(owner: &Owner) -> bool {
    owner.kind == "Node" && owner.group.is_empty()
}

/// A kind that Kubernetes has too carries its group.
fn kind_word(owner: &Owner) -> Name {
    if let Some(kind) = Kind::of_document(&owner.group, &owner.kind) {
        return kind.qualified_name().into();
    }
    let shared = Kind::ALL.iter().any(|kind| kind.name() == &*owner.kind);
    if shared && !owner.group.is_empty() {
        format!("{}.{}", owner.kind, owner.group).into()
    } else {
        owner.kind.clone()
    }
}
