//! A NetworkPolicy whose podSelector matches no pod: it does nothing.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::{View, as_policy, as_workload};
use crate::semantics::policy::select;
use crate::semantics::{near, unseen};

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP003",
    slug: "policy-selects-nothing",
    title: "policy selects no pod",
    on: &[Kind::NetworkPolicy],
    page: include_str!("policy_selects_nothing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    let selector = &policy.subject.pods;
    let Some(namespace) = key.namespace.as_ref() else {
        return;
    };
    if selector.is_empty() || selector.is_malformed() || !select::pods_of(view, policy).is_empty() {
        return;
    }
    let makes = Kind::WORKLOADS.iter().any(|kind| {
        let mut there = view.in_namespace(*kind, namespace).filter_map(as_workload);
        there.any(|workload| selector.matches(&workload.template_labels))
    });
    let nearest = near::misspelt(view, namespace, selector);
    let peopled = unseen::may_be_peopled(view, namespace, &policy.subject);
    if makes || nearest.is_none() && peopled {
        return;
    }
    let severity = if nearest.is_some() {
        Severity::Warning
    } else {
        Severity::Info
    };
    let nearest = nearest.map(|near| format!(" Nearest: {near}."));
    let nearest = nearest.unwrap_or_default();
    sink.report(
        ports::draft(severity, key, "policy selects no pod")
            .at("spec.podSelector")
            .says(format!(
                "No pod in namespace {namespace} carries {selector}: the policy isolates nobody and admits nobody.{nearest}"
            ))
            .evidence(Evidence::new(key, "spec.podSelector", selector.to_string(), "labels that a pod of this namespace carries"))
            .confirm(kubectl::list(Kind::Pod).in_namespace(namespace).selected(selector))
            .fix("Make the selector and the labels of the pods that are meant agree, or delete the policy."),
    );
}
