//! One pod that takes no traffic: why, how much that matters, and which replica speaks for all.
//!
//! How bad it is depends on whom it serves. A pod that leaves a Service without any ready endpoint is an error; one
//! whose Service goes on with others is a warning, or no more than information while a rollout replaces it. A pod that no
//! Service selects stops no traffic that can be followed: a crash or a failing image pull is still a warning (it may be
//! a node's proxy), anything else, and anything in a Job's pod, is information.

use crate::diagnosis::cite;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::rule::Draft;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::meta::Truth;
use crate::model::pod::{Container, ContainerState, Pod, Role, Standing};
use crate::model::service::Service;
use crate::model::view::{View, as_pod};
use crate::semantics::readiness::{NotReady, why_not_ready};
use crate::semantics::rollout;

/// A pod that takes no traffic.
#[derive(Debug)]
pub struct Case<'w> {
    /// The pod.
    pub pod: &'w Pod,
    /// Why.
    pub reason: NotReady,
    serves: Serves<'w>,
    rolling: bool,
    speaker: Option<Key>,
}

/// Whom the pod ought to serve.
#[derive(Debug)]
enum Serves<'w> {
    /// Services cannot be read.
    Unknown,
    /// No Service selects it.
    Nobody,
    /// Its Services have other endpoints, or publish it all the same.
    Covered(Vec<&'w Service>),
    /// These Services have no other endpoint.
    Emptied(Vec<&'w Service>),
}

impl<'w> Case<'w> {
    /// The case of a pod, if it is one for the rule of this code.
    pub fn of(view: &View<'w>, key: &Key, code: &'static str) -> Option<Self> {
        let pod = view.pod(key)?;
        let reason = why_not_ready(view, pod)?;
        if matches!(reason, NotReady::Terminating | NotReady::Finished { .. })
            || !cite::of_pod(&reason).contains(&code)
        {
            return None;
        }
        let serves = whom_it_serves(view, pod);
        let rolling = matches!(serves, Serves::Covered(_)) && rollout::excuses(view, pod, &reason);
        let speaker = speaker(view, pod, &reason, code);
        Some(Self {
            pod,
            reason,
            serves,
            rolling,
            speaker,
        })
    }

    /// A finding on this pod, as bad as the case is, following the replica that speaks for all.
    pub fn draft(&self, title: impl Into<String>) -> Draft {
        let key = &self.pod.meta.key;
        let draft = match self.severity() {
            Severity::Error => Draft::error(key, title),
            Severity::Warning => Draft::warning(key, title),
            Severity::Info => Draft::info(key, title),
        };
        let ready = self.pod.condition("Ready");
        let since = ready
            .filter(|condition| condition.status != Truth::True)
            .and_then(|condition| condition.since)
            .or(self.pod.meta.created);
        let draft = draft.since(since);
        match &self.speaker {
            Some(first) => draft.follows(cite::of_pod(&self.reason), first),
            None => draft,
        }
    }

    fn severity(&self) -> Severity {
        if matches!(self.reason, NotReady::Settling(_)) || self.rolling {
            return Severity::Info;
        }
        let owner = self.pod.meta.owner.as_ref();
        let job = owner.is_some_and(|owner| owner.kind == "Job");
        let never_starts = matches!(
            self.reason,
            NotReady::CrashLoop { .. } | NotReady::ImagePull { .. }
        );
        match &self.serves {
            Serves::Emptied(_) => Severity::Error,
            Serves::Covered(_) | Serves::Unknown => Severity::Warning,
            Serves::Nobody if never_starts && !job => Severity::Warning,
            Serves::Nobody => Severity::Info,
        }
    }

    /// What follows for clients, as a sentence.
    pub fn outcome(&self) -> String {
        let named = |services: &[&Service]| {
            let names: Vec<&str> = services
                .iter()
                .map(|service| service.meta.key.name.as_str())
                .collect();
            match &*names {
                [only] => format!("Service {only}"),
                _ => format!("Services {}", names.join(", ")),
            }
        };
        match &self.serves {
            Serves::Unknown => "Which Services it belongs to cannot be read.".to_owned(),
            Serves::Nobody => "No Service selects this pod.".to_owned(),
            Serves::Covered(_) if self.rolling => {
                "It is new, and the older pods still serve.".to_owned()
            }
            Serves::Covered(services) if services.iter().all(|it| it.publish_not_ready) => format!(
                "{} lists it all the same (publishNotReadyAddresses).",
                named(services)
            ),
            Serves::Covered(services) => {
                let verb = if services.len() == 1 { "goes" } else { "go" };
                format!("{} {verb} on without this pod.", named(services))
            }
            Serves::Emptied(services) => {
                let verb = if services.len() == 1 { "has" } else { "have" };
                format!(
                    "{} {verb} no ready endpoint, so clients are refused.",
                    named(services)
                )
            }
        }
    }

    /// A container of the pod.
    pub fn container(&self, name: &str) -> Option<&'w Container> {
        self.pod
            .containers
            .iter()
            .find(|container| container.name == name)
    }
}

/// The path of a container's status, by its name.
pub fn status_path(container: &Container, rest: &str) -> String {
    let list = if container.role == Role::App {
        "containerStatuses"
    } else {
        "initContainerStatuses"
    };
    format!("status.{list}[{}].{rest}", container.name)
}

/// The path of a container in the spec, by its name.
pub fn spec_path(pod: &Pod, container: &str, rest: &str) -> String {
    let found = pod.containers.iter().find(|it| it.name == container);
    let list = match found.map(|it| it.role) {
        Some(Role::Sidecar | Role::Init) => "initContainers",
        Some(Role::App) | None => "containers",
    };
    format!("spec.{list}[{container}].{rest}")
}

/// What a container is doing, in the status's own words.
pub fn state_word(container: &Container) -> String {
    match &container.state {
        ContainerState::Unknown => "unknown".to_owned(),
        ContainerState::Waiting { reason, .. } if reason.is_empty() => "waiting".to_owned(),
        ContainerState::Waiting { reason, .. } => reason.to_string(),
        ContainerState::Running { .. } => "running".to_owned(),
        ContainerState::Ended(end) => format!("{}, exit code {}", end.reason, end.exit_code),
    }
}

/// At most so much of somebody's words that a sentence stays one.
pub fn short(words: &str) -> String {
    const MOST: usize = 240;
    let line = words.trim();
    if line.chars().count() <= MOST {
        return line.trim_end_matches('.').to_owned();
    }
    let kept: String = line.chars().take(MOST).collect();
    format!("{kept}…")
}

fn whom_it_serves<'w>(view: &View<'w>, pod: &Pod) -> Serves<'w> {
    let namespace = pod.meta.key.namespace.clone().unwrap_or_default();
    if view.gap(Kind::Service, Some(&namespace)).is_some() {
        return Serves::Unknown;
    }
    let services = view.advisory(|view| view.services_selecting(&namespace, &pod.meta.labels));
    if services.is_empty() {
        return Serves::Nobody;
    }
    let serving = |pod: &Pod| {
        let reachable = pod.standing == Standing::Assumed || !pod.ips.is_empty();
        pod.is_ready() && !pod.is_terminal() && reachable
    };
    let (emptied, covered): (Vec<_>, Vec<_>) = services.into_iter().partition(|service| {
        !service.publish_not_ready
            && !view
                .pods_labelled(&namespace, &service.selector)
                .into_iter()
                .any(serving)
    });
    if emptied.is_empty() {
        Serves::Covered(covered)
    } else {
        Serves::Emptied(emptied)
    }
}

/// The first pod, by name, that fails for the same reason: a replica of the same workload, or where a node is lost,
/// any pod on it. `None` where this pod is itself the first.
fn speaker(view: &View<'_>, pod: &Pod, reason: &NotReady, code: &'static str) -> Option<Key> {
    let peers: Vec<&Pod> = match reason {
        NotReady::Settling(_) => return None,
        NotReady::NodeLost { node } => view.advisory(|view| view.pods_on(node)),
        _ => rollout::replicas(view, pod)
            .into_iter()
            .filter_map(as_pod)
            .collect(),
    };
    let lost = matches!(reason, NotReady::NodeLost { .. });
    peers
        .into_iter()
        .take_while(|peer| peer.meta.key < pod.meta.key)
        .find(|peer| {
            why_not_ready(view, peer).is_some_and(|why| {
                cite::of_pod(&why).contains(&code)
                    && matches!(why, NotReady::NodeLost { .. }) == lost
            })
        })
        .map(|peer| peer.meta.key.clone())
}
