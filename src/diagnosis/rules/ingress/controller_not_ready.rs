//! An Ingress whose controller is seen and has no ready pod.

use crate::diagnosis::cite;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::controller;
use crate::semantics::ingress::class_of;
use crate::semantics::readiness::{NotReady, why_not_ready};

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING006",
    slug: "controller-not-ready",
    title: "controller not ready",
    on: &[Kind::Ingress],
    page: include_str!("controller_not_ready.md"),
    check,
};

/// No more pods than this are told one by one.
const TOLD: usize = 10;

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    let class = class_of(view, ingress);
    let Some(name) = class.name() else {
        return;
    };
    let Some(known) = class.controller() else {
        return;
    };
    let pods = controller::pods(view, known, class.object());
    let out: Vec<(&Key, NotReady)> = pods
        .iter()
        .filter_map(|pod| Some((&pod.meta.key, why_not_ready(view, pod)?)))
        .collect();
    let Some((first, why)) = out.first().filter(|_| out.len() == pods.len()) else {
        return;
    };
    let settling = out
        .iter()
        .all(|(_, why)| matches!(why, NotReady::Settling(_)));
    let severity = if settling {
        Severity::Info
    } else {
        Severity::Error
    };
    let evidence = out.iter().take(TOLD);
    let mut draft = ports::draft(severity, key, format!("{} has no ready pod", known.name))
        .at("spec.ingressClassName")
        .says(format!(
            "Class {name} is served by {}, and {} ready, so no request for the Ingress arrives. \
             {}: {}.",
            known.name,
            match out.len() {
                1 => "its only pod is not".to_owned(),
                count => format!("none of its {count} pods is"),
            },
            first.name,
            ports::clause(why)
        ))
        .evidences(evidence.map(|(pod, why)| {
            Evidence::new(pod, "status.conditions[Ready]", why.to_string(), "ready")
        }))
        .confirm(kubectl::list(Kind::Pod).in_namespace_of(first))
        .fix(format!(
            "Mend the pods of {}; every Ingress of class {name} is out until one of them is ready.",
            known.name
        ));
    for (pod, why) in out.iter().take(TOLD) {
        draft = draft.follows(cite::of_pod(why), pod);
    }
    sink.report(draft);
}
