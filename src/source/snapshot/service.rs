//! Services, and the addresses of load balancers.

use crate::model::service::{Family, LoadBalancerAddress, Service, ServicePort, TrafficPolicy};
use crate::source::snapshot::doc::{Doc, text, texts};
use crate::source::snapshot::meta::{conditions, pairs};
use serde_json::Value;

pub(super) fn service(head: Doc, service: &Service) -> Doc {
    let cluster_ips = if service.headless {
        texts(["None"])
    } else {
        texts(&service.cluster_ips)
    };
    let both = service.needs_both_families.then_some("RequireDualStack");
    let families = service.families.iter().map(|family| match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    });
    let affinity = service.client_ip_affinity.map(|seconds| {
        let client = Doc::new().put("timeoutSeconds", seconds);
        Doc::new().put("clientIP", client).done()
    });
    let spec = Doc::new()
        .put("type", service.kind.to_string())
        .put("selector", pairs(&service.selector))
        .put("ports", service.ports.iter().map(port).collect::<Value>())
        .put("clusterIPs", cluster_ips)
        .put("externalName", text(service.external_name.as_ref()))
        .put("externalIPs", texts(&service.external_ips))
        .put(
            "loadBalancerClass",
            text(service.load_balancer_class.as_ref()),
        )
        .put("loadBalancerSourceRanges", texts(&service.source_ranges))
        .keep("allocateLoadBalancerNodePorts", service.allocate_node_ports)
        .put("internalTrafficPolicy", policy(service.internal_policy))
        .put("externalTrafficPolicy", policy(service.external_policy))
        .put("healthCheckNodePort", service.health_check_node_port)
        .put(
            "sessionAffinity",
            text(affinity.as_ref().map(|_| "ClientIP")),
        )
        .put("sessionAffinityConfig", affinity)
        .put("publishNotReadyAddresses", service.publish_not_ready)
        .put("ipFamilies", texts(families))
        .put("ipFamilyPolicy", text(both))
        .put(
            "trafficDistribution",
            text(service.traffic_distribution.as_ref()),
        );
    let status = Doc::new()
        .put("loadBalancer", load_balancer(&service.addresses))
        .put("conditions", conditions(&service.conditions));
    head.put("spec", spec).put("status", status)
}

fn policy(policy: TrafficPolicy) -> &'static str {
    match policy {
        TrafficPolicy::Cluster => "Cluster",
        TrafficPolicy::Local => "Local",
    }
}

fn port(port: &ServicePort) -> Value {
    use crate::model::port::PortRef;
    let target = match &port.target {
        PortRef::Number(number) => Value::from(*number),
        PortRef::Name(name) => Value::from(name.as_str()),
    };
    Doc::new()
        .put("name", port.name.as_str())
        .put("port", port.port)
        .put("protocol", port.protocol.as_str())
        .put("targetPort", target)
        .put("nodePort", port.node_port)
        .put("appProtocol", text(port.app_protocol.as_ref()))
        .done()
}

/// `status` of an Ingress.
pub(super) fn balanced(addresses: &[LoadBalancerAddress]) -> Doc {
    Doc::new().put("loadBalancer", load_balancer(addresses))
}

fn load_balancer(addresses: &[LoadBalancerAddress]) -> Doc {
    let entries = addresses.iter().map(|address| {
        let ports = address.port_errors.iter().map(|(port, error)| {
            Doc::new()
                .put("port", *port)
                .put("error", error.as_str())
                .done()
        });
        Doc::new()
            .put("ip", text(address.ip))
            .put("hostname", text(address.hostname.as_ref()))
            .put("ipMode", text(address.proxy_mode.then_some("Proxy")))
            .put("ports", ports.collect::<Value>())
            .done()
    });
    Doc::new().put("ingress", entries.collect::<Value>())
}
