//! Whether the lists of addresses let the client through, as far as the controller sees its address.

use crate::model::evidence::Evidence;
use crate::model::ingress::Ingress;
use crate::model::key::Key;
use crate::model::service::{Service, ServiceType, TrafficPolicy};
use crate::model::view::View;
use crate::semantics::controller;
use crate::semantics::nginx::annotation;
use crate::semantics::nginx::sources::{self, Sources};
use crate::semantics::policy::address::{cut, internet, space};
use crate::semantics::policy::end::Span;
use crate::trace::cause::Cause;
use crate::trace::end::From;
use crate::trace::entry::Entry;
use crate::trace::hop::Verdict;
use crate::trace::walk::Walk;

/// What the lists say.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) words: String,
    pub(super) status: Option<u16>,
    pub(super) cause: Option<Cause>,
    pub(super) evidence: Vec<Evidence>,
}

/// The most ranges that are told.
const TOLD: usize = 4;

/// Whether the lists of an Ingress let this client through.
pub(super) fn judge(walk: &Walk<'_, '_>, entry: &Entry<'_>, one: &Ingress) -> Judged {
    let key = &one.meta.key;
    let sources = sources::of(one);
    if let Some(name) = sources.unreadable {
        return Judged {
            verdict: Verdict::Fail,
            words: format!("{name} is no list of networks, which closes the path: 503"),
            status: Some(503),
            cause: Some(Cause::AnnotationInvalid(key.clone())),
            evidence: vec![shown(one, name, annotation::Form::Networks.wanted())],
        };
    }
    let open = |evidence| Judged {
        verdict: Verdict::Pass,
        words: String::new(),
        status: None,
        cause: None,
        evidence,
    };
    if sources.is_empty() {
        return open(Vec::new());
    }
    let kept = keeps_source(walk.view, entry);
    let spans = if kept { client(walk) } else { None };
    let certain = spans.is_some();
    let spans = spans.unwrap_or_else(|| anyone(walk.view, entry));
    let pieces = spans.iter().flat_map(|span| cut(*span, sources.nets()));
    let pieces: Vec<(Span, Option<&str>)> = pieces
        .map(|piece| (piece, sources.keeps_out(piece.first)))
        .collect();
    let out = pieces.iter().find_map(|(_, name)| *name);
    let let_in: Vec<Span> = pieces
        .iter()
        .filter(|(_, name)| name.is_none())
        .map(|(piece, _)| *piece)
        .collect();
    let Some(name) = out else {
        return open(evidence(one, &sources, "a list that holds the client"));
    };
    if let_in.is_empty() {
        return Judged {
            verdict: Verdict::Fail,
            words: format!("{name} does not admit the client: 403"),
            status: Some(403),
            cause: Some(Cause::ClientNotAllowed(key.clone())),
            evidence: evidence(one, &sources, "a list that admits the client"),
        };
    }
    Judged {
        verdict: Verdict::Unknown,
        words: unknown(name, &let_in, certain),
        status: None,
        cause: Some(Cause::ClientNotAllowed(key.clone())),
        evidence: evidence(one, &sources, "a list that admits the client"),
    }
}

fn unknown(name: &str, let_in: &[Span], certain: bool) -> String {
    let told: Vec<String> = let_in.iter().take(TOLD).map(ToString::to_string).collect();
    let more = match let_in.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let told = format!("{}{more}", told.join(", "));
    if certain {
        format!("{name} admits {told} only: others get 403")
    } else {
        format!(
            "{name} admits {told} only, and the address that the controller sees may be another one than the client's"
        )
    }
}

fn shown(one: &Ingress, name: &str, expected: &str) -> Evidence {
    let value = annotation::text(one, name).unwrap_or_default();
    Evidence::new(&one.meta.key, &annotation::field(name), value, expected)
}

fn evidence(one: &Ingress, sources: &Sources, expected: &str) -> Vec<Evidence> {
    let lists = [&sources.denied, &sources.allowed];
    let lists = lists.into_iter().flatten();
    lists.map(|(name, _)| shown(one, name, expected)).collect()
}

/// The addresses that the client may have; none where they are not known.
fn client(walk: &Walk<'_, '_>) -> Option<Vec<Span>> {
    match walk.from {
        From::Pod(key) => {
            let pod = walk.view.pod(key)?;
            let own = pod.ips.iter().copied().map(Span::one);
            let own: Vec<Span> = own.collect();
            (!own.is_empty() && !pod.host_network).then_some(own)
        }
        From::Ip(ip) => Some(vec![Span::one(*ip)]),
        From::Internet => Some(internet(walk.view)),
        From::Node(_) | From::Workload(_) => None,
    }
}

/// Any address, of the families that the controller has.
fn anyone(view: &View<'_>, entry: &Entry<'_>) -> Vec<Span> {
    let pods = entry
        .known
        .map(|known| controller::pods(view, known, entry.class.object()))
        .unwrap_or_default();
    let v6 = pods
        .iter()
        .any(|pod| pod.ips.iter().any(std::net::IpAddr::is_ipv6));
    let v4 = !v6
        || pods
            .iter()
            .any(|pod| pod.ips.iter().any(std::net::IpAddr::is_ipv4));
    [(v4, true), (v6, false)]
        .into_iter()
        .filter(|(has, _)| *has)
        .map(|(_, family)| space(family))
        .collect()
}

/// Whether clients keep their address on the way to the controller: each Service that leads to it from outside keeps to
/// the node (`externalTrafficPolicy: Local`) and has an address of its own, not a proxy's name in front of it.
fn keeps_source(view: &View<'_>, entry: &Entry<'_>) -> bool {
    let Some(known) = entry.known else {
        return false;
    };
    let pods = controller::pods(view, known, entry.class.object());
    let services: Vec<&Service> = pods
        .iter()
        .filter_map(|pod| {
            let place = pod.meta.key.namespace.as_ref()?;
            Some(view.services_selecting(place, &pod.meta.labels))
        })
        .flatten()
        .filter(|one| is_outside(one))
        .collect();
    let names: Vec<&Key> = services.iter().map(|one| &one.meta.key).collect();
    !names.is_empty() && services.iter().all(|one| keeps(one))
}

fn is_outside(service: &Service) -> bool {
    matches!(
        service.kind,
        ServiceType::LoadBalancer | ServiceType::NodePort
    )
}

fn keeps(service: &Service) -> bool {
    let own = service
        .addresses
        .iter()
        .all(|address| address.ip.is_some() && !address.proxy_mode);
    let addressed = service.kind != ServiceType::LoadBalancer || !service.addresses.is_empty();
    service.external_policy == TrafficPolicy::Local && own && addressed
}
