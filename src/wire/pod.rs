//! Pod.

use crate::wire::meta::{Condition, Metadata};
use crate::wire::notes::{Notes, Text};
use crate::wire::probe::Probe;
use crate::wire::scalar::{Ip, MaybePort, Pairs, Port, ProtocolWord, Time};
use crate::wire::shape::{Shape, choice, object};
use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use std::fmt;

object! {
    /// A Pod, or the template of one.
    Pod {
        metadata: Metadata = "metadata",
        spec: PodSpec = "spec",
        status: PodStatus = "status",
    }
}

object! {
    /// `spec`.
    PodSpec {
        node: Text = "nodeName",
        node_selector: Pairs = "nodeSelector",
        affinity: Affinity = "affinity",
        host_network: bool = "hostNetwork",
        hostname: Text = "hostname",
        subdomain: Text = "subdomain",
        dns_policy: Text = "dnsPolicy",
        containers: Vec<Container> = "containers",
        init_containers: Vec<Container> = "initContainers",
        gates: Vec<ReadinessGate> = "readinessGates",
    }
}

object! {
    /// `spec.affinity`.
    Affinity { node: NodeAffinity = "nodeAffinity", }
}

object! {
    /// `spec.affinity.nodeAffinity`: what it asks for is not looked at.
    NodeAffinity { required: There = "requiredDuringSchedulingIgnoredDuringExecution", }
}

/// An object of which only that it is there is known.
#[derive(Debug)]
pub(crate) struct There;

impl Shape for There {
    const EXPECTED: &'static str = "an object";

    fn map<'de, A: MapAccess<'de>>(mut map: A, _: &mut Notes) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }
}

object! {
    /// `spec.readinessGates[]`.
    ReadinessGate { condition: Text = "conditionType" required, }
}

object! {
    /// `spec.containers[]` and `spec.initContainers[]`.
    Container {
        name: Text = "name" required,
        image: Text = "image",
        restart_policy: Text = "restartPolicy",
        command: Arguments = "command",
        args: Arguments = "args",
        ports: Vec<ContainerPort> = "ports",
        readiness: Probe = "readinessProbe",
        startup: Probe = "startupProbe",
        liveness: Probe = "livenessProbe",
    }
}

/// `command` or `args`. What is odd in them is not told: they may hold secrets.
pub(crate) struct Arguments(pub(crate) Vec<Text>);

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} arguments", self.0.len())
    }
}

impl Shape for Arguments {
    const EXPECTED: &'static str = "a list";

    fn list<'de, A: SeqAccess<'de>>(
        mut list: A,
        notes: &mut Notes,
    ) -> Result<Option<Self>, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element_seed(notes.seed::<Argument>())? {
            words.extend(word.map(|word| word.0));
        }
        Ok(Some(Self(words)))
    }
}

/// One argument.
struct Argument(Text);

impl Shape for Argument {
    const EXPECTED: &'static str = "a string";

    fn flag(_: bool, _: &mut Notes) -> Option<Self> {
        None
    }

    fn whole(_: i128, _: &mut Notes) -> Option<Self> {
        None
    }

    fn real(_: f64, _: &mut Notes) -> Option<Self> {
        None
    }

    fn text(value: &str, _: &mut Notes) -> Option<Self> {
        Some(Self(value.into()))
    }
}

object! {
    /// `ports[]` of a container.
    ContainerPort {
        name: Text = "name",
        port: Port = "containerPort" required,
        protocol: ProtocolWord = "protocol",
        host_port: MaybePort = "hostPort",
        host_ip: Text = "hostIP",
    }
}

choice! {
    /// `status.phase`.
    PhaseWord, "Pending, Running, Succeeded, Failed or Unknown" {
        Pending = "Pending",
        Running = "Running",
        Succeeded = "Succeeded",
        Failed = "Failed",
        Unknown = "Unknown",
    }
}

object! {
    /// `status`.
    PodStatus {
        phase: PhaseWord = "phase",
        reason: Text = "reason",
        message: Text = "message",
        ip: Ip = "podIP",
        ips: Vec<PodIp> = "podIPs",
        host_ip: Ip = "hostIP",
        started: Time = "startTime",
        conditions: Vec<Condition> = "conditions",
        containers: Vec<ContainerStatus> = "containerStatuses",
        init_containers: Vec<ContainerStatus> = "initContainerStatuses",
    }
}

object! {
    /// `status.podIPs[]`.
    PodIp { ip: Ip = "ip", }
}

object! {
    /// `status.containerStatuses[]`.
    ContainerStatus {
        name: Text = "name" required,
        ready: bool = "ready",
        restarts: u32 = "restartCount",
        state: ContainerState = "state",
        last: ContainerState = "lastState",
    }
}

object! {
    /// `state` and `lastState`: at most one of these is there.
    ContainerState {
        waiting: Waiting = "waiting",
        running: Running = "running",
        terminated: Terminated = "terminated",
    }
}

object! {
    /// `state.waiting`.
    Waiting {
        reason: Text = "reason",
        message: Text = "message",
    }
}

object! {
    /// `state.running`.
    Running { since: Time = "startedAt", }
}

object! {
    /// `state.terminated`.
    Terminated {
        reason: Text = "reason",
        message: Text = "message",
        exit_code: i32 = "exitCode",
        at: Time = "finishedAt",
    }
}
