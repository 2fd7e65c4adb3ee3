//! Which endpoints kube-proxy uses for a client.
//!
//! Follows `pkg/proxy/topology.go`: ready endpoints; if none is ready, those serving while terminating, computed
//! apart for the Cluster and the Local set; topology hints only where every ready endpoint carries them and one
//! of them matches; a Local policy ignores hints.

use crate::model::key::Name;
use crate::model::service::TrafficPolicy;
use crate::semantics::endpoints::Backend;

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
    /// The policy is Local and the client's node is not known.
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
    let here = |at: &usize| {
        candidates
            .get(*at)
            .is_some_and(|backend| backend.node.as_ref() == Some(node))
    };
    let local: Vec<usize> = everywhere.into_iter().filter(here).collect();
    let local = usable(candidates, &local);
    if local.is_empty() {
        InUse::OnlyElsewhere
    } else {
        InUse::These(local)
    }
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
