//! What each kind of object says about traffic.

use super::policies;
use crate::model::endpoints::EndpointSlice;
use crate::model::ingress::{Backend, Ingress, IngressClass};
use crate::model::key::Name;
use crate::model::node::Node;
use crate::model::object::{Fact, Object};
use crate::model::other_route::OtherRoute;
use crate::model::pod::{Container, ContainerState, Pod, Probe, Role as Part};
use crate::model::service::{Service, ServiceType, TrafficPolicy};
use crate::model::view::View;
use crate::model::workload::Workload;
use crate::semantics::endpoints;
use crate::semantics::readiness::why_not_ready;
use crate::ui::describe::{certificate, config_map};
use crate::ui::rich::Line;
use crate::ui::snapshot::Snapshot;
use crate::ui::theme::Role;

/// Lines under headings.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// The lines so far.
    pub(super) lines: Vec<Line>,
}

impl Sheet {
    /// A heading, after an empty line where something stands above it.
    pub(super) fn heading(&mut self, title: &str) {
        if self.lines.last().is_some_and(|line| !line.spans.is_empty()) {
            self.lines.push(Line::new());
        }
        self.lines.push(Line::of(Role::Title, title));
    }

    /// A named value; nothing where it is empty.
    pub(super) fn pair(&mut self, name: &str, role: Role, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            let line = Line::of(Role::Dim, format!("  {name:<12} "))
                .and(role, value)
                .hang(15);
            self.lines.push(line);
        }
    }

    pub(super) fn text(&mut self, name: &str, value: impl Into<String>) {
        self.pair(name, Role::Text, value);
    }
}

/// The facts of an object.
pub(super) fn of(sheet: &mut Sheet, snapshot: &Snapshot, object: &Object, cells: u16) {
    let view = View::new(&snapshot.world);
    match &object.fact {
        Fact::Service(service) => of_service(sheet, &view, service),
        Fact::Pod(pod) => {
            of_pod(sheet, &view, pod);
            policies::of_pod(sheet, &view, pod);
        }
        Fact::Ingress(ingress) => of_ingress(sheet, ingress),
        Fact::EndpointSlice(slice) => of_slice(sheet, slice),
        Fact::Issuance(one) => certificate::of_issuance(sheet, &view, one),
        Fact::Secret(secret) => certificate::of(sheet, secret),
        Fact::ClassParams(params) => {
            sheet.heading("IngressClassParams");
            let who = params.namespaces.as_ref().map(ToString::to_string);
            sheet.text("namespaces", who.unwrap_or_else(|| "all".to_owned()));
        }
        Fact::ConfigMap(map) => config_map::of(sheet, map),
        Fact::IngressClass(class) => of_class(sheet, class),
        Fact::Node(node) => of_node(sheet, node),
        Fact::Workload(workload) => of_workload(sheet, &view, workload),
        Fact::Namespace(namespace) => {
            sheet.heading("Namespace");
            let status = if namespace.terminating {
                "terminating"
            } else {
                "active"
            };
            sheet.text("status", status);
        }
        Fact::Event(event) => {
            sheet.heading("Event");
            let about = format!(
                "{} {}/{}",
                event.about_kind, event.about_namespace, event.about_name
            );
            sheet.text("about", about);
            sheet.text("reason", event.reason.as_str());
            sheet.text("message", event.message.as_str());
            sheet.text("count", event.count.to_string());
        }
        Fact::Policy(policy) => policies::of_policy(sheet, &view, policy, cells),
        Fact::OtherRoute(route) => of_other_route(sheet, route),
    }
}

fn of_other_route(sheet: &mut Sheet, route: &OtherRoute) {
    sheet.heading(route.meta.key.kind.name());
    sheet.pair("verdict", Role::Unknown, "not judged");
    for rule in &route.rules {
        sheet.text("for", rule.matches.to_string());
        let services = rule.services.iter().map(|to| &to.name);
        sheet.text("leads to", joined(services));
    }
}

pub(super) fn joined<T: ToString>(things: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = things.into_iter().map(|thing| thing.to_string()).collect();
    all.join(", ")
}

fn of_service(sheet: &mut Sheet, view: &View<'_>, service: &Service) {
    sheet.heading("Service");
    let headless = if service.headless { ", headless" } else { "" };
    sheet.text("type", format!("{}{headless}", service.kind));
    sheet.text("cluster IP", joined(&service.cluster_ips));
    sheet.text("external IP", joined(&service.external_ips));
    sheet.text(
        "leads to",
        service.external_name.as_deref().unwrap_or_default(),
    );
    let balanced = service.addresses.iter().map(|address| {
        let ip = address.ip.map(|ip| ip.to_string());
        ip.or_else(|| address.hostname.as_ref().map(Name::to_string))
            .unwrap_or_default()
    });
    sheet.text("balancer", joined(balanced));
    let selector = match (service.kind == ServiceType::ExternalName, &service.selector) {
        (true, _) => "not used",
        (false, labels) if labels.is_empty() => "none: somebody else writes the endpoints",
        (false, labels) => &labels.to_string(),
    };
    sheet.text("selector", selector);
    for (name, policy) in [
        ("inside", service.internal_policy),
        ("outside", service.external_policy),
    ] {
        if policy == TrafficPolicy::Local {
            sheet.text(name, "only endpoints on the node that handles the packet");
        }
    }
    if service.publish_not_ready {
        sheet.text("publishes", "endpoints that are not ready, too");
    }
    if let Some(seconds) = service.client_ip_affinity {
        sheet.text("affinity", format!("by client address, for {seconds} s"));
    }
    sheet.heading("Ports and their endpoints");
    let backends = endpoints::backends(view, service);
    for port in &service.ports {
        let mut words = format!("{port} → {}", port.target);
        if let Some(node) = port.node_port {
            words = format!("{words}, node port {node}");
        }
        let name = if port.name.is_empty() {
            "port"
        } else {
            &port.name
        };
        sheet.pair(name, Role::Strong, words);
        for backend in &backends {
            let Some(number) = backend.port_for(port) else {
                continue;
            };
            let address = backend.address.as_deref().unwrap_or("address not known");
            let pod = backend.pod.as_ref().map(|key| key.name.to_string());
            let (role, state) = if backend.ready {
                (Role::Pass, "ready")
            } else {
                (Role::Fail, "not ready")
            };
            let line = Line::of(Role::Dim, "               ")
                .and(role, format!("{state:<10}"))
                .and(Role::Text, format!("{address}:{number}"))
                .and(Role::Dim, format!("  {}", pod.unwrap_or_default()))
                .hang(17);
            sheet.lines.push(line);
        }
    }
    super::outside::of(sheet, view, service);
}

fn of_pod(sheet: &mut Sheet, view: &View<'_>, pod: &Pod) {
    sheet.heading("Pod");
    match why_not_ready(view, pod) {
        None => sheet.pair("takes traffic", Role::Pass, "yes"),
        Some(why) => {
            let role = if why.is_benign() {
                Role::Dim
            } else {
                Role::Fail
            };
            sheet.pair("takes no", role, format!("traffic: {why}"));
        }
    }
    sheet.text("addresses", joined(&pod.ips));
    let network = if pod.host_network {
        " (the pod shares its network)"
    } else {
        ""
    };
    if let Some(node) = &pod.node {
        sheet.text("node", format!("{node}{network}"));
    }
    sheet.text("DNS policy", pod.dns_policy.as_str());
    sheet.text("gates", joined(&pod.readiness_gates));
    for condition in &pod.conditions {
        if condition.status != crate::model::meta::Truth::True {
            let words = format!(
                "{}: {} {}",
                condition.kind, condition.reason, condition.message
            );
            sheet.text("condition", words.trim().trim_end_matches(':'));
        }
    }
    for container in &pod.containers {
        of_container(sheet, container);
    }
}

fn of_container(sheet: &mut Sheet, container: &Container) {
    let role = match container.role {
        Part::App => "Container",
        Part::Sidecar => "Sidecar",
        Part::Init => "Init container",
    };
    sheet.heading(&format!("{role} {}", container.name));
    sheet.text("image", container.image.as_str());
    let state = match &container.state {
        ContainerState::Unknown => String::new(),
        ContainerState::Waiting { reason, message } => format!("waiting: {reason} {message}"),
        ContainerState::Running { .. } => "running".into(),
        ContainerState::Ended(end) => format!("ended: {} exit {}", end.reason, end.exit_code),
    };
    sheet.text("state", state.trim_end());
    if let Some(end) = &container.last_end {
        let words = format!("{} exit {} {}", end.reason, end.exit_code, end.message);
        sheet.text("ended before", words.trim_end());
    }
    if container.restarts > 0 {
        sheet.text("restarts", container.restarts.to_string());
    }
    for port in &container.ports {
        let name = if port.name.is_empty() {
            String::new()
        } else {
            format!(" {}", port.name)
        };
        sheet.text("port", format!("{}/{}{name}", port.port, port.protocol));
    }
    for (name, probe) in [
        ("startup", &container.startup),
        ("readiness", &container.readiness),
        ("liveness", &container.liveness),
    ] {
        sheet.text(name, probe.as_ref().map(probe_words).unwrap_or_default());
    }
}

fn probe_words(probe: &Probe) -> String {
    format!(
        "{} every {} s after {} s, {} s to answer, fails after {}",
        probe.action, probe.period, probe.initial_delay, probe.timeout, probe.failures
    )
}

fn of_ingress(sheet: &mut Sheet, ingress: &Ingress) {
    sheet.heading("Ingress");
    let annotated = ingress.meta.annotations.get("kubernetes.io/ingress.class");
    let class = ingress.class.as_ref().or(annotated);
    sheet.text("class", class.map_or("none named", |class| class.as_str()));
    let addresses = ingress.addresses.iter().map(|address| {
        let ip = address.ip.map(|ip| ip.to_string());
        ip.or_else(|| address.hostname.as_ref().map(Name::to_string))
            .unwrap_or_default()
    });
    sheet.text("addresses", joined(addresses));
    for tls in &ingress.tls {
        let secret = tls
            .secret
            .as_deref()
            .unwrap_or("the controller's own certificate");
        sheet.text("TLS", format!("{} by {secret}", joined(&tls.hosts)));
    }
    sheet.heading("Rules");
    for rule in &ingress.rules {
        let host = if rule.host.is_empty() {
            "every host"
        } else {
            &rule.host
        };
        sheet.pair("host", Role::Strong, host);
        for path in &rule.paths {
            let words = format!("{} {} → {}", path.kind, path.path, backend(&path.backend));
            sheet.text("", words);
        }
    }
    if let Some(default) = &ingress.default_backend {
        sheet.text("otherwise", backend(default));
    }
}

fn backend(backend: &Backend) -> String {
    match backend {
        Backend::Service { name, port } => format!("{name}:{port}"),
        Backend::Resource { kind, name, .. } => format!("{kind} {name}"),
        Backend::Missing => "nothing".into(),
    }
}

fn of_slice(sheet: &mut Sheet, slice: &EndpointSlice) {
    sheet.heading("EndpointSlice");
    sheet.text(
        "of Service",
        slice.service.as_deref().unwrap_or("none named"),
    );
    let ports = slice.ports.iter().map(|port| {
        let number = port.port.map_or("any".to_owned(), |port| port.to_string());
        format!("{} {number}/{}", port.name, port.protocol)
    });
    sheet.text("ports", joined(ports));
    for endpoint in &slice.endpoints {
        let role = if endpoint.is_ready() {
            Role::Pass
        } else {
            Role::Fail
        };
        let pod = endpoint.pod.as_deref().unwrap_or_default();
        sheet.pair(
            "endpoint",
            role,
            format!("{} {pod}", joined(&endpoint.addresses)),
        );
    }
}

fn of_class(sheet: &mut Sheet, class: &IngressClass) {
    sheet.heading("Ingress class");
    sheet.text("controller", class.controller.as_str());
    sheet.text("default", if class.is_default { "yes" } else { "no" });
    let parameters = class.parameters.as_ref().map(ToString::to_string);
    sheet.text("parameters", parameters.unwrap_or_default());
}

fn of_node(sheet: &mut Sheet, node: &Node) {
    sheet.heading("Node");
    sheet.text("internal", joined(&node.internal_ips));
    sheet.text("external", joined(&node.external_ips));
    sheet.text("pod CIDRs", joined(&node.pod_cidrs));
    sheet.text("zone", node.zone().map_or("", |zone| zone.as_str()));
    sheet.text("taints", joined(&node.taints));
    for condition in &node.conditions {
        let words = format!("{:?}  {}", condition.status, condition.message);
        sheet.text(&condition.kind, words);
    }
}

fn of_workload(sheet: &mut Sheet, view: &View<'_>, workload: &Workload) {
    let key = &workload.meta.key;
    sheet.heading(key.kind.name());
    let ready = workload
        .ready
        .map_or("?".to_owned(), |ready| ready.to_string());
    sheet.text("pods", format!("{ready} of {} ready", workload.wanted));
    if workload.suspended {
        sheet.pair("rollout", Role::Warning, "paused");
    }
    sheet.text("selector", workload.selector.to_string());
    let namespace = key.namespace.clone().unwrap_or_default();
    for pod in view.pods_selected(&namespace, &workload.selector) {
        let why = why_not_ready(view, pod);
        let role = if why.is_some() {
            Role::Fail
        } else {
            Role::Pass
        };
        let words = why.map_or("ready".to_owned(), |why| why.to_string());
        sheet.pair("pod", role, format!("{}  {words}", pod.meta.key.name));
    }
}
