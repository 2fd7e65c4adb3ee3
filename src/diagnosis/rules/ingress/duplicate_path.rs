//! A host and path that two places send to different backends.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::ingress::{Backend, Ingress, IngressPath, IngressRule, PathType};
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::{View, as_ingress};
use crate::semantics::ingress::class_of;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING008",
    slug: "duplicate-path",
    title: "path that leads to two backends",
    on: &[Kind::Ingress],
    page: include_str!("duplicate_path.md"),
    check,
};

/// Controllers that serve all Ingresses of a class at one entry. Others may give each Ingress an entry of its own.
const SHARED: &[&str] = &["k8s.io/ingress-nginx", "traefik.io/ingress-controller"];

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key).filter(|ingress| !is_canary(ingress)) else {
        return;
    };
    for (at, nth, rule, path) in paths(ingress) {
        let found = within(ingress, (at, nth), rule, path)
            .map(|backend| (ingress, backend))
            .or_else(|| elsewhere(view, ingress, rule, path));
        if let Some((other, backend)) = found {
            report(ingress, (at, nth), (rule, path), (other, backend), sink);
        }
    }
}

fn is_canary(ingress: &Ingress) -> bool {
    let annotations = &ingress.meta.annotations;
    annotations.has("nginx.ingress.kubernetes.io/canary", "true")
}

fn paths(ingress: &Ingress) -> impl Iterator<Item = (usize, usize, &IngressRule, &IngressPath)> {
    ingress.rules.iter().enumerate().flat_map(|(at, rule)| {
        let paths = rule.paths.iter().enumerate();
        paths.map(move |(nth, path)| (at, nth, rule, path))
    })
}

/// Whether two paths of one host are met by the same requests.
fn same(a: &IngressPath, b: &IngressPath) -> bool {
    let trimmed = |path: &IngressPath| path.path.trim_end_matches('/').to_owned();
    a.kind == b.kind
        && match a.kind {
            PathType::Prefix => trimmed(a) == trimmed(b),
            _ => a.path == b.path,
        }
}

/// An earlier place of the same Ingress.
fn within<'i>(
    ingress: &'i Ingress,
    place: (usize, usize),
    rule: &IngressRule,
    path: &IngressPath,
) -> Option<&'i Backend> {
    paths(ingress)
        .take_while(|(at, nth, ..)| (*at, *nth) < place)
        .find(|(_, _, other, at)| other.host == rule.host && same(at, path))
        .map(|(_, _, _, at)| &at.backend)
        .filter(|backend| **backend != path.backend)
}

/// An older Ingress of the same class, at a controller that is known to serve all of them at one entry.
fn elsewhere<'w>(
    view: &View<'w>,
    ingress: &Ingress,
    rule: &IngressRule,
    path: &IngressPath,
) -> Option<(&'w Ingress, &'w Backend)> {
    let age = |it: &Ingress| {
        (
            it.meta.created.is_none(),
            it.meta.created,
            it.meta.key.clone(),
        )
    };
    let own = age(ingress);
    let all = view.advisory(|view| view.all(Kind::Ingress).filter_map(as_ingress));
    all.filter(|other| other.meta.key != ingress.meta.key && !is_canary(other))
        .filter_map(|other| {
            let mut there = paths(other);
            let twin = there.find(|(_, _, at, it)| at.host == rule.host && same(it, path))?;
            Some((other, &twin.3.backend))
        })
        .filter(|(other, backend)| {
            **backend != path.backend || other.meta.key.namespace != ingress.meta.key.namespace
        })
        .find(|(other, _)| age(other) < own && at_one_entry(view, ingress, other))
}

fn at_one_entry(view: &View<'_>, one: &Ingress, other: &Ingress) -> bool {
    let class = class_of(view, one);
    let Some(name) = class.name() else {
        return false;
    };
    class
        .controller()
        .is_some_and(|known| SHARED.contains(&known.reads()))
        && class_of(view, other).name() == Some(name)
}

fn report(
    ingress: &Ingress,
    (at, nth): (usize, usize),
    (rule, path): (&IngressRule, &IngressPath),
    (other, backend): (&Ingress, &Backend),
    sink: &mut Sink,
) {
    let key = &ingress.meta.key;
    let host = if rule.host.is_empty() {
        "*"
    } else {
        &*rule.host
    };
    let place = format!("{host}{}", path.path);
    let field = format!("spec.rules[{at}].http.paths[{nth}]");
    let (who, says) = if other.meta.key == *key {
        (
            "itself, further up".to_owned(),
            "Only one of the two places is used.",
        )
    } else if ingress.meta.created.is_some() && other.meta.created.is_some() {
        (
            format!("the older Ingress {}", other.meta.key.short()),
            "The older one gets the requests.",
        )
    } else {
        (
            format!("Ingress {}", other.meta.key.short()),
            "The one that is created first gets the requests.",
        )
    };
    sink.report(
        Draft::warning(key, format!("{place} leads to two backends"))
            .detail(format!("{place} {}", path.kind))
            .at(field.as_str())
            .says(format!("{place} ({}) is sent to {} here and to {} by {who}. {says}", path.kind, told(&path.backend), told(backend)))
            .evidence(Evidence::new(key, &field, format!("{place} → {}", told(&path.backend)), ""))
            .evidence(Evidence::new(&other.meta.key, "spec.rules", format!("{place} → {}", told(backend)), ""))
            .confirm(kubectl::list(Kind::Ingress).everywhere())
            .fix("Keep the place that is meant and remove the other, or give one of them another host or path."),
    );
}

fn told(backend: &Backend) -> String {
    match backend {
        Backend::Service { name, port } => format!("{name}:{port}"),
        Backend::Resource { kind, name, .. } => format!("{kind} {name}"),
        Backend::Missing => "nothing".to_owned(),
    }
}
