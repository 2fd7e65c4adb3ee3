//! A probe whose port is a name that its own container does not list.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::{Container, Probe, ProbeAction, Role};
use crate::model::port::PortRef;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD010",
    slug: "probe-port-unknown",
    title: "probe names a port that is not there",
    on: &[Kind::Pod],
    page: include_str!("probe_port_unknown.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(pod) = view.pod(key).filter(|pod| !pod.is_terminal()) else {
        return;
    };
    // Replicas are alike: the first of them speaks for all.
    let siblings = view.advisory(|view| view.siblings(&pod.meta));
    if siblings.iter().any(|other| other.key() < key) {
        return;
    }
    for container in pod.containers.iter().filter(|it| it.role != Role::Init) {
        for (probe, kind) in probes(container) {
            if let Some(name) = unknown(container, probe) {
                report(key, container, kind, name, sink);
            }
        }
    }
}

fn probes(container: &Container) -> impl Iterator<Item = (&Probe, &'static str)> {
    let all = [
        (&container.readiness, "readinessProbe"),
        (&container.startup, "startupProbe"),
        (&container.liveness, "livenessProbe"),
    ];
    all.into_iter()
        .filter_map(|(probe, kind)| Some((probe.as_ref()?, kind)))
}

fn unknown<'p>(container: &Container, probe: &'p Probe) -> Option<&'p Name> {
    let (ProbeAction::Http { port, .. } | ProbeAction::Tcp(port) | ProbeAction::Grpc(port)) =
        &probe.action
    else {
        return None;
    };
    let PortRef::Name(name) = port else {
        return None;
    };
    let listed = container.ports.iter().any(|port| port.name == *name);
    (!listed).then_some(name)
}

fn report(key: &Key, container: &Container, kind: &'static str, name: &Name, sink: &mut Sink) {
    // The kubelet drops the result of a probe that it cannot make: what has not begun never begins, and what
    // runs is never found dead.
    let (severity, outcome) = if kind == "livenessProbe" {
        (
            Severity::Warning,
            "The probe is never made, so a container that hangs is not restarted.",
        )
    } else {
        (
            Severity::Error,
            "The probe is never made, so the container never becomes ready.",
        )
    };
    let known: Vec<&str> = container
        .ports
        .iter()
        .map(|port| port.name.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    let known = if known.is_empty() {
        "it names none".to_owned()
    } else {
        format!("it names {}", known.join(", "))
    };
    let field = format!("spec.containers[{}].{kind}", container.name);
    sink.report(
        ports::draft(severity, key, format!("{kind} asks port {name}, which is not listed"))
            .detail(format!("{} {kind}", container.name))
            .at(field.as_str())
            .says(format!("{kind} of container {} asks port {name}, and the container's own ports do not have that name ({known}). {outcome}", container.name))
            .evidence(Evidence::new(key, &field, name.as_str(), "the name of a port of the same container, or a number"))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix(format!("Name a port of container {} in the workload's template, or give the probe the port's number.", container.name)),
    );
}
