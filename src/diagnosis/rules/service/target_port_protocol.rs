//! A Service port whose named targetPort exists with another protocol only.

use crate::diagnosis::kubectl;
use crate::diagnosis::patch;
use crate::diagnosis::rule::Draft;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::ServicePort;
use crate::model::view::View;
use crate::semantics::empty::Empty;
use serde_json::json;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC007",
    slug: "target-port-protocol",
    title: "targetPort has another protocol",
    on: &[Kind::Service],
    page: include_str!("target_port_protocol.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    for (port, reason) in ports::empty_ports(view, service) {
        let Empty::TargetPortProtocol { name, declared } = reason else {
            continue;
        };
        let field = format!("spec.ports[{port}].protocol");
        // A Service cannot list the same number and protocol twice.
        let taken = |known: &ServicePort| known.port == port.port && known.protocol == declared;
        let free = !service.ports.iter().any(taken);
        let at = service.ports.iter().position(|known| known == port);
        let at = at.filter(|_| free);
        let change = at.map(|at| {
            let pointer = format!("/spec/ports/{at}/protocol");
            let (old, new) = (port.protocol.as_str(), declared.as_str());
            patch::replace(key, &pointer, &json!(old), &json!(new))
        });
        let fix = if free {
            format!(
                "Set protocol: {declared} on the Service's port if that is what the program speaks; otherwise declare \
                 the container port {name} with protocol: {} in the workload's template.",
                port.protocol
            )
        } else {
            format!(
                "Declare the container port {name} a second time with protocol: {} in the workload's template, if the \
                 program speaks it; otherwise drop the Service's port {port}.",
                port.protocol
            )
        };
        sink.report(
            Draft::error(key, format!("port {name} is {declared}, not {}", port.protocol))
                .detail(port.to_string())
                .at(field.clone())
                .says(format!(
                    "Port {port} leads to the container port named {name}, which the pods declare for {declared} only. \
                     Name and protocol must both match, so the port has no endpoint and nothing answers on it."
                ))
                .evidence(Evidence::new(
                    key,
                    &field,
                    port.protocol.as_str(),
                    declared.as_str(),
                ))
                .confirm(
                    kubectl::list(Kind::Pod)
                        .in_namespace_of(key)
                        .labelled(&service.selector)
                        .option("-o", "custom-columns=POD:.metadata.name,PORTS:.spec.containers[*].ports"),
                )
                .fix(fix)
                .patch(change),
        );
    }
}
