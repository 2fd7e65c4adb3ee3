//! A rule that can be meant in two ways: a peer by namespaces beside a peer by pods, where one item with both fields
//! would ask for both.

use crate::model::policy::{Peer, Places, Rule, Subject};

/// The two readings of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readings {
    /// As it is written, two items: every pod of these namespaces,
    pub places: Subject,
    /// and these pods of the policy's own namespace.
    pub pods: Subject,
    /// In one item: these pods of these namespaces.
    pub both: Subject,
}

/// The readings of a rule with two such peers; none for any other rule.
pub fn readings(rule: &Rule) -> Option<Readings> {
    let Some([Peer::Pods(one), Peer::Pods(other)]) = rule.peers.as_deref() else {
        return None;
    };
    let (places, pods) = split(one, other).or(split(other, one))?;
    Some(Readings {
        both: Subject {
            namespaces: places.namespaces.clone(),
            pods: pods.pods.clone(),
        },
        places: places.clone(),
        pods: pods.clone(),
    })
}

/// A peer that selects namespaces only, beside one that selects pods only.
fn split<'s>(one: &'s Subject, other: &'s Subject) -> Option<(&'s Subject, &'s Subject)> {
    let places = matches!(&one.namespaces, Places::Selected(selector) if !selector.is_empty());
    let pods = other.namespaces == Places::Own && !other.pods.is_empty();
    (places && one.pods.is_empty() && pods).then_some((one, other))
}
