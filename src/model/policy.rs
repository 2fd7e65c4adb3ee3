//! Network policies of every API, in one shape: whom they are about, their rules in order, and what of them
//! could not be read. What could not be read is kept as such and never as something that admits.

use crate::model::key::Name;
use crate::model::labels::{Demand, Labels, Selector};
use crate::model::meta::Meta;
use crate::model::port::Protocol;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A policy; its key's kind says which API it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Metadata.
    pub meta: Meta,
    /// When its rules are read.
    pub tier: Tier,
    /// The pods that it is about.
    pub subject: Subject,
    /// `spec.policyTypes` as written; none where unset.
    pub types: Option<Box<[Name]>>,
    /// Its rules for what its pods receive.
    pub ingress: Section,
    /// Its rules for what its pods send.
    pub egress: Section,
    /// Set where whoever enforces such policies says that it does not take this one.
    pub refused: Option<Refusal>,
}

/// That a policy is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why not, in the words of its status.
    pub message: Name,
    /// Whether it was changed since it was made: what it said before may still be enforced.
    pub changed: bool,
}

/// When the rules of a policy are read (network-policy-api, `Tier`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// Before every NetworkPolicy: lower priorities first. None where the priority cannot be read.
    Admin(Option<u16>),
    /// NetworkPolicy itself: a union without order.
    Namespaced,
    /// For pods that no NetworkPolicy isolates. None where the priority cannot be read.
    Baseline(Option<u16>),
    /// Cilium's own, read together with NetworkPolicy: a union, from which its `Deny` rules take away.
    Cilium,
    /// Of an API whose rules are not judged.
    Foreign,
}

/// The pods that a policy is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// Their namespaces.
    pub namespaces: Places,
    /// Their labels.
    pub pods: Selector,
}

/// Which namespaces are meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Places {
    /// The policy's own.
    Own,
    /// Those whose labels match; all of them for the empty selector.
    Selected(Selector),
}

/// Rules of one direction.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Section {
    /// Whether they are in force.
    pub force: Force,
    /// In the order of the document.
    pub rules: Box<[Rule]>,
}

/// Whether a section is in force.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Default, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Force {
    /// It is.
    Yes,
    /// They are, without isolating anybody (Cilium's `enableDefaultDeny: false`).
    Open,
    /// It is not: for a NetworkPolicy the direction is not among the effective `policyTypes`.
    #[default]
    No,
    /// It cannot be told.
    Unclear,
}

/// A rule: peers AND ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name, where the API has one; may be empty.
    pub name: Name,
    /// What becomes of what it matches.
    pub action: Action,
    /// Whom it matches, one of them sufficing; none means everyone.
    pub peers: Option<Box<[Peer]>>,
    /// The ports on the receiving side, one of them sufficing; none means all.
    pub ports: Option<Box<[PortMatch]>>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Action {
    /// Admits.
    Allow,
    /// Drops.
    Deny,
    /// Leaves the tier.
    Pass,
    /// The word is none of the API's.
    Unclear,
}

/// Whom a rule matches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Peer {
    /// Pods of namespaces.
    Pods(Subject),
    /// Addresses: `ipBlock`, or `networks` (several, without exceptions).
    Addresses {
        /// Any of these.
        nets: Box<[IpNet]>,
        /// But none of these.
        except: Box<[IpNet]>,
    },
    /// The addresses of nodes.
    Nodes(Selector),
    /// DNS names.
    Domains(Box<[Name]>),
    /// Parts of the cluster and of the world by Cilium's names.
    Entities(Box<[Entity]>),
    /// The endpoints of Services, by namespace and name.
    Services(Box<[(Name, Name)]>),
    /// Something that is not judged: pods among it, or only ends that are none.
    Unjudged {
        /// Whether a pod may be meant.
        pods: bool,
    },
    /// No field that we know: fails closed.
    Unrecognised,
    /// Something that cannot be read: might match anyone.
    Malformed,
}

/// A part of the cluster, or of the world, by Cilium's name (`pkg/policy/api/entity.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Entity {
    /// Everyone.
    All,
    /// Whatever is neither pod nor node.
    World,
    /// The same by the label `reserved:world`, which nobody has where the cluster has both address families.
    WorldOfOneFamily,
    /// The same, IPv4 only.
    World4,
    /// The same, IPv6 only.
    World6,
    /// Every pod and node.
    Cluster,
    /// The pod's own node.
    Host,
    /// Every other node.
    RemoteNode,
    /// The endpoints of `default/kubernetes`.
    KubeApiServer,
    /// Cilium's own proxy for Ingresses.
    Ingress,
    /// Ends that are no pod known to Kubernetes: `health`, `init`, `unmanaged`, `none`.
    Nobody,
}

impl Entity {
    /// The entity of a name; none for a name that Cilium does not have.
    pub fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "all" => Self::All,
            "world" => Self::World,
            "world-ipv4" => Self::World4,
            "world-ipv6" => Self::World6,
            "cluster" | "cluster-mesh" => Self::Cluster,
            "host" => Self::Host,
            "remote-node" => Self::RemoteNode,
            "kube-apiserver" => Self::KubeApiServer,
            "ingress" => Self::Ingress,
            "health" | "init" | "unmanaged" | "none" => Self::Nobody,
            _ => return None,
        })
    }
}

/// A port of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PortMatch {
    /// Every port of a protocol.
    All(Protocol),
    /// These, both included.
    Range(Protocol, u16, u16),
    /// The port of this name on the receiving pod, of this protocol, or of its own where none is asked for.
    Named(Option<Protocol>, Name),
    /// These, of which requests or peers decide that are not judged.
    Beyond(Box<[PortMatch]>),
    /// Something that cannot be read: might match any port.
    Malformed,
}

impl Policy {
    /// The rules of a direction.
    pub fn section(&self, direction: Direction) -> &Section {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// Which way a packet goes, seen from the pod that a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The pod sends.
    Egress,
    /// The pod receives.
    Ingress,
}

impl Direction {
    /// The word of the API: `ingress`, `egress`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Egress => "egress",
            Self::Ingress => "ingress",
        }
    }

    /// The word of `policyTypes`.
    pub const fn type_word(self) -> &'static str {
        match self {
            Self::Egress => "Egress",
            Self::Ingress => "Ingress",
        }
    }

    /// The field of peers in a rule.
    pub const fn peers_field(self) -> &'static str {
        match self {
            Self::Egress => "to",
            Self::Ingress => "from",
        }
    }
}

impl Selector {
    /// The selector of which nothing could be made: matches no label set and no other selector.
    pub fn malformed() -> Self {
        Self(Box::new([(
            Name::default(),
            Demand::Unknown("malformed".into()),
        )]))
    }

    /// Whether a part of it could not be read.
    pub fn is_malformed(&self) -> bool {
        self.0
            .iter()
            .any(|(_, demand)| matches!(demand, Demand::Unknown(_)))
    }

    /// Whether it demands these labels and nothing else.
    pub fn demands_exactly(&self, labels: &Labels) -> bool {
        *self == Self::of_labels(labels)
    }
}
