//! A Service port whose named targetPort is declared by no selected pod.

use crate::diagnosis::kubectl;
use crate::diagnosis::patch;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::service::{Service, ServicePort};
use crate::model::view::View;
use crate::semantics::empty::Empty;
use crate::semantics::near;
use serde_json::json;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC002",
    slug: "target-port-name-missing",
    title: "targetPort names no container port",
    on: &[Kind::Service],
    page: include_str!("target_port_name_missing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    for (port, reason) in ports::empty_ports(view, service) {
        if let Empty::TargetPortNameMissing { name, known } = reason {
            report(service, port, &name, &known, sink);
        }
    }
}

fn report(service: &Service, port: &ServicePort, name: &Name, known: &[Name], sink: &mut Sink) {
    let key = &service.meta.key;
    let have = if known.is_empty() {
        format!("their containers name no {} port", port.protocol)
    } else {
        let names: Vec<&str> = known.iter().map(Name::as_str).collect();
        format!("they have {}", names.join(", "))
    };
    // One name alone can only have been meant; among several, one that is nearly spelt so.
    let meant = match known {
        [only] => Some(only),
        several => near::of_name(name, several),
    };
    let field = format!("spec.ports[{port}].targetPort");
    let fix = match meant {
        Some(meant) => format!(
            "Set targetPort of port {port} to {meant}, or name the container port {name} in the workload's template."
        ),
        None => format!(
            "Set targetPort of port {port} to the number on which the container listens, or name that container port \
             {name} in the workload's template."
        ),
    };
    let draft = Draft::error(key, format!("no pod has a port named {name}"))
        .detail(port.to_string())
        .at(field.clone())
        .says(format!(
            "Port {port} leads to the container port named {name}, which no selected pod declares for {}; {have}. The \
             port has no endpoint and connections to it are refused.",
            port.protocol
        ))
        .evidence(Evidence::new(
            key,
            &field,
            name.as_str(),
            expected(known),
        ));
    let shown = "custom-columns=POD:.metadata.name,PORTS:.spec.containers[*].ports";
    sink.report(
        draft
            .confirm(
                kubectl::list(Kind::Pod)
                    .in_namespace_of(key)
                    .labelled(&service.selector)
                    .option("-o", shown),
            )
            .fix(fix)
            .patch(meant.and_then(|meant| retarget(service, port, meant))),
    );
}

fn expected(known: &[Name]) -> String {
    let names: Vec<&str> = known.iter().map(Name::as_str).collect();
    if names.is_empty() {
        "a name that the containers declare, or a number".to_owned()
    } else {
        names.join(" or ")
    }
}

/// Makes the port lead to another name.
fn retarget(service: &Service, port: &ServicePort, meant: &Name) -> Option<String> {
    let at = service.ports.iter().position(|known| known == port)?;
    Some(patch::replace(
        &service.meta.key,
        &format!("/spec/ports/{at}/targetPort"),
        &json!(port.target.to_string()),
        &json!(meant.as_str()),
    ))
}
