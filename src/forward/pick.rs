//! Which pod serves the next connection: asked anew of the latest world each time.
//!
//! A Service's pods come from its EndpointSlices, with the port that each slice carries (so that pods
//! which resolve a named targetPort differently each get their own); a workload's from its owner chain.

mod service;

use crate::diagnosis::cite;
use crate::forward::target::Target;
use crate::model::coverage::State;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::{Phase, Pod};
use crate::model::port::{PortRef, Protocol};
use crate::model::service::{Service, ServicePort};
use crate::model::view::{View, as_pod};
use crate::model::world::World;
use crate::semantics::readiness::why_not_ready;
use serde::Deserialize;

/// How many pods a reason names.
const NAMED: usize = 3;

/// A pod that can serve, and the port on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Choice {
    /// The pod.
    pub pod: Key,
    /// Its uid; empty where only its name is known.
    pub uid: Name,
    /// The port it listens on.
    pub port: u16,
}

/// Why no pod can serve now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Missing {
    /// One clause a person understands.
    pub reason: String,
    /// Codes of the findings that explain it.
    pub codes: Vec<&'static str>,
}

impl Missing {
    fn new(reason: impl Into<String>, codes: &[&'static str]) -> Self {
        Self {
            reason: reason.into(),
            codes: codes.to_vec(),
        }
    }
}

/// Which of several ready pods serves the next connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Among {
    /// The one that served last, while it is ready.
    #[default]
    Sticky,
    /// The next by name, so that all take turns.
    Spread,
}

/// What earlier connections have taught.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// How to choose among several.
    pub among: Among,
    /// The pod that served last.
    pub last: Option<Choice>,
    /// Pods that failed a moment ago: taken only where there is no other.
    pub failed: Vec<Choice>,
    /// Pods that failed this very connection: never taken.
    pub tried: Vec<Choice>,
}

/// The pod for the next connection: the last one while it is ready, else the first by name; or each in its turn.
pub fn pick(world: &World, target: &Target, memory: &Memory) -> Result<Choice, Missing> {
    let ready = candidates(world, target)?;
    let left: Vec<&Choice> = ready
        .iter()
        .filter(|choice| !memory.tried.contains(choice))
        .collect();
    let good = |choice: &&&Choice| !memory.failed.contains(choice);
    let last = match memory.among {
        Among::Sticky => left
            .iter()
            .find(|choice| memory.last.as_ref() == Some(**choice)),
        Among::Spread => left
            .iter()
            .filter(good)
            .find(|choice| memory.last.as_ref() < Some(**choice)),
    };
    let chosen = last
        .filter(good)
        .or_else(|| left.iter().find(good))
        .or_else(|| left.first());
    chosen.map(|choice| (**choice).clone()).ok_or_else(|| {
        let names: Vec<&str> = memory
            .tried
            .iter()
            .map(|choice| choice.pod.name.as_str())
            .collect();
        Missing::new(
            format!("no other ready endpoint than {}", listed(&names)),
            &[],
        )
    })
}

/// Every pod that can serve now, by name; the reason where there is none.
pub fn candidates(world: &World, target: &Target) -> Result<Vec<Choice>, Missing> {
    let view = View::new(world);
    match target.object.kind {
        Kind::Service => service::of_service(&view, target),
        Kind::Pod => of_pod(&view, target),
        _ => of_workload(&view, target),
    }
}

/// Whether a pod that serves a connection has ended, as far as the world knows.
pub fn has_ended(world: &World, choice: &Choice) -> bool {
    let namespace = choice.pod.namespace.as_deref();
    if !matches!(world.coverage().state(Kind::Pod, namespace), State::Ready) {
        return false;
    }
    match world.get(&choice.pod).and_then(|object| as_pod(object)) {
        None => true,
        Some(pod) => pod.is_terminal() || !choice.uid.is_empty() && pod.meta.uid != choice.uid,
    }
}

/// Whether a pod has ended, was told to end, or is not ready: it will not serve the next connection either.
pub fn is_leaving(world: &World, choice: &Choice) -> bool {
    let pod = world.get(&choice.pod).and_then(|object| as_pod(object));
    has_ended(world, choice) || pod.is_some_and(|pod| !is_up(pod))
}

/// The Service's port of a number or a name, TCP before others.
pub fn service_port<'s>(service: &'s Service, port: &PortRef) -> Option<&'s ServicePort> {
    let mut named = service.ports.iter().filter(|candidate| match port {
        PortRef::Number(number) => candidate.port == *number,
        PortRef::Name(name) => candidate.name == *name,
    });
    let first = named.clone().next();
    named
        .find(|candidate| candidate.protocol == Protocol::Tcp)
        .or(first)
}

/// The number of a TCP port on a pod: as it is, or of the container port with that name.
pub fn pod_port(pod: &Pod, port: &PortRef) -> Option<u16> {
    match port {
        PortRef::Number(number) => Some(*number),
        PortRef::Name(name) => pod
            .serving_containers()
            .flat_map(|container| container.ports.iter())
            .find(|declared| declared.name == *name && declared.protocol == Protocol::Tcp)
            .map(|declared| declared.port),
    }
}

/// The pods behind a workload: by owner chain, or by its selector where the owners between cannot be read.
pub fn pods_of<'w>(view: &View<'w>, workload: &Key) -> Vec<&'w Pod> {
    let between = match workload.kind {
        Kind::Deployment => Some(Kind::ReplicaSet),
        Kind::CronJob => Some(Kind::Job),
        _ => None,
    };
    let Some(kind) = between else {
        return owned_pods(view, workload);
    };
    let owned = view.advisory(|view| view.owned_by(workload, kind));
    let mut pods: Vec<&Pod> = owned
        .iter()
        .flat_map(|owner| owned_pods(view, owner.key()))
        .collect();
    let unread = view.gap(kind, workload.namespace.as_ref()).is_some();
    if pods.is_empty() && unread {
        let namespace = workload.namespace.clone().unwrap_or_default();
        let selector = view.workload(workload).map(|fact| &fact.selector);
        if let Some(selector) = selector.filter(|selector| !selector.is_empty()) {
            pods = view.pods_selected(&namespace, selector);
        }
    }
    pods.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    pods
}

fn owned_pods<'w>(view: &View<'w>, owner: &Key) -> Vec<&'w Pod> {
    let owned = view.owned_by(owner, Kind::Pod);
    owned.into_iter().filter_map(as_pod).collect()
}

fn choice_of(pod: &Pod, port: u16) -> Choice {
    Choice {
        pod: pod.meta.key.clone(),
        uid: pod.meta.uid.clone(),
        port,
    }
}

fn of_pod(view: &View<'_>, target: &Target) -> Result<Vec<Choice>, Missing> {
    let Some(pod) = view.pod(&target.object) else {
        return Err(absent(view, &target.object));
    };
    let name = &target.object.name;
    if pod.is_terminal() {
        return Err(Missing::new(format!("pod {name} has ended"), &[]));
    }
    if pod.phase == Phase::Pending {
        return Err(kept_out(view, &[pod]));
    }
    let port = pod_port(pod, &target.remote).ok_or_else(|| no_such_port(target))?;
    Ok(vec![choice_of(pod, port)])
}

fn of_workload(view: &View<'_>, target: &Target) -> Result<Vec<Choice>, Missing> {
    let pods = pods_of(view, &target.object);
    if pods.is_empty() {
        return Err(no_pods(view, &target.object));
    }
    let with_port: Vec<(&Pod, u16)> = pods
        .iter()
        .filter_map(|pod| Some((*pod, pod_port(pod, &target.remote)?)))
        .collect();
    if with_port.is_empty() {
        return Err(no_such_port(target));
    }
    let ready = with_port.iter().filter(|(pod, _)| is_up(pod));
    let choices: Vec<Choice> = ready.map(|(pod, port)| choice_of(pod, *port)).collect();
    if choices.is_empty() {
        let pods: Vec<&Pod> = with_port.iter().map(|(pod, _)| *pod).collect();
        return Err(kept_out(view, &pods));
    }
    Ok(choices)
}

/// Ready, and neither ended nor on its way out.
fn is_up(pod: &Pod) -> bool {
    pod.is_ready() && !pod.is_terminal() && !pod.is_terminating()
}

/// No pod is ready: what keeps each out of traffic, and the code of the first.
fn kept_out(view: &View<'_>, pods: &[&Pod]) -> Missing {
    let reasons: Vec<String> = pods.iter().map(|pod| state_of(view, pod)).collect();
    let first = pods.iter().find_map(|pod| why_not_ready(view, pod));
    Missing::new(
        format!("no pod is ready: {}", listed(&reasons)),
        first.as_ref().map_or(&[], cite::of_pod),
    )
}

/// `web-1 CrashLoopBackOff exit 1`: a pod and the one thing that keeps it out of traffic.
fn state_of(view: &View<'_>, pod: &Pod) -> String {
    let name = &pod.meta.key.name;
    match why_not_ready(view, pod) {
        Some(reason) => format!("{name} {reason}"),
        None => format!("{name} ready, but no endpoint yet"),
    }
}

fn absent(view: &View<'_>, object: &Key) -> Missing {
    match view.gap(object.kind, object.namespace.as_ref()) {
        Some(gap) => Missing::new(gap.why.to_string(), &[]),
        None => Missing::new(format!("{object} does not exist"), &["REQ001"]),
    }
}

fn no_such_port(target: &Target) -> Missing {
    let what = if target.object.kind == Kind::Pod {
        "the pod has"
    } else {
        "its pods have"
    };
    Missing::new(
        format!("{what} no TCP port named {}", target.remote),
        &["REQ002"],
    )
}

fn no_pods(view: &View<'_>, workload: &Key) -> Missing {
    if let Some(gap) = view.gap(Kind::Pod, workload.namespace.as_ref()) {
        return Missing::new(gap.why.to_string(), &[]);
    }
    match view.advisory(|view| view.workload(workload)) {
        Some(fact) if fact.wanted == 0 => {
            Missing::new(format!("{workload} is scaled to zero"), &["SVC008"])
        }
        Some(_) => Missing::new(format!("{workload} has no pod yet"), &[]),
        None if view
            .gap(workload.kind, workload.namespace.as_ref())
            .is_some() =>
        {
            Missing::new(format!("{workload} has no pod that can be seen"), &[])
        }
        None => Missing::new(format!("{workload} does not exist"), &["REQ001"]),
    }
}

fn listed<T: AsRef<str>>(items: &[T]) -> String {
    let mut text = items
        .iter()
        .take(NAMED)
        .map(AsRef::as_ref)
        .collect::<Vec<&str>>()
        .join(", ");
    if items.len() > NAMED {
        let more = items.len() - NAMED;
        text = format!("{text} and {more} more");
    }
    text
}
