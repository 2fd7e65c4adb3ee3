//! An EndpointSlice that still lists a pod as ready which is gone, finished, or has another address by now.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::service::writer;
use crate::model::endpoints::{AddressType, Endpoint, EndpointSlice};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::view::{View, as_slice};
use jiff::{SignedDuration, Timestamp};
use std::net::IpAddr;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC020",
    slug: "slice-stale",
    title: "slice lists a pod that is no longer there",
    on: &[Kind::EndpointSlice],
    page: include_str!("slice_stale.md"),
    check,
};

/// What a controller may take to catch up.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// No more endpoints than this are told one by one.
const TOLD: usize = 10;

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(slice) = view.object(key).and_then(as_slice) else {
        return;
    };
    // Files need not hold every pod.
    let of_addresses = slice.address_type != AddressType::Fqdn;
    if view.is_offline() || !of_addresses || slice.service.is_none() || slice.meta.deleted.is_some()
    {
        return;
    }
    let endpoints = slice.endpoints.iter().enumerate();
    let ready = endpoints.filter(|(_, endpoint)| endpoint.is_ready());
    let stale: Vec<(usize, String, String)> = ready
        .filter_map(|(at, endpoint)| {
            let (observed, expected) = why_stale(view, slice, endpoint)?;
            Some((at, observed, expected))
        })
        .collect();
    if !stale.is_empty() {
        sink.report(report(slice, &stale));
    }
}

/// What the endpoint says and what is so, where the two differ for longer than a controller needs.
fn why_stale(
    view: &View<'_>,
    slice: &EndpointSlice,
    endpoint: &Endpoint,
) -> Option<(String, String)> {
    let name = endpoint.pod.as_ref()?;
    let key = slice.meta.key.sibling(Kind::Pod, name.clone());
    let long_ago = |at: Timestamp| !view.is_within(PATIENCE, at);
    let Some(pod) = view.pod(&key) else {
        // When the pod went is not known, and a controller takes it out within moments.
        let left_alone = writer::is_by_hand(slice) && slice.meta.created.is_none_or(long_ago);
        return left_alone.then(|| (format!("pod {name} as ready"), "it is gone".to_owned()));
    };
    if !pod_is_settled(pod).is_some_and(long_ago) || pod.is_terminating() {
        return None;
    }
    if pod.is_terminal() {
        return Some((format!("pod {name} as ready"), "it has finished".to_owned()));
    }
    let listed: IpAddr = endpoint.addresses.first()?.parse().ok()?;
    // Others may list the address of a pod in a second network, which is not in its status.
    let of_family = |ip: &&IpAddr| ip.is_ipv6() == listed.is_ipv6();
    let own = pod.ips.iter().find(of_family)?;
    if writer::is_foreign(slice) || *own == listed {
        return None;
    }
    Some((format!("pod {name} at {listed}"), format!("it is at {own}")))
}

/// Since when the pod has been as it is: the latest of the moments that its status tells.
fn pod_is_settled(pod: &Pod) -> Option<Timestamp> {
    let ready = pod.condition("Ready").and_then(|condition| condition.since);
    [pod.meta.created, pod.started, ready]
        .into_iter()
        .flatten()
        .max()
}

fn report(slice: &EndpointSlice, stale: &[(usize, String, String)]) -> Draft {
    let key = &slice.meta.key;
    let count = stale.len();
    let total = slice.endpoints.len();
    let service = slice.service.as_deref().unwrap_or_default();
    let (_, said, is) = &stale.first().cloned().unwrap_or_default();
    let verb = if count == 1 { "is" } else { "are" };
    let evidence = stale.iter().take(TOLD).map(|(at, said, is)| {
        Evidence::new(key, &format!("endpoints[{at}]"), said.as_str(), is.as_str())
    });
    let fix = if writer::is_by_hand(slice) {
        "Take these endpoints out of the slice; whoever wrote it has to follow the pods (a selector on the Service does that by itself)."
    } else {
        "See why the controller that keeps the slice (label endpointslice.kubernetes.io/managed-by; else kube-controller-manager) does not follow its pods: its log and its lease."
    };
    Draft::warning(key, format!("{count} of {total} endpoints {verb} stale"))
        .at("endpoints")
        .says(format!("Proxies send a share of the traffic of Service {service} to endpoints that do not serve it any more: the slice lists {said}, and {is}. That share times out, or meets whoever has the address now."))
        .evidences(evidence)
        .confirm(kubectl::get(key).option("-o", "yaml"))
        .fix(fix)
}
