//! What a snapshot says of itself: when and of what it was taken, and what could not be read then.

use crate::model::coverage::State;
use crate::model::delta::Delta;
use crate::model::endpoints::SliceOrigin;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::object::{Defect, Fact, Object};
use crate::model::world::{Origin, World};
use crate::source::snapshot::policy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The group of the document's `apiVersion`.
pub const GROUP: &str = "portolan.dev";
/// The document's `kind`.
pub const KIND: &str = "Snapshot";
const API_VERSION: &str = "portolan.dev/v1";

/// What a snapshot says of itself.
#[derive(Debug)]
pub struct Header {
    /// What the world was.
    pub origin: Origin,
    /// Time, coverage and kinds that are not known.
    pub deltas: Vec<Delta>,
    /// What was odd about objects when they were first read, by their key as it is displayed.
    defects: BTreeMap<String, Vec<Defect>>,
    /// Slices that no controller wrote, by their key as it is displayed.
    computed: BTreeSet<String>,
    /// What policies say, by their key as it is displayed.
    policies: BTreeMap<String, Value>,
}

impl Header {
    /// Gives an object back what its own document does not say.
    pub fn restore(&self, object: &mut Object) {
        let key = object.key().to_string();
        object.defects = self.defects.get(&key).cloned().unwrap_or_default().into();
        if let Fact::EndpointSlice(slice) = &mut object.fact
            && self.computed.contains(&key)
        {
            slice.origin = SliceOrigin::Computed;
        }
        if let Fact::Policy(policy) = &mut object.fact {
            policy::restore(policy, self.policies.get(&key));
        }
    }
}

/// The document, as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    api_version: String,
    kind: String,
    metadata: Metadata,
    time: Option<Timestamp>,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    context: String,
    #[serde(default)]
    coverage: Vec<Note>,
    #[serde(default)]
    unrecognised: Vec<Stranger>,
    #[serde(default)]
    defects: Vec<Oddity>,
    #[serde(default)]
    computed: BTreeSet<String>,
    /// Policies, whose rules are kept as they were understood.
    #[serde(default)]
    policies: BTreeMap<String, Value>,
}

/// A defect of an object.
#[derive(Debug, Serialize, Deserialize)]
struct Oddity {
    object: String,
    field: String,
    observed: String,
    expected: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
}

/// A note of coverage.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    state: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<usize>,
}

/// An object of a kind that is not known.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stranger {
    api_version: String,
    kind: String,
    namespace: String,
    name: String,
}

/// Reads the document; whatever of it does not fit is left out.
pub fn header(json: &str) -> Header {
    let Ok(document) = serde_json::from_str::<Document>(json) else {
        return Header {
            origin: Origin::Files,
            deltas: Vec::new(),
            defects: BTreeMap::new(),
            computed: BTreeSet::new(),
            policies: BTreeMap::new(),
        };
    };
    let mut defects: BTreeMap<String, Vec<Defect>> = BTreeMap::new();
    for oddity in document.defects {
        defects.entry(oddity.object).or_default().push(Defect {
            field: Name::from(oddity.field),
            observed: Name::from(oddity.observed),
            expected: Name::from(oddity.expected),
        });
    }
    let clock = document.time.map(Delta::Clock);
    let coverage = document.coverage.into_iter().filter_map(|note| {
        Some(Delta::Coverage {
            kind: kind_of(&note.kind)?,
            namespace: note.namespace.as_deref().map(Name::from),
            state: state_of(&note)?,
        })
    });
    let strangers = document.unrecognised.into_iter();
    let strangers = strangers.map(|stranger| Delta::Unrecognised {
        api_version: Name::from(stranger.api_version),
        kind: Name::from(stranger.kind),
        namespace: Name::from(stranger.namespace),
        name: Name::from(stranger.name),
    });
    Header {
        origin: match document.origin.as_str() {
            "live" => Origin::Live {
                context: Name::from(document.context),
            },
            "demo" => Origin::Demo,
            _ => Origin::Files,
        },
        deltas: clock.into_iter().chain(coverage).chain(strangers).collect(),
        defects,
        computed: document.computed,
        policies: document.policies,
    }
}

fn kind_of(word: &str) -> Option<Kind> {
    let mut all = Kind::ALL.iter().copied();
    all.find(|kind| kind.qualified_name() == word)
}

fn state_of(note: &Note) -> Option<State> {
    let detail = Name::from(note.detail.as_str());
    Some(match note.state.as_str() {
        "ready" => State::Ready,
        "syncing" => State::Syncing {
            seen: note.seen.unwrap_or_default(),
        },
        "stale" => State::Stale {
            since: note.since?,
            detail,
        },
        "forbidden" => State::Forbidden { detail },
        "not-installed" => State::NotInstalled,
        "absent" => State::Absent,
        _ => return None,
    })
}

/// The document of a world.
pub(super) fn document(world: &World) -> Document {
    let (origin, context) = match world.origin() {
        Origin::Live { context } => ("live", context.as_str()),
        Origin::Files => ("files", ""),
        Origin::Demo => ("demo", ""),
    };
    let notes = world.coverage().iter().map(|(kind, namespace, state)| {
        let mut note = Note {
            kind: kind.qualified_name().to_owned(),
            namespace: namespace.map(Name::to_string),
            state: state.word().to_owned(),
            detail: String::new(),
            since: None,
            seen: None,
        };
        match state {
            State::Stale { since, detail } => {
                note.since = Some(*since);
                note.detail = detail.to_string();
            }
            State::Forbidden { detail } => note.detail = detail.to_string(),
            State::Syncing { seen } => note.seen = Some(*seen),
            State::Ready | State::NotInstalled | State::Absent => {}
        }
        note
    });
    let strangers = world
        .unrecognised()
        .iter()
        .flat_map(|((version, kind), held)| {
            held.iter().map(|(namespace, name)| Stranger {
                api_version: version.to_string(),
                kind: kind.to_string(),
                namespace: namespace.to_string(),
                name: name.to_string(),
            })
        });
    let odd = world.objects().flat_map(|object| {
        let defects = object.defects.iter();
        defects.map(|defect| Oddity {
            object: object.key().to_string(),
            field: defect.field.to_string(),
            observed: defect.observed.to_string(),
            expected: defect.expected.to_string(),
        })
    });
    let computed = world.all(Kind::EndpointSlice).filter(|object| {
        matches!(&object.fact, Fact::EndpointSlice(slice) if slice.origin == SliceOrigin::Computed)
    });
    let policies = world.objects().filter_map(|object| match &object.fact {
        Fact::Policy(policy) => Some((object.key().to_string(), policy::said(policy))),
        _ => None,
    });
    Document {
        api_version: API_VERSION.to_owned(),
        kind: KIND.to_owned(),
        metadata: Metadata {
            name: "world".to_owned(),
        },
        time: Some(world.now()),
        origin: origin.to_owned(),
        context: context.to_owned(),
        coverage: notes.collect(),
        unrecognised: strangers.collect(),
        defects: odd.collect(),
        computed: computed.map(|object| object.key().to_string()).collect(),
        policies: policies.collect(),
    }
}
