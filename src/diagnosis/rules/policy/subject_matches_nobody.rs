//! An administrators' policy whose subject is no pod: it does nothing.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::policy::{Places, Policy};
use crate::model::view::{View, as_policy, as_workload};
use crate::semantics::policy::{select, words};
use crate::semantics::unseen;

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP017",
    slug: "subject-matches-nobody",
    title: "subject matches no pod",
    on: &[
        Kind::AdminNetworkPolicy,
        Kind::BaselineAdminNetworkPolicy,
        Kind::ClusterNetworkPolicy,
    ],
    page: include_str!("subject_matches_nobody.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    let Places::Selected(places) = &policy.subject.namespaces else {
        return;
    };
    let selector = &policy.subject.pods;
    let unclear = places.is_malformed() || selector.is_malformed();
    let everyone = places.is_empty() && selector.is_empty();
    // Pods on their node's network are in no subject.
    let pods = select::pods_of(view, policy);
    if unclear
        || everyone
        || pods.iter().any(|pod| !pod.host_network)
        || makes(view, policy)
        || unseen::may_be_peopled(view, &Name::default(), &policy.subject)
    {
        return;
    }
    let whom = words::subject(&policy.subject);
    let why = if pods.is_empty() {
        "there is none"
    } else {
        "all there are share their node's network, and such pods are in no subject"
    };
    sink.report(
        Draft::info(key, RULE.title)
            .at("spec.subject")
            .says(format!("The policy is about {whom}; {why}, so it admits and denies nobody."))
            .evidence(Evidence::new(key, "spec.subject", whom, "at least one pod"))
            .confirm(
                kubectl::list(Kind::Pod)
                    .everywhere()
                    .selected(selector)
                    .showing_labels(),
            )
            .fix("Make the subject agree with the labels of the namespaces and pods that are meant, or delete the policy."),
    );
}

/// Whether a workload would make such a pod, and makes none now.
fn makes(view: &View<'_>, policy: &Policy) -> bool {
    let Places::Selected(places) = &policy.subject.namespaces else {
        return false;
    };
    select::places(view, places).iter().any(|place| {
        let mut there = Kind::WORKLOADS
            .iter()
            .flat_map(|kind| view.in_namespace(*kind, place))
            .filter_map(as_workload);
        there.any(|workload| policy.subject.pods.matches(&workload.template_labels))
    })
}
