//! Why a pod does not take traffic: the one thing that keeps it out.
//!
//! Follows the kubelet (`pkg/kubelet/status/generate.go`: Ready = ContainersReady and every readiness gate) and
//! its container states. *Settling* is kept apart: a pod younger than [`SETTLING`] or within its probe's delay
//! has not failed yet.

use crate::model::key::Name;
use crate::model::meta::Truth;
use crate::model::pod::{Container, ContainerState, Phase, Pod, Role, Standing};
use crate::model::view::View;
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// A pod younger than this is settling, whatever it shows.
pub const SETTLING: SignedDuration = SignedDuration::from_secs(30);

/// The one thing that keeps a pod out of traffic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotReady {
    /// It is young, or within its probe's delay: wait.
    Settling(Name),
    /// A probe of a running container fails.
    ProbeFailing {
        /// The container.
        container: Name,
        /// `readiness` or `startup`.
        probe: &'static str,
        /// What is asked: `GET :8080/healthz`.
        asks: Name,
        /// The kubelet's words from the latest event, if there is one.
        words: Option<Name>,
        /// How often the event was seen.
        times: u32,
    },
    /// A container ends again and again.
    CrashLoop {
        /// The container.
        container: Name,
        /// Its last exit code, if known.
        exit_code: Option<i32>,
        /// Its last reason, for example `OOMKilled`; may be empty.
        reason: Name,
        /// Restarts so far.
        restarts: u32,
    },
    /// An image cannot be pulled.
    ImagePull {
        /// The container.
        container: Name,
        /// The image.
        image: Name,
        /// The kubelet's words; may be empty.
        words: Name,
    },
    /// Containers are ready, a readiness gate is not.
    ReadinessGate {
        /// The condition type.
        gate: Name,
        /// Whether the condition is there at all.
        present: bool,
        /// Its message; may be empty.
        words: Name,
    },
    /// It is on no node.
    Pending {
        /// For example `Unschedulable`, `SchedulingGated`; may be empty.
        reason: Name,
        /// The scheduler's words; may be empty.
        words: Name,
    },
    /// It has no address: its sandbox or network could not be made.
    NoAddress {
        /// The kubelet's words; may be empty.
        words: Name,
    },
    /// A container cannot be created.
    CannotStart {
        /// The container.
        container: Name,
        /// For example `CreateContainerConfigError`.
        reason: Name,
        /// The kubelet's words; may be empty.
        words: Name,
    },
    /// An init container has not finished.
    Initialising {
        /// The container.
        container: Name,
    },
    /// Its node does not answer.
    NodeLost {
        /// The node.
        node: Name,
    },
    /// It is being deleted.
    Terminating,
    /// All its containers have ended; it never is an endpoint again.
    Finished {
        /// `Succeeded` or `Failed`, or the reason, for example `Evicted`.
        how: Name,
    },
    /// Not Ready for a reason that its status does not tell.
    Other {
        /// The Ready condition's reason and message.
        words: Name,
    },
}

impl NotReady {
    /// Whether it is no failure (yet).
    pub fn is_benign(&self) -> bool {
        matches!(
            self,
            Self::Settling(_) | Self::Terminating | Self::Finished { .. }
        )
    }
}

impl fmt::Display for NotReady {
    /// One clause for a line beneath a hop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settling(why) => write!(f, "settling: {why}"),
            Self::ProbeFailing {
                probe,
                asks,
                words,
                times,
                ..
            } => {
                write!(f, "NotReady  {probe} {asks}")?;
                words.iter().try_for_each(|words| write!(f, ": {words}"))?;
                if *times > 1 {
                    write!(f, " ×{times}")
                } else {
                    Ok(())
                }
            }
            Self::CrashLoop {
                exit_code,
                reason,
                restarts,
                ..
            } => {
                f.write_str("CrashLoopBackOff")?;
                exit_code
                    .iter()
                    .try_for_each(|code| write!(f, "  exit {code}"))?;
                if !reason.is_empty() && reason != "Error" {
                    write!(f, " {reason}")?;
                }
                if *restarts > 0 {
                    write!(f, " ×{restarts}")
                } else {
                    Ok(())
                }
            }
            Self::ImagePull { image, .. } => write!(f, "image {image} cannot be pulled"),
            Self::ReadinessGate {
                gate,
                present: true,
                ..
            } => write!(f, "readiness gate {gate} is not True"),
            Self::ReadinessGate { gate, .. } => write!(f, "readiness gate {gate} was never set"),
            Self::Pending { reason, words } if words.is_empty() => write!(f, "Pending  {reason}"),
            Self::Pending { words, .. } => write!(f, "Pending  {words}"),
            Self::NoAddress { words } if words.is_empty() => f.write_str("has no address yet"),
            Self::NoAddress { words } => write!(f, "no address: {words}"),
            Self::CannotStart {
                container,
                reason,
                words,
            } => write!(f, "{reason} in {container}: {words}"),
            Self::Initialising { container } => {
                write!(f, "init container {container} has not finished")
            }
            Self::NodeLost { node } => write!(f, "node {node} is not ready"),
            Self::Terminating => f.write_str("terminating"),
            Self::Finished { how } => write!(f, "{how}: never an endpoint again"),
            Self::Other { words } if words.is_empty() => f.write_str("NotReady"),
            Self::Other { words } => write!(f, "NotReady  {words}"),
        }
    }
}

/// Why a pod takes no traffic; `None` where it is ready, has an address and is not going.
pub fn why_not_ready(view: &View<'_>, pod: &Pod) -> Option<NotReady> {
    if pod.is_terminal() {
        let how = pod.reason.clone().unwrap_or_else(|| phase_word(pod.phase));
        return Some(NotReady::Finished { how });
    }
    if pod.is_terminating() {
        return Some(NotReady::Terminating);
    }
    if pod.standing == Standing::Assumed {
        return None;
    }
    if pod.is_ready() && !pod.ips.is_empty() {
        return None;
    }
    let reason = failure(view, pod);
    Some(settling(view, pod).map_or(reason, NotReady::Settling))
}

fn phase_word(phase: Phase) -> Name {
    Name::from(if phase == Phase::Failed {
        "Failed"
    } else {
        "Succeeded"
    })
}

/// Why it is too early to call a pod that is not ready broken.
fn settling(view: &View<'_>, pod: &Pod) -> Option<Name> {
    let created = pod.meta.created.or(pod.started)?;
    let now = view.now();
    let age = now.duration_since(created);
    if age < SETTLING {
        return Some(Name::from(format!("{} s old", age.as_secs().max(0))));
    }
    // Once it has restarted, the delays of its probes no longer excuse it.
    let waits = pod
        .containers
        .iter()
        .filter(|c| c.role != Role::Init && !c.ready && c.restarts == 0);
    waits
        .into_iter()
        .find_map(|container| within_delay(container, now))
}

fn within_delay(container: &Container, now: Timestamp) -> Option<Name> {
    let ContainerState::Running { since: Some(since) } = container.state else {
        return None;
    };
    let ran = now.duration_since(since).as_secs();
    let startup = container.startup.as_ref();
    let startup = startup.map_or(0, |probe| {
        probe.initial_delay + probe.period * probe.failures
    });
    let first = container
        .readiness
        .as_ref()
        .map_or(0, |probe| probe.initial_delay);
    let allowed = i64::from(startup.saturating_add(first));
    (ran < allowed).then(|| {
        Name::from(format!(
            "{} started {ran} s ago, probed after {allowed} s",
            container.name
        ))
    })
}

fn failure(view: &View<'_>, pod: &Pod) -> NotReady {
    let Some(node) = &pod.node else {
        return unscheduled(pod);
    };
    if node_lost(view, node) {
        return NotReady::NodeLost { node: node.clone() };
    }
    let by_start = pod.containers.iter().filter(|c| c.role != Role::App);
    let containers: Vec<&Container> = by_start
        .chain(pod.containers.iter().filter(|c| c.role == Role::App))
        .collect();
    if let Some(stuck) = containers.iter().find_map(|container| stuck(container)) {
        return stuck;
    }
    if pod.ips.is_empty() && !pod.host_network {
        return no_address(view, pod);
    }
    if let Some(container) = containers
        .iter()
        .find(|c| c.role == Role::Init && !has_finished(c))
    {
        return NotReady::Initialising {
            container: container.name.clone(),
        };
    }
    if let Some(gate) = closed_gate(pod) {
        return gate;
    }
    if let Some(failing) = containers
        .iter()
        .find_map(|container| failing_probe(view, pod, container))
    {
        return failing;
    }
    let ready = pod.condition("Ready");
    let words = ready
        .map(|c| [&*c.reason, &*c.message].join(" ").trim().to_owned())
        .unwrap_or_default();
    NotReady::Other {
        words: Name::from(words),
    }
}

fn unscheduled(pod: &Pod) -> NotReady {
    let scheduled = pod.condition("PodScheduled");
    NotReady::Pending {
        reason: scheduled.map(|c| c.reason.clone()).unwrap_or_default(),
        words: scheduled.map(|c| c.message.clone()).unwrap_or_default(),
    }
}

/// A node that is known and not Ready takes its pods with it. Advisory: without rights on nodes nothing is lost.
fn node_lost(view: &View<'_>, node: &Name) -> bool {
    let known = view.advisory(|view| view.node(node));
    known.is_some_and(|node| {
        node.conditions
            .iter()
            .any(|c| c.kind == "Ready" && c.status != Truth::True)
    })
}

fn has_finished(container: &Container) -> bool {
    matches!(&container.state, ContainerState::Ended(end) if end.exit_code == 0)
}

/// A container that cannot get going, whatever its probes would say.
fn stuck(container: &Container) -> Option<NotReady> {
    let name = container.name.clone();
    let crash = |end: Option<&crate::model::pod::Ended>| NotReady::CrashLoop {
        container: name.clone(),
        exit_code: end.map(|end| end.exit_code),
        reason: end.map(|end| end.reason.clone()).unwrap_or_default(),
        restarts: container.restarts,
    };
    match &container.state {
        ContainerState::Waiting { reason, message } => match reason.as_str() {
            "CrashLoopBackOff" => Some(crash(container.last_end.as_ref())),
            "ImagePullBackOff"
            | "ErrImagePull"
            | "InvalidImageName"
            | "ErrImageNeverPull"
            | "RegistryUnavailable"
            | "ImageInspectError" => Some(NotReady::ImagePull {
                container: name,
                image: container.image.clone(),
                words: message.clone(),
            }),
            "CreateContainerConfigError"
            | "CreateContainerError"
            | "RunContainerError"
            | "PreCreateHookError"
            | "PostStartHookError" => Some(NotReady::CannotStart {
                container: name,
                reason: reason.clone(),
                words: message.clone(),
            }),
            _ => None,
        },
        // Once, and without an error: its work is done (a Job's pod goes on with its other containers).
        ContainerState::Ended(end) if end.exit_code == 0 && container.restarts == 0 => None,
        ContainerState::Ended(end) if container.role != Role::Init || end.exit_code != 0 => {
            Some(crash(Some(end)))
        }
        _ => None,
    }
}

fn no_address(view: &View<'_>, pod: &Pod) -> NotReady {
    let telling = [
        "FailedCreatePodSandBox",
        "NetworkNotReady",
        "FailedMount",
        "FailedAttachVolume",
    ];
    let events = view.warnings_on(&pod.meta.key);
    let words = events
        .iter()
        .find(|event| telling.contains(&event.reason.as_str()));
    NotReady::NoAddress {
        words: words.map(|event| event.message.clone()).unwrap_or_default(),
    }
}

fn closed_gate(pod: &Pod) -> Option<NotReady> {
    let containers_ready = pod
        .condition("ContainersReady")
        .is_some_and(|c| c.status == Truth::True);
    if !containers_ready {
        return None;
    }
    pod.readiness_gates.iter().find_map(|gate| {
        let condition = pod.condition(gate);
        let open = condition.is_some_and(|c| c.status == Truth::True);
        (!open).then(|| NotReady::ReadinessGate {
            gate: gate.clone(),
            present: condition.is_some(),
            words: condition.map(|c| c.message.clone()).unwrap_or_default(),
        })
    })
}

fn failing_probe(view: &View<'_>, pod: &Pod, container: &Container) -> Option<NotReady> {
    let running = matches!(container.state, ContainerState::Running { .. });
    if container.ready || !running || container.role == Role::Init {
        return None;
    }
    let events = view.warnings_on(&pod.meta.key);
    let said = |prefix: &str| {
        let unhealthy = events.iter().filter(|event| event.reason == "Unhealthy");
        unhealthy
            .into_iter()
            .find(|event| event.message.starts_with(prefix))
    };
    let startup = said("Startup probe failed").filter(|_| container.startup.is_some());
    let (probe, kind, event) = match (&container.startup, startup, &container.readiness) {
        (Some(probe), Some(event), _) => (probe, "startup", Some(event)),
        (_, None, Some(probe)) => (probe, "readiness", said("Readiness probe failed")),
        // Without a readiness probe a container is ready as soon as it has started.
        (Some(probe), None, None) => (probe, "startup", None),
        _ => return None,
    };
    let words = event.map(|event| {
        let message = event
            .message
            .split_once(": ")
            .map_or(&*event.message, |(_, words)| words);
        Name::from(message.trim())
    });
    Some(NotReady::ProbeFailing {
        container: container.name.clone(),
        probe: kind,
        asks: Name::from(probe.action.to_string()),
        words,
        times: event.map_or(0, |event| event.count),
    })
}
