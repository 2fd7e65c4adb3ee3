//! Pod.

use crate::wire::meta::{Condition, Metadata};
use crate::wire::notes::Text;
use crate::wire::probe::Probe;
use crate::wire::scalar::{Ip, MaybePort, Port, ProtocolWord, Time};
use crate::wire::shape::{choice, object};

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
    /// `spec.readinessGates[]`.
    ReadinessGate { condition: Text = "conditionType" required, }
}

object! {
    /// `spec.containers[]` and `spec.initContainers[]`.
    Container {
        name: Text = "name" required,
        image: Text = "image",
        restart_policy: Text = "restartPolicy",
        ports: Vec<ContainerPort> = "ports",
        readiness: Probe = "readinessProbe",
        startup: Probe = "startupProbe",
        liveness: Probe = "livenessProbe",
    }
}

object! {
    /// `ports[]` of a container.
    ContainerPort {
        name: Text = "name",
        port: Port = "containerPort" required,
        protocol: ProtocolWord = "protocol",
        host_port: MaybePort = "hostPort",
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
