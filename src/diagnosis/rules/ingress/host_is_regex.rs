//! An Ingress whose literal paths become patterns, because a neighbour on its host asks ingress-nginx for them.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::ingress::is_nginx;
use crate::model::evidence::Evidence;
use crate::model::ingress::{Ingress, PathType};
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::{View, as_ingress};
use crate::semantics::ingress::class_of;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING009",
    slug: "host-is-regex",
    title: "paths of the host become patterns",
    on: &[Kind::Ingress],
    page: include_str!("host_is_regex.md"),
    check,
};

const USE_REGEX: &str = "nginx.ingress.kubernetes.io/use-regex";
const REWRITE: &str = "nginx.ingress.kubernetes.io/rewrite-target";

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    let class = class_of(view, ingress);
    let nginx = is_nginx(&class);
    if !nginx || asks(ingress).is_some() {
        return;
    }
    for (at, rule) in ingress.rules.iter().enumerate() {
        let literal = rule.paths.iter().find(|path| {
            path.kind == PathType::Exact || path.kind == PathType::Prefix && path.path != "/"
        });
        let Some(path) = literal else { continue };
        let all = view.advisory(|view| view.all(Kind::Ingress).filter_map(as_ingress));
        let neighbour = all
            .filter(|other| other.meta.key != *key)
            .filter(|other| other.rules.iter().any(|it| it.host == rule.host))
            .filter(|other| class_of(view, other).name() == class.name())
            .find_map(|other| Some((other, asks(other)?)));
        let Some((other, annotation)) = neighbour else {
            continue;
        };
        let host = if rule.host.is_empty() {
            "*"
        } else {
            &*rule.host
        };
        let name = other.meta.key.short();
        sink.report(
            Draft::info(key, format!("paths of {host} become patterns"))
                .detail(host)
                .at(format!("spec.rules[{at}]"))
                .says(format!("Ingress {name} has the annotation {annotation} for the same host. ingress-nginx then takes every path of {host} as the beginning of a pattern, without regard to case: {} ({}) matches more than its type says.", path.path, path.kind))
                .evidence(Evidence::new(key, &format!("spec.rules[{at}].host"), host, "a host without patterns"))
                .evidence(Evidence::new(&other.meta.key, &format!("metadata.annotations[{annotation}]"), "set", ""))
                .confirm(kubectl::list(Kind::Ingress).everywhere())
                .fix("Give the paths with patterns a host of their own, or write this path as the pattern that is meant."),
        );
    }
}

fn asks(ingress: &Ingress) -> Option<&'static str> {
    let annotations = &ingress.meta.annotations;
    if annotations.has(USE_REGEX, "true") {
        return Some(USE_REGEX);
    }
    annotations.get(REWRITE).map(|_| REWRITE)
}
