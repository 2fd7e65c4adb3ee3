//! Near misses: what was probably meant, where a name or a selector hits nothing.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::Labels;
use crate::model::pod::Pod;
use crate::model::view::View;
use crate::semantics::owner;
use std::collections::BTreeMap;

/// How a pod misses a selector by one pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// The pod carries the key with this value.
    Value(Name),
    /// The pod carries the value under this key.
    Key(Name),
    /// The pod does not carry the key.
    Missing,
    /// The pod carries the whole selector, in this namespace.
    Namespace(Name),
}

/// The nearest miss of a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The demanded pair that is not met (the first pair, where only the namespace differs).
    pub wanted: (Name, Name),
    /// What stands instead.
    pub difference: Difference,
    /// How many pods miss it this way.
    pub pods: usize,
    /// The first of them.
    pub example: Key,
    /// Their common owner as `Kind name`, where they have one.
    pub owner: Option<String>,
}

impl NearMiss {
    /// One sentence: `app: apii — 2 pods of Deployment api have app: api`.
    pub fn sentence(&self) -> String {
        let (key, value) = &self.wanted;
        let pods = if self.pods == 1 {
            "1 pod".to_owned()
        } else {
            format!("{} pods", self.pods)
        };
        let of = self
            .owner
            .as_ref()
            .map(|owner| format!(" of {owner}"))
            .unwrap_or_default();
        let have = if self.pods == 1 { "has" } else { "have" };
        match &self.difference {
            Difference::Value(found) => {
                format!("{key}: {value} — {pods}{of} {have} {key}: {found}")
            }
            Difference::Key(found) => {
                format!("{key}: {value} — {pods}{of} {have} {found}: {value}")
            }
            Difference::Missing => format!(
                "{key}: {value} — {pods}{of} lack{} this label",
                if self.pods == 1 { "s" } else { "" }
            ),
            Difference::Namespace(place) => {
                format!("{pods}{of} {have} these labels in namespace {place}")
            }
        }
    }

    /// The selector that would match them, where changing one pair is enough.
    pub fn mended(&self, selector: &Labels) -> Option<Labels> {
        let (key, value) = &self.wanted;
        let others = || selector.iter().filter(|(known, _)| known != key).cloned();
        match &self.difference {
            Difference::Value(found) => {
                Some(others().chain([(key.clone(), found.clone())]).collect())
            }
            Difference::Key(found) => {
                Some(others().chain([(found.clone(), value.clone())]).collect())
            }
            Difference::Missing => {
                let rest: Labels = others().collect();
                (!rest.is_empty()).then_some(rest)
            }
            Difference::Namespace(_) => None,
        }
    }
}

/// The most letters that a typing error gets wrong.
const TYPO: usize = 3;

/// Values this far apart, or farther, are told apart no more.
const FAR: usize = 8;

/// Pods by how they miss: score, the pair that is not met, what stands instead.
type Ways<'w> = BTreeMap<(usize, (Name, Name), Difference), Vec<&'w Pod>>;

/// The nearest miss of a Service's selector among the pods of its namespace, else of the others.
pub fn of_selector(view: &View<'_>, namespace: &Name, selector: &Labels) -> Option<NearMiss> {
    let pods: Vec<&Pod> = view
        .pods_in(namespace)
        .filter(|pod| !pod.is_terminal())
        .collect();
    let mut ways: Ways<'_> = BTreeMap::new();
    for pod in &pods {
        if let Some((score, wanted, difference)) = by_one_pair(&pod.meta.labels, selector) {
            ways.entry((score, wanted, difference))
                .or_default()
                .push(pod);
        }
    }
    let best = ways.keys().next().map(|(score, ..)| *score);
    let nearest = ways
        .into_iter()
        .filter(|((score, ..), _)| Some(*score) == best)
        .max_by(|(a, x), (b, y)| x.len().cmp(&y.len()).then_with(|| b.cmp(a)));
    if let Some(((_, wanted, difference), pods)) = nearest {
        return Some(miss(view, wanted, difference, &pods));
    }
    elsewhere(view, namespace, selector)
}

fn miss(view: &View<'_>, wanted: (Name, Name), difference: Difference, pods: &[&Pod]) -> NearMiss {
    let example = pods.first().map(|pod| pod.meta.key.clone());
    let mut owners: Vec<String> = pods.iter().map(|pod| owner_words(view, pod)).collect();
    owners.dedup();
    let owner = match owners.as_slice() {
        [one] if !one.is_empty() => Some(one.clone()),
        _ => None,
    };
    let example = example.unwrap_or_else(|| Key::cluster(Kind::Pod, ""));
    NearMiss {
        wanted,
        difference,
        pods: pods.len(),
        example,
        owner,
    }
}

fn owner_words(view: &View<'_>, pod: &Pod) -> String {
    owner::top_owner(view, pod)
        .map(|(kind, name)| format!("{kind} {name}"))
        .unwrap_or_default()
}

/// Score (lower is nearer), the pair that is not met, and how.
fn by_one_pair(labels: &Labels, selector: &Labels) -> Option<(usize, (Name, Name), Difference)> {
    let mut unmet = selector
        .iter()
        .filter(|(key, value)| !labels.has(key, value));
    let (key, value) = unmet.next()?;
    if unmet.next().is_some() {
        return None;
    }
    let alone = selector.len() == 1;
    let wanted = (key.clone(), value.clone());
    if let Some(found) = labels.get(key) {
        let distance = distance(value, found, if alone { TYPO } else { FAR });
        let near = is_typo(value, found, distance) || !alone;
        return near.then(|| (distance.min(FAR), wanted, Difference::Value(found.clone())));
    }
    let moved = labels
        .iter()
        .find(|(other, found)| found == value && is_name_like(other));
    if let Some((other, _)) = moved {
        return Some((3, wanted, Difference::Key(other.clone())));
    }
    (!alone).then_some((9, wanted, Difference::Missing))
}

fn is_name_like(key: &str) -> bool {
    let bare = key.rsplit('/').next().unwrap_or(key);
    matches!(
        bare,
        "app" | "name" | "k8s-app" | "component" | "instance" | "run" | "service"
    )
}

fn elsewhere(view: &View<'_>, namespace: &Name, selector: &Labels) -> Option<NearMiss> {
    let (key, value) = selector.iter().next()?;
    view.advisory(|view| {
        let others = view
            .all(Kind::Namespace)
            .map(|object| object.key().name.clone());
        let (place, pods) = others
            .filter(|place| place != namespace)
            .map(|place| (place.clone(), view.pods_labelled(&place, selector)))
            .find(|(_, pods)| !pods.is_empty())?;
        Some(miss(
            view,
            (key.clone(), value.clone()),
            Difference::Namespace(place),
            &pods,
        ))
    })
}

/// The name nearest to a key's among the objects of its kind and place. Advisory.
pub fn of_key(view: &View<'_>, key: &Key) -> Option<Name> {
    view.advisory(|view| {
        let names: Vec<Name> = match &key.namespace {
            Some(namespace) => view
                .in_namespace(key.kind, namespace)
                .map(|o| o.key().name.clone())
                .collect(),
            None => view.all(key.kind).map(|o| o.key().name.clone()).collect(),
        };
        of_name(&key.name, &names).cloned()
    })
}

/// The name nearest to a wanted one, if it is near enough to be a typing error.
pub fn of_name<'n>(wanted: &str, known: impl IntoIterator<Item = &'n Name>) -> Option<&'n Name> {
    known
        .into_iter()
        .map(|name| (distance(wanted, name, TYPO), name))
        .filter(|(distance, name)| is_typo(wanted, name, *distance))
        .min()
        .map(|(_, name)| name)
}

/// Near enough to be a typing error: other case, up to a third of its letters wrong, or one the start of the other.
fn is_typo(wanted: &str, found: &str, distance: usize) -> bool {
    let shorter = wanted.chars().count().min(found.chars().count());
    let starts = shorter >= 3 && (wanted.starts_with(found) || found.starts_with(wanted));
    wanted.eq_ignore_ascii_case(found)
        || distance <= (shorter / 3).clamp(1, TYPO) && shorter >= 2
        || starts
}

/// Edit distance with neighbouring letters exchanged counted as one. Names over 64 letters, and those whose lengths
/// alone differ by more than the limit, are not compared letter by letter.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let apart = a.chars().count().abs_diff(b.chars().count());
    if apart > limit {
        return apart;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX / 2;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut cost = (get(&last, j + 1) + 1)
                .min(get(&row, j) + 1)
                .min(get(&last, j) + usize::from(x != y));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                cost = cost.min(get(&before, j - 1) + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits_and_swaps() {
        assert_eq!(distance("apii", "api", FAR), 1);
        assert_eq!(distance("web", "wbe", FAR), 1);
        assert_eq!(distance("", "abc", FAR), 3);
        assert_eq!(distance("same", "same", FAR), 0);
    }

    #[test]
    fn unrelated_names_are_no_near_miss() {
        let known = [Name::from("postgres"), Name::from("web")];
        assert_eq!(of_name("redis", &known), None);
        assert_eq!(
            of_name("postgre", &known).map(Name::as_str),
            Some("postgres")
        );
        assert_eq!(of_name("Web", &known).map(Name::as_str), Some("web"));
    }

    #[test]
    fn one_pair_wrong_is_near_two_are_not() {
        let labels: Labels = [("app", "api"), ("tier", "front")].into_iter().collect();
        let near: Labels = [("app", "apii"), ("tier", "front")].into_iter().collect();
        let far: Labels = [("app", "apii"), ("tier", "back")].into_iter().collect();
        assert!(
            matches!(by_one_pair(&labels, &near), Some((1, _, Difference::Value(v))) if v == "api")
        );
        assert_eq!(by_one_pair(&labels, &far), None);
    }
}
