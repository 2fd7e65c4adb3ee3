//! Whether a forward can work, and on which local port. What cannot work is refused here, with the
//! reason and the nearest miss, and not later by a socket error.

use crate::forward::nearest::nearest;
use crate::forward::pick::{Among, pod_port, pods_of, service_port};
use crate::forward::target::{Local, Target};
use crate::model::coverage::State;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::port::{PortRef, Protocol};
use crate::model::service::{Service, ServicePort, ServiceType};
use crate::model::view::View;
use crate::model::world::World;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// Above a privileged port, the port proposed in its place.
const PRIVILEGED_SHIFT: u16 = 8000;

/// A forward that can work. Having no ready endpoint now is no obstacle: connections wait for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What was asked for.
    pub target: Target,
    /// The address to listen on.
    pub address: IpAddr,
    /// The local port; 0 for any that is free.
    pub local: u16,
    /// The local port that is proposed where none is asked for; 0 where that is not known.
    pub usual: u16,
    /// Which of several ready pods serves a connection.
    pub among: Among,
    /// The port's way to the pod, for people: `80 → targetPort http`.
    pub mapping: String,
    /// What a person should know about it.
    pub notes: Vec<String>,
}

impl Plan {
    /// The same plan on another local address.
    pub fn on_address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// The same plan, choosing in another way among several pods.
    pub fn choosing(mut self, among: Among) -> Self {
        self.among = among;
        self
    }

    /// The same plan on another local port; 0 for any that is free.
    pub fn on_port(mut self, local: u16) -> Self {
        self.local = local;
        self
    }

    /// Whether others on the network can use the forward too.
    pub fn is_exposed(&self) -> bool {
        !self.address.is_loopback()
    }

    /// What is to be said where others can use it.
    pub fn exposure(&self) -> String {
        format!(
            "{} is no loopback address: others on the network can use {}",
            self.address, self.target
        )
    }
}

/// Why a forward cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// What was asked for.
    pub target: Target,
    /// One clause a person understands.
    pub reason: String,
    /// What was probably meant, or what to do.
    pub hint: Option<String>,
    /// Codes of the findings that explain it.
    pub codes: Vec<&'static str>,
    /// Whether the world may not be complete yet: ask again when it is.
    pub syncing: bool,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be forwarded: {}", self.target, self.reason)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// The plan of a target in this world.
pub fn plan(world: &World, target: &Target) -> Result<Plan, Box<Blocked>> {
    let view = View::new(world);
    match target.object.kind {
        Kind::Service => plan_service(&view, world, target),
        Kind::Pod => plan_pod(&view, world, target),
        _ => plan_workload(&view, world, target),
    }
}

/// The local port proposed for a remote one: the same, or 8000 above a privileged one.
pub const fn proposed(remote: u16) -> u16 {
    if remote < 1024 {
        remote + PRIVILEGED_SHIFT
    } else {
        remote
    }
}

fn plan_service(view: &View<'_>, world: &World, target: &Target) -> Result<Plan, Box<Blocked>> {
    let Some(service) = view.service(&target.object) else {
        return Err(absent(world, target));
    };
    if service.kind == ServiceType::ExternalName {
        return Err(external_name(target, service));
    }
    let port = match (service_port(service, &target.remote), &target.remote) {
        (Some(port), _) => port,
        (None, PortRef::Number(number)) if service.ports.is_empty() => {
            return Ok(planned(target, *number, number.to_string()));
        }
        (None, _) => return Err(no_service_port(target, service)),
    };
    if port.protocol != Protocol::Tcp {
        return Err(not_tcp(target, port.protocol));
    }
    let mut plan = planned(target, port.port, mapping_of(port));
    if service.headless && port.target != PortRef::Number(port.port) {
        plan.notes.push(format!(
            "the Service is headless: clients in the cluster reach the pods themselves, on {} and not on {}",
            port.target, port.port
        ));
    }
    Ok(plan)
}

fn plan_workload(view: &View<'_>, world: &World, target: &Target) -> Result<Plan, Box<Blocked>> {
    let pods = pods_of(view, &target.object);
    if pods.is_empty() && view.workload(&target.object).is_none() {
        return Err(absent(world, target));
    }
    let place = target.object.namespace.as_deref();
    if let (true, PortRef::Name(_), State::Syncing { .. }) = (
        pods.is_empty(),
        &target.remote,
        world.coverage().state(Kind::Pod, place),
    ) {
        let mut unknown = blocked(target, "Pod is not synced yet", None, &[]);
        unknown.syncing = true;
        return Err(unknown);
    }
    plan_pods(target, &pods)
}

fn plan_pod(view: &View<'_>, world: &World, target: &Target) -> Result<Plan, Box<Blocked>> {
    let Some(pod) = view.pod(&target.object) else {
        return Err(absent(world, target));
    };
    if pod.is_terminal() {
        let hint = Some("its containers will not run again: forward to its owner".to_owned());
        return Err(blocked(target, "the pod has ended", hint, &[]));
    }
    let mut plan = plan_pods(target, &[pod])?;
    if !pod.is_ready() {
        plan.notes
            .push("the pod is not ready: no Service would send traffic to it".to_owned());
    }
    Ok(plan)
}

fn plan_pods(target: &Target, pods: &[&Pod]) -> Result<Plan, Box<Blocked>> {
    let name = match &target.remote {
        PortRef::Number(number) => return Ok(planned(target, *number, number.to_string())),
        PortRef::Name(name) => name,
    };
    if pods.is_empty() {
        let mut plan = planned(target, 0, name.to_string());
        plan.notes.push(format!(
            "there is no pod yet that says which number {name} is"
        ));
        return Ok(plan);
    }
    match pods.iter().find_map(|pod| pod_port(pod, &target.remote)) {
        Some(number) => Ok(planned(target, number, format!("{name} → {number}"))),
        None => Err(no_container_port(target, name, pods)),
    }
}

fn planned(target: &Target, remote: u16, mapping: String) -> Plan {
    let usual = if remote == 0 { 0 } else { proposed(remote) };
    let local = match target.local {
        Local::Exactly(number) => number,
        Local::Any => 0,
        Local::Proposed => usual,
    };
    Plan {
        among: Among::default(),
        target: target.clone(),
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        local,
        usual,
        mapping,
        notes: Vec::new(),
    }
}

/// `http 80 → 8080`.
pub(crate) fn mapping_of(port: &ServicePort) -> String {
    let name = if port.name.is_empty() {
        String::new()
    } else {
        format!("{} ", port.name)
    };
    if port.target == PortRef::Number(port.port) {
        format!("{name}{}", port.port)
    } else {
        format!("{name}{} → {}", port.port, port.target)
    }
}

fn blocked(
    target: &Target,
    reason: impl Into<String>,
    hint: Option<String>,
    codes: &[&'static str],
) -> Box<Blocked> {
    Box::new(Blocked {
        target: target.clone(),
        reason: reason.into(),
        hint,
        codes: codes.to_vec(),
        syncing: false,
    })
}

fn absent(world: &World, target: &Target) -> Box<Blocked> {
    let object = &target.object;
    let state = world
        .coverage()
        .state(object.kind, object.namespace.as_deref());
    if let State::Syncing { .. } = state {
        let mut unknown = blocked(
            target,
            format!("{} is not synced yet", object.kind),
            None,
            &[],
        );
        unknown.syncing = true;
        return unknown;
    }
    if let Some(gap) = world
        .coverage()
        .gap(object.kind, object.namespace.as_deref())
    {
        return blocked(target, gap.why.to_string(), None, &[]);
    }
    let here = object.namespace.clone().unwrap_or_default();
    let names = world
        .in_namespace(object.kind, &here)
        .map(|known| known.key().name.as_str());
    let near = nearest(&object.name, names).map(|name| object.sibling(object.kind, name));
    let elsewhere = || {
        let mut all = world.all(object.kind).map(|known| known.key());
        all.find(|key| key.name == object.name).cloned()
    };
    let hint = near.or_else(elsewhere).map(|key| format!("there is {key}"));
    blocked(
        target,
        format!("{object} does not exist"),
        hint,
        &["REQ001"],
    )
}

fn external_name(target: &Target, service: &Service) -> Box<Blocked> {
    let alias = service.external_name.clone().unwrap_or_default();
    let codes: &[&'static str] = if alias.parse::<IpAddr>().is_ok() {
        &["SVC009"]
    } else {
        &[]
    };
    let reason = format!("it is an ExternalName Service, a DNS alias of {alias} without pods");
    blocked(
        target,
        reason,
        Some("connect to that name itself".to_owned()),
        codes,
    )
}

fn not_tcp(target: &Target, protocol: Protocol) -> Box<Blocked> {
    let reason =
        format!("the port is {protocol}, and the kubelet's port-forward stream carries TCP only");
    blocked(target, reason, None, &[])
}

fn no_service_port(target: &Target, service: &Service) -> Box<Blocked> {
    let meant = service
        .ports
        .iter()
        .find(|port| port.target == target.remote);
    let hint = match (meant, &target.remote) {
        (Some(port), _) => Some(format!(
            "{} is the targetPort of port {}: forward {}",
            target.remote, port.port, port.port
        )),
        (None, PortRef::Name(name)) => {
            nearest(name, service.ports.iter().map(|port| port.name.as_str()))
                .map(|near| format!("there is a port {near}"))
                .or_else(|| ports_listed(service))
        }
        (None, PortRef::Number(_)) => ports_listed(service),
    };
    blocked(
        target,
        format!("the Service has no port {}", target.remote),
        hint,
        &["REQ002"],
    )
}

fn ports_listed(service: &Service) -> Option<String> {
    let ports: Vec<String> = service.ports.iter().map(mapping_of).collect();
    (!ports.is_empty()).then(|| format!("its ports: {}", ports.join(", ")))
}

fn no_container_port(target: &Target, name: &Name, pods: &[&Pod]) -> Box<Blocked> {
    let declared = || {
        pods.iter()
            .flat_map(|pod| pod.serving_containers())
            .flat_map(|container| container.ports.iter())
    };
    if let Some(other) = declared().find(|port| port.name == *name) {
        return not_tcp(target, other.protocol);
    }
    let mut known: Vec<&str> = declared()
        .filter(|port| port.protocol == Protocol::Tcp)
        .map(|port| port.name.as_str())
        .filter(|known| !known.is_empty())
        .collect();
    known.sort_unstable();
    known.dedup();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => Some(format!("there is a port {near}")),
        None if known.is_empty() => Some("no port has a name: give a number".to_owned()),
        None => Some(format!("named ports: {}", known.join(", "))),
    };
    blocked(
        target,
        format!("no container has a port named {name}"),
        hint,
        &["REQ002"],
    )
}
