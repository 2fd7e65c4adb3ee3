//! A rule that can be meant in two ways: a peer by namespaces beside a peer by pods, where one item with both fields
//! would ask for both.

use crate::model::labels::Selector;
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

/// How a choice between the two readings was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// In two items: either suffices.
    Apart,
    /// In one item: both must hold.
    Together,
}

/// A place in a rule where one dash more or less would make the other reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which of them is written.
    pub written: Written,
    /// Which items of the rule's list it is about: the first of them.
    pub item: usize,
    /// Both.
    pub readings: Readings,
}

/// Every such place in a NetworkPolicy's rule: two items side by side in the list, of which one has namespaces only and
/// the other pods only; and an item with both.
pub fn choices(rule: &Rule) -> Vec<Choice> {
    let peers = rule.peers.as_deref().unwrap_or_default();
    let apart = peers.windows(2).enumerate().filter_map(|(item, two)| {
        let [Peer::Pods(one), Peer::Pods(other)] = two else {
            return None;
        };
        let (places, pods) = apart(one, other).or(apart(other, one))?;
        let both = Subject {
            namespaces: places.namespaces.clone(),
            pods: pods.pods.clone(),
        };
        let readings = Readings {
            places: places.clone(),
            pods: pods.clone(),
            both,
        };
        Some(Choice {
            written: Written::Apart,
            item,
            readings,
        })
    });
    let together = peers.iter().enumerate().filter_map(|(item, peer)| {
        let Peer::Pods(both) = peer else { return None };
        let named = matches!(both.namespaces, Places::Selected(_)) && !both.pods.is_empty();
        named.then(|| Choice {
            written: Written::Together,
            item,
            readings: Readings {
                places: Subject {
                    namespaces: both.namespaces.clone(),
                    pods: Selector::default(),
                },
                pods: Subject {
                    namespaces: Places::Own,
                    pods: both.pods.clone(),
                },
                both: both.clone(),
            },
        })
    });
    let mut found: Vec<Choice> = apart.chain(together).collect();
    found.sort_by_key(|choice| choice.item);
    found
}

fn apart<'s>(one: &'s Subject, other: &'s Subject) -> Option<(&'s Subject, &'s Subject)> {
    let places = matches!(one.namespaces, Places::Selected(_)) && one.pods.is_empty();
    let pods = other.namespaces == Places::Own && !other.pods.is_empty();
    (places && pods).then_some((one, other))
}
