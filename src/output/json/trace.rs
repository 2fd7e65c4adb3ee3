//! `portolan/trace/v1`.

use crate::diagnosis::cite::cite;
use crate::model::key::Key;
use crate::output::json::check::EvidenceJson;
use crate::trace::end::To;
use crate::trace::hop::{Hop, Note, Stage, Verdict, Weight};
use crate::trace::path::{Candidate, EntryOutcome, Http, Path, Share};
use schemars::JsonSchema;
use serde::Serialize;

/// The answer of `portolan trace -o json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Trace {
    /// Names this shape and its version.
    pub schema: Schema,
    /// Who asks.
    pub from: String,
    /// What for.
    pub to: String,
    /// What is said of the whole path.
    pub verdict: VerdictJson,
    /// What an HTTP client sees; only where TO is a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpJson>,
    /// In the order of the request.
    pub hops: Vec<HopJson>,
    /// Where TO is or leads to a Service: the candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Vec<EndpointJson>>,
    /// Where an end is a workload: the verdict of each of its pods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<PodJson>,
    /// Where several entries claim the host: what each of them does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<EntryJson>,
}

/// The name of the shape.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub enum Schema {
    /// The first version.
    #[serde(rename = "portolan/trace/v1")]
    V1,
}

/// What is said of a hop or a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VerdictJson {
    /// The request gets through.
    Pass,
    /// It does not.
    Fail,
    /// It cannot be told.
    Unknown,
    /// A hop before this one failed.
    Skipped,
}

impl From<Verdict> for VerdictJson {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Unknown => Self::Unknown,
            Verdict::Skipped => Self::Skipped,
        }
    }
}

/// Where on its way the request is.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words of the stages say what they are")]
pub enum StageJson {
    Dns,
    Entry,
    Listener,
    Route,
    Backend,
    Service,
    Endpoints,
    Egress,
    Ingress,
    Mesh,
    Proxy,
    Pod,
    Port,
}

impl From<Stage> for StageJson {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Dns => Self::Dns,
            Stage::Entry => Self::Entry,
            Stage::Listener => Self::Listener,
            Stage::Route => Self::Route,
            Stage::Backend => Self::Backend,
            Stage::Service => Self::Service,
            Stage::Endpoints => Self::Endpoints,
            Stage::Egress => Self::Egress,
            Stage::Ingress => Self::Ingress,
            Stage::Mesh => Self::Mesh,
            Stage::Proxy => Self::Proxy,
            Stage::Pod => Self::Pod,
            Stage::Port => Self::Port,
        }
    }
}

/// One hop.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HopJson {
    /// Where.
    pub stage: StageJson,
    /// The object that decides; null where none does.
    pub subject: Option<String>,
    /// What is said.
    pub verdict: VerdictJson,
    /// Whether it decides; an advisory hop is shown only.
    pub counts: bool,
    /// One sentence.
    pub reason: String,
    /// The grounds.
    pub evidence: Vec<EvidenceJson>,
    /// The codes of the findings behind it.
    pub codes: Vec<String>,
    /// What is to be said beneath it, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteJson>,
    /// Where policies deny: the smallest addition that admits it, as YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addition: Option<String>,
}

/// A line beneath a hop.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NoteJson {
    /// What it is about.
    pub subject: Option<String>,
    /// What is said of it.
    pub verdict: VerdictJson,
    /// The words.
    pub text: String,
}

/// What an HTTP client sees.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HttpJson {
    /// The status where no backend answers for itself; null where one is chosen that has an endpoint.
    pub status: Option<u16>,
    /// The chosen backend, `NAMESPACE/Service/NAME:PORT`.
    pub backend: Option<String>,
    /// Where weights split the traffic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<ShareJson>,
    /// The target of a redirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The path that the backend is asked for, where a rewrite makes it another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "upstreamPath")]
    pub upstream_path: Option<String>,
}

/// A part of the traffic.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShareJson {
    /// The backend; null where the reference is invalid.
    pub backend: Option<String>,
    /// Its part of 1.
    pub share: f64,
    /// The status that this part gets, where no backend answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// A candidate of a Service's endpoints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EndpointJson {
    /// The pod, where one stands behind it.
    pub pod: Option<String>,
    /// Its address; null where it is not known.
    pub address: Option<String>,
    /// The port on it; null where the Service's port does not resolve there.
    pub port: Option<u16>,
    /// Whether kube-proxy would use it for this client.
    pub used: bool,
}

/// The verdict of one pod of a workload.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PodJson {
    /// The pod.
    pub pod: String,
    /// What is said of the path from or to it.
    pub verdict: VerdictJson,
}

/// What one of several entries does with the request.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EntryJson {
    /// The entry.
    pub entry: String,
    /// What is said of the path through it.
    pub verdict: VerdictJson,
    /// As in `http`.
    pub status: Option<u16>,
    /// As in `http`.
    pub backend: Option<String>,
}

fn backend(backend: &(Key, u16)) -> String {
    format!("{}:{}", backend.0, backend.1)
}

fn named(key: Option<&Key>) -> Option<String> {
    key.map(ToString::to_string)
}

impl From<&Hop> for HopJson {
    fn from(hop: &Hop) -> Self {
        let codes = hop.cause.as_ref().map_or(&[] as &[&str], cite);
        Self {
            stage: hop.stage.into(),
            subject: named(hop.subject.as_ref()),
            verdict: hop.verdict.into(),
            counts: hop.weight == Weight::Counts,
            reason: hop.reason.clone(),
            evidence: hop.evidence.iter().map(EvidenceJson::from).collect(),
            codes: codes.iter().map(ToString::to_string).collect(),
            notes: hop.notes.iter().map(NoteJson::from).collect(),
            addition: hop.addition.clone(),
        }
    }
}

impl From<&Note> for NoteJson {
    fn from(note: &Note) -> Self {
        Self {
            subject: named(note.subject.as_ref()),
            verdict: note.verdict.into(),
            text: note.text.clone(),
        }
    }
}

impl From<&Http> for HttpJson {
    fn from(http: &Http) -> Self {
        Self {
            status: http.status,
            backend: http.backend.as_ref().map(backend),
            backends: http.backends.iter().map(ShareJson::from).collect(),
            location: http.location.clone(),
            upstream_path: http.upstream_path.clone(),
        }
    }
}

impl From<&Share> for ShareJson {
    fn from(share: &Share) -> Self {
        Self {
            backend: share.backend.as_ref().map(backend),
            share: f64::from(share.millionths) / 1e6,
            status: share.status,
        }
    }
}

impl From<&Candidate> for EndpointJson {
    fn from(candidate: &Candidate) -> Self {
        Self {
            pod: named(candidate.pod.as_ref()),
            address: candidate.address.clone(),
            port: candidate.port,
            used: candidate.used,
        }
    }
}

impl From<&EntryOutcome> for EntryJson {
    fn from(outcome: &EntryOutcome) -> Self {
        Self {
            entry: outcome.entry.to_string(),
            verdict: outcome.verdict.into(),
            status: outcome.status,
            backend: outcome.backend.as_ref().map(backend),
        }
    }
}

impl From<&Path> for Trace {
    fn from(path: &Path) -> Self {
        let leads_to_service = matches!(path.to, To::Service(..) | To::Door(..) | To::Url(_))
            || !path.endpoints.is_empty();
        Self {
            schema: Schema::V1,
            from: path.from.to_string(),
            to: path.to.to_string(),
            verdict: path.verdict().into(),
            http: path.http.as_ref().map(HttpJson::from),
            hops: path.hops.iter().map(HopJson::from).collect(),
            endpoints: leads_to_service
                .then(|| path.endpoints.iter().map(EndpointJson::from).collect()),
            pods: path
                .pods
                .iter()
                .map(|(pod, verdict)| PodJson {
                    pod: pod.to_string(),
                    verdict: (*verdict).into(),
                })
                .collect(),
            entries: path.entries.iter().map(EntryJson::from).collect(),
        }
    }
}
