//! `v1` Endpoints mirrored into slices, as Kubernetes' endpointslicemirroring controller does it: one slice
//! for each family of each subset.

use crate::lower::context::{Context, filled, name, protocol};
use crate::lower::slice::{SERVICE_LABEL, target};
use crate::model::endpoints::{AddressType, Endpoint, EndpointSlice, SliceOrigin, SlicePort};
use crate::model::key::Name;
use crate::model::meta::Meta;
use crate::model::object::Fact;
use crate::wire::core_endpoints as wire;
use crate::wire::notes::{Notes, Text};
use crate::wire::scalar::Ip;
use crate::wire::shape::Shape as _;
use std::net::IpAddr;

const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MIRROR: &str = "endpointslicemirroring-controller.k8s.io";
/// Endpoints with this label are left alone by the mirroring controller.
const SKIP_MIRROR: &str = "endpointslice.kubernetes.io/skip-mirror";

/// The slices; none where the object asks not to be mirrored.
pub(super) fn slices(endpoints: wire::Endpoints, context: &mut Context<'_>) -> Vec<Fact> {
    let meta = context.meta(endpoints.metadata);
    if meta.labels.has(SKIP_MIRROR, "true") {
        return Vec::new();
    }
    let namespace = meta.key.namespace.clone().unwrap_or_default();
    let mut slices = Vec::new();
    for (at, subset) in endpoints
        .subsets
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        let ready = read(
            subset.ready,
            at,
            "addresses",
            true,
            &namespace,
            &mut context.notes,
        );
        let not_ready = read(
            subset.not_ready,
            at,
            "notReadyAddresses",
            false,
            &namespace,
            &mut context.notes,
        );
        let all: Vec<_> = ready.into_iter().chain(not_ready).collect();
        let ports: Box<[SlicePort]> = ports(subset.ports.unwrap_or_default());
        for family in [AddressType::V4, AddressType::V6] {
            let members: Box<[Endpoint]> = all
                .iter()
                .filter(|(of, _)| *of == family)
                .map(|(_, endpoint)| endpoint.clone())
                .collect();
            if !members.is_empty() {
                slices.push(slice(&meta, slices.len(), family, ports.clone(), members));
            }
        }
    }
    slices
}

fn slice(
    meta: &Meta,
    at: usize,
    address_type: AddressType,
    ports: Box<[SlicePort]>,
    endpoints: Box<[Endpoint]>,
) -> Fact {
    let service = meta.key.name.clone();
    let mut meta = meta.clone();
    meta.key.name = Name::from(format!("{service}-mirrored-{at}"));
    let own = [
        (Name::from(SERVICE_LABEL), service.clone()),
        (Name::from(MANAGED_BY), Name::from(MIRROR)),
    ];
    meta.labels = meta.labels.iter().cloned().chain(own).collect();
    Fact::EndpointSlice(EndpointSlice {
        meta,
        service: Some(service),
        address_type,
        ports,
        endpoints,
        origin: SliceOrigin::Written,
    })
}

fn ports(wire: Vec<wire::EndpointPort>) -> Box<[SlicePort]> {
    let known = wire.into_iter().filter_map(|port| {
        Some(SlicePort {
            port: Some(port.port?.0),
            name: name(port.name),
            protocol: protocol(port.protocol.as_ref()),
        })
    });
    known.collect()
}

fn read(
    addresses: Option<Vec<wire::Address>>,
    subset: usize,
    field: &'static str,
    ready: bool,
    namespace: &str,
    notes: &mut Notes,
) -> Vec<(AddressType, Endpoint)> {
    let mut found = Vec::new();
    for (at, address) in addresses.unwrap_or_default().into_iter().enumerate() {
        notes.enter("subsets");
        notes.enter_item(subset);
        notes.enter(field);
        notes.enter_item(at);
        notes.enter("ip");
        let text: Text = address.ip.unwrap_or_else(|| "".into());
        let ip = Ip::text(&text, notes);
        for _ in 0..5 {
            notes.leave();
        }
        let family = match ip {
            Some(Ip(IpAddr::V4(_))) => AddressType::V4,
            Some(Ip(IpAddr::V6(_))) => AddressType::V6,
            None => continue,
        };
        let (pod, pod_uid) = target(address.target, namespace);
        let endpoint = Endpoint {
            addresses: Box::new([Name::from(text)]),
            ready: Some(ready),
            serving: None,
            terminating: None,
            hostname: filled(address.hostname),
            node: filled(address.node),
            zone: None,
            pod,
            pod_uid,
            zone_hints: Box::default(),
            node_hints: Box::default(),
        };
        found.push((family, endpoint));
    }
    found
}
