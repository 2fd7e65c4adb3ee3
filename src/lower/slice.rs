//! EndpointSlice, of `v1` and of the versions before it.

use crate::lower::Lower;
use crate::lower::context::{Context, filled, name, names, protocol};
use crate::model::endpoints::{AddressType, Endpoint, EndpointSlice, SliceOrigin, SlicePort};
use crate::model::key::Name;
use crate::model::object::Fact;
use crate::wire::notes::Text;
use crate::wire::scalar::Pairs;
use crate::wire::slice as wire;

/// The label that ties a slice to its Service.
pub(super) const SERVICE_LABEL: &str = "kubernetes.io/service-name";

impl Lower for wire::EndpointSlice {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let ports = self.ports.unwrap_or_default();
        let endpoints = self.endpoints.unwrap_or_default().into_iter();
        let namespace = meta.key.namespace.clone().unwrap_or_default();
        Fact::EndpointSlice(EndpointSlice {
            service: meta.labels.get(SERVICE_LABEL).cloned(),
            meta,
            address_type: match self.address_type {
                Some(wire::AddressWord::V6) => AddressType::V6,
                Some(wire::AddressWord::Fqdn) => AddressType::Fqdn,
                // `discovery.k8s.io/v1alpha1` said `IP`; its addresses were IPv4 in practice.
                Some(wire::AddressWord::V4 | wire::AddressWord::Other(_)) | None => AddressType::V4,
            },
            ports: ports.into_iter().map(port).collect(),
            endpoints: endpoints.map(|wire| endpoint(wire, &namespace)).collect(),
            origin: SliceOrigin::Written,
        })
    }
}

fn port(wire: wire::SlicePort) -> SlicePort {
    SlicePort {
        name: name(wire.name),
        port: wire.port.map(|port| port.0),
        protocol: protocol(wire.protocol.as_ref()),
    }
}

fn endpoint(wire: wire::Endpoint, namespace: &str) -> Endpoint {
    let conditions = wire.conditions.unwrap_or_default();
    let hints = wire.hints.unwrap_or_default();
    // Before `v1` node and zone stood in `topology`.
    let topology = wire.topology.or(wire.deprecated_topology);
    let (pod, pod_uid) = target(wire.target, namespace);
    Endpoint {
        addresses: names(wire.addresses),
        ready: conditions.ready,
        serving: conditions.serving,
        terminating: conditions.terminating,
        hostname: filled(wire.hostname),
        node: filled(wire.node).or_else(|| entry(topology.as_ref(), "kubernetes.io/hostname")),
        zone: filled(wire.zone).or_else(|| entry(topology.as_ref(), "topology.kubernetes.io/zone")),
        pod,
        pod_uid,
        zone_hints: hinted(hints.zones),
        node_hints: hinted(hints.nodes),
    }
}

/// Name and uid of the pod that an endpoint is, where it is one of the slice's own namespace.
pub(super) fn target(
    wire: Option<wire::TargetRef>,
    namespace: &str,
) -> (Option<Name>, Option<Name>) {
    let Some(target) = wire.filter(|target| target.kind.as_deref() == Some("Pod")) else {
        return (None, None);
    };
    let elsewhere = filled(target.namespace).is_some_and(|named| named != namespace);
    if elsewhere {
        return (None, None);
    }
    (filled(target.name), filled(target.uid))
}

fn entry(pairs: Option<&Pairs>, key: &str) -> Option<Name> {
    let found = pairs?.0.iter().find(|(known, _)| &**known == key);
    found.map(|(_, value)| Name::from(Text::clone(value)))
}

fn hinted(hints: Option<Vec<wire::Hint>>) -> Box<[Name]> {
    let hints = hints.unwrap_or_default().into_iter();
    hints.filter_map(|hint| filled(hint.name)).collect()
}
