//! Pod, and the pod that a template would make.

use crate::lower::context::{
    Context, conditions, filled, keep_of_pod, labels, name, port_ref, protocol, time,
};
use crate::lower::{Lower, Manner};
use crate::model::key::{Key, Name};
use crate::model::meta::Meta;
use crate::model::object::Fact;
use crate::model::pod::{
    Container, ContainerPort, ContainerState, Ended, FLAGS, Flag, Phase, Pod, Probe, ProbeAction,
    Role, Standing,
};
use crate::model::port::PortRef;
use crate::wire::meta::Metadata;
use crate::wire::{pod as wire, probe};

impl Lower for wire::Pod {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let hook = self.metadata.as_ref().is_some_and(is_hook);
        let meta = context.meta(self.metadata);
        let standing = match (&self.status, context.manner) {
            (_, Manner::Observed) => Standing::Observed,
            (Some(status), Manner::Manifest { .. }) if is_written(status) => Standing::Observed,
            (_, Manner::Manifest { .. }) => Standing::Assumed,
        };
        let spec = self.spec.unwrap_or_default();
        let status = self.status.unwrap_or_default();
        let mut pod = pod(meta, spec, status, standing);
        if hook && standing == Standing::Assumed {
            pod.phase = Phase::Succeeded;
        }
        Fact::Pod(pod)
    }
}

/// Hooks of a release run once and end, long before or after what they belong to serves: a chart's test is no endpoint
/// of the chart, though it carries its labels.
fn is_hook(metadata: &Metadata) -> bool {
    let annotations = metadata.annotations.iter().flat_map(|pairs| &pairs.0);
    annotations
        .map(|(key, _)| &**key)
        .any(|key| matches!(key, "helm.sh/hook" | "argocd.argoproj.io/hook"))
}

/// The pod that a template makes: assumed to run and to be ready. It bears the key it is given.
pub(super) fn of_template(template: wire::Pod, key: Key) -> Pod {
    let metadata = template.metadata.unwrap_or_default();
    let mut annotations = metadata.annotations.unwrap_or_default();
    keep_of_pod(&mut annotations);
    let meta = Meta {
        labels: labels(metadata.labels),
        annotations: labels(Some(annotations)),
        ..Meta::of(key)
    };
    let spec = template.spec.unwrap_or_default();
    pod(meta, spec, wire::PodStatus::default(), Standing::Assumed)
}

/// Whether anything stands in a status: dry runs print an empty one.
fn is_written(status: &wire::PodStatus) -> bool {
    status.phase.is_some()
        || status.ip.is_some()
        || status.ips.is_some()
        || status.conditions.is_some()
        || status.containers.is_some()
        || status.reason.is_some()
}

fn pod(meta: Meta, spec: wire::PodSpec, status: wire::PodStatus, standing: Standing) -> Pod {
    let statuses = Statuses {
        app: status.containers.unwrap_or_default(),
        init: status.init_containers.unwrap_or_default(),
        standing,
    };
    let app = spec.containers.unwrap_or_default().into_iter();
    let init = spec.init_containers.unwrap_or_default().into_iter();
    let app = app.map(|wire| (Role::App, wire));
    let init = init.map(|wire| match wire.restart_policy.as_deref() {
        Some("Always") => (Role::Sidecar, wire),
        _ => (Role::Init, wire),
    });
    let containers = app.chain(init);
    let ips = status.ips.unwrap_or_default().into_iter();
    let mut ips: Vec<_> = ips.filter_map(|entry| Some(entry.ip?.0)).collect();
    if ips.is_empty() {
        ips.extend(status.ip.map(|ip| ip.0));
    }
    let gates = spec.gates.unwrap_or_default().into_iter();
    Pod {
        meta,
        node: filled(spec.node),
        node_selector: labels(spec.node_selector),
        has_node_affinity: spec
            .affinity
            .and_then(|affinity| affinity.node?.required)
            .is_some(),
        host_network: spec.host_network.unwrap_or_default(),
        hostname: filled(spec.hostname),
        subdomain: filled(spec.subdomain),
        dns_policy: filled(spec.dns_policy).unwrap_or_else(|| Name::from("ClusterFirst")),
        containers: containers
            .map(|(role, wire)| statuses.container(role, wire))
            .collect(),
        readiness_gates: gates.filter_map(|gate| filled(gate.condition)).collect(),
        phase: phase(status.phase.as_ref(), standing),
        reason: filled(status.reason),
        message: filled(status.message),
        ips: ips.into(),
        host_ip: status.host_ip.map(|ip| ip.0),
        started: time(status.started),
        conditions: conditions(status.conditions),
        standing,
    }
}

/// A pod that the API server has just taken is pending.
fn phase(word: Option<&wire::PhaseWord>, standing: Standing) -> Phase {
    match word {
        Some(wire::PhaseWord::Running) => Phase::Running,
        Some(wire::PhaseWord::Succeeded) => Phase::Succeeded,
        Some(wire::PhaseWord::Failed) => Phase::Failed,
        Some(wire::PhaseWord::Unknown | wire::PhaseWord::Other(_)) => Phase::Unknown,
        None if standing == Standing::Assumed => Phase::Running,
        Some(wire::PhaseWord::Pending) | None => Phase::Pending,
    }
}

struct Statuses {
    app: Vec<wire::ContainerStatus>,
    init: Vec<wire::ContainerStatus>,
    standing: Standing,
}

impl Statuses {
    fn container(&self, role: Role, wire: wire::Container) -> Container {
        let statuses = match role {
            Role::App => &self.app,
            Role::Sidecar | Role::Init => &self.init,
        };
        let status = statuses.iter().find(|status| status.name == wire.name);
        let assumed = self.standing == Standing::Assumed && role != Role::Init;
        let current = status.and_then(|status| status.state.as_ref());
        let last = status.and_then(|status| status.last.as_ref());
        Container {
            name: name(wire.name),
            role,
            image: name(wire.image),
            flags: flags(wire.command, wire.args),
            ports: wire
                .ports
                .unwrap_or_default()
                .into_iter()
                .filter_map(port)
                .collect(),
            readiness: wire.readiness.map(probe),
            startup: wire.startup.map(probe),
            liveness: wire.liveness.map(probe),
            state: match current {
                None if assumed => ContainerState::Running { since: None },
                state => state.map(container_state).unwrap_or_default(),
            },
            last_end: last.and_then(|last| last.terminated.as_ref()).map(ended),
            ready: assumed || status.and_then(|status| status.ready).unwrap_or_default(),
            restarts: status
                .and_then(|status| status.restarts)
                .unwrap_or_default(),
        }
    }
}

/// The arguments that are kept, with their values; those of a shell's script among them.
fn flags(command: Option<wire::Arguments>, args: Option<wire::Arguments>) -> Box<[Name]> {
    let written = command.into_iter().chain(args).flat_map(|words| words.0);
    let words: Vec<String> = written
        .flat_map(|text| {
            let words = text.split_whitespace();
            words
                .map(|word| word.replace(['"', '\''], ""))
                .collect::<Vec<_>>()
        })
        .filter(|word| !word.is_empty())
        .collect();
    let mut kept = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let (name, value) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        let Some(flag) = FLAGS.iter().find(|flag| flag.name() == name) else {
            continue;
        };
        let next = || words.get(at + 1).map(String::as_str);
        let value = match flag {
            Flag::Switch(_) => value,
            Flag::Value(_) | Flag::Path(_) => Some(value.or_else(next).unwrap_or_default()),
        };
        let is_path = value.is_some_and(|value| value.starts_with('/'));
        if matches!(flag, Flag::Path(_)) && !is_path {
            continue;
        }
        let whole = value.map_or_else(|| name.to_owned(), |value| format!("{name}={value}"));
        kept.push(Name::from(whole));
    }
    kept.into()
}

/// A port without a number is no port; that it is missing was noted while reading.
fn port(wire: wire::ContainerPort) -> Option<ContainerPort> {
    Some(ContainerPort {
        port: wire.port?.0,
        name: name(wire.name),
        protocol: protocol(wire.protocol.as_ref()),
        host_port: wire.host_port.map(|port| port.0),
        host_ip: filled(wire.host_ip).filter(|ip| ip != "0.0.0.0" && ip != "::"),
    })
}

fn container_state(wire: &wire::ContainerState) -> ContainerState {
    if let Some(end) = &wire.terminated {
        ContainerState::Ended(ended(end))
    } else if let Some(running) = &wire.running {
        ContainerState::Running {
            since: time(running.since),
        }
    } else if let Some(waiting) = &wire.waiting {
        ContainerState::Waiting {
            reason: name(waiting.reason.clone()),
            message: name(waiting.message.clone()),
        }
    } else {
        ContainerState::Unknown
    }
}

fn ended(wire: &wire::Terminated) -> Ended {
    Ended {
        reason: name(wire.reason.clone()),
        exit_code: wire.exit_code.unwrap_or_default(),
        message: name(wire.message.clone()),
        at: time(wire.at),
    }
}

/// With Kubernetes' defaults; a 0 means the default too, as it does to the API server.
fn probe(wire: probe::Probe) -> Probe {
    let or = |value: Option<u32>, default| value.filter(|value| *value > 0).unwrap_or(default);
    let port = |word: Option<_>| word.map_or_else(|| PortRef::Name(Name::default()), port_ref);
    let action = if let Some(http) = wire.http {
        ProbeAction::Http {
            path: filled(http.path).unwrap_or_else(|| Name::from("/")),
            port: port(http.port),
            scheme: filled(http.scheme).unwrap_or_else(|| Name::from("HTTP")),
        }
    } else if let Some(tcp) = wire.tcp {
        ProbeAction::Tcp(port(tcp.port))
    } else if let Some(grpc) = wire.grpc {
        ProbeAction::Grpc(port(grpc.port))
    } else {
        ProbeAction::Exec
    };
    Probe {
        action,
        initial_delay: wire.initial_delay.unwrap_or_default(),
        period: or(wire.period, 10),
        timeout: or(wire.timeout, 1),
        failures: or(wire.failures, 3),
    }
}
