//! Near misses: what was probably meant, where a name or a selector hits nothing.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::{Demand, Labels, Selector};
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

/// The nearest miss of a policy's selector in a namespace, as a sentence: one value or key with a few letters wrong.
pub fn misspelt(view: &View<'_>, namespace: &Name, selector: &Selector) -> Option<String> {
    let pairs = selector.0.iter().map(|(key, demand)| match demand {
        Demand::In(values) => match &**values {
            [value] => Some((key.clone(), value.clone())),
            _ => None,
        },
        _ => None,
    });
    let labels: Labels = pairs.collect::<Option<Vec<_>>>()?.into_iter().collect();
    let near = of_selector(view, namespace, &labels)?;
    let slip = match &near.difference {
        Difference::Value(found) => is_misspelt(&near.wanted.1, found),
        Difference::Key(_) => true,
        Difference::Missing | Difference::Namespace(_) => false,
    };
    slip.then(|| near.sentence())
}

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

/// One value stands for the other by no more than a slip of the pen: other case, or a few letters wrong.
pub fn is_misspelt(wanted: &str, found: &str) -> bool {
    wanted.eq_ignore_ascii_case(found) || few_letters(wanted, found, distance(wanted, found, TYPO))
}

fn few_letters(wanted: &str, found: &str, distance: usize) -> bool {
    let shorter = wanted.chars().count().min(found.chars().count());
    distance <= (shorter / 3).clamp(1, TYPO) && shorter >= 2
}

/// Near enough to be a typing error: other case, up to a third of its letters wrong, or one the start of the other.
fn is_typo(wanted: &str, found: &str, distance: usize) -> bool {
    let shorter = wanted.chars().count().min(found.chars().count());
    let starts = shorter >= 3 && (wanted.starts_with(found) || found.starts_with(wanted));
    wanted.eq_ignore_ascii_case(found) || few_letters(wanted, found, distance) || starts
}

/// The longest name, in letters, that is compared: a label's value has at most 63.
const LONGEST: u8 = 64;

/// The columns of a row of distances from the second on: the first is the number of the row.
type Row = [u8; LONGEST as usize];

/// Edit distance with neighbouring letters exchanged counted as one. Names over 64 letters, and those whose lengths
/// alone differ by more than the limit, are not compared letter by letter.
///
/// Asked for every pod of a namespace whenever a selector hits nothing, so it takes no memory but the stack's.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let apart = a.chars().count().abs_diff(b.chars().count());
    if apart > limit {
        return apart;
    }
    let mut letters = ['\0'; LONGEST as usize];
    let (Some(_), Some(width)) = (length(a), length(b)) else {
        return usize::MAX / 2;
    };
    for (place, letter) in letters.iter_mut().zip(b.chars()) {
        *place = letter;
    }
    let b = letters.get(..usize::from(width)).unwrap_or_default();
    let mut last: Row = [0; LONGEST as usize];
    for (column, cell) in (1..).zip(&mut last) {
        *cell = column;
    }
    let (mut row, mut before) = (last, last);
    let mut above = None;
    let mut down = 0;
    for (i, x) in (0_u8..).zip(a.chars()) {
        down = i + 1;
        let (mut left, mut diagonal) = (down, i);
        // Two rows up: two columns and one column to the left.
        let (mut corner, mut over) = (0, i.saturating_sub(1));
        let mut previous = None;
        for (((&y, &up), &up_twice), cell) in b.iter().zip(&last).zip(&before).zip(&mut row) {
            let exchanged = above == Some(y) && previous == Some(x);
            let mut cost = (up.min(left) + 1).min(diagonal + u8::from(x != y));
            if exchanged {
                cost = cost.min(corner + 1);
            }
            *cell = cost;
            (left, diagonal) = (cost, up);
            (corner, over) = (over, up_twice);
            previous = Some(y);
        }
        above = Some(x);
        (before, last, row) = (last, row, before);
    }
    let end = usize::from(width).checked_sub(1);
    end.and_then(|end| last.get(end).copied())
        .unwrap_or(down)
        .into()
}

/// The number of letters, where there are not too many to be compared.
fn length(name: &str) -> Option<u8> {
    let letters = name.chars().take(usize::from(LONGEST) + 1).count();
    u8::try_from(letters).ok().filter(|count| *count <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits_and_swaps() {
        assert_eq!(distance("apii", "api", 64), 1);
        assert_eq!(distance("web", "wbe", 64), 1);
        assert_eq!(distance("", "abc", 64), 3);
        assert_eq!(distance("same", "same", 64), 0);
        assert_eq!(distance("abc", "", 64), 3);
        assert_eq!(distance("", "", 64), 0);
        assert_eq!(distance("ab", "ba", 64), 1, "an exchange at the start");
        assert_eq!(distance("xab", "xba", 64), 1);
        assert_eq!(distance("abcd", "badc", 64), 2, "two exchanges");
        assert_eq!(distance("kitten", "sitting", 64), 3);
        assert_eq!(distance("frontend", "fornt-end", 64), 2);
        assert_eq!(distance("größe", "grösse", 64), 2, "letters, not bytes");
        let long = "a".repeat(64);
        assert_eq!(distance(&long, &"b".repeat(64), 64), 64);
        assert_eq!(distance(&long, "", 64), 64);
        assert!(distance(&long, &"a".repeat(65), 64) > 1000, "not compared");
    }

    /// By the definition, without a table.
    fn by_definition(a: &[char], b: &[char]) -> usize {
        let (Some((x, a_rest)), Some((y, b_rest))) = (a.split_last(), b.split_last()) else {
            return a.len().max(b.len());
        };
        let mut least = (by_definition(a_rest, b) + 1)
            .min(by_definition(a, b_rest) + 1)
            .min(by_definition(a_rest, b_rest) + usize::from(x != y));
        if let (Some((w, a_rest)), Some((z, b_rest))) = (a_rest.split_last(), b_rest.split_last())
            && (w, x) == (y, z)
        {
            least = least.min(by_definition(a_rest, b_rest) + 1);
        }
        least
    }

    proptest::proptest! {
        #[test]
        fn distance_is_as_defined(a in "[abc]{0,6}", b in "[abc]{0,6}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            proptest::prop_assert_eq!(distance(&a, &b, 64), by_definition(&letters(&a), &letters(&b)));
        }
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
