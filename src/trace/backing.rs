//! Behind a Service: the endpoints that kube-proxy would use for this client, and the pods and ports they are.

use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::port::PortRef;
use crate::model::service::{Family, Service, ServicePort, ServiceType, TrafficPolicy};
use crate::model::view::View;
use crate::semantics::empty::{self, Empty};
use crate::semantics::endpoints::{self, Backend};
use crate::semantics::proxy::{self, ClientNode, InUse};
use crate::semantics::readiness::NotReady;
use crate::semantics::unseen::{self, Unseen};
use crate::trace::cause::Cause;
use crate::trace::end::Port;
use crate::trace::hop::{Hop, Note, Stage, Verdict};
use crate::trace::path::Candidate;
use crate::trace::walk::{self, Walk};
use crate::trace::way::{Meets, Way};
use crate::trace::{pod, policy};

/// The stages from the endpoints on.
pub(super) const STAGES: &[Stage] = &[
    Stage::Endpoints,
    Stage::Egress,
    Stage::Ingress,
    Stage::Pod,
    Stage::Port,
];

/// The stages beyond the endpoints.
pub(super) const BEYOND: &[Stage] = &[Stage::Egress, Stage::Ingress, Stage::Pod, Stage::Port];

/// From the endpoints on: which are used, whether policies admit, the pods and their port.
pub(super) fn follow(walk: &mut Walk<'_, '_>, service: &Service, port: &ServicePort, way: &Way) {
    if walk.is_over() {
        walk.skip(STAGES);
        return;
    }
    let view = walk.view;
    if let Some(hop) = beyond_objects(view, service) {
        walk.step(hop);
        walk.skip(BEYOND);
        return;
    }
    let backends = endpoints::backends(view, service);
    let resolving: Vec<&Backend> = backends
        .iter()
        .filter(|b| b.port_for(port).is_some() && is_of(b, way.family))
        .collect();
    let choice = choice(&resolving, &way.meets, service);
    let used: Vec<&Backend> = match &choice {
        InUse::These(at) => at
            .iter()
            .filter_map(|at| resolving.get(*at).copied())
            .collect(),
        InUse::None | InUse::OnlyElsewhere | InUse::NodeUnknown => Vec::new(),
    };
    let listed = backends
        .iter()
        .map(|backend| candidate(backend, backend.port_for(port), used.contains(&backend)));
    walk.endpoints = listed.collect();
    walk.step(match choice {
        InUse::These(_) => in_use(service, &backends, &used),
        InUse::None => family_gap(service, &backends, way.family)
            .unwrap_or_else(|| nobody(view, service, Some(port), &backends)),
        InUse::OnlyElsewhere | InUse::NodeUnknown => elsewhere(service, &choice, &way.meets),
    });
    if walk.is_over() {
        walk.skip(BEYOND);
        return;
    }
    let request = policy::Request {
        receivers: receivers(view, &used, |backend| backend.port_for(port)),
        protocol: port.protocol,
        via: way.vias(service),
        family: way.family_of(service),
        replaced: way.replaced,
    };
    policy::follow(walk, &request);
    let pods = pods(view, &used);
    walk.step(pod::chosen(view, &used, &pods));
    let number = used
        .first()
        .and_then(|backend| backend.port_for(port))
        .unwrap_or(port.port);
    let own = Port {
        port: PortRef::Number(number),
        protocol: port.protocol,
    };
    walk.step(pod::port(pods.first().copied(), &own));
}

/// What the cluster's objects cannot tell: an alias of a name outside, or slices that cannot be read.
fn beyond_objects(view: &View<'_>, service: &Service) -> Option<Hop> {
    if service.kind == ServiceType::ExternalName {
        let name = service.external_name.clone().unwrap_or_default();
        let words = format!("{name} lies outside what the cluster's objects can tell");
        return Some(
            Hop::new(Stage::Endpoints, None, Verdict::Unknown, words)
                .because(Cause::OutsideCluster),
        );
    }
    let gap = view.gap(Kind::EndpointSlice, service.meta.key.namespace.as_ref())?;
    Some(walk::unreadable(Stage::Endpoints, gap))
}

/// A proxy of a family knows the endpoints of that family alone.
fn is_of(backend: &Backend, family: Option<Family>) -> bool {
    let address = backend.address.as_ref().and_then(|text| text.parse().ok());
    match (family, address) {
        (Some(family), Some(ip)) => Family::of(ip) == family,
        _ => true,
    }
}

/// Endpoints are ready, but none of the family that was asked.
fn family_gap(service: &Service, all: &[Backend], family: Option<Family>) -> Option<Hop> {
    let family = family?;
    let any = all
        .iter()
        .any(|backend| backend.ready && !is_of(backend, Some(family)));
    let lacks = !all
        .iter()
        .any(|backend| backend.ready && is_of(backend, Some(family)));
    let key = &service.meta.key;
    (any && lacks).then(|| {
        let words = format!("no ready endpoint has an {family} address: the connection is refused");
        failing(key, words, Cause::FamilyGap(key.clone())).with(Evidence::new(
            key,
            "endpoints",
            "of the other family",
            family.to_string(),
        ))
    })
}

fn choice(resolving: &[&Backend], meets: &Meets, service: &Service) -> InUse {
    match meets {
        Meets::Inside(node) => proxy::in_use(resolving, service.internal_policy, node),
        Meets::Cluster(node) => proxy::in_use(resolving, TrafficPolicy::Cluster, node),
        Meets::Local(node) => proxy::in_use(resolving, TrafficPolicy::Local, node),
        Meets::AnyNode => proxy::on_any_node(resolving),
        Meets::HealthyNode => proxy::on_healthy_nodes(resolving),
    }
}

fn in_use(service: &Service, all: &[Backend], used: &[&Backend]) -> Hop {
    let ready = all.iter().filter(|backend| backend.ready).count();
    let words = if used.iter().any(|backend| backend.ready) {
        let here = if used.len() < ready {
            format!(", {} used from here", used.len())
        } else {
            String::new()
        };
        format!("{ready} of {} ready{here}", all.len())
    } else {
        format!(
            "none of {} ready; {} still serve while terminating",
            all.len(),
            used.len()
        )
    };
    Hop::new(
        Stage::Endpoints,
        Some(service.meta.key.clone()),
        Verdict::Pass,
        words,
    )
}

fn elsewhere(service: &Service, choice: &InUse, meets: &Meets) -> Hop {
    let key = &service.meta.key;
    let (verdict, field, words) = match (choice, meets) {
        (InUse::NodeUnknown, Meets::Local(_)) => (
            Verdict::Unknown,
            "spec.externalTrafficPolicy",
            "externalTrafficPolicy is Local, and on which nodes the endpoints are is not known"
                .to_owned(),
        ),
        (InUse::NodeUnknown, Meets::Inside(ClientNode { node: Some(node), .. })) => (
            Verdict::Unknown,
            "spec.internalTrafficPolicy",
            format!("internalTrafficPolicy is Local, and whether {node} has an endpoint is not known"),
        ),
        (InUse::NodeUnknown, _) => (
            Verdict::Unknown,
            "spec.internalTrafficPolicy",
            "internalTrafficPolicy is Local and the client's node is not known".to_owned(),
        ),
        (_, Meets::Local(ClientNode { node: Some(node), .. })) => (
            Verdict::Fail,
            "spec.externalTrafficPolicy",
            format!("externalTrafficPolicy is Local and {node} has no endpoint of its own: packets are dropped"),
        ),
        (_, Meets::Local(_) | Meets::AnyNode | Meets::HealthyNode) => (
            Verdict::Fail,
            "spec.externalTrafficPolicy",
            "externalTrafficPolicy is Local and no node has an endpoint of its own: packets are dropped".to_owned(),
        ),
        (_, Meets::Inside(_) | Meets::Cluster(_)) => (
            Verdict::Fail,
            "spec.internalTrafficPolicy",
            "internalTrafficPolicy is Local and this node has no ready endpoint: packets are dropped".to_owned(),
        ),
    };
    Hop::new(Stage::Endpoints, Some(key.clone()), verdict, words)
        .because(Cause::OnlyElsewhere)
        .with(Evidence::new(
            key,
            field,
            "Local",
            "an endpoint on the node that handles the packet, or Cluster",
        ))
}

/// Nobody is behind the port: why, with each candidate pod's own reason beneath.
pub(super) fn nobody(
    view: &View<'_>,
    service: &Service,
    port: Option<&ServicePort>,
    all: &[Backend],
) -> Hop {
    let key = &service.meta.key;
    if let Some(gap) = view.gap(Kind::Pod, key.namespace.as_ref()) {
        let words = format!("no ready endpoint; why cannot be told: {}", gap.why);
        return failing(key, words, Cause::NoReadyEndpoint(key.clone()));
    }
    match port.and_then(|port| empty::why_empty(view, service, port)) {
        Some(Empty::NoneReady { pods }) => none_ready(key, all.len().max(pods.len()), &pods),
        Some(empty) => unless_unseen(view, service, &empty, not_listed(service, &empty)),
        None => failing(
            key,
            "no ready endpoint".to_owned(),
            Cause::NoReadyEndpoint(key.clone()),
        ),
    }
}

/// Files need not show every pod: where others may be there, nothing is claimed.
fn unless_unseen(view: &View<'_>, service: &Service, empty: &Empty, hop: Hop) -> Hop {
    match empty {
        Empty::SelectorMatchesNothing { near } => {
            let others = match unseen::of_service(view, service, near.as_ref()) {
                Some(Unseen::OtherClusters) => "those of other clusters may answer",
                Some(_) => "the files need not show them",
                None => return hop,
            };
            Hop {
                verdict: Verdict::Unknown,
                reason: format!("{}; {others}", hop.reason),
                ..hop
            }
        }
        _ => hop,
    }
}

fn failing(key: &Key, words: String, cause: Cause) -> Hop {
    Hop::new(Stage::Endpoints, Some(key.clone()), Verdict::Fail, words).because(cause)
}

fn none_ready(key: &Key, total: usize, pods: &[(Key, NotReady)]) -> Hop {
    let notes = pods.iter().map(|(pod, reason)| Note {
        subject: Some(pod.clone()),
        verdict: Verdict::Fail,
        text: format!("{}  {reason}", pod.name),
    });
    let seen = pods.iter().map(|(pod, reason)| {
        Evidence::new(pod, "status.conditions[Ready]", reason.to_string(), "Ready")
    });
    let mut hop = failing(
        key,
        format!("0 of {total} ready"),
        Cause::NoReadyEndpoint(key.clone()),
    )
    .noting(notes.collect());
    hop.evidence = seen.collect();
    if hop.evidence.is_empty() {
        return hop.with(Evidence::new(
            key,
            "endpoints",
            "none ready",
            "at least one ready endpoint",
        ));
    }
    hop
}

/// No endpoint for a reason that lies in the Service or its workload, not in the health of pods.
fn not_listed(service: &Service, empty: &Empty) -> Hop {
    let key = &service.meta.key;
    let subject = || key.clone();
    match empty {
        Empty::NoSelectorNoSlices => {
            let words = "no selector, and nobody wrote an EndpointSlice".to_owned();
            let expected = "a selector, or an EndpointSlice of this Service";
            failing(key, words, Cause::NoSelectorNoSlices(subject())).with(Evidence::new(
                key,
                "spec.selector",
                "none",
                expected,
            ))
        }
        Empty::SelectorMatchesNothing { near } => {
            let selector = service.selector.to_string();
            let hint = near
                .as_ref()
                .map(|near| format!("; {}", near.sentence()))
                .unwrap_or_default();
            let words = format!("the selector {selector} matches no pod{hint}");
            failing(key, words, Cause::SelectorMatchesNothing(subject())).with(Evidence::new(
                key,
                "spec.selector",
                selector,
                "labels that some pod carries",
            ))
        }
        Empty::ScaledToZero { workload } => failing(
            key,
            format!("{workload} is scaled to zero"),
            Cause::ScaledToZero(subject()),
        )
        .with(Evidence::new(workload, "spec.replicas", "0", "1 or more")),
        Empty::TargetPortNameMissing { name, known } => {
            let known = known.join(", ");
            let has = if known.is_empty() {
                "no named port".to_owned()
            } else {
                known
            };
            let words = format!("no pod has a port named {name}; they have {has}");
            failing(key, words, Cause::TargetPortNameMissing(subject())).with(Evidence::new(
                key,
                "spec.ports[].targetPort",
                &**name,
                has,
            ))
        }
        Empty::TargetPortProtocol { name, declared } => {
            let words = format!("port {name} of the pods is {declared}");
            failing(key, words, Cause::TargetPortProtocol(subject())).with(Evidence::new(
                key,
                "spec.ports[].protocol",
                "another",
                declared.as_str(),
            ))
        }
        Empty::NoneReady { pods } => none_ready(key, pods.len(), pods),
        Empty::NotListed { pods } => {
            let words = format!("{} ready pods stand in no EndpointSlice yet", pods.len());
            let expected = "the endpoint controller to list ready pods";
            failing(key, words, Cause::NoReadyEndpoint(subject())).with(Evidence::new(
                key,
                "endpoints",
                "the slices do not list them",
                expected,
            ))
        }
    }
}

/// A candidate as the contract lists it.
pub(super) fn candidate(backend: &Backend, port: Option<u16>, used: bool) -> Candidate {
    let why = match (used, port) {
        (true, _) => "",
        (false, None) => "the port does not resolve on it",
        (false, Some(_)) if backend.ready => "not for this client",
        (false, Some(_)) if backend.terminating => "terminating",
        (false, Some(_)) => "not ready",
    };
    Candidate {
        pod: backend.pod.clone(),
        address: backend.address.as_ref().map(ToString::to_string),
        port,
        used,
        why: why.to_owned(),
    }
}

/// The used endpoints as policies see them, each with its own port.
pub(super) fn receivers<'w>(
    view: &View<'w>,
    used: &[&Backend],
    port: impl Fn(&Backend) -> Option<u16>,
) -> Vec<(policy::Receiver<'w>, u16)> {
    let end = |backend: &Backend| {
        if let Some(key) = &backend.pod {
            return view.pod(key).map(policy::Receiver::Pod);
        }
        let ip = backend.address.as_ref()?.parse().ok()?;
        let held = view.pods_at(ip).into_iter().find(|pod| !pod.is_terminal());
        Some(held.map_or(policy::Receiver::Address(ip), policy::Receiver::Pod))
    };
    used.iter()
        .filter_map(|backend| Some((end(backend)?, port(backend)?)))
        .collect()
}

/// The pods among the used endpoints, each once.
pub(super) fn pods<'w>(view: &View<'w>, used: &[&Backend]) -> Vec<&'w Pod> {
    let mut pods: Vec<&'w Pod> = used
        .iter()
        .filter_map(|b| b.pod.as_ref())
        .filter_map(|key| view.pod(key))
        .collect();
    pods.dedup_by(|a, b| a.meta.key == b.meta.key);
    pods
}
