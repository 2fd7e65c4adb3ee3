//! Which endpoints kube-proxy uses for a client.
//!
//! Follows `pkg/proxy/topology.go`: ready endpoints; if none is ready, those serving while terminating, computed
//! apart for the Cluster and the Local set; topology hints only where every ready endpoint carries them and one
//! of them matches; a Local policy ignores hints.

use crate::model::key::Name;
use crate::model::service::TrafficPolicy;
use crate::semantics::endpoints::Backend;
use std::collections::BTreeSet;

/// Where the client's packets meet kube-proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientNode {
    /// The node; none where it is not known.
    pub node: Option<Name>,
    /// Its zone.
    pub zone: Option<Name>,
}

/// The endpoints in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InUse {
    /// These (indexes into the candidates), in order.
    These(Vec<usize>),
    /// None anywhere: the connection is refused.
    None,
    /// Some elsewhere, none on the client's node, and the policy is Local: packets are dropped.
    OnlyElsewhere,
    /// The policy is Local and the client's node is not known, or those of endpoints are not.
    NodeUnknown,
}

/// Which of the candidates (those on which the Service port resolves) are used under a traffic policy.
pub fn in_use(candidates: &[&Backend], policy: TrafficPolicy, client: &ClientNode) -> InUse {
    let everywhere: Vec<usize> = (0..candidates.len()).collect();
    let cluster = usable(candidates, &everywhere);
    if cluster.is_empty() {
        return InUse::None;
    }
    if policy == TrafficPolicy::Cluster {
        return InUse::These(by_topology(candidates, cluster, client));
    }
    let Some(node) = &client.node else {
        return InUse::NodeUnknown;
    };
    let local = usable(candidates, &on_node(candidates, node));
    let adrift = |at: &usize| {
        candidates
            .get(*at)
            .is_some_and(|backend| is_adrift(backend))
    };
    if !local.is_empty() {
        InUse::These(local)
    } else if cluster.iter().any(adrift) {
        InUse::NodeUnknown
    } else {
        InUse::OnlyElsewhere
    }
}

/// An assumed pod: some node will have it, and which is not known. An endpoint that somebody wrote without a node is on
/// none.
fn is_adrift(backend: &Backend) -> bool {
    backend.node.is_none() && backend.address.is_none()
}

fn usable(candidates: &[&Backend], among: &[usize]) -> Vec<usize> {
    let pick = |wanted: fn(&Backend) -> bool| -> Vec<usize> {
        among
            .iter()
            .copied()
            .filter(|at| candidates.get(*at).is_some_and(|backend| wanted(backend)))
            .collect()
    };
    let ready = pick(|backend| backend.ready);
    if ready.is_empty() {
        pick(|backend| backend.serving && backend.terminating)
    } else {
        ready
    }
}

fn by_topology(candidates: &[&Backend], usable: Vec<usize>, client: &ClientNode) -> Vec<usize> {
    let ready: Vec<usize> = usable
        .iter()
        .copied()
        .filter(|at| candidates.get(*at).is_some_and(|b| b.ready))
        .collect();
    if ready.is_empty() {
        return usable;
    }
    let hinted = |wanted: Option<&Name>, hints: fn(&Backend) -> &[Name]| -> Option<Vec<usize>> {
        let wanted = wanted?;
        let all = ready
            .iter()
            .all(|at| candidates.get(*at).is_some_and(|b| !hints(b).is_empty()));
        let matching: Vec<usize> = ready
            .iter()
            .copied()
            .filter(|at| {
                candidates
                    .get(*at)
                    .is_some_and(|b| hints(b).contains(wanted))
            })
            .collect();
        (all && !matching.is_empty()).then_some(matching)
    };
    hinted(client.node.as_ref(), |backend| &backend.node_hints)
        .or_else(|| hinted(client.zone.as_ref(), |backend| &backend.zone_hints))
        .unwrap_or(usable)
}

/// Which candidates a client outside meets that may ask the node port of any node, where the policy is Local: those
/// that the node of any of them uses.
pub fn on_any_node(candidates: &[&Backend]) -> InUse {
    let nodes: BTreeSet<&Name> = candidates
        .iter()
        .filter_map(|backend| backend.node.as_ref())
        .collect();
    let mut found: Vec<usize> = nodes
        .into_iter()
        .flat_map(|node| usable(candidates, &on_node(candidates, node)))
        .collect();
    let adrift = (0..candidates.len()).filter(|at| {
        candidates
            .get(*at)
            .is_some_and(|backend| is_adrift(backend))
    });
    found.extend(usable(candidates, &adrift.collect::<Vec<_>>()));
    found.sort_unstable();
    somewhere(candidates, found)
}

/// Which candidates a load balancer meets that asks `healthCheckNodePort` first, where the policy is Local: a node
/// is healthy while it has a ready endpoint (`pkg/proxy/healthcheck`). Where no node is, a balancer has nothing to
/// choose from and the last ones that serve are taken.
pub fn on_healthy_nodes(candidates: &[&Backend]) -> InUse {
    let on_nodes: Vec<usize> = (0..candidates.len())
        .filter(|at| {
            let backend = candidates.get(*at);
            backend.is_some_and(|backend| backend.node.is_some() || is_adrift(backend))
        })
        .collect();
    somewhere(candidates, usable(candidates, &on_nodes))
}

fn on_node(candidates: &[&Backend], node: &Name) -> Vec<usize> {
    let on = |at: &usize| {
        let backend = candidates.get(*at);
        backend.is_some_and(|backend| backend.node.as_ref() == Some(node))
    };
    (0..candidates.len()).filter(on).collect()
}

fn somewhere(candidates: &[&Backend], found: Vec<usize>) -> InUse {
    let everywhere: Vec<usize> = (0..candidates.len()).collect();
    if !found.is_empty() {
        InUse::These(found)
    } else if usable(candidates, &everywhere).is_empty() {
        InUse::None
    } else {
        InUse::OnlyElsewhere
    }
}

/// What a node does with a connection from outside to the node port of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeAnswer {
    /// It leads to so many endpoints.
    Serves(usize),
    /// The policy is Local, and all endpoints are on other nodes: packets are dropped.
    Drops,
    /// There is no endpoint at all: the connection is refused.
    Refuses,
    /// The policy is Local, and on which nodes endpoints are is not known.
    Unknown,
}

/// What a node answers on a node port, under `externalTrafficPolicy`.
pub fn node_answer(
    candidates: &[&Backend],
    policy: TrafficPolicy,
    node: &ClientNode,
) -> NodeAnswer {
    match in_use(candidates, policy, node) {
        InUse::These(found) => NodeAnswer::Serves(found.len()),
        InUse::None => NodeAnswer::Refuses,
        InUse::OnlyElsewhere => NodeAnswer::Drops,
        InUse::NodeUnknown => NodeAnswer::Unknown,
    }
}
