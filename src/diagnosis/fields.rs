//! The fields of an object that decide about traffic, as the journal compares them: a path and a value in words.
//!
//! Only facts are read, and Secrets are none of the kinds that are told: of kinds without a list of their own a change
//! shows as their generation and labels.

use crate::model::endpoints::EndpointSlice;
use crate::model::ingress::{Backend, Ingress};
use crate::model::labels::Labels;
use crate::model::meta::Truth;
use crate::model::node::Node;
use crate::model::object::{Fact, Object};
use crate::model::pod::{ContainerState, Pod};
use crate::model::service::{Service, TrafficPolicy};
use crate::model::workload::Workload;

/// Paths and values, each path once.
pub(super) type Fields = Vec<(String, String)>;

/// The fields of an object.
pub(super) fn of(object: &Object) -> Fields {
    let meta = object.meta();
    let mut fields = Fields::new();
    let mut put = |path: &str, value: String| {
        if !value.is_empty() {
            fields.push((path.to_owned(), value));
        }
    };
    put("metadata.uid", meta.uid.to_string());
    put("metadata.deletionTimestamp", shown(meta.deleted));
    put("metadata.labels", meta.labels.to_string());
    match &object.fact {
        Fact::Service(service) => of_service(service, &mut put),
        Fact::EndpointSlice(slice) => of_slice(slice, &mut put),
        Fact::Pod(pod) => of_pod(pod, &mut put),
        Fact::Node(node) => of_node(node, &mut put),
        Fact::Ingress(ingress) => of_ingress(ingress, &mut put),
        Fact::Workload(workload) => of_workload(workload, &mut put),
        // What else there is to them, the generation counts.
        _ => put("metadata.generation", shown(meta.generation)),
    }
    fields
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn joined<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    values.join(", ")
}

fn when(on: bool, word: &str) -> String {
    if on { word.to_owned() } else { String::new() }
}

fn annotations(labels: &Labels, put: &mut impl FnMut(&str, String)) {
    for (key, value) in labels.iter() {
        put(&format!("metadata.annotations[{key}]"), value.to_string());
    }
}

fn of_service(service: &Service, put: &mut impl FnMut(&str, String)) {
    let policy = |policy| match policy {
        TrafficPolicy::Cluster => "Cluster".to_owned(),
        TrafficPolicy::Local => "Local".to_owned(),
    };
    put("spec.type", service.kind.to_string());
    put("spec.selector", service.selector.to_string());
    for port in &service.ports {
        let node = port.node_port.map(|node| format!(", node port {node}"));
        let value = format!("{} {}{}", port.name, port.target, node.unwrap_or_default());
        put(&format!("spec.ports[{port}]"), value.trim().to_owned());
    }
    put("spec.clusterIPs", joined(&service.cluster_ips));
    put("spec.externalName", shown(service.external_name.as_ref()));
    put("spec.externalIPs", joined(&service.external_ips));
    put(
        "spec.loadBalancerSourceRanges",
        joined(&service.source_ranges),
    );
    put(
        "spec.internalTrafficPolicy",
        policy(service.internal_policy),
    );
    put(
        "spec.externalTrafficPolicy",
        policy(service.external_policy),
    );
    put(
        "spec.publishNotReadyAddresses",
        when(service.publish_not_ready, "true"),
    );
    put("spec.ipFamilies", joined(&service.families));
    put(
        "spec.trafficDistribution",
        shown(service.traffic_distribution.as_ref()),
    );
    let balanced = service.addresses.iter();
    let balanced = balanced.map(|it| {
        it.ip
            .map_or_else(|| shown(it.hostname.as_ref()), |ip| ip.to_string())
    });
    put("status.loadBalancer", joined(balanced));
    annotations(&service.meta.annotations, put);
}

fn of_slice(slice: &EndpointSlice, put: &mut impl FnMut(&str, String)) {
    let ports = slice.ports.iter().map(|port| {
        let number = port
            .port
            .map_or_else(|| "every port".to_owned(), |port| port.to_string());
        format!("{} {number}/{}", port.name, port.protocol)
            .trim()
            .to_owned()
    });
    put("ports", joined(ports));
    for endpoint in &slice.endpoints {
        let state = match (
            endpoint.is_ready(),
            endpoint.is_serving(),
            endpoint.is_terminating(),
        ) {
            (true, ..) => "ready",
            (false, true, true) => "serves while terminating",
            (false, _, true) => "terminating",
            (false, ..) => "not ready",
        };
        let name = endpoint.pod.as_ref().or(endpoint.addresses.first());
        put(&format!("endpoints[{}]", shown(name)), state.to_owned());
    }
}

fn of_pod(pod: &Pod, put: &mut impl FnMut(&str, String)) {
    put("spec.nodeName", shown(pod.node.as_ref()));
    put("status.phase", format!("{:?}", pod.phase));
    put("status.podIPs", joined(&pod.ips));
    for condition in pod.conditions.iter().filter(|it| it.kind == "Ready") {
        let word = match condition.status {
            Truth::True => "True",
            Truth::False => "False",
            Truth::Unknown => "Unknown",
        };
        let value = format!("{word} {}", condition.reason);
        put("status.conditions[Ready]", value.trim().to_owned());
    }
    for container in &pod.containers {
        let state = match &container.state {
            ContainerState::Unknown => String::new(),
            ContainerState::Waiting { reason, .. } => format!("waiting {reason}"),
            ContainerState::Running { .. } => "running".to_owned(),
            ContainerState::Ended(end) => format!("ended {} ({})", end.reason, end.exit_code),
        };
        put(
            &format!("status.containers[{}]", container.name),
            state.trim().to_owned(),
        );
    }
}

fn of_node(node: &Node, put: &mut impl FnMut(&str, String)) {
    put("spec.unschedulable", when(node.unschedulable, "true"));
    put("spec.taints", joined(&node.taints));
    put("spec.podCIDRs", joined(&node.pod_cidrs));
    put(
        "status.addresses",
        joined(node.internal_ips.iter().chain(&node.external_ips)),
    );
    put("status.conditions[Ready]", format!("{:?}", node.ready()));
}

fn of_ingress(ingress: &Ingress, put: &mut impl FnMut(&str, String)) {
    let named = |backend: &Backend| match backend {
        Backend::Service { name, port } => format!("{name}:{port}"),
        Backend::Resource { kind, name, .. } => format!("{kind}/{name}"),
        Backend::Missing => "none".to_owned(),
    };
    put("spec.ingressClassName", shown(ingress.class.as_ref()));
    put(
        "spec.defaultBackend",
        shown(ingress.default_backend.as_ref().map(named)),
    );
    for rule in &ingress.rules {
        for path in &rule.paths {
            let field = format!("spec.rules[{} {}]", rule.host, path.path);
            put(&field, format!("{} {}", path.kind, named(&path.backend)));
        }
    }
    for tls in &ingress.tls {
        put(
            &format!("spec.tls[{}]", joined(&tls.hosts)),
            shown(tls.secret.as_ref()),
        );
    }
    let given = ingress.addresses.iter();
    let given = given.map(|it| {
        it.ip
            .map_or_else(|| shown(it.hostname.as_ref()), |ip| ip.to_string())
    });
    put("status.loadBalancer", joined(given));
    annotations(&ingress.meta.annotations, put);
}

fn of_workload(workload: &Workload, put: &mut impl FnMut(&str, String)) {
    put("spec.replicas", workload.wanted.to_string());
    put(
        "spec.template.metadata.labels",
        workload.template_labels.to_string(),
    );
    put("spec.serviceName", shown(workload.service_name.as_ref()));
    put("status.readyReplicas", shown(workload.ready));
    put("metadata.generation", shown(workload.meta.generation));
}
