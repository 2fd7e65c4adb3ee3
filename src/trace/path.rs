//! A whole path: its hops, its verdict, and what an HTTP client would see.

use crate::model::key::Key;
use crate::trace::end::{From, To};
use crate::trace::hop::{self, Hop, Verdict, Weight};

/// One request, followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Who asks.
    pub from: From,
    /// What for.
    pub to: To,
    /// In the order the request takes.
    pub hops: Vec<Hop>,
    /// Where the request is for a URL.
    pub http: Option<Http>,
    /// Where the path leads to a Service: the candidates, by pod and address.
    pub endpoints: Vec<Candidate>,
    /// Where an end is a workload: the verdict of each pod.
    pub pods: Vec<(Key, Verdict)>,
    /// Where several entries claim the host: what each of them does.
    pub entries: Vec<EntryOutcome>,
}

/// What an HTTP client sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http {
    /// The status where no backend answers for itself; none when a backend with an endpoint is chosen.
    pub status: Option<u16>,
    /// The chosen backend: a Service and its port's number.
    pub backend: Option<(Key, u16)>,
    /// Where weights split the traffic: each backend with its share of 1, and its status if it is none.
    pub backends: Vec<Share>,
    /// The target of a redirect.
    pub location: Option<String>,
    /// The path that the backend is asked for, where it is another one than the client's.
    pub upstream_path: Option<String>,
}

/// A part of the traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The Service and its port's number; none where the reference is invalid.
    pub backend: Option<(Key, u16)>,
    /// 0 < share ≤ 1, in millionths.
    pub millionths: u32,
    /// The status that this part gets, where no backend answers.
    pub status: Option<u16>,
}

/// One candidate of a Service's endpoints.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The pod, where the slice names one.
    pub pod: Option<Key>,
    /// Its address; none where it is not known.
    pub address: Option<String>,
    /// The port on it; none where the Service port does not resolve there.
    pub port: Option<u16>,
    /// Whether kube-proxy would use it for this client.
    pub used: bool,
    /// Why it is not used, or empty.
    pub why: String,
}

/// What one of several entries does with the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryOutcome {
    /// The Ingress class, Gateway or other entry.
    pub entry: Key,
    /// What is said of the path through it.
    pub verdict: Verdict,
    /// The status as in [`Http::status`].
    pub status: Option<u16>,
    /// The chosen backend.
    pub backend: Option<(Key, u16)>,
}

impl Path {
    /// The verdict: the first failing hop that counts makes it fail; otherwise any unknown one, unknown;
    /// otherwise pass (cli.md, "The verdict of a path").
    pub fn verdict(&self) -> Verdict {
        hop::verdict(&self.hops)
    }

    /// The hop that decides: the first failing one, else the first unknown one.
    pub fn deciding_hop(&self) -> Option<&Hop> {
        let counting = || self.hops.iter().filter(|hop| hop.weight == Weight::Counts);
        counting()
            .find(|hop| hop.verdict == Verdict::Fail)
            .or_else(|| counting().find(|hop| hop.verdict == Verdict::Unknown))
    }
}
