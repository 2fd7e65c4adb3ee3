//! The ports of a Service that have nobody behind them, and how bad each reason is.
//!
//! The rules on Services and those on what leads to them weigh a reason alike, because both ask here.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::rule::Draft;
use crate::model::endpoints::SliceOrigin;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::meta::Truth;
use crate::model::port::{PortRef, Protocol};
use crate::model::service::{Service, ServicePort};
use crate::model::view::{View, as_slice};
use crate::semantics::empty::{self, Empty};
use crate::semantics::endpoints;
use crate::semantics::readiness::{NotReady, SETTLING};
use crate::semantics::unseen::{self, Unseen};
use jiff::Timestamp;

/// The ports without a ready endpoint, each with its reason, in the order of the spec.
pub fn empty_ports<'w>(view: &View<'w>, service: &'w Service) -> Vec<(&'w ServicePort, Empty)> {
    let ports = service.ports.iter();
    ports
        .filter_map(|port| Some((port, empty::why_empty(view, service, port)?)))
        .collect()
}

/// Why a Service as a whole has nobody behind it: the reason of its first port, if every port has one.
///
/// A headless Service may have no port at all; its pods are judged all the same.
pub fn wholly_empty(view: &View<'_>, service: &Service) -> Option<Empty> {
    if service.ports.is_empty() {
        let any = any_port();
        return empty::why_empty(view, service, &any)
            .filter(|reason| !matches!(reason, Empty::NotListed { .. }));
    }
    let mut empty = empty_ports(view, service);
    (empty.len() == service.ports.len()).then(|| empty.swap_remove(0).1)
}

fn any_port() -> ServicePort {
    ServicePort {
        name: Name::default(),
        port: 0,
        protocol: Protocol::Tcp,
        target: PortRef::Number(0),
        node_port: None,
        app_protocol: None,
    }
}

/// How bad it is that a Service has nobody behind it for this reason.
pub fn severity(view: &View<'_>, service: &Service, reason: &Empty) -> Severity {
    if is_leaving_itself(view, service) {
        return Severity::Info;
    }
    match reason {
        Empty::ScaledToZero { .. } => Severity::Info,
        Empty::SelectorMatchesNothing { near } => {
            match unseen::of_service(view, service, near.as_ref()) {
                None => Severity::Error,
                Some(Unseen::OfTheCluster | Unseen::OtherClusters) => Severity::Info,
                Some(Unseen::Made(_) | Unseen::Apart | Unseen::SetLater(_)) => Severity::Warning,
            }
        }
        Empty::NoSelectorNoSlices if !would_hold_slices(view) => Severity::Info,
        Empty::NoneReady { pods } if all_settling(pods) => Severity::Info,
        Empty::NoneReady { .. } if last_ones_serve(view, service) => Severity::Warning,
        Empty::NotListed { pods } if just_ready(view, service, pods) => Severity::Info,
        _ => Severity::Error,
    }
}

/// The Service, or its whole namespace, is being deleted.
fn is_leaving_itself(view: &View<'_>, service: &Service) -> bool {
    let namespace = service.meta.key.namespace.clone().unwrap_or_default();
    let namespace = view.advisory(|view| view.namespace(&namespace));
    service.meta.deleted.is_some() || namespace.is_some_and(|it| it.terminating)
}

/// A finding of a severity.
pub fn draft(severity: Severity, subject: &Key, title: impl Into<String>) -> Draft {
    match severity {
        Severity::Error => Draft::error(subject, title),
        Severity::Warning => Draft::warning(subject, title),
        Severity::Info => Draft::info(subject, title),
    }
}

/// The code of the Service rule that tells of a reason.
pub fn codes(reason: &Empty) -> &'static [&'static str] {
    match reason {
        Empty::SelectorMatchesNothing { .. } => &["SVC001"],
        Empty::TargetPortNameMissing { .. } => &["SVC002"],
        Empty::NoneReady { .. } | Empty::NotListed { .. } => &["SVC003"],
        Empty::NoSelectorNoSlices => &["SVC004"],
        Empty::TargetPortProtocol { .. } => &["SVC007"],
        Empty::ScaledToZero { .. } => &["SVC008"],
    }
}

/// The reason as a clause about the Service: `its selector matches no pod`.
pub fn words(reason: &Empty) -> String {
    match reason {
        Empty::NoSelectorNoSlices => "it has no selector and no EndpointSlice".to_owned(),
        Empty::SelectorMatchesNothing { .. } => "its selector matches no pod".to_owned(),
        Empty::ScaledToZero { workload } => {
            format!("{} {} wants no pod", workload.kind, workload.name)
        }
        Empty::TargetPortNameMissing { name, .. } => format!("no pod has a port named {name}"),
        Empty::TargetPortProtocol { name, declared } => {
            format!("its pods declare port {name} for {declared} only")
        }
        Empty::NoneReady { pods } => match pods.as_slice() {
            [] => "its slices list no ready endpoint".to_owned(),
            [(pod, why)] => format!("its only pod is not ready: {}: {why}", pod.name),
            [(pod, why), ..] => {
                let count = pods.len();
                format!(
                    "none of its {count} pods is ready, among them {}: {}",
                    pod.name,
                    clause(why)
                )
            }
        },
        Empty::NotListed { .. } => "its slices do not list its ready pods".to_owned(),
    }
}

/// Why a pod takes no traffic, as part of a sentence: a line beneath a hop sets its words further apart.
pub fn clause(why: &NotReady) -> String {
    let words = why.to_string().replace("  ", " ");
    words.trim_end_matches('.').to_owned()
}

/// Why the pods may be there although the files show none, as a sentence.
pub fn unseen_words(unseen: &Unseen, namespace: &str) -> String {
    match unseen {
        Unseen::Made(kinds) => format!(
            "{} in the files may make such pods; if not, nothing answers.",
            kinds.join(", ")
        ),
        Unseen::OfTheCluster => format!(
            "These are the labels of what a cluster brings to {namespace} itself, which files do not show."
        ),
        Unseen::OtherClusters => {
            "The Service is shared with other clusters (service.cilium.io/global): pods of theirs \
             may answer, which this one does not show."
                .to_owned()
        }
        Unseen::Apart => format!(
            "The files make neither namespace {namespace} nor anything that runs there; if it is installed apart, \
             look there for these labels."
        ),
        Unseen::SetLater(key) => format!(
            "Members of a set are told apart by {key} once they run; the template need not have it, but something \
             has to set it."
        ),
    }
}

/// A cluster shows its slices; files may simply not hold them, unless they hold some.
pub fn would_hold_slices(view: &View<'_>) -> bool {
    let written = |object| as_slice(object).is_some_and(|it| it.origin == SliceOrigin::Written);
    !view.is_offline() || view.all(Kind::EndpointSlice).any(written)
}

/// Every pod that is not going away is too young to be judged.
fn all_settling(pods: &[(Key, NotReady)]) -> bool {
    let mut staying = pods.iter().filter(|(_, why)| !is_leaving(why)).peekable();
    staying.peek().is_some() && staying.all(|(_, why)| matches!(why, NotReady::Settling(_)))
}

/// The pod will not come back: nothing to wait for, nothing to mend.
pub fn is_leaving(why: &NotReady) -> bool {
    matches!(why, NotReady::Terminating | NotReady::Finished { .. })
}

/// kube-proxy falls back to endpoints that serve while they terminate; a headless name has no such fallback.
fn last_ones_serve(view: &View<'_>, service: &Service) -> bool {
    let backends = endpoints::backends(view, service);
    let mut last = backends.iter().filter(|it| it.serving && it.terminating);
    !service.headless && last.any(|it| !it.ports.is_empty())
}

/// The endpoint controller has had no time yet.
fn just_ready(view: &View<'_>, service: &Service, pods: &[Key]) -> bool {
    let recent = |at: Option<Timestamp>| at.is_some_and(|at| view.is_within(SETTLING, at));
    let ready_since = |key: &Key| {
        let ready = view.pod(key)?.condition("Ready")?;
        (ready.status == Truth::True).then_some(ready.since)?
    };
    recent(service.meta.created) || pods.iter().all(|key| recent(ready_since(key)))
}

/// What clients see while nobody is behind the Service.
pub fn outcome(service: &Service) -> &'static str {
    if service.headless {
        "Its DNS name has no address (NXDOMAIN)."
    } else {
        "Connections to it are refused."
    }
}
