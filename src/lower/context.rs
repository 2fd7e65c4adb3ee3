//! What every kind shares: metadata, conditions, selectors, names.

use crate::lower::Manner;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::{Demand, Labels, Selector};
use crate::model::meta::{Condition, Meta, Owner, Truth};
use crate::model::port::{PortRef, Protocol};
use crate::wire::meta as wire;
use crate::wire::notes::{Notes, Text};
use crate::wire::scalar::{Pairs, PortWord, ProtocolWord, Time};
use jiff::Timestamp;

/// What is known while one document is lowered.
pub(super) struct Context<'m> {
    pub(super) kind: Kind,
    pub(super) manner: Manner<'m>,
    pub(super) notes: Notes,
}

/// Annotations of pods that say something about their traffic, or where a log is best read.
const POD_ANNOTATIONS: &[&str] = &[
    "ambient.istio.io/",
    "argocd.argoproj.io/hook",
    "cni.projectcalico.org/",
    "config.linkerd.io/",
    "helm.sh/hook",
    "inject.istio.io/",
    "istio.io/",
    "k8s.v1.cni.cncf.io/",
    "k9scli.io/",
    "kubectl.kubernetes.io/default-container",
    "kubernetes.io/egress-bandwidth",
    "kubernetes.io/ingress-bandwidth",
    "linkerd.io/",
    "networking.istio.io/",
    "portolan-ignore",
    "proxy.istio.io/",
    "sidecar.istio.io/",
    "traffic.sidecar.istio.io/",
    "viz.linkerd.io/",
];

impl Context<'_> {
    /// Metadata of the document. A name that is missing is noted.
    pub(super) fn meta(&mut self, wire: Option<wire::Metadata>) -> Meta {
        let wire = wire.unwrap_or_default();
        let given = wire.name.filter(|name| !name.is_empty());
        let prefix = wire.generate_name.filter(|name| !name.is_empty());
        let missing = given.is_none() && prefix.is_none();
        self.notes.enter("metadata");
        self.notes.required(missing, "name", "a name");
        self.notes.leave();
        let namespace = self.kind.namespaced().then(|| {
            let said = wire.namespace.filter(|namespace| !namespace.is_empty());
            said.map_or_else(|| Name::from(self.default_namespace()), Name::from)
        });
        let key = Key {
            kind: self.kind,
            namespace,
            name: name(given.or(prefix)),
        };
        let mut annotations = wire.annotations.unwrap_or_default();
        if self.kind == Kind::Pod {
            keep_of_pod(&mut annotations);
        }
        Meta {
            key,
            uid: name(wire.uid),
            created: time(wire.created),
            deleted: time(wire.deleted),
            generation: wire.generation,
            labels: labels(wire.labels),
            annotations: labels(Some(annotations)),
            owner: owner(wire.owners.unwrap_or_default()),
        }
    }

    fn default_namespace(&self) -> &str {
        match self.manner {
            Manner::Observed => "default",
            Manner::Manifest { namespace } => namespace,
        }
    }
}

/// Leaves the annotations of a pod that say something about its traffic.
pub(super) fn keep_of_pod(annotations: &mut Pairs) {
    annotations
        .0
        .retain(|(key, _)| POD_ANNOTATIONS.iter().any(|kept| key.starts_with(kept)));
}

/// The API group of an `apiVersion`: empty for the core group.
pub(super) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

pub(super) fn name(text: Option<Text>) -> Name {
    text.map(Name::from).unwrap_or_default()
}

/// A name, where the field is there and not empty.
pub(super) fn filled(text: Option<Text>) -> Option<Name> {
    text.filter(|text| !text.is_empty()).map(Name::from)
}

pub(super) fn names(texts: Option<Vec<Text>>) -> Box<[Name]> {
    let texts = texts.unwrap_or_default();
    texts.into_iter().map(Name::from).collect()
}

pub(super) fn time(time: Option<Time>) -> Option<Timestamp> {
    time.map(|time| time.0)
}

pub(super) fn labels(pairs: Option<Pairs>) -> Labels {
    pairs.unwrap_or_default().0.into_iter().collect()
}

fn owner(owners: Vec<wire::OwnerReference>) -> Option<Owner> {
    let controller = owners
        .into_iter()
        .find(|owner| owner.controller == Some(true))?;
    Some(Owner {
        group: Name::from(group_of(&controller.api_version.unwrap_or_default())),
        kind: name(controller.kind),
        name: name(controller.name),
        uid: name(controller.uid),
    })
}

pub(super) fn conditions(wire: Option<Vec<wire::Condition>>) -> Box<[Condition]> {
    let wire = wire.unwrap_or_default().into_iter();
    wire.map(|condition| Condition {
        kind: name(condition.kind),
        status: match condition.status {
            Some(wire::TruthWord::True) => Truth::True,
            Some(wire::TruthWord::False) => Truth::False,
            Some(wire::TruthWord::Unknown | wire::TruthWord::Other(_)) | None => Truth::Unknown,
        },
        reason: name(condition.reason),
        message: name(condition.message),
        since: time(condition.since),
        generation: condition.generation,
    })
    .collect()
}

pub(super) fn selector(wire: &wire::LabelSelector) -> Selector {
    let plain = wire.labels.iter().flat_map(|pairs| pairs.0.iter());
    let demanded = plain.map(|(key, value)| {
        let values: Box<[Name]> = Box::new([Name::from(&**value)]);
        (Name::from(&**key), Demand::In(values))
    });
    let expressions = wire.expressions.iter().flatten();
    let expressed = expressions.map(|wanted| {
        let values = wanted.values.iter().flatten();
        let values: Box<[Name]> = values.map(|value| Name::from(&**value)).collect();
        let demand = match &wanted.operator {
            Some(wire::Operator::In) => Demand::In(values),
            Some(wire::Operator::NotIn) => Demand::NotIn(values),
            Some(wire::Operator::Exists) => Demand::Exists,
            Some(wire::Operator::DoesNotExist) => Demand::DoesNotExist,
            Some(wire::Operator::Other(word)) => Demand::Unknown(Name::from(&**word)),
            None => Demand::Unknown(Name::default()),
        };
        let key = wanted.key.as_deref().unwrap_or_default();
        (Name::from(key), demand)
    });
    Selector(demanded.chain(expressed).collect())
}

/// TCP where nothing sensible is said.
pub(super) fn protocol(word: Option<&ProtocolWord>) -> Protocol {
    match word {
        Some(ProtocolWord::Udp) => Protocol::Udp,
        Some(ProtocolWord::Sctp) => Protocol::Sctp,
        Some(ProtocolWord::Tcp | ProtocolWord::Other(_)) | None => Protocol::Tcp,
    }
}

pub(super) fn port_ref(word: PortWord) -> PortRef {
    match word {
        PortWord::Number(number) => PortRef::Number(number),
        PortWord::Name(text) => PortRef::Name(text.into()),
    }
}
