//! Labels and label selectors.

use crate::model::key::Name;
use std::fmt;

/// An object's labels (or annotations): sorted by key, each key once.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Box<[(Name, Name)]>);

impl Labels {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Name> {
        let at = self
            .0
            .binary_search_by(|(known, _)| known.as_str().cmp(key))
            .ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Whether the pair is present.
    pub fn has(&self, key: &str, value: &str) -> bool {
        self.get(key).is_some_and(|found| found == value)
    }

    /// Every pair, by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &(Name, Name)> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<K: Into<Name>, V: Into<Name>> FromIterator<(K, V)> for Labels {
    /// A later pair replaces an earlier one with the same key.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let map: std::collections::BTreeMap<Name, Name> = pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        Self(map.into_iter().collect())
    }
}

impl fmt::Display for Labels {
    /// As kubectl's `-l` takes it: `app=web,tier=front`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, value)) in self.0.iter().enumerate() {
            write!(f, "{}{key}={value}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// What a requirement of a label selector demands of one key.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Demand {
    /// The value is one of these (`matchLabels` is a set of one).
    In(Box<[Name]>),
    /// The key is absent or its value is none of these.
    NotIn(Box<[Name]>),
    /// The key is present.
    Exists,
    /// The key is absent.
    DoesNotExist,
    /// An operator that Kubernetes does not define: matches nothing, and says so by a defect.
    Unknown(Name),
}

/// `metav1.LabelSelector`: every requirement must hold; the empty selector matches everything.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Selector(pub Box<[(Name, Demand)]>);

impl Selector {
    /// The selector that demands these labels.
    pub fn of_labels(labels: &Labels) -> Self {
        Self(
            labels
                .iter()
                .map(|(key, value)| (key.clone(), Demand::In(Box::new([value.clone()]))))
                .collect(),
        )
    }

    /// Whether it matches everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether these labels fulfil every requirement (`metav1.LabelSelector`: the requirements are ANDed).
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|(key, demand)| match demand {
            Demand::In(values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Demand::NotIn(values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Demand::Exists => labels.get(key).is_some(),
            Demand::DoesNotExist => labels.get(key).is_none(),
            Demand::Unknown(_) => false,
        })
    }

    /// A pair that every match must carry, if the selector demands one: the handle for an index.
    pub fn required_pair(&self) -> Option<(&Name, &Name)> {
        self.0.iter().find_map(|(key, demand)| match demand {
            Demand::In(values) => match &**values {
                [only] => Some((key, only)),
                _ => None,
            },
            _ => None,
        })
    }
}

impl fmt::Display for Selector {
    /// As kubectl's `-l` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, demand)) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            match demand {
                Demand::In(values) if values.len() == 1 => write!(f, "{key}={}", values.join(""))?,
                Demand::In(values) => write!(f, "{key} in ({})", values.join(","))?,
                Demand::NotIn(values) => write!(f, "{key} notin ({})", values.join(","))?,
                Demand::Exists => write!(f, "{key}")?,
                Demand::DoesNotExist => write!(f, "!{key}")?,
                Demand::Unknown(operator) => write!(f, "{key} {operator}")?,
            }
        }
        Ok(())
    }
}
