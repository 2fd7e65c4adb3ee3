//! The hops of a path.

use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::trace::cause::Cause;
use std::fmt;

/// Where on its way a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The name is looked up.
    Dns,
    /// The way in: a controller's own pods and address.
    Entry,
    /// A Gateway's listener.
    Listener,
    /// A rule of an Ingress or a route is chosen.
    Route,
    /// The rule's backend is resolved.
    Backend,
    /// The Service and its port.
    Service,
    /// Who backs the Service for this client.
    Endpoints,
    /// Policies of the sender.
    Egress,
    /// Policies of the receiver.
    Ingress,
    /// The service mesh.
    Mesh,
    /// kube-proxy.
    Proxy,
    /// The pod.
    Pod,
    /// The port in the pod.
    Port,
}

impl Stage {
    /// The word of the JSON contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Entry => "entry",
            Self::Listener => "listener",
            Self::Route => "route",
            Self::Backend => "backend",
            Self::Service => "service",
            Self::Endpoints => "endpoints",
            Self::Egress => "egress",
            Self::Ingress => "ingress",
            Self::Mesh => "mesh",
            Self::Proxy => "proxy",
            Self::Pod => "pod",
            Self::Port => "port",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What is said of a hop or a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The request gets through.
    Pass,
    /// It does not.
    Fail,
    /// It cannot be told from what could be read.
    Unknown,
    /// A hop before this one failed.
    Skipped,
}

impl Verdict {
    /// The word of the JSON contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// Whether a hop's verdict decides the path's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It does.
    Counts,
    /// It is shown only: a public host's DNS, a cloud's leg before the entry.
    Advisory,
}

/// One hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Where.
    pub stage: Stage,
    /// The object that decides; none where none does.
    pub subject: Option<Key>,
    /// What is said.
    pub verdict: Verdict,
    /// Whether it decides.
    pub weight: Weight,
    /// One sentence (without a full stop) that a person understands.
    pub reason: String,
    /// The grounds.
    pub evidence: Vec<Evidence>,
    /// Why it failed or is unknown.
    pub cause: Option<Cause>,
    /// Lines beneath the hop: one a candidate pod, for example, each with the object it is about.
    pub notes: Vec<Note>,
    /// Where policies deny: what would admit it, as YAML ready to apply.
    pub addition: Option<String>,
}

/// A line beneath a hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub subject: Option<Key>,
    /// What is said of it.
    pub verdict: Verdict,
    /// The words.
    pub text: String,
}

impl Hop {
    /// A hop with a verdict and its reason; everything else empty.
    pub fn new(
        stage: Stage,
        subject: Option<Key>,
        verdict: Verdict,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            stage,
            subject,
            verdict,
            weight: Weight::Counts,
            reason: reason.into(),
            evidence: Vec::new(),
            cause: None,
            notes: Vec::new(),
            addition: None,
        }
    }

    /// The same hop with a cause.
    pub fn because(mut self, cause: Cause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// The same hop with a piece of evidence more.
    pub fn with(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// The same hop with lines beneath.
    pub fn noting(mut self, notes: Vec<Note>) -> Self {
        self.notes = notes;
        self
    }

    /// The same hop, shown but not deciding.
    pub fn advisory(mut self) -> Self {
        self.weight = Weight::Advisory;
        self
    }
}

/// The verdict of hops in order: fail where one that counts fails, else unknown where one is unknown, else pass.
pub fn verdict(hops: &[Hop]) -> Verdict {
    let any = |verdict| {
        hops.iter()
            .any(|hop| hop.weight == Weight::Counts && hop.verdict == verdict)
    };
    if any(Verdict::Fail) {
        Verdict::Fail
    } else if any(Verdict::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Pass
    }
}
