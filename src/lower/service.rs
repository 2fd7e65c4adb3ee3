//! Service.

use crate::lower::Lower;
use crate::lower::context::{Context, conditions, filled, labels, name, port_ref, protocol};
use crate::model::object::Fact;
use crate::model::port::PortRef;
use crate::model::service::{
    CLEANUP, Family, LoadBalancerAddress, Service, ServicePort, ServiceType, TrafficPolicy,
};
use crate::wire::scalar::ClusterIp;
use crate::wire::service as wire;
use std::net::IpAddr;

/// `sessionAffinityConfig.clientIP.timeoutSeconds` where unset: three hours.
const AFFINITY_SECONDS: u32 = 10_800;

impl Lower for wire::Service {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let finalizers = self.metadata.as_ref().and_then(|it| it.finalizers.as_ref());
        let awaits_cleanup = finalizers.is_some_and(|it| it.iter().any(|name| &**name == CLEANUP));
        let meta = context.meta(self.metadata);
        let spec = self.spec.unwrap_or_default();
        let status = self.status.unwrap_or_default();
        let own = spec.cluster_ips.unwrap_or_default();
        let own = if own.is_empty() {
            spec.cluster_ip.into_iter().collect()
        } else {
            own
        };
        Fact::Service(Service {
            meta,
            kind: spec.kind.map_or(ServiceType::ClusterIp, service_type),
            selector: labels(spec.selector),
            ports: ports(spec.ports.unwrap_or_default()),
            headless: own.contains(&ClusterIp::Headless),
            cluster_ips: own.into_iter().filter_map(address).collect(),
            external_name: filled(spec.external_name),
            external_ips: spec
                .external_ips
                .unwrap_or_default()
                .into_iter()
                .map(|ip| ip.0)
                .collect(),
            load_balancer_class: filled(spec.load_balancer_class),
            source_ranges: spec
                .source_ranges
                .unwrap_or_default()
                .into_iter()
                .map(|net| net.0)
                .collect(),
            allocate_node_ports: spec.allocate_node_ports.unwrap_or(true),
            internal_policy: policy(spec.internal_policy.as_ref()),
            external_policy: policy(spec.external_policy.as_ref()),
            health_check_node_port: spec.health_check_node_port.map(|port| port.0),
            client_ip_affinity: affinity(
                spec.session_affinity.as_ref(),
                spec.session_affinity_config,
            ),
            publish_not_ready: spec.publish_not_ready.unwrap_or_default(),
            families: families(&spec.families.unwrap_or_default()),
            needs_both_families: spec.family_policy.as_deref() == Some("RequireDualStack"),
            traffic_distribution: filled(spec.traffic_distribution),
            awaits_cleanup,
            addresses: balanced(status.load_balancer),
            conditions: conditions(status.conditions),
        })
    }
}

fn service_type(word: wire::TypeWord) -> ServiceType {
    match word {
        wire::TypeWord::ClusterIp => ServiceType::ClusterIp,
        wire::TypeWord::NodePort => ServiceType::NodePort,
        wire::TypeWord::LoadBalancer => ServiceType::LoadBalancer,
        wire::TypeWord::ExternalName => ServiceType::ExternalName,
        wire::TypeWord::Other(word) => ServiceType::Other(word.into()),
    }
}

fn address(ip: ClusterIp) -> Option<IpAddr> {
    match ip {
        ClusterIp::Headless => None,
        ClusterIp::At(ip) => Some(ip),
    }
}

/// A port without a number is no port; that it is missing was noted while reading.
fn ports(wire: Vec<wire::ServicePort>) -> Box<[ServicePort]> {
    let lowered = wire.into_iter().filter_map(|wire| {
        let port = wire.port?.0;
        Some(ServicePort {
            port,
            name: name(wire.name),
            protocol: protocol(wire.protocol.as_ref()),
            target: wire.target.map_or(PortRef::Number(port), port_ref),
            node_port: wire.node_port.map(|port| port.0),
            app_protocol: filled(wire.app_protocol),
        })
    });
    lowered.collect()
}

fn policy(word: Option<&wire::PolicyWord>) -> TrafficPolicy {
    match word {
        Some(wire::PolicyWord::Local) => TrafficPolicy::Local,
        Some(wire::PolicyWord::Cluster | wire::PolicyWord::Other(_)) | None => {
            TrafficPolicy::Cluster
        }
    }
}

fn affinity(
    word: Option<&wire::AffinityWord>,
    config: Option<wire::AffinityConfig>,
) -> Option<u32> {
    let seconds = config
        .and_then(|config| config.client_ip)
        .and_then(|client| client.timeout);
    match word {
        Some(wire::AffinityWord::ClientIp) => Some(seconds.unwrap_or(AFFINITY_SECONDS)),
        Some(wire::AffinityWord::None | wire::AffinityWord::Other(_)) | None => None,
    }
}

fn families(words: &[wire::FamilyWord]) -> Box<[Family]> {
    let known = words.iter().filter_map(|word| match word {
        wire::FamilyWord::V4 => Some(Family::V4),
        wire::FamilyWord::V6 => Some(Family::V6),
        wire::FamilyWord::Other(_) => None,
    });
    known.collect()
}

/// The addresses of `status.loadBalancer`, of a Service or an Ingress.
pub(super) fn balanced(status: Option<wire::LoadBalancerStatus>) -> Box<[LoadBalancerAddress]> {
    let entries = status.and_then(|status| status.ingress).unwrap_or_default();
    let lowered = entries.into_iter().map(|entry| LoadBalancerAddress {
        ip: entry.ip.map(|ip| ip.0),
        hostname: filled(entry.hostname),
        proxy_mode: entry.ip_mode == Some(wire::IpMode::Proxy),
        port_errors: entry
            .ports
            .unwrap_or_default()
            .into_iter()
            .filter_map(|port| Some((port.port?.0, filled(port.error)?)))
            .collect(),
    });
    lowered.collect()
}
