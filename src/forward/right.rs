//! Whether this user may forward ports, and which verb is missing.
//!
//! May know what was answered; must never ask.

use crate::forward::pick::{candidates, pods_of};
use crate::forward::target::Target;
use crate::model::coverage::State;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::view::View;
use crate::model::world::World;

/// How many pods are asked for by name where a role may name single ones.
pub const ASKED: usize = 4;

/// What was answered for one verb on `pods/portforward`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is allowed.
    Yes,
    /// It is not, and why as far as the authoriser tells; may be empty.
    No(String),
    /// Nobody could tell, and why.
    NotKnown(String),
}

/// What was answered for both verbs, and by whom.
///
/// A forward over a WebSocket is a GET: the verb is `get`. API servers from 1.35 on ask for `create` too
/// (KEP-4006), unless whoever runs them has turned that off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// `get` on `pods/portforward`.
    pub get: Answer,
    /// `create` on `pods/portforward`.
    pub create: Answer,
    /// The minor version of a server of version 1, where it is known.
    pub minor: Option<u32>,
}

/// The minor version from which on `create` is asked for beside `get`.
const ASKS_CREATE: u32 = 35;

/// What follows for a forward. Each sentence stands alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// It may be tried.
    Given,
    /// It cannot work: the sentence names the missing verb.
    Missing(String),
    /// It will probably not work: the sentence names the verb and the doubt.
    Doubtful(String),
    /// It could not be found out: no reason to think that it is missing.
    NotKnown(String),
}

impl Right {
    /// What a person should know; nothing where the right is given.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Given => None,
            Self::Missing(words) | Self::Doubtful(words) | Self::NotKnown(words) => Some(words),
        }
    }

    /// The same, where a role may still name single pods that nobody has asked for.
    pub fn unless_named(self) -> Self {
        match self {
            Self::Missing(words) => Self::Doubtful(format!(
                "{words}; a role that names single pods may still allow it"
            )),
            other => other,
        }
    }
}

impl Rights {
    /// What follows for pods of a namespace.
    pub fn verdict(&self, namespace: &str) -> Right {
        let place = format!("pods/portforward in namespace {namespace}");
        let asks_create = self.minor.is_none_or(|minor| minor >= ASKS_CREATE);
        match (&self.get, &self.create) {
            (Answer::No(why), Answer::No(_)) if asks_create => Right::Missing(with(
                &format!("RBAC does not allow `get` and `create` on {place}"),
                why,
            )),
            (Answer::No(why), _) => {
                Right::Missing(with(&format!("RBAC does not allow `get` on {place}"), why))
            }
            (Answer::NotKnown(why), _) => not_known("get", &place, why),
            (Answer::Yes, _) if !asks_create => Right::Given,
            (Answer::Yes, Answer::Yes) => Right::Given,
            (Answer::Yes, Answer::No(why)) => {
                let words = format!(
                    "RBAC does not allow `create` on {place}, which API servers from 1.{ASKS_CREATE} on ask for \
                     beside `get`"
                );
                Right::Doubtful(with(&words, why))
            }
            (Answer::Yes, Answer::NotKnown(why)) => not_known("create", &place, why),
        }
    }
}

fn with(words: &str, why: &str) -> String {
    if why.is_empty() {
        words.to_owned()
    } else {
        format!("{words}: {why}")
    }
}

fn not_known(verb: &str, place: &str, why: &str) -> Right {
    let words = format!("whether RBAC allows `{verb}` on {place} is not known");
    Right::NotKnown(with(&words, why))
}

/// The minor version of what `/version` says, for example 36 of `v1.36.3`; none where it is no version 1.
pub fn minor_of(git_version: &str) -> Option<u32> {
    let rest = git_version.trim_start_matches('v').strip_prefix("1.")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The pods that the target leads to now, by name, each once; none where that cannot be told.
pub fn pods(world: &World, target: &Target) -> Vec<Name> {
    let view = View::new(world);
    let object = &target.object;
    let names = |pods: Vec<&Pod>| pods.iter().map(|pod| pod.meta.key.name.clone()).collect();
    let mut names: Vec<Name> = match object.kind {
        Kind::Pod => vec![object.name.clone()],
        Kind::Service => match candidates(world, target) {
            Ok(ready) => ready.into_iter().map(|choice| choice.pod.name).collect(),
            Err(_) => names(selected(&view, object)),
        },
        _ => names(pods_of(&view, object)),
    };
    names.sort_unstable();
    names.dedup();
    names
}

/// The pods that a Service selects, ready or not.
pub(crate) fn selected<'w>(view: &View<'w>, service: &Key) -> Vec<&'w Pod> {
    let namespace = service.namespace.clone().unwrap_or_default();
    let selector = view.service(service).map(|service| &service.selector);
    let selector = selector.filter(|selector| !selector.is_empty());
    selector.map_or_else(Vec::new, |selector| {
        view.pods_labelled(&namespace, selector)
    })
}

/// Whether the world may still learn which pods a target leads to.
pub fn is_syncing(world: &World, target: &Target) -> bool {
    let place = target.object.namespace.as_deref();
    let kinds = [target.object.kind, Kind::EndpointSlice, Kind::Pod];
    let mut states = kinds
        .into_iter()
        .map(|kind| world.coverage().state(kind, place));
    states.any(|state| matches!(state, State::Syncing { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO: Answer = Answer::No(String::new());

    fn verdict(get: &Answer, create: &Answer, minor: Option<u32>) -> Right {
        let (get, create) = (get.clone(), create.clone());
        Rights { get, create, minor }.verdict("shop")
    }

    #[test]
    fn get_decides_everywhere_and_create_where_the_server_asks_for_it() {
        let (yes, no) = (&Answer::Yes, &NO);
        for minor in [Some(30), Some(34), Some(35), Some(37), None] {
            assert_eq!(verdict(yes, yes, minor), Right::Given);
            assert!(matches!(verdict(no, yes, minor), Right::Missing(_)));
            assert!(matches!(verdict(no, no, minor), Right::Missing(_)));
        }
        assert_eq!(verdict(yes, no, Some(34)), Right::Given);
        assert!(matches!(verdict(yes, no, Some(35)), Right::Doubtful(_)));
        assert!(matches!(verdict(yes, no, None), Right::Doubtful(_)));
    }

    #[test]
    fn only_the_verbs_that_are_missing_are_named() {
        let words = |right: Right| right.words().unwrap().to_owned();
        let why = Answer::No("no role says so".into());
        assert_eq!(
            words(verdict(&why, &Answer::Yes, Some(36))),
            "RBAC does not allow `get` on pods/portforward in namespace shop: no role says so"
        );
        assert_eq!(
            words(verdict(&NO, &NO, Some(36))),
            "RBAC does not allow `get` and `create` on pods/portforward in namespace shop"
        );
        assert_eq!(
            words(verdict(&NO, &NO, Some(30))),
            "RBAC does not allow `get` on pods/portforward in namespace shop"
        );
        let create = words(verdict(&Answer::Yes, &NO, Some(36)));
        assert!(
            create.contains("`create`") && create.contains("1.35"),
            "{create}"
        );
    }

    #[test]
    fn what_cannot_be_found_out_is_not_called_forbidden() {
        let lost = Answer::NotKnown("timed out".into());
        let right = verdict(&lost, &lost, Some(36));
        assert_eq!(
            right,
            Right::NotKnown(
                "whether RBAC allows `get` on pods/portforward in namespace shop is not known: timed out".into()
            )
        );
        assert!(matches!(
            verdict(&Answer::Yes, &lost, Some(36)),
            Right::NotKnown(_)
        ));
        assert_eq!(verdict(&Answer::Yes, &lost, Some(30)), Right::Given);
        assert!(matches!(verdict(&lost, &NO, Some(36)), Right::NotKnown(_)));
    }

    #[test]
    fn minor_versions() {
        for (text, minor) in [
            ("v1.36.3", Some(36)),
            ("v1.35.0-eks-1234", Some(35)),
            ("1.34", Some(34)),
            ("v2.0.0", None),
            ("", None),
        ] {
            assert_eq!(minor_of(text), minor, "{text}");
        }
    }
}
