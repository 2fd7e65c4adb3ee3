//! A numeric targetPort that the containers declare, with another protocol only.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::port::{PortRef, Protocol};
use crate::model::service::{Service, ServicePort};
use crate::model::view::View;
use crate::semantics::endpoints::find_port;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC023",
    slug: "container-port-protocol",
    title: "containers declare another protocol",
    on: &[Kind::Service],
    page: include_str!("container_port_protocol.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key).filter(|service| !service.headless) else {
        return;
    };
    let Some(selector) = service.effective_selector() else {
        return;
    };
    let namespace = key.namespace.clone().unwrap_or_default();
    let mut pods = view.pods_labelled(&namespace, selector);
    pods.retain(|pod| !pod.is_terminal());
    for port in &service.ports {
        let PortRef::Number(number) = port.target else {
            continue;
        };
        let Some(declared) = declared_by_all(&pods, number, port.protocol) else {
            continue;
        };
        // Who leads there with the declared protocol as well knows that there are two.
        let both = pods
            .first()
            .is_some_and(|pod| is_led_to(view, pod, number, declared));
        if !both {
            report(service, port, declared, sink);
        }
    }
}

/// The protocol with which every pod declares a port, where none declares it with the wanted one.
fn declared_by_all(pods: &[&Pod], number: u16, wanted: Protocol) -> Option<Protocol> {
    let mut found = None;
    for pod in pods {
        let containers = pod.serving_containers();
        let ports = containers.flat_map(|container| container.ports.iter());
        let mut same = ports.filter(|port| port.port == number).peekable();
        let first = same.peek()?.protocol;
        if found.is_some_and(|known| known != first) || same.any(|port| port.protocol == wanted) {
            return None;
        }
        found = Some(first);
    }
    found
}

/// Whether any Service leads to a port of a pod with a protocol.
fn is_led_to(view: &View<'_>, pod: &Pod, number: u16, protocol: Protocol) -> bool {
    let Some(namespace) = &pod.meta.key.namespace else {
        return false;
    };
    let services = view.services_selecting(namespace, &pod.meta.labels);
    let mut ports = services.iter().flat_map(|service| service.ports.iter());
    ports.any(|port| port.protocol == protocol && find_port(pod, port) == Some(number))
}

fn report(service: &Service, port: &ServicePort, declared: Protocol, sink: &mut Sink) {
    let key = &service.meta.key;
    // TCP is what stands where nothing is said; any other protocol was written down on purpose.
    let severity = if port.protocol == Protocol::Tcp {
        Severity::Warning
    } else {
        Severity::Info
    };
    let field = format!("spec.ports[{port}].protocol");
    let (is, target) = (port.protocol, &port.target);
    let shown = "custom-columns=POD:.metadata.name,PORTS:.spec.containers[*].ports";
    sink.report(
        ports::draft(severity, key, format!("containers declare {target} for {declared}, not {is}"))
            .detail(port.to_string())
            .at(field.as_str())
            .says(format!("Port {port} leads to {target}/{is}, and the containers declare {target} for {declared} only; no Service leads there with {declared}. Unless the program listens on {is} as well, without saying so, nothing answers."))
            .evidence(Evidence::new(key, &field, is.as_str(), declared.as_str()))
            .confirm(
                kubectl::list(Kind::Pod)
                    .in_namespace_of(key)
                    .labelled(&service.selector)
                    .option("-o", shown),
            )
            .fix(format!("Set protocol: {declared} on the Service's port if that is what the program speaks; otherwise declare {target} with protocol: {is} in the workload's template.")),
    );
}
