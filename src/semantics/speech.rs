//! Whether a port of a Service speaks TLS, as far as the objects say so themselves.
//!
//! A probe over TLS is the best witness: the kubelet asks the very port, and a server without TLS fails it. One in plain
//! HTTP proves less, for servers exist that understand both on one port. Next comes `appProtocol`; names count only where
//! the Service and all containers call the port https.

use crate::model::key::Key;
use crate::model::pod::{Container, Pod, ProbeAction, Standing};
use crate::model::port::PortRef;
use crate::model::service::{Service, ServicePort};
use crate::model::view::View;
use crate::semantics::endpoints::find_port;

/// What a port speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// Without TLS.
    Plain,
    /// TLS.
    Tls,
}

/// Who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub speech: Speech,
    /// The object.
    pub by: Key,
    /// Its field.
    pub field: String,
    /// What stands there.
    pub observed: String,
}

/// What a Service port speaks; none where nobody says, or not all the same.
pub fn of(view: &View<'_>, service: &Service, port: &ServicePort) -> Option<Said> {
    let namespace = service.meta.key.namespace.clone()?;
    let selector = service.effective_selector()?;
    let mut pods = view.pods_labelled(&namespace, selector);
    pods.retain(|pod| !pod.is_terminal() && !pod.is_terminating());
    let probed: Option<Vec<Said>> = pods.iter().map(|pod| by_probe(pod, port)).collect();
    let probed = probed.unwrap_or_default();
    let field = by_field(service, port);
    let Some(first) = probed.first() else {
        return field.or_else(|| by_name(service, port, &pods));
    };
    if probed.iter().any(|said| said.speech != first.speech) {
        return None;
    }
    match (first.speech, field) {
        (Speech::Plain, field) => field.filter(|said| said.speech == Speech::Plain),
        (Speech::Tls, field) => {
            let same = field.is_none_or(|said| said.speech == Speech::Tls);
            same.then(|| first.clone())
        }
    }
}

/// A probe of the port that is passed, or assumed to be.
fn by_probe(pod: &Pod, port: &ServicePort) -> Option<Said> {
    let number = find_port(pod, port)?;
    let mut found: Option<Said> = None;
    for container in pod.serving_containers() {
        let passes = container.ready || pod.standing == Standing::Assumed;
        let asked = [
            ("readinessProbe", &container.readiness),
            ("livenessProbe", &container.liveness),
            ("startupProbe", &container.startup),
        ];
        for (name, probe) in asked {
            let Some(ProbeAction::Http { port, scheme, .. }) =
                probe.as_ref().map(|probe| &probe.action)
            else {
                continue;
            };
            if !passes || number_of(container, port) != Some(number) {
                continue;
            }
            let speech = if scheme == "HTTPS" {
                Speech::Tls
            } else {
                Speech::Plain
            };
            if found.as_ref().is_some_and(|known| known.speech != speech) {
                return None;
            }
            found.get_or_insert_with(|| Said {
                speech,
                by: pod.meta.key.clone(),
                field: format!("spec.containers[{}].{name}.httpGet.scheme", container.name),
                observed: scheme.to_string(),
            });
        }
    }
    found
}

fn number_of(container: &Container, port: &PortRef) -> Option<u16> {
    match port {
        PortRef::Number(number) => Some(*number),
        PortRef::Name(name) => {
            let mut ports = container.ports.iter();
            ports
                .find(|known| known.name == *name)
                .map(|known| known.port)
        }
    }
}

fn by_field(service: &Service, port: &ServicePort) -> Option<Said> {
    let word = port.app_protocol.as_ref()?;
    let speech = match word.to_ascii_lowercase().as_str() {
        "https" | "kubernetes.io/wss" => Speech::Tls,
        "http" | "kubernetes.io/h2c" | "kubernetes.io/ws" => Speech::Plain,
        _ => return None,
    };
    Some(Said {
        speech,
        by: service.meta.key.clone(),
        field: format!("spec.ports[{port}].appProtocol"),
        observed: word.to_string(),
    })
}

fn by_name(service: &Service, port: &ServicePort, pods: &[&Pod]) -> Option<Said> {
    let named = |pod: &&Pod| {
        let number = find_port(pod, port);
        let containers = pod.serving_containers();
        let mut ports = containers.flat_map(|container| container.ports.iter());
        ports.any(|known| Some(known.port) == number && known.name == "https")
    };
    let all = !pods.is_empty() && pods.iter().all(named) && port.name == "https";
    all.then(|| Said {
        speech: Speech::Tls,
        by: service.meta.key.clone(),
        field: format!("spec.ports[{port}].name"),
        observed: "https, as the containers call it too".to_owned(),
    })
}
