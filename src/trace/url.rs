//! To a URL: the entries that claim its host, the rule it meets, and what lies behind.

use crate::model::evidence::Evidence;
use crate::model::ingress::Backend;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::service::Service;
use crate::model::view::{View, as_ingress};
use crate::semantics::ingress::{self, Chosen, Class};
use crate::semantics::{controller, near};
use crate::trace::cause::Cause;
use crate::trace::end::Url;
use crate::trace::entry::{self, Entry, choose, entries};
use crate::trace::follow::Client;
use crate::trace::hop::{Hop, Note, Stage, Verdict};
use crate::trace::path::{EntryOutcome, Http};
use crate::trace::walk::{self, Walk};
use crate::trace::{backing, hop, policy, service};
use std::net::IpAddr;

const AFTER_ROUTE: &[Stage] = &[
    Stage::Service,
    Stage::Endpoints,
    Stage::Ingress,
    Stage::Pod,
    Stage::Port,
];

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
    let claims =
        |entry: &Entry<'_>| ingress::claims_host(&entry.ingresses, &request.host).is_some();
    if entries.iter().any(claims) {
        entries.retain(claims);
        // What nobody serves competes with nothing that somebody does.
        let served = |entry: &Entry<'_>| !matches!(entry.class, Class::None);
        if entries.iter().any(served) {
            entries.retain(served);
        }
    } else {
        entries.retain(|entry| choose(entry, request).is_some());
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
    policy::egress_anywhere(walk, &addresses, request.port);
}

/// No entry has the host: the request reaches whatever listens, which answers 404.
fn nowhere(walk: &mut Walk<'_, '_>, request: &Url) {
    start(walk, request, None);
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
    walk.skip(AFTER_ROUTE);
    walk.status(404);
}

/// Through one entry. The status and backend follow from the routing objects, whatever becomes of the entry.
fn through(walk: &mut Walk<'_, '_>, request: &Url, entry: &Entry<'_>) {
    start(walk, request, Some(entry));
    let chosen = choose(entry, request);
    walk.step(entry::hop(walk.view, entry, chosen.as_ref()));
    // From here the controller asks, not the client.
    let pods = entry
        .known
        .map(|known| controller::pods(walk.view, known))
        .unwrap_or_default();
    let taking = pods
        .iter()
        .filter(|pod| pod.is_ready() && !pod.is_terminating());
    let controllers = taking.map(|pod| pod.meta.key.clone()).collect();
    let mut beyond = Walk::new(walk.view, walk.from, Client::Controller(controllers));
    beyond.http = Some(Http::default());
    route(&mut beyond, request, entry, chosen.as_ref());
    for hop in beyond.hops {
        walk.step(hop);
    }
    walk.endpoints = beyond.endpoints;
    walk.http = beyond.http;
}

fn route(walk: &mut Walk<'_, '_>, request: &Url, entry: &Entry<'_>, chosen: Option<&Chosen<'_>>) {
    let Some(chosen) = chosen else {
        let words = format!("no path of {} matches {}: 404", request.host, request.path);
        let subject = entry.ingresses.first().map(|one| one.meta.key.clone());
        walk.step(Hop::new(Stage::Route, subject, Verdict::Fail, words).because(Cause::NoRoute));
        walk.skip(AFTER_ROUTE);
        walk.status(404);
        return;
    };
    walk.step(route_hop(request, chosen));
    if let Some(location) = redirect(request, entry, chosen) {
        walk.http = Some(Http {
            status: Some(308),
            location: Some(location),
            ..Http::default()
        });
        walk.skip(AFTER_ROUTE);
        return;
    }
    backend(walk, chosen);
    let dead = walk
        .hops
        .iter()
        .any(|hop| hop.verdict == Verdict::Fail && hop.stage <= Stage::Endpoints);
    if dead {
        walk.status(503);
    }
}

fn route_hop(request: &Url, chosen: &Chosen<'_>) -> Hop {
    let leads = match chosen.backend {
        Backend::Service { name, port } => format!("{name}:{port}"),
        Backend::Resource { kind, name, .. } => format!("{kind} {name}"),
        Backend::Missing => "nothing".to_owned(),
    };
    let words = match chosen.rule {
        Some((host, path, kind)) => {
            let host = if host.is_empty() {
                "every host"
            } else {
                host.as_str()
            };
            let path = if path.is_empty() {
                "every path"
            } else {
                path.as_str()
            };
            format!("{host}  {path}  {kind} → {leads}")
        }
        None => format!(
            "no path matches {}: default backend → {leads}",
            request.path
        ),
    };
    Hop::new(
        Stage::Route,
        Some(chosen.ingress.meta.key.clone()),
        Verdict::Pass,
        words,
    )
}

/// ingress-nginx sends plain requests for a TLS host to https unless `ssl-redirect` is off.
fn redirect(request: &Url, entry: &Entry<'_>, chosen: &Chosen<'_>) -> Option<String> {
    let nginx = entry
        .known
        .is_some_and(|known| known.controller == "k8s.io/ingress-nginx");
    if request.is_tls() || !nginx {
        return None;
    }
    let flag = |name: &str| {
        let annotations = &chosen.ingress.meta.annotations;
        annotations
            .get(&format!("nginx.ingress.kubernetes.io/{name}"))
            .map(|value| value == "true")
    };
    let covered = entry
        .ingresses
        .iter()
        .flat_map(|one| one.tls.iter())
        .any(|tls| {
            tls.hosts
                .iter()
                .any(|host| ingress::host_fit(host, &request.host).is_some())
        });
    let wanted = flag("force-ssl-redirect") == Some(true)
        || (covered && flag("ssl-redirect") != Some(false));
    let query = request
        .query
        .as_ref()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    wanted.then(|| format!("https://{}{}{query}", request.host, request.path))
}

fn backend(walk: &mut Walk<'_, '_>, chosen: &Chosen<'_>) {
    let ingress = &chosen.ingress.meta.key;
    let beyond_service = |walk: &mut Walk<'_, '_>, hop: Hop| {
        walk.step(hop);
        walk.skip(&[Stage::Endpoints, Stage::Ingress, Stage::Pod, Stage::Port]);
    };
    let (name, port) = match chosen.backend {
        Backend::Service { name, port } => (name, port),
        Backend::Resource { kind, name, .. } => {
            let words = format!("{kind} {name} is for the controller alone to understand");
            walk.step(
                Hop::new(Stage::Backend, None, Verdict::Unknown, words)
                    .because(Cause::OutsideCluster),
            );
            walk.skip(AFTER_ROUTE);
            return;
        }
        Backend::Missing => {
            let field = "spec.rules[].http.paths[].backend";
            let hop = Hop::new(
                Stage::Service,
                Some(ingress.clone()),
                Verdict::Fail,
                "the rule names no backend",
            )
            .because(Cause::BackendServiceMissing(ingress.clone()))
            .with(Evidence::new(ingress, field, "empty", "a Service"));
            return beyond_service(walk, hop);
        }
    };
    let key = ingress.sibling(Kind::Service, name.clone());
    let Some(target) = walk.view.service(&key) else {
        return beyond_service(walk, missing_service(walk.view, ingress, &key));
    };
    let Some(known) = ingress::backend_port(target, port) else {
        return beyond_service(walk, missing_port(ingress, target, &port.to_string()));
    };
    walk.http.get_or_insert_default().backend = Some((key, known.port));
    walk.step(service::service_hop(target, known));
    backing::follow(walk, target, known);
}

fn missing_service(view: &View<'_>, ingress: &Key, key: &Key) -> Hop {
    if let Some(gap) = view.gap(Kind::Service, key.namespace.as_ref()) {
        return walk::unreadable(Stage::Service, gap);
    }
    let near = near::of_key(view, key);
    let hint = near
        .map(|name| format!("; {name} is there"))
        .unwrap_or_default();
    let words = format!(
        "Service {} does not exist in namespace {}{hint}",
        key.name,
        key.namespace_str()
    );
    Hop::new(Stage::Service, Some(key.clone()), Verdict::Fail, words)
        .because(Cause::BackendServiceMissing(ingress.clone()))
        .with(Evidence::new(
            ingress,
            "spec.rules[].http.paths[].backend.service.name",
            &*key.name,
            "a Service that exists",
        ))
}

fn missing_port(ingress: &Key, target: &Service, asked: &str) -> Hop {
    let key = &target.meta.key;
    let known: Vec<String> = target
        .ports
        .iter()
        .map(|port| {
            if port.name.is_empty() {
                port.port.to_string()
            } else {
                format!("{} ({})", port.port, port.name)
            }
        })
        .collect();
    let known = if known.is_empty() {
        "no port".to_owned()
    } else {
        known.join(", ")
    };
    let words = format!("the Service has {known}, not {asked}");
    Hop::new(Stage::Service, Some(key.clone()), Verdict::Fail, words)
        .because(Cause::BackendPortMissing(ingress.clone()))
        .with(Evidence::new(
            ingress,
            "spec.rules[].http.paths[].backend.service.port",
            asked,
            known,
        ))
}
