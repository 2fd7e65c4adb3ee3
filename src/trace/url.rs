//! To a URL: the entries that claim its host, the rule it meets, and what lies behind.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::{View, as_ingress};
use crate::semantics::ingress::Class;
use crate::semantics::nginx::passthrough;
use crate::semantics::other_routes::{self, Claim};
use crate::semantics::{controller, near};
use crate::trace::cause::Cause;
use crate::trace::end::Url;
use crate::trace::entry::{self, Entry, entries, meet};
use crate::trace::follow::Client;
use crate::trace::hop::{Hop, Note, Stage, Verdict};
use crate::trace::path::{EntryOutcome, Http};
use crate::trace::walk::{self, Walk};
use crate::trace::{hop, nginx, policy, route, tls};
use std::net::IpAddr;

/// Follows a request for a URL. Where several entries claim the host each is tried and listed; outcomes that differ
/// make the path unknown unless one is chosen.
pub(super) fn follow(
    walk: &mut Walk<'_, '_>,
    request: &Url,
    via: Option<&Key>,
) -> Vec<EntryOutcome> {
    walk.http = Some(Http::default());
    if let Some(gap) = walk.view.gap(Kind::Ingress, None) {
        walk.step(walk::unreadable(Stage::Route, gap));
        return Vec::new();
    }
    let mut outcomes: Vec<EntryOutcome> = Vec::new();
    let mut first: Option<Walk<'_, '_>> = None;
    for entry in claiming(walk.view, request, via) {
        let mut tried = Walk::new(walk.view, walk.from, walk.client.clone());
        through(&mut tried, request, &entry);
        outcomes.push(outcome(&entry.key, &tried));
        first.get_or_insert(tried);
    }
    if via.is_none() {
        outcomes.extend(others(walk.view, &request.host, &outcomes));
    }
    let same = |a: &EntryOutcome, b: &EntryOutcome| {
        (a.verdict, a.status, &a.backend) == (b.verdict, b.status, &b.backend)
    };
    let agree = outcomes
        .iter()
        .zip(outcomes.iter().skip(1))
        .all(|(a, b)| same(a, b));
    match first {
        None => nowhere(walk, request),
        Some(first) if agree => *walk = first,
        Some(_) => walk.step(several(request, &outcomes)),
    }
    if outcomes.len() > 1 {
        outcomes
    } else {
        Vec::new()
    }
}

/// Ways in of other APIs that are for the host as well: what they do is not known.
fn others(view: &View<'_>, host: &str, beside: &[EntryOutcome]) -> Vec<EntryOutcome> {
    let claiming = other_routes::claiming(view, host).into_iter();
    let certain = claiming.filter(|(_, claim)| *claim == Claim::Yes && !beside.is_empty());
    certain
        .map(|(entry, _)| EntryOutcome {
            entry,
            verdict: Verdict::Unknown,
            status: None,
            backend: None,
        })
        .collect()
}

fn outcome(key: &Key, tried: &Walk<'_, '_>) -> EntryOutcome {
    let http = tried.http.as_ref();
    EntryOutcome {
        entry: key.clone(),
        verdict: hop::verdict(&tried.hops),
        status: http.and_then(|http| http.status),
        backend: http.and_then(|http| http.backend.clone()),
    }
}

fn several(request: &Url, outcomes: &[EntryOutcome]) -> Hop {
    let notes = outcomes.iter().map(|one| {
        let status = one
            .status
            .map(|status| format!(" {status}"))
            .unwrap_or_default();
        let backend = one
            .backend
            .as_ref()
            .map(|(key, port)| format!(" {key}:{port}"))
            .unwrap_or_default();
        Note {
            subject: Some(one.entry.clone()),
            verdict: one.verdict,
            text: format!("{}{status}{backend}", one.entry),
        }
    });
    let words = format!(
        "{} entries claim {} and differ: choose one with --via",
        outcomes.len(),
        request.host
    );
    Hop::new(Stage::Entry, None, Verdict::Unknown, words)
        .because(Cause::OutsideCluster)
        .noting(notes.collect())
}

/// The entries that claim the host; where none does, those with a default backend.
fn claiming<'w>(view: &View<'w>, request: &Url, via: Option<&Key>) -> Vec<Entry<'w>> {
    if request.port != 80 && request.port != 443 {
        return Vec::new();
    }
    let mut entries = entries(view);
    if let Some(via) = via {
        entries.retain(|entry| {
            entry.key == *via || entry.ingresses.iter().any(|one| one.meta.key == *via)
        });
        return entries;
    }
    let claims = |entry: &Entry<'_>| entry.claims(&request.host);
    if entries.iter().any(claims) {
        entries.retain(claims);
        // What nobody serves competes with nothing that somebody does.
        let served = |entry: &Entry<'_>| !matches!(entry.class, Class::None);
        if entries.iter().any(served) {
            entries.retain(served);
        }
    } else {
        entries.retain(|entry| meet(entry, request).ingress().is_some());
    }
    entries
}

fn start(walk: &mut Walk<'_, '_>, request: &Url, entry: Option<&Entry<'_>>) {
    walk.http = Some(Http::default());
    let words = format!("{}: public name not asked", request.host);
    walk.step(
        Hop::new(Stage::Dns, None, Verdict::Unknown, words)
            .because(Cause::OutsideCluster)
            .advisory(),
    );
    let served = entry.iter().flat_map(|entry| entry.ingresses.iter());
    let mut addresses: Vec<IpAddr> = served
        .flat_map(|one| one.addresses.iter().filter_map(|address| address.ip))
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    policy::anywhere(walk, &addresses, request.port);
}

/// No entry has the host: the request reaches whatever listens, which answers 404.
fn nowhere(walk: &mut Walk<'_, '_>, request: &Url) {
    start(walk, request, None);
    if let Some(hop) = perhaps(walk.view, request) {
        walk.step(hop);
        walk.skip(route::AFTER);
        return;
    }
    let ingresses = walk.view.all(Kind::Ingress).filter_map(as_ingress);
    let hosts: Vec<&Name> = ingresses
        .flat_map(|one| one.rules.iter().map(|rule| &rule.host))
        .collect();
    let near = near::of_name(
        &request.host,
        hosts.into_iter().filter(|host| !host.is_empty()),
    );
    let hint = near
        .map(|near| format!("; {near} is there"))
        .unwrap_or_default();
    let words = if request.port == 80 || request.port == 443 {
        format!("no rule has the host {}{hint}: 404", request.host)
    } else {
        format!(
            "no entry listens on port {}: Ingress serves 80 and 443",
            request.port
        )
    };
    walk.step(Hop::new(Stage::Route, None, Verdict::Fail, words).because(Cause::NoRoute));
    walk.skip(route::AFTER);
    walk.status(404);
}

/// A way in that is not judged may have the host: another API's route, or one of a kind that cannot be read.
fn perhaps(view: &View<'_>, request: &Url) -> Option<Hop> {
    let unread = |subject: Option<Key>, words: String| {
        Some(Hop::new(Stage::Route, subject, Verdict::Unknown, words).because(Cause::WayNotJudged))
    };
    let claiming = other_routes::claiming(view, &request.host);
    let best = claiming.iter().min_by_key(|(_, claim)| *claim);
    if let Some((key, claim)) = best {
        let may = match claim {
            Claim::Yes => "is for",
            Claim::Perhaps | Claim::No => "may be for",
        };
        let words = format!("no Ingress has the host; {key} {may} it and is not judged");
        return unread(Some(key.clone()), words);
    }
    let gap = other_routes::KINDS
        .iter()
        .find_map(|kind| view.gap(*kind, None));
    if let Some(gap) = gap {
        return Some(walk::unreadable(Stage::Route, gap));
    }
    let mut unknown = view.unrecognised().into_iter();
    let (_, kind, _) = unknown.find(|(group, kind, _)| other_routes::is_unread_way(group, kind))?;
    let words =
        format!("no Ingress has the host; a {kind} of the files may have it, and is not judged");
    unread(None, words)
}

/// Through one entry. The status and backend follow from the routing objects, whatever becomes of the entry.
fn through(walk: &mut Walk<'_, '_>, request: &Url, entry: &Entry<'_>) {
    start(walk, request, Some(entry));
    let met = meet(entry, request);
    walk.step(entry::hop(walk.view, entry, met.ingress()));
    if request.is_tls() {
        walk.step(tls::hop(walk.view, entry, request));
    }
    // From here the controller asks, not the client.
    let pods = entry
        .known
        .map(|known| controller::pods(walk.view, known, entry.class.object()))
        .unwrap_or_default();
    let taking = pods
        .iter()
        .filter(|pod| pod.is_ready() && !pod.is_terminating());
    let controllers = taking.map(|pod| pod.meta.key.clone()).collect();
    let mut beyond = Walk::new(walk.view, walk.from, Client::Controller(controllers));
    beyond.http = Some(Http::default());
    let passed = (request.is_tls() && entry.is_nginx())
        .then(|| passthrough::of(&entry.ingresses, &request.host))
        .flatten();
    match passed {
        Some(passed) => nginx::passed::follow(&mut beyond, request, entry, &met, &passed),
        None => route::follow(&mut beyond, request, entry, &met),
    }
    for hop in beyond.hops {
        walk.step(hop);
    }
    walk.endpoints = beyond.endpoints;
    walk.http = beyond.http;
}
