//! A rule at ingress-nginx: what its annotations do to the request before a backend is asked, and to which backend and
//! with which path it goes.
//!
//! The order is nginx's: redirects (which its rewrite phase answers) before the lists of addresses, and these before
//! the backend.

mod facts;
mod login;
pub(super) mod passed;
mod sources;

use crate::model::evidence::Evidence;
use crate::model::ingress::{Backend, BackendPort, Ingress};
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::semantics::ingress::{Chosen, backend_port};
use crate::semantics::nginx::canary::{self, Goes};
use crate::semantics::nginx::location::{Location, Server, app_root, has_certificate};
use crate::semantics::nginx::redirect;
use crate::semantics::nginx::rewrite::{self, Rewritten};
use crate::semantics::nginx::{annotation, protocol, upstream, uri};
use crate::semantics::speech::Speech;
use crate::trace::cause::Cause;
use crate::trace::end::Url;
use crate::trace::entry::Entry;
use crate::trace::hop::{Hop, Note, Stage, Verdict};
use crate::trace::path::{Http, Share};
use crate::trace::route::{self, Reach};
use crate::trace::walk::Walk;

pub(super) use crate::semantics::nginx::annotation::is_canary;

/// Through a location.
pub(super) fn follow(
    walk: &mut Walk<'_, '_>,
    request: &Url,
    entry: &Entry<'_>,
    chosen: &Chosen<'_>,
    at: &(Server<'_>, Location<'_>),
) {
    let (server, location) = at;
    let mut hop = route::hop(request, entry, chosen);
    let beside = canary::beside(&entry.ingresses, chosen.ingress, chosen.backend);
    let shut = login::shut(walk.view, entry, server, location);
    // Of what closes a path alone, nginx answers `app-root` first.
    let rooted = at_root(request, server).is_some();
    if let Some(shut) = shut.filter(|shut| !(rooted && shut.status == Some(503))) {
        return close(walk, hop, shut);
    }
    if let Some(sent) = sent_elsewhere(request, entry, server, location) {
        hop.reason = format!("{}; {}: {}", hop.reason, sent.words, sent.status);
        hop.evidence.extend(sent.evidence);
        route::redirect(walk, hop, sent.status, &sent.to);
        return;
    }
    let lists = sources::judge(walk, entry, location.ingress);
    match login::asked(walk, request, location.ingress, lists) {
        Err(refused) => return close(walk, hop, *refused),
        Ok((asks, evidence)) => {
            hop.evidence.extend(evidence);
            for words in asks {
                hop.reason = format!("{}; {words}", hop.reason);
            }
        }
    }
    let path = rewrite(request, location, &mut hop);
    hop.notes.extend(facts::notes(server, location));
    hop.notes.extend(speaks_otherwise(walk, chosen));
    if let Some((other, backend)) = beside {
        let goes = canary::decide(other, &request.headers);
        with_canary(walk, entry, chosen, (other, backend), &goes, hop);
    } else {
        walk.step(hop);
        to_backend(walk, entry, chosen.ingress, chosen.backend);
    }
    instead(walk, entry, location.ingress);
    tell_limits(walk, location);
    if let Some(path) = path {
        walk.http.get_or_insert_default().upstream_path = Some(path);
    }
}

/// That the backend speaks another protocol than it is asked with.
fn speaks_otherwise(walk: &Walk<'_, '_>, chosen: &Chosen<'_>) -> Option<Note> {
    let Backend::Service { name, port } = chosen.backend else {
        return None;
    };
    let (view, one) = (walk.view, chosen.ingress);
    let service = view.service(&one.meta.key.sibling(Kind::Service, name.clone()))?;
    let port = backend_port(service, port)?;
    let said = protocol::clash(view, one, service, port)?;
    let (speaks, status) = match said.speech {
        Speech::Tls => ("speaks TLS", "400 or 502"),
        Speech::Plain => ("speaks no TLS", "502"),
    };
    Some(Note {
        text: format!(
            "asked with {}, and the port {speaks}, as {} says: {status}",
            protocol::asked(one),
            said.field
        ),
        subject: Some(said.by),
        verdict: Verdict::Unknown,
    })
}

/// The way ends at the rule: the controller itself answers, or it is not known whether it does.
fn close(walk: &mut Walk<'_, '_>, mut hop: Hop, judged: sources::Judged) {
    hop.reason = format!("{}; {}", hop.reason, judged.words);
    hop.evidence.extend(judged.evidence);
    hop.verdict = judged.verdict;
    hop.cause = judged.cause;
    walk.step(hop);
    walk.skip(route::AFTER);
    walk.http.get_or_insert_default().status = judged.status;
}

/// From a backend on, by its endpoints or by the Service's address (`service-upstream`).
pub(super) fn to_backend(
    walk: &mut Walk<'_, '_>,
    entry: &Entry<'_>,
    ingress: &Ingress,
    backend: &Backend,
) {
    let place = ingress.meta.key.namespace.as_ref();
    let by = upstream::by_address(&entry.ingresses, place, backend);
    let reach = by.map_or(Reach::Endpoints, |by| {
        Reach::Address(by, "service-upstream")
    });
    route::backend_by(walk, ingress, backend, reach);
}

/// The controller's default limits are worth a line where nothing else stands in the way.
fn tell_limits(walk: &mut Walk<'_, '_>, location: &Location<'_>) {
    let passes = walk.hops.iter().all(|hop| hop.verdict == Verdict::Pass);
    let mut hops = walk.hops.iter_mut();
    if let Some(hop) = hops.find(|hop| hop.stage == Stage::Route)
        && passes
        && !facts::limited(location)
    {
        hop.notes.push(facts::limits(location));
    }
}

/// A redirect that answers the request.
struct Sent {
    status: u16,
    to: String,
    words: String,
    evidence: Option<Evidence>,
}

/// `app-root`, then `temporal-redirect` and `permanent-redirect`, then the one to `https`.
fn sent_elsewhere(
    request: &Url,
    entry: &Entry<'_>,
    server: &Server<'_>,
    location: &Location<'_>,
) -> Option<Sent> {
    let asked = |one: &Ingress, name: &str| {
        let value = annotation::text(one, name)?;
        let (key, field) = (&one.meta.key, annotation::field(name));
        Some(Evidence::new(key, &field, value, "unset"))
    };
    if let Some((one, root)) = at_root(request, server) {
        return Some(Sent {
            status: 302,
            to: format!("{}://{}{root}", request.scheme, request.host),
            words: format!("app-root sends / to {root}"),
            evidence: asked(one, "app-root"),
        });
    }
    let one = location.ingress;
    // A default backend of the server for all the rest neither redirects nor rewrites.
    let ruled = location.rule.is_some() || !server.host.is_empty();
    if let Some(sent) = redirect::elsewhere(one).filter(|_| ruled) {
        let name = sent.annotation.unwrap_or_default();
        return Some(Sent {
            status: sent.status,
            to: with_variables(&sent.location, request),
            words: format!("{name} sends it to {}", sent.location),
            evidence: asked(one, name),
        });
    }
    if request.is_tls() {
        return None;
    }
    let certificate = has_certificate(&entry.ingresses, server.host);
    let by = redirect::to_https(one, certificate).filter(|_| ruled)?;
    Some(Sent {
        status: 308,
        to: https(request, one),
        words: "plain HTTP is sent to https".to_owned(),
        evidence: match by {
            Some(name) => asked(one, name),
            None => Some(Evidence::new(
                &one.meta.key,
                &annotation::field("ssl-redirect"),
                "unset",
                "false, to answer plain HTTP for a host with TLS",
            )),
        },
    })
}

/// Where a request for `/` alone is sent.
fn at_root<'w>(request: &Url, server: &Server<'w>) -> Option<(&'w Ingress, &'w str)> {
    let root = uri::normalised(&request.path) == "/";
    app_root(server).filter(|_| root)
}

/// The variables of nginx that redirects usually have.
fn with_variables(to: &str, request: &Url) -> String {
    let whole = route::address(request, "", &request.path);
    let asked = whole.trim_start_matches(&format!("{}://", request.scheme));
    to.replace("$request_uri", asked)
        .replace("$scheme", &request.scheme)
        .replace("$host", &request.host)
        .replace("$uri", &request.path)
}

/// The same address with `https`; a slash at its end is left out unless `preserve-trailing-slash` keeps it.
fn https(request: &Url, one: &Ingress) -> String {
    let kept = annotation::flag(one, "preserve-trailing-slash") == Some(true);
    let path = match request.path.strip_suffix('/') {
        Some(path) if !kept && !path.is_empty() && request.query.is_none() => path,
        _ => &request.path,
    };
    let query = request.query.as_ref();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("https://{}{path}{query}", request.host)
}

/// Tells the path that the backend gets, where it is another one.
fn rewrite(request: &Url, location: &Location<'_>, hop: &mut Hop) -> Option<String> {
    let target = annotation::text(location.ingress, rewrite::TARGET)?;
    location.rule?;
    let asked = uri::normalised(&request.path);
    let became = rewrite::rewritten(location, &asked);
    let field = annotation::field(rewrite::TARGET);
    let key = &location.ingress.meta.key;
    match became {
        Rewritten::Stays => None,
        Rewritten::To(path) if path == asked => None,
        Rewritten::Unclear => {
            hop.notes.push(Note {
                subject: Some(key.clone()),
                verdict: Verdict::Unknown,
                text: format!("the path becomes what rewrite-target {target} makes of it"),
            });
            None
        }
        Rewritten::To(path) => {
            hop.reason = format!("{} as {path}", hop.reason);
            hop.evidence.push(Evidence::new(
                key,
                &field,
                target,
                format!("the backend is asked for {path}"),
            ));
            Some(path)
        }
    }
}

/// The way where a canary stands beside the backend. A canary without endpoints takes part in nothing.
fn with_canary(
    walk: &mut Walk<'_, '_>,
    entry: &Entry<'_>,
    chosen: &Chosen<'_>,
    beside: (&Ingress, &Backend),
    goes: &Goes,
    mut hop: Hop,
) {
    let (other, backend) = beside;
    let to_canary = tried(walk, entry, other, backend);
    let to_main = tried(walk, entry, chosen.ingress, chosen.backend);
    let leads = route::leads(backend);
    let name = other.meta.key.short();
    let mut told = |verdict: Verdict, text: String| {
        hop.notes.push(Note {
            subject: Some(other.meta.key.clone()),
            verdict,
            text,
        });
    };
    let alive = |way: &Walk<'_, '_>| way.http.as_ref().is_some_and(|http| http.status.is_none());
    match goes {
        Goes::Main => told(
            Verdict::Skipped,
            format!("the canary {name} does not take this request"),
        ),
        // Without an endpoint there is no balancer to choose: both ways end at the main one.
        _ if !alive(&to_canary) || !alive(&to_main) => told(
            Verdict::Skipped,
            format!("the canary {name} takes no part: {leads} or the main backend has no endpoint"),
        ),
        Goes::Canary(why) => {
            hop.reason = format!("{}; canary {name} → {leads}: {why}", hop.reason);
            walk.step(hop);
            join(walk, to_canary);
            return;
        }
        Goes::Unclear => {
            hop.verdict = Verdict::Unknown;
            hop.cause = Some(Cause::OutsideCluster);
            hop.reason = format!(
                "{}; whether canary {name} takes it depends on a pattern that only the controller understands",
                hop.reason
            );
        }
        Goes::Split(share) => {
            let percent = f64::from(*share) / 1e4;
            hop.reason = format!(
                "{}; {percent} % of the requests go to canary {name} → {leads}",
                hop.reason
            );
            let shares = shares(&to_main, &to_canary, *share);
            differ(&mut hop, &to_main, &to_canary);
            walk.step(hop);
            join(walk, to_main);
            walk.http.get_or_insert_default().backends = shares;
            return;
        }
    }
    walk.step(hop);
    join(walk, to_main);
}

/// The way to a backend, on its own.
fn tried<'v, 'w>(
    walk: &Walk<'v, 'w>,
    entry: &Entry<'_>,
    one: &Ingress,
    to: &Backend,
) -> Walk<'v, 'w> {
    let mut way = Walk::new(walk.view, walk.from, walk.client.clone());
    way.http = Some(Http::default());
    to_backend(&mut way, entry, one, to);
    way
}

fn join(walk: &mut Walk<'_, '_>, way: Walk<'_, '_>) {
    for hop in way.hops {
        walk.step(hop);
    }
    walk.endpoints = way.endpoints;
    walk.http = way.http;
}

fn shares(main: &Walk<'_, '_>, canary: &Walk<'_, '_>, share: u32) -> Vec<Share> {
    let part = |way: &Walk<'_, '_>, millionths: u32| Share {
        backend: way.http.as_ref().and_then(|http| http.backend.clone()),
        millionths,
        status: way.http.as_ref().and_then(|http| http.status),
    };
    vec![part(main, 1_000_000 - share), part(canary, share)]
}

/// Where one part of the requests ends otherwise than the other, the whole is not certain.
fn differ(hop: &mut Hop, main: &Walk<'_, '_>, canary: &Walk<'_, '_>) {
    let deciding = |way: &Walk<'_, '_>| {
        let mut hops = way.hops.iter();
        hops.find(|hop| hop.verdict != Verdict::Pass)
            .map(|hop| (hop.verdict, hop.cause.clone(), hop.reason.clone()))
    };
    let ends = (deciding(main), deciding(canary));
    if ends.0.as_ref().map(|end| end.0) == ends.1.as_ref().map(|end| end.0) {
        return;
    }
    let (which, end) = match ends {
        (None, Some(end)) => ("the canary's part", end),
        (Some(end), _) => ("the main part", end),
        (None, None) => return,
    };
    hop.verdict = Verdict::Unknown;
    hop.cause = end.1;
    hop.reason = format!("{}; {which} does not get through: {}", hop.reason, end.2);
}

/// `default-backend`: a Service that answers where the backend has no endpoint.
fn instead(walk: &mut Walk<'_, '_>, entry: &Entry<'_>, one: &Ingress) {
    let dead = walk.http.as_ref().and_then(|http| http.status) == Some(503);
    let Some(name) = annotation::text(one, "default-backend").filter(|_| dead) else {
        return;
    };
    let key = one.meta.key.sibling(Kind::Service, Name::from(name));
    let Some(port) = walk
        .view
        .service(&key)
        .and_then(|other| other.ports.first())
    else {
        return;
    };
    let backend = Backend::Service {
        name: Name::from(name),
        port: BackendPort::Number(port.port),
    };
    let way = tried(walk, entry, one, &backend);
    let serves = way.http.as_ref().is_some_and(|http| http.status.is_none());
    if let Some(hop) = walk
        .hops
        .iter_mut()
        .find(|hop| hop.stage == Stage::Endpoints)
        && serves
    {
        hop.notes.push(Note {
            subject: Some(key),
            verdict: Verdict::Skipped,
            text: format!("default-backend: Service {name} answers in its place"),
        });
        walk.http.get_or_insert_default().status = None;
    }
}
