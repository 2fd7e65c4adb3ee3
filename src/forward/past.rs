//! The way past a Service that leads nowhere: straight to the pods that were meant.

use crate::forward::offer::{Offer, offers};
use crate::forward::pick::{pod_port, service_port};
use crate::forward::right::selected;
use crate::forward::target::{Local, Target, is_forwardable};
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::service::{Service, ServicePort};
use crate::model::view::View;
use crate::model::world::World;
use crate::semantics::empty::{Empty, why_empty};
use crate::semantics::rollout::{controller, controller_key};

/// The ports that an object offers, each port of a Service that leads nowhere after the way past it, where pods are
/// there that were probably meant: those that miss the selector by little, or that lack the named port. The way past
/// has the local port that the Service's own would have.
pub fn offers_past(world: &World, object: &Key) -> Vec<Offer> {
    let view = View::new(world);
    let mut found: Vec<Offer> = Vec::new();
    for offer in offers(world, object) {
        for past in past(&view, world, &offer) {
            if !found.iter().any(|known| known.target == past.target) {
                found.push(past);
            }
        }
        found.push(offer);
    }
    found
}

fn past(view: &View<'_>, world: &World, offer: &Offer) -> Vec<Offer> {
    let object = &offer.target.object;
    if object.kind != Kind::Service {
        return Vec::new();
    }
    let Some(service) = view.service(object) else {
        return Vec::new();
    };
    let port = service_port(service, &offer.target.remote);
    let Some((port, pod)) = port.and_then(|port| Some((port, meant(view, service, port)?))) else {
        return Vec::new();
    };
    let target = outliving(view, pod);
    match pod_port(pod, &port.target) {
        Some(number) => vec![Offer {
            target: Target {
                object: target,
                remote: port.target.clone(),
                local: Local::Proposed,
            },
            mapping: format!("{} → {number}", port.target),
            ..offer.clone()
        }],
        // The port that is named is not there: the person knows which of the pod's is meant.
        None => offers(world, &target),
    }
}

/// A pod that was probably meant by a port that leads nowhere.
fn meant<'w>(view: &View<'w>, service: &Service, port: &ServicePort) -> Option<&'w Pod> {
    match why_empty(view, service, port)? {
        Empty::SelectorMatchesNothing { near } => view.pod(&near?.example),
        Empty::TargetPortNameMissing { .. } | Empty::TargetPortProtocol { .. } => {
            selected(view, &service.meta.key).into_iter().next()
        }
        Empty::NoSelectorNoSlices
        | Empty::ScaledToZero { .. }
        | Empty::NoneReady { .. }
        | Empty::NotListed { .. } => None,
    }
}

/// The object that replaces a pod when it goes, as high up as it is known; the pod itself where nothing does.
pub(super) fn outliving(view: &View<'_>, pod: &Pod) -> Key {
    let mut key = pod.meta.key.clone();
    let mut above = controller_key(&pod.meta);
    while let Some(next) = above.filter(|next| is_forwardable(next.kind) && *next != key) {
        above = view
            .workload(&next)
            .and_then(|workload| controller(view, &workload.meta))
            .map(|workload| workload.meta.key.clone());
        key = next;
    }
    key
}
