//! Facts made by hand, for tests of what stands on the model alone.

use jiff::Timestamp;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::endpoints::{AddressType, Endpoint, EndpointSlice, SliceOrigin, SlicePort};
use portolan::model::key::{Key, Name};
use portolan::model::kind::Kind;
use portolan::model::labels::{Labels, Selector};
use portolan::model::meta::{Condition, Meta, Owner, Truth};
use portolan::model::object::{Fact, Object};
use portolan::model::pod::{Container, ContainerPort, ContainerState, Phase, Pod, Role, Standing};
use portolan::model::port::{PortRef, Protocol};
use portolan::model::service::{Service, ServicePort, ServiceType, TrafficPolicy};
use portolan::model::workload::Workload;
use portolan::model::world::{Origin, World};

pub(crate) fn time(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

/// A live world in which every kind is known.
pub(crate) fn world(facts: impl IntoIterator<Item = Fact>) -> World {
    let mut world = World::new(
        Origin::Live {
            context: "test".into(),
        },
        time(0),
    );
    for kind in Kind::ALL {
        cover(&mut world, *kind, State::Ready);
    }
    for fact in facts {
        put(&mut world, fact);
    }
    world
}

pub(crate) fn cover(world: &mut World, kind: Kind, state: State) {
    world.apply(Delta::Coverage {
        kind,
        namespace: None,
        state,
    });
}

pub(crate) fn put(world: &mut World, fact: Fact) {
    let object = Object {
        fact,
        defects: Box::default(),
        place: None,
    };
    world.apply(Delta::Upsert(Box::new(object)));
}

pub(crate) fn key(kind: Kind, name: &str) -> Key {
    Key::new(kind, "shop", name)
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().copied().collect()
}

pub(crate) fn owner(kind: Kind, name: &str) -> Owner {
    Owner {
        group: "apps".into(),
        kind: kind.name().into(),
        name: name.into(),
        uid: "".into(),
    }
}

/// A running, ready pod with label `app=api` and container ports.
pub(crate) fn pod(name: &str, ip: &str, ports: &[(&str, u16, Protocol)]) -> Pod {
    let ports = ports.iter().map(|(name, port, protocol)| ContainerPort {
        name: (*name).into(),
        port: *port,
        protocol: *protocol,
        host_port: None,
        host_ip: None,
    });
    Pod {
        meta: Meta {
            uid: format!("uid-{name}").into(),
            labels: labels(&[("app", "api")]),
            ..Meta::of(key(Kind::Pod, name))
        },
        node: Some("node-1".into()),
        node_selector: Labels::default(),
        has_node_affinity: false,
        host_network: false,
        hostname: None,
        subdomain: None,
        dns_policy: "ClusterFirst".into(),
        containers: Box::new([Container {
            name: "main".into(),
            role: Role::App,
            image: "image".into(),
            ports: ports.collect(),
            readiness: None,
            startup: None,
            liveness: None,
            state: ContainerState::Running { since: None },
            last_end: None,
            ready: true,
            restarts: 0,
            flags: Box::default(),
        }]),
        readiness_gates: Box::default(),
        phase: Phase::Running,
        reason: None,
        message: None,
        ips: ip.parse().into_iter().collect(),
        host_ip: None,
        started: None,
        conditions: Box::new([condition("Ready", Truth::True)]),
        standing: Standing::Observed,
    }
}

pub(crate) fn condition(kind: &str, status: Truth) -> Condition {
    Condition {
        kind: kind.into(),
        status,
        reason: Name::default(),
        message: Name::default(),
        since: None,
        generation: None,
    }
}

pub(crate) fn unready(mut pod: Pod) -> Pod {
    pod.conditions = Box::new([condition("Ready", Truth::False)]);
    pod
}

pub(crate) fn service_port(
    name: &str,
    port: u16,
    protocol: Protocol,
    target: PortRef,
) -> ServicePort {
    ServicePort {
        name: name.into(),
        port,
        protocol,
        target,
        node_port: None,
        app_protocol: None,
    }
}

/// A ClusterIP Service that selects `app=api`.
pub(crate) fn service(name: &str, ports: Vec<ServicePort>) -> Service {
    Service {
        meta: Meta::of(key(Kind::Service, name)),
        kind: ServiceType::ClusterIp,
        selector: labels(&[("app", "api")]),
        ports: ports.into(),
        headless: false,
        cluster_ips: Box::default(),
        external_name: None,
        external_ips: Box::default(),
        load_balancer_class: None,
        source_ranges: Box::default(),
        allocate_node_ports: true,
        internal_policy: TrafficPolicy::Cluster,
        external_policy: TrafficPolicy::Cluster,
        awaits_cleanup: false,
        health_check_node_port: None,
        client_ip_affinity: None,
        publish_not_ready: false,
        families: Box::default(),
        needs_both_families: false,
        traffic_distribution: None,
        addresses: Box::default(),
        conditions: Box::default(),
    }
}

pub(crate) fn endpoint(pod: &str, ready: bool) -> Endpoint {
    Endpoint {
        addresses: Box::default(),
        ready: Some(ready),
        serving: Some(ready),
        terminating: Some(false),
        hostname: None,
        node: None,
        zone: None,
        pod: Some(pod.into()),
        pod_uid: Some(format!("uid-{pod}").into()),
        zone_hints: Box::default(),
        node_hints: Box::default(),
    }
}

/// An endpoint known by its address only.
pub(crate) fn endpoint_at(address: &str) -> Endpoint {
    Endpoint {
        addresses: Box::new([address.into()]),
        pod: None,
        pod_uid: None,
        ..endpoint("", true)
    }
}

pub(crate) fn slice(
    name: &str,
    service: &str,
    ports: &[(&str, Option<u16>)],
    endpoints: Vec<Endpoint>,
) -> EndpointSlice {
    let ports = ports.iter().map(|(name, port)| SlicePort {
        name: (*name).into(),
        port: *port,
        protocol: Protocol::Tcp,
    });
    EndpointSlice {
        meta: Meta::of(key(Kind::EndpointSlice, name)),
        service: Some(service.into()),
        address_type: AddressType::V4,
        ports: ports.collect(),
        endpoints: endpoints.into(),
        origin: SliceOrigin::Written,
    }
}

pub(crate) fn workload(kind: Kind, name: &str, wanted: u32) -> Workload {
    Workload {
        meta: Meta::of(key(kind, name)),
        wanted,
        ready: None,
        updated: None,
        observed_generation: None,
        suspended: false,
        selector: Selector::of_labels(&labels(&[("app", "api")])),
        service_name: None,
        template: None,
        template_labels: labels(&[("app", "api")]),
    }
}
