//! The rule of an Ingress that a request meets, and the way to its backend.

use crate::model::evidence::Evidence;
use crate::model::ingress::{Backend, Ingress};
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::{Service, ServiceType};
use crate::model::view::View;
use crate::semantics::ingress::{self, Chosen};
use crate::semantics::near;
use crate::trace::cause::Cause;
use crate::trace::end::Url;
use crate::trace::entry::{Entry, Meeting};
use crate::trace::hop::{Hop, Note, Stage, Verdict};
use crate::trace::path::Http;
use crate::trace::walk::{self, Walk};
use crate::trace::way::{Meets, Way};
use crate::trace::{backing, cloud, nginx, service};

/// The stages after the rule is chosen.
pub(super) const AFTER: &[Stage] = &[
    Stage::Service,
    Stage::Endpoints,
    Stage::Ingress,
    Stage::Pod,
    Stage::Port,
];

/// From the rule on, at one entry.
pub(super) fn follow(walk: &mut Walk<'_, '_>, request: &Url, entry: &Entry<'_>, met: &Meeting<'_>) {
    match met {
        Meeting::Nothing => {
            let words = format!("no path of {} matches {}: 404", request.host, request.path);
            let subject = entry.ingresses.first().map(|one| one.meta.key.clone());
            walk.step(
                Hop::new(Stage::Route, subject, Verdict::Fail, words).because(Cause::NoRoute),
            );
            walk.skip(AFTER);
            walk.status(404);
        }
        Meeting::Unclear(at, pattern) => {
            let words = format!(
                "the pattern {pattern} comes before what else matches, and only the controller understands it"
            );
            let subject = Some(at.meta.key.clone());
            walk.step(
                Hop::new(Stage::Route, subject, Verdict::Unknown, words)
                    .because(Cause::OutsideCluster),
            );
            walk.skip(AFTER);
        }
        Meeting::Slash(at) => {
            let to = format!("{}/", request.path);
            let words = format!("only {to} is there: 301 to it");
            elsewhere(walk, at, words, 301, &address(request, &request.host, &to));
        }
        Meeting::Www(at, host) => {
            let words = format!("from-to-www-redirect: 308 to {host}");
            elsewhere(walk, at, words, 308, &address(request, host, &request.path));
        }
        Meeting::Rule(chosen, None) => {
            let mut hop = hop(request, entry, chosen);
            let told = cloud::notes(walk.view, entry, chosen.ingress, chosen.backend);
            hop.notes.extend(told);
            walk.step(hop);
            backend(walk, chosen.ingress, chosen.backend);
        }
        Meeting::Rule(chosen, Some(at)) => nginx::follow(walk, request, entry, chosen, at),
    }
}

/// An address of the request's scheme, with its query.
pub(super) fn address(request: &Url, host: &str, path: &str) -> String {
    let query = request
        .query
        .as_ref()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    format!("{}://{host}{path}{query}", request.scheme)
}

fn elsewhere(walk: &mut Walk<'_, '_>, at: &Ingress, words: String, status: u16, to: &str) {
    let subject = Some(at.meta.key.clone());
    redirect(
        walk,
        Hop::new(Stage::Route, subject, Verdict::Pass, words),
        status,
        to,
    );
}

/// The way ends in a redirect: nothing behind the rule is asked.
pub(super) fn redirect(walk: &mut Walk<'_, '_>, hop: Hop, status: u16, to: &str) {
    walk.step(hop);
    walk.http = Some(Http {
        status: Some(status),
        location: Some(to.to_owned()),
        ..Http::default()
    });
    walk.skip(AFTER);
}

/// The hop of a chosen rule.
pub(super) fn hop(request: &Url, entry: &Entry<'_>, chosen: &Chosen<'_>) -> Hop {
    let leads = leads(chosen.backend);
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
    let subject = Some(chosen.ingress.meta.key.clone());
    Hop::new(Stage::Route, subject, Verdict::Pass, words).noting(passed_over(entry, chosen))
}

/// Where a backend leads, in words.
pub(super) fn leads(backend: &Backend) -> String {
    match backend {
        Backend::Service { name, port } => format!("{name}:{port}"),
        Backend::Resource { kind, name, .. } => format!("{kind} {name}"),
        Backend::Missing => "nothing".to_owned(),
    }
}

/// Other Ingresses of the entry with the very same host, path and type, which are not asked.
fn passed_over(entry: &Entry<'_>, chosen: &Chosen<'_>) -> Vec<Note> {
    let Some((host, path, kind)) = chosen.rule else {
        return Vec::new();
    };
    let same = |one: &&Ingress| {
        one.meta.key != chosen.ingress.meta.key
            && one.rules.iter().any(|rule| {
                let mut paths = rule.paths.iter();
                rule.host == *host && paths.any(|at| at.path == *path && at.kind == *kind)
            })
    };
    let others = entry.ingresses.iter().copied().filter(same);
    let others = others.filter(|one| !(entry.is_nginx() && nginx::is_canary(one)));
    let by_age = |one: &Ingress| match (chosen.ingress.meta.created, one.meta.created) {
        (Some(own), Some(other)) if own < other => "is younger",
        _ => "comes after it",
    };
    let note = |one: &Ingress| Note {
        subject: Some(one.meta.key.clone()),
        verdict: Verdict::Skipped,
        text: format!(
            "{} has the same host and path and {}: it is not asked",
            one.meta.key.short(),
            by_age(one)
        ),
    };
    others.map(note).collect()
}

/// How a controller reaches a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach<'w> {
    /// It asks the endpoints themselves.
    Endpoints,
    /// It asks the Service's address, where there is one, because an annotation of this Ingress says so.
    Address(&'w Ingress, &'static str),
}

/// From a rule's backend on: its Service, and who is behind that. Without an endpoint a client sees 503.
pub(super) fn backend(walk: &mut Walk<'_, '_>, ingress: &Ingress, backend: &Backend) {
    backend_by(walk, ingress, backend, Reach::Endpoints);
}

/// The same, by the Service's address where the controller asks that: nobody then tells it beforehand that there is
/// no endpoint, and a client sees that its connection was refused (502) or came to nothing (504).
pub(super) fn backend_by(
    walk: &mut Walk<'_, '_>,
    ingress: &Ingress,
    backend: &Backend,
    reach: Reach<'_>,
) {
    to_service(walk, &ingress.meta.key, backend, reach);
    let mut hops = walk.hops.iter();
    let dead = hops.find(|hop| hop.verdict == Verdict::Fail && hop.stage <= Stage::Endpoints);
    let Some(dead) = dead else { return };
    let target = backend.service_name().and_then(|name| {
        walk.view
            .service(&ingress.meta.key.sibling(Kind::Service, name.clone()))
    });
    let by_address = reach != Reach::Endpoints
        && dead.stage == Stage::Endpoints
        && target.is_some_and(has_address);
    let status = match dead.cause {
        Some(Cause::OnlyElsewhere) if by_address => 504,
        _ if by_address => 502,
        _ => 503,
    };
    walk.status(status);
}

fn to_service(walk: &mut Walk<'_, '_>, ingress: &Key, backend: &Backend, reach: Reach<'_>) {
    let beyond_service = |walk: &mut Walk<'_, '_>, hop: Hop| {
        walk.step(hop);
        walk.skip(&[Stage::Endpoints, Stage::Ingress, Stage::Pod, Stage::Port]);
    };
    let (name, port) = match backend {
        Backend::Service { name, port } => (name, port),
        Backend::Resource { kind, name, .. } => {
            let words = format!("{kind} {name} is for the controller alone to understand");
            walk.step(
                Hop::new(Stage::Backend, None, Verdict::Unknown, words)
                    .because(Cause::OutsideCluster),
            );
            walk.skip(AFTER);
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
    let mut hop = service::service_hop(target, known);
    let way = match reach {
        Reach::Address(by, annotation) if has_address(target) => {
            hop.notes.extend(at_address(target, by, annotation));
            Way::to_address(walk, target, known)
        }
        Reach::Address(..) | Reach::Endpoints => Way::plain(&walk.client, target, known),
    };
    walk.step(hop);
    if matches!(way.meets, Meets::Inside(_))
        && let Some(hop) = service::left_to_another(target)
    {
        walk.step(hop);
    }
    backing::follow(walk, target, known, &way);
}

/// Whether kube-proxy has an address for the Service; files need not show one.
pub(super) fn has_address(service: &Service) -> bool {
    !service.headless && service.kind != ServiceType::ExternalName
}

/// What follows where a controller asks the address of a Service.
fn at_address(service: &Service, by: &Ingress, annotation: &str) -> Vec<Note> {
    let note = |text: String| Note {
        subject: Some(by.meta.key.clone()),
        verdict: Verdict::Skipped,
        text,
    };
    let asked = format!(
        "{annotation}: the controller asks the Service's address, and kube-proxy chooses the endpoint"
    );
    let kept = service.client_ip_affinity.map(|_| {
        "sessionAffinity ClientIP sees the controller's address: all clients of a controller pod share one endpoint"
            .to_owned()
    });
    std::iter::once(asked).chain(kept).map(note).collect()
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
