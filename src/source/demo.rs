//! The embedded demo: a small cluster, broken on purpose in ways that are listed in `assets/demo/planted.yaml`, and alive.
//!
//! Its manifests carry ages instead of times (`<3h ago>`); they become times when the demo starts. Nothing is read
//! from anywhere: a demo is a function of its start and of the time that has passed.

mod life;

use crate::lower::{identify, lower};
use crate::model::coverage::State;
use crate::model::delta::Delta;
use crate::model::key::Key;
use crate::model::kind::{Kind, Live};
use crate::model::object::Object;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

const MANIFESTS: &[&str] = &[
    include_str!("../../assets/demo/cluster.yaml"),
    include_str!("../../assets/demo/kube-system.yaml"),
    include_str!("../../assets/demo/ways-in.yaml"),
    include_str!("../../assets/demo/production.yaml"),
    include_str!("../../assets/demo/shop.yaml"),
    include_str!("../../assets/demo/pay.yaml"),
    include_str!("../../assets/demo/policies.yaml"),
    include_str!("../../assets/demo/monitoring.yaml"),
];

/// What was broken on purpose: the root findings of the demo at its start, as YAML.
pub const PLANTED: &str = include_str!("../../assets/demo/planted.yaml");

/// A demo cluster that was started at some time.
#[derive(Clone, Debug)]
pub struct Demo {
    start: Timestamp,
    objects: BTreeMap<Key, Object>,
}

/// The whole demo cluster as it is when it starts.
pub fn deltas(now: Timestamp) -> Vec<Delta> {
    Demo::new(now).initial()
}

impl Demo {
    /// A demo that starts now.
    pub fn new(start: Timestamp) -> Self {
        let documents = MANIFESTS.iter().flat_map(|text| documents(text, start));
        let objects = documents.filter_map(|json| {
            let kind = identify(&json).known()?;
            Some(lower(kind, &json))
        });
        Self {
            start,
            objects: objects
                .map(|object| (object.key().clone(), object))
                .collect(),
        }
    }

    /// The whole cluster at its start: the time, every kind at once, and how well each is known.
    pub fn initial(&self) -> Vec<Delta> {
        let mut deltas = vec![Delta::Clock(self.start)];
        for kind in Kind::ALL {
            let of_kind = self
                .objects
                .values()
                .filter(|object| object.key().kind == *kind);
            deltas.push(Delta::Replace {
                kind: *kind,
                namespace: None,
                objects: of_kind.cloned().collect(),
            });
            deltas.push(Delta::Coverage {
                kind: *kind,
                namespace: None,
                state: match kind.info().live {
                    Live::Watched | Live::Named => State::Ready,
                    Live::WhereInstalled => State::NotInstalled,
                    Live::FilesOnly => State::Absent,
                },
            });
        }
        deltas
    }

    /// What brings the cluster to where it is after some time, whatever was applied before: the time and the
    /// objects that live. The same deltas for the same time; most change nothing.
    pub fn at(&self, elapsed: SignedDuration) -> Vec<Delta> {
        life::at(&self.objects, self.start, elapsed)
    }
}

/// The documents of a manifest as JSON, their ages turned into times.
fn documents(text: &str, now: Timestamp) -> Vec<String> {
    let text = with_times(text, now);
    // A test reads every manifest, so that nothing is left out here.
    let read: Result<Vec<serde_json::Value>, _> = serde_saphyr::from_multiple(&text);
    let values = read.unwrap_or_default();
    values.iter().map(ToString::to_string).collect()
}

/// Replaces every `<3h ago>` by the time that it means.
fn with_times(text: &str, now: Timestamp) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some((before, age, after)) = next_age(rest) {
        out.push_str(before);
        out.push_str(
            &(now - age)
                .round(jiff::Unit::Second)
                .unwrap_or(now)
                .to_string(),
        );
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The text before the first age, the age, and what follows.
fn next_age(text: &str) -> Option<(&str, SignedDuration, &str)> {
    let mut searched = text.match_indices(" ago>");
    searched.find_map(|(at, marker)| {
        let (head, tail) = text.split_at_checked(at)?;
        let (before, age) = head.rsplit_once('<')?;
        let (number, unit) = age.split_at_checked(age.len().checked_sub(1)?)?;
        let number: i64 = number.parse().ok()?;
        let age = match unit {
            "s" => SignedDuration::from_secs(number),
            "m" => SignedDuration::from_mins(number),
            "h" => SignedDuration::from_hours(number),
            "d" => SignedDuration::from_hours(number * 24),
            _ => return None,
        };
        Some((before, age, tail.strip_prefix(marker)?))
    })
}

#[cfg(test)]
mod tests;
