//! Following a request from one end to the other.

use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::port::PortRef;
use crate::model::service::Family;
use crate::model::view::View;
use crate::semantics::policy::address;
use crate::semantics::proxy::ClientNode;
use crate::semantics::{near, owner};
use crate::trace::cause::Cause;
use crate::trace::end::{From, Port, To};
use crate::trace::hop::{Hop, Stage, Verdict};
use crate::trace::path::Path;
use crate::trace::walk::{self, Walk};
use crate::trace::{pod, policy, service, url};
use std::net::IpAddr;

/// Where a client stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// On a node (which may not be known), in a pod or in the node's own network.
    Inside(ClientNode),
    /// An Ingress controller, by its pods as far as they are seen: it reads the slices itself, kube-proxy plays no part.
    Controller(Vec<Key>),
    /// Outside the cluster.
    Outside,
}

/// Follows a request. A workload as an end stands for all its pods: the worst path is shown, each pod's verdict listed.
pub fn trace(view: &View<'_>, from: &From, to: &To) -> Path {
    trace_via(view, from, to, None)
}

/// Follows a request that enters by a chosen entry (an Ingress or an IngressClass), where TO is a URL.
pub fn trace_via(view: &View<'_>, from: &From, to: &To, via: Option<&Key>) -> Path {
    if let From::Workload(workload) = from {
        let senders = owner::pods_of(view, workload);
        let paths = senders.iter().map(|pod| {
            let key = pod.meta.key.clone();
            (key.clone(), trace_via(view, &From::Pod(key), to, via))
        });
        if let Some(worst) = worst(paths.collect(), from, to) {
            return worst;
        }
    }
    if let To::Workload(workload, Some(port)) = to {
        let receivers = owner::pods_of(view, workload);
        let paths = receivers.iter().map(|pod| {
            let key = pod.meta.key.clone();
            (
                key.clone(),
                trace_via(view, from, &To::Pod(key, Some(port.clone())), via),
            )
        });
        if let Some(worst) = worst(paths.collect(), from, to) {
            return worst;
        }
    }
    let mut path = Path {
        from: from.clone(),
        to: to.clone(),
        hops: Vec::new(),
        http: None,
        endpoints: Vec::new(),
        pods: Vec::new(),
        entries: Vec::new(),
    };
    let mut walk = Walk::new(view, from, client(view, from));
    match to {
        To::Service(key, port) => service::follow(&mut walk, key, port.as_ref(), None),
        To::Door(key, port, door) => service::follow(&mut walk, key, Some(port), Some(door)),
        To::Pod(key, port) | To::Workload(key, port) => {
            to_pod(&mut walk, key, port.as_ref(), None);
        }
        To::At(key, port, ip) => to_pod(&mut walk, key, Some(port), Some(Family::of(*ip))),
        To::Ip(ip, port) => to_outside(&mut walk, *ip, port),
        To::Internet(port) => to_internet(&mut walk, port),
        To::Url(request) => path.entries = url::follow(&mut walk, request, via),
    }
    path.hops = walk.hops;
    path.endpoints = walk.endpoints;
    path.http = walk.http;
    path
}

fn worst(paths: Vec<(Key, Path)>, from: &From, to: &To) -> Option<Path> {
    let badness = |path: &Path| match path.verdict() {
        Verdict::Fail => 0,
        Verdict::Unknown => 1,
        Verdict::Pass | Verdict::Skipped => 2,
    };
    let inner = paths.iter().flat_map(|(key, path)| {
        if path.pods.is_empty() {
            vec![(key.clone(), path.verdict())]
        } else {
            path.pods.clone()
        }
    });
    let mut pods: Vec<(Key, Verdict)> = inner.collect();
    pods.sort();
    pods.dedup();
    let (_, mut worst) = paths.into_iter().min_by_key(|(_, path)| badness(path))?;
    worst.from = from.clone();
    worst.to = to.clone();
    worst.pods = pods;
    Some(worst)
}

fn client(view: &View<'_>, from: &From) -> Client {
    let on = |name: Option<&Name>| {
        let node = name.and_then(|name| view.advisory(|view| view.node(name)));
        Client::Inside(ClientNode {
            node: name.cloned(),
            zone: node.and_then(|node| node.zone()).cloned(),
        })
    };
    match from {
        From::Pod(key) => on(view.pod(key).and_then(|pod| pod.node.as_ref())),
        From::Node(key) => on(Some(&key.name)),
        From::Workload(_) => Client::Inside(ClientNode::default()),
        From::Ip(_) | From::Internet => Client::Outside,
    }
}

fn to_pod(walk: &mut Walk<'_, '_>, key: &Key, port: Option<&Port>, family: Option<Family>) {
    let found = if key.kind == Kind::Pod {
        walk.view.pod(key)
    } else {
        None
    };
    let (Some(target), Some(port)) = (found, port) else {
        walk.step(missing(walk.view, key, Stage::Pod));
        walk.skip(&[Stage::Port]);
        return;
    };
    if let Some(number) = pod::number(target, port) {
        let request = policy::Request {
            receivers: vec![(policy::Receiver::Pod(target), number)],
            protocol: port.protocol,
            via: Vec::new(),
            family,
            replaced: false,
        };
        policy::follow(walk, &request);
    }
    walk.step(pod::direct(walk.view, target));
    walk.step(pod::port(Some(target), port));
}

fn to_outside(walk: &mut Walk<'_, '_>, ip: IpAddr, port: &Port) {
    if let PortRef::Number(number) = port.port {
        let request = policy::Request {
            receivers: vec![(policy::Receiver::Address(ip), number)],
            protocol: port.protocol,
            via: Vec::new(),
            family: None,
            replaced: false,
        };
        policy::egress(walk, &request);
    }
    let target = To::Ip(ip, port.clone());
    let words =
        format!("{target} is held by no object of the cluster: what lies beyond cannot be seen");
    beyond(walk, &words, address::is_outside(walk.view, ip));
}

fn to_internet(walk: &mut Walk<'_, '_>, port: &Port) {
    if let PortRef::Number(number) = port.port {
        policy::to_internet(walk, port.protocol, number);
    }
    beyond(walk, "what lies beyond the cluster cannot be seen", true);
}

/// The leg behind the cluster, as advisory as the leg before it: what a pod may send to an address that is surely
/// outside, the cluster's own objects decide. An address that the cluster may have given to somebody who is gone
/// stays unknown, and so does a sender on whom no policy has a say.
fn beyond(walk: &mut Walk<'_, '_>, words: &str, surely_outside: bool) {
    let hop = Hop::new(Stage::Proxy, None, Verdict::Unknown, words).because(Cause::OutsideCluster);
    let decided = surely_outside && matches!(walk.from, From::Pod(_) | From::Workload(_));
    walk.step(if decided { hop.advisory() } else { hop });
}

/// The hop of an end that is not there, or that cannot be read.
pub(super) fn missing(view: &View<'_>, key: &Key, stage: Stage) -> Hop {
    if let Some(gap) = view.gap(key.kind, key.namespace.as_ref()) {
        return walk::unreadable(stage, gap);
    }
    if Kind::WORKLOADS.contains(&key.kind) && view.object(key).is_some() {
        return Hop::new(
            stage,
            Some(key.clone()),
            Verdict::Fail,
            format!("{key} has no pods"),
        )
        .because(Cause::DestinationMissing)
        .with(Evidence::new(
            key,
            "spec.replicas",
            "no running pod",
            "at least one",
        ));
    }
    let near = near::of_key(view, key);
    let hint = near
        .map(|name| format!("; {name} is there"))
        .unwrap_or_default();
    Hop::new(
        stage,
        Some(key.clone()),
        Verdict::Fail,
        format!("{key} does not exist{hint}"),
    )
    .because(Cause::DestinationMissing)
    .with(Evidence::new(
        key,
        "metadata.name",
        "absent",
        "an object of this name",
    ))
}
