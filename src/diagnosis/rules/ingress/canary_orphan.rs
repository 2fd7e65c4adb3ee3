//! A canary Ingress of ingress-nginx that stands beside nothing.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::ingress::Ingress;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::{View, as_ingress};

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING016",
    slug: "canary-orphan",
    title: "canary beside nothing",
    on: &[Kind::Ingress],
    page: include_str!("canary_orphan.md"),
    check,
};

const CANARY: &str = "nginx.ingress.kubernetes.io/canary";

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key).filter(|ingress| is_canary(ingress)) else {
        return;
    };
    let others: Vec<&Ingress> = view
        .all(Kind::Ingress)
        .filter_map(as_ingress)
        .filter(|other| !is_canary(other))
        .collect();
    let severity = if view.is_offline() {
        Severity::Info
    } else {
        Severity::Warning
    };
    for rule in &ingress.rules {
        for path in &rule.paths {
            let mut main = others.iter().flat_map(|other| other.rules.iter());
            let there = main.any(|other| {
                other.host == rule.host && other.paths.iter().any(|at| at.path == path.path)
            });
            if there {
                continue;
            }
            let host = if rule.host.is_empty() {
                "*"
            } else {
                &*rule.host
            };
            let place = format!("{host}{}", path.path);
            let field = format!("metadata.annotations[{CANARY}]");
            sink.report(
                ports::draft(severity, key, format!("canary for {place} beside nothing"))
                    .detail(place.as_str())
                    .at(field.as_str())
                    .says(format!("The Ingress is a canary, and no other Ingress has {place}. ingress-nginx uses a canary only beside an Ingress with the same host and path, and passes over this one."))
                    .evidence(Evidence::new(key, &field, "true", "absent, or an Ingress without it for the same host and path"))
                    .confirm(kubectl::list(Kind::Ingress).everywhere())
                    .fix(format!("Create the Ingress for {place} that the canary stands beside, or remove the canary annotations.")),
            );
        }
    }
}

fn is_canary(ingress: &Ingress) -> bool {
    ingress.meta.annotations.has(CANARY, "true")
}
