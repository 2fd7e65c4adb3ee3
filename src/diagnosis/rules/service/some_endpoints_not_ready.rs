//! A Service of which some pods are ready and others are not.

use crate::diagnosis::cite;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::Draft;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::service::Service;
use crate::model::view::View;
use crate::semantics::readiness::{NotReady, why_not_ready};
use crate::semantics::rollout;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC005",
    slug: "some-endpoints-not-ready",
    title: "some endpoints not ready",
    on: &[Kind::Service],
    page: include_str!("some_endpoints_not_ready.md"),
    check,
};

/// No more pods than this are told one by one.
const TOLD: usize = 10;

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    let Some(selector) = service.effective_selector() else {
        return;
    };
    // Published all the same: readiness does not decide.
    if service.publish_not_ready || ports::wholly_empty(view, service).is_some() {
        return;
    }
    let namespace = key.namespace.clone().unwrap_or_default();
    let mut total = 0;
    let mut out: Vec<(&Key, NotReady)> = Vec::new();
    for pod in view.pods_labelled(&namespace, selector) {
        match why_not_ready(view, pod) {
            Some(why) if ports::is_leaving(&why) => {}
            Some(why) => {
                total += 1;
                if !why.is_benign() && !rollout::excuses(view, pod, &why) {
                    out.push((&pod.meta.key, why));
                }
            }
            None => total += 1,
        }
    }
    if !out.is_empty() {
        sink.report(report(service, total, &out));
    }
}

fn report(service: &Service, total: usize, out: &[(&Key, NotReady)]) -> Draft {
    let key = &service.meta.key;
    let verb = if out.len() == 1 { "is" } else { "are" };
    let evidence = out.iter().take(TOLD);
    let mut draft = Draft::warning(
        key,
        format!("{} of {total} endpoints {verb} not ready", out.len()),
    )
    .at("endpoints")
    .says(format!(
        "{} of the {total} pods behind the Service {verb} not ready; the others carry its traffic.",
        out.len()
    ))
    .evidences(
        evidence.map(|(pod, why)| {
            Evidence::new(pod, "status.conditions[Ready]", why.to_string(), "ready")
        }),
    )
    .confirm(
        kubectl::list(Kind::Pod)
            .in_namespace_of(key)
            .labelled(&service.selector),
    )
    .fix("Mend what keeps these pods from being ready before the others fail too.");
    for (pod, why) in out.iter().take(TOLD) {
        draft = draft.follows(cite::of_pod(why), pod);
    }
    draft
}
