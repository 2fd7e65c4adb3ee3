//! Pods: where they run, what they listen on, and how they are.

use crate::model::key::Name;
use crate::model::labels::Labels;
use crate::model::meta::{Condition, Meta, Truth};
use crate::model::port::{PortRef, Protocol};
use jiff::Timestamp;
use std::net::IpAddr;

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Metadata.
    pub meta: Meta,
    /// `spec.nodeName`: empty while not scheduled.
    pub node: Option<Name>,
    /// `spec.nodeSelector`.
    pub node_selector: Labels,
    /// Whether `spec.affinity.nodeAffinity` says where it may run.
    pub has_node_affinity: bool,
    /// `spec.hostNetwork`.
    pub host_network: bool,
    /// `spec.hostname`.
    pub hostname: Option<Name>,
    /// `spec.subdomain`.
    pub subdomain: Option<Name>,
    /// `spec.dnsPolicy`; `ClusterFirst` where unset.
    pub dns_policy: Name,
    /// App containers, then init containers, in the order of the spec.
    pub containers: Box<[Container]>,
    /// `spec.readinessGates[].conditionType`.
    pub readiness_gates: Box<[Name]>,
    /// `status.phase`.
    pub phase: Phase,
    /// `status.reason`, for example `Evicted`.
    pub reason: Option<Name>,
    /// `status.message`.
    pub message: Option<Name>,
    /// `status.podIPs`, or `status.podIP` alone.
    pub ips: Box<[IpAddr]>,
    /// `status.hostIP`.
    pub host_ip: Option<IpAddr>,
    /// `status.startTime`.
    pub started: Option<Timestamp>,
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
    /// Where the facts of its status come from.
    pub standing: Standing,
}

/// Whether a pod's status was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// A cluster reported it.
    Observed,
    /// A manifest without status: taken as one running, ready pod whose address is unknown.
    Assumed,
}

/// `status.phase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Accepted, not all containers started.
    Pending,
    /// Bound to a node, at least one container running or starting.
    Running,
    /// All containers ended with success; never an endpoint again.
    Succeeded,
    /// All containers ended, one with a failure; never an endpoint again.
    Failed,
    /// The node does not answer, or the value is not one of Kubernetes'.
    Unknown,
}

impl Pod {
    /// The condition of a type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions
            .iter()
            .find(|condition| condition.kind == kind)
    }

    /// The `Ready` condition is true (an assumed pod that has not ended is ready).
    pub fn is_ready(&self) -> bool {
        self.standing == Standing::Assumed && !self.is_terminal()
            || self
                .condition("Ready")
                .is_some_and(|condition| condition.status == Truth::True)
    }

    /// Phase `Succeeded` or `Failed`.
    pub fn is_terminal(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    /// It has a deletion timestamp.
    pub fn is_terminating(&self) -> bool {
        self.meta.deleted.is_some()
    }

    /// Containers whose ports count for a Service: app containers first, then restartable init containers.
    pub fn serving_containers(&self) -> impl Iterator<Item = &Container> {
        let app = self
            .containers
            .iter()
            .filter(|container| container.role == Role::App);
        app.chain(
            self.containers
                .iter()
                .filter(|container| container.role == Role::Sidecar),
        )
    }
}

/// What a container is in its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// `spec.containers`.
    App,
    /// `spec.initContainers` with `restartPolicy: Always`.
    Sidecar,
    /// Any other init container.
    Init,
}

/// The arguments that decide what a controller does with requests; no other is kept, for they may hold secrets.
pub const FLAGS: &[Flag] = &[
    Flag::Path("--config"),
    Flag::Value("--configmap"),
    Flag::Value("--controller-class"),
    Flag::Value("--default-ssl-certificate"),
    Flag::Switch("--enable-ssl-passthrough"),
    Flag::Value("--nodeport-addresses"),
    Flag::Value("--providers.kubernetesingress.ingressclass"),
    Flag::Switch("--watch-ingress-without-class"),
];

/// An argument that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// On where it stands alone, else `=true` or `=false`.
    Switch(&'static str),
    /// With a value, after `=` or as the next argument.
    Value(&'static str),
    /// The same, and kept only where the value is the whole path of a file: some programs take more there.
    Path(&'static str),
}

impl Flag {
    /// With its dashes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Switch(name) | Self::Value(name) | Self::Path(name) => name,
        }
    }
}

/// A container: its spec and its latest status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Name, unique in the pod.
    pub name: Name,
    /// App, sidecar or init.
    pub role: Role,
    /// `image` as written.
    pub image: Name,
    /// Of `command` and `args` only what [`FLAGS`] lists, as `--flag` or `--flag=value`.
    pub flags: Box<[Name]>,
    /// `ports`: information only; a port may be served without being listed.
    pub ports: Box<[ContainerPort]>,
    /// `readinessProbe`.
    pub readiness: Option<Probe>,
    /// `startupProbe`.
    pub startup: Option<Probe>,
    /// `livenessProbe`.
    pub liveness: Option<Probe>,
    /// `state` of its status.
    pub state: ContainerState,
    /// `lastState.terminated`.
    pub last_end: Option<Ended>,
    /// `ready` of its status.
    pub ready: bool,
    /// `restartCount`.
    pub restarts: u32,
}

impl Container {
    /// The value of a flag that is kept, as the last of its arguments says; empty for one without a value.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find_map(|flag| {
            let value = flag.strip_prefix(name)?;
            if value.is_empty() {
                Some(value)
            } else {
                value.strip_prefix('=')
            }
        })
    }
}

/// `ports[]` of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    /// May be empty.
    pub name: Name,
    /// 1–65535.
    pub port: u16,
    /// TCP where unset.
    pub protocol: Protocol,
    /// `hostPort`.
    pub host_port: Option<u16>,
    /// `hostIP`, where it is one address of the host.
    pub host_ip: Option<Name>,
}

/// A container's current state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ContainerState {
    /// Nothing is known yet.
    #[default]
    Unknown,
    /// Not started: why.
    Waiting {
        /// For example `CrashLoopBackOff`, `ImagePullBackOff`, `ContainerCreating`.
        reason: Name,
        /// The kubelet's words; may be empty.
        message: Name,
    },
    /// Running since then.
    Running {
        /// `startedAt`.
        since: Option<Timestamp>,
    },
    /// Ended.
    Ended(Ended),
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// For example `Error`, `OOMKilled`, `Completed`.
    pub reason: Name,
    /// The process's exit code.
    pub exit_code: i32,
    /// `message`; may be empty.
    pub message: Name,
    /// `finishedAt`.
    pub at: Option<Timestamp>,
}

/// A probe; times in seconds, with Kubernetes' defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What is asked.
    pub action: ProbeAction,
    /// `initialDelaySeconds` (0).
    pub initial_delay: u32,
    /// `periodSeconds` (10).
    pub period: u32,
    /// `timeoutSeconds` (1).
    pub timeout: u32,
    /// `failureThreshold` (3).
    pub failures: u32,
}

/// What a probe asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeAction {
    /// `httpGet`.
    Http {
        /// `path`, `/` where unset.
        path: Name,
        /// `port`.
        port: PortRef,
        /// `HTTP` or `HTTPS`.
        scheme: Name,
    },
    /// `tcpSocket`.
    Tcp(PortRef),
    /// `grpc`.
    Grpc(PortRef),
    /// `exec`, or nothing that we know.
    Exec,
}

impl std::fmt::Display for ProbeAction {
    /// As people write it: `GET :8080/healthz`, `TCP :5432`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Http { path, port, scheme } if scheme == "HTTPS" => {
                write!(f, "GET https :{port}{path}")
            }
            Self::Http { path, port, .. } => write!(f, "GET :{port}{path}"),
            Self::Tcp(port) => write!(f, "TCP :{port}"),
            Self::Grpc(port) => write!(f, "gRPC :{port}"),
            Self::Exec => f.write_str("exec"),
        }
    }
}
