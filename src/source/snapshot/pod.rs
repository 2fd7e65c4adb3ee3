//! Pods, and the templates of pods.

use crate::model::pod::{
    Container, ContainerPort, ContainerState, Ended, Phase, Pod, Probe, ProbeAction, Role, Standing,
};
use crate::model::port::PortRef;
use crate::source::snapshot::doc::{Doc, text, texts};
use crate::source::snapshot::meta::{annotations, conditions, pairs};
use serde_json::Value;

/// A pod without status is read as an assumed one.
pub(super) fn pod(head: Doc, pod: &Pod) -> Doc {
    let head = head.put("spec", spec(pod));
    match pod.standing {
        Standing::Observed => head.put("status", status(pod)),
        Standing::Assumed => head,
    }
}

/// `spec.template` of a workload.
pub(super) fn template(pod: &Pod) -> Value {
    let metadata = Doc::new()
        .put("labels", pairs(&pod.meta.labels))
        .put("annotations", annotations(&pod.meta.annotations));
    Doc::new()
        .put("metadata", metadata)
        .put("spec", spec(pod))
        .done()
}

fn spec(pod: &Pod) -> Doc {
    let of = |init: bool| {
        let all = pod.containers.iter();
        let all = all.filter(move |container| (container.role != Role::App) == init);
        all.map(container).collect::<Value>()
    };
    let affinity = pod.has_node_affinity.then(|| {
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        let of_nodes = Doc::new().keep(required, Doc::new());
        Doc::new().put("nodeAffinity", of_nodes).done()
    });
    let gates = pod.readiness_gates.iter();
    let gates = gates.map(|gate| Doc::new().put("conditionType", gate.as_str()).done());
    Doc::new()
        .put("nodeName", text(pod.node.as_ref()))
        .put("nodeSelector", pairs(&pod.node_selector))
        .put("affinity", affinity)
        .put("hostNetwork", pod.host_network)
        .put("hostname", text(pod.hostname.as_ref()))
        .put("subdomain", text(pod.subdomain.as_ref()))
        .put("dnsPolicy", pod.dns_policy.as_str())
        .put("readinessGates", gates.collect::<Value>())
        .put("containers", of(false))
        .put("initContainers", of(true))
}

fn container(container: &Container) -> Value {
    let always = (container.role == Role::Sidecar).then_some("Always");
    Doc::new()
        .put("name", container.name.as_str())
        .put("image", container.image.as_str())
        .put("restartPolicy", text(always))
        .put("args", texts(&container.flags))
        .put("ports", container.ports.iter().map(port).collect::<Value>())
        .put("readinessProbe", container.readiness.as_ref().map(probe))
        .put("startupProbe", container.startup.as_ref().map(probe))
        .put("livenessProbe", container.liveness.as_ref().map(probe))
        .done()
}

fn port(port: &ContainerPort) -> Value {
    Doc::new()
        .put("name", port.name.as_str())
        .put("containerPort", port.port)
        .put("protocol", port.protocol.as_str())
        .put("hostPort", port.host_port)
        .put("hostIP", text(port.host_ip.as_ref()))
        .done()
}

fn probe(probe: &Probe) -> Value {
    let to = |port: &PortRef| match port {
        PortRef::Number(number) => Value::from(*number),
        PortRef::Name(name) => Value::from(name.as_str()),
    };
    let doc = Doc::new()
        .put("initialDelaySeconds", probe.initial_delay)
        .put("periodSeconds", probe.period)
        .put("timeoutSeconds", probe.timeout)
        .put("failureThreshold", probe.failures);
    match &probe.action {
        ProbeAction::Http { path, port, scheme } => {
            let get = Doc::new()
                .put("path", path.as_str())
                .put("port", to(port))
                .put("scheme", scheme.as_str());
            doc.put("httpGet", get)
        }
        ProbeAction::Tcp(port) => doc.keep("tcpSocket", Doc::new().put("port", to(port))),
        ProbeAction::Grpc(port) => doc.keep("grpc", Doc::new().put("port", to(port))),
        ProbeAction::Exec => doc,
    }
    .done()
}

fn status(pod: &Pod) -> Doc {
    let phase = match pod.phase {
        Phase::Pending => "Pending",
        Phase::Running => "Running",
        Phase::Succeeded => "Succeeded",
        Phase::Failed => "Failed",
        Phase::Unknown => "Unknown",
    };
    let ips = pod.ips.iter();
    let ips = ips.map(|ip| Doc::new().put("ip", ip.to_string()).done());
    let of = |init: bool| {
        let all = pod.containers.iter();
        let all = all.filter(move |container| (container.role != Role::App) == init);
        all.map(container_status).collect::<Value>()
    };
    Doc::new()
        .put("phase", phase)
        .put("reason", text(pod.reason.as_ref()))
        .put("message", text(pod.message.as_ref()))
        .put("podIPs", ips.collect::<Value>())
        .put("hostIP", text(pod.host_ip))
        .put("startTime", text(pod.started))
        .put("conditions", conditions(&pod.conditions))
        .put("containerStatuses", of(false))
        .put("initContainerStatuses", of(true))
}

fn container_status(container: &Container) -> Value {
    let state = match &container.state {
        ContainerState::Unknown => Doc::new(),
        ContainerState::Waiting { reason, message } => {
            let waiting = Doc::new()
                .put("reason", reason.as_str())
                .put("message", message.as_str());
            Doc::new().keep("waiting", waiting)
        }
        ContainerState::Running { since } => {
            Doc::new().keep("running", Doc::new().put("startedAt", text(*since)))
        }
        ContainerState::Ended(end) => Doc::new().keep("terminated", ended(end)),
    };
    let last = container.last_end.as_ref();
    let last = last.map(|end| Doc::new().keep("terminated", ended(end)).done());
    Doc::new()
        .put("name", container.name.as_str())
        .put("ready", container.ready)
        .put("restartCount", container.restarts)
        .put("state", state)
        .put("lastState", last)
        .done()
}

/// Without `message`: the last lines of a log.
fn ended(end: &Ended) -> Value {
    Doc::new()
        .put("reason", end.reason.as_str())
        .put("exitCode", end.exit_code)
        .put("finishedAt", text(end.at))
        .done()
}
