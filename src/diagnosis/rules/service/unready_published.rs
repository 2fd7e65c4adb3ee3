//! Pods that are not ready and get traffic all the same, because the Service asks for it.

use crate::diagnosis::cite;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::endpoints;
use crate::semantics::readiness::{NotReady, why_not_ready};

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC024",
    slug: "unready-published",
    title: "pods that are not ready are published",
    on: &[Kind::Service],
    page: include_str!("unready_published.md"),
    check,
};

/// No more pods than this are told one by one.
const TOLD: usize = 10;

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view
        .service(key)
        .filter(|service| service.publish_not_ready)
    else {
        return;
    };
    let Some(selector) = service.effective_selector() else {
        return;
    };
    let namespace = key.namespace.clone().unwrap_or_default();
    let pods = view.pods_labelled(&namespace, selector).into_iter();
    let published = pods.filter(|pod| endpoints::is_listed(pod) && !pod.is_ready());
    let out: Vec<(&Key, NotReady)> = published
        .filter_map(|pod| Some((&pod.meta.key, why_not_ready(view, pod)?)))
        .filter(|(_, why)| !matches!(why, NotReady::Settling(_)))
        .collect();
    let Some((first, why)) = out.first() else {
        return;
    };
    let (gets, count) = if service.headless {
        ("stand in its DNS answers", out.len())
    } else {
        ("get their share of its traffic", out.len())
    };
    let mut draft = Draft::info(key, format!("{count} of its endpoints not ready"))
        .at("spec.publishNotReadyAddresses")
        .says(format!("The Service publishes pods whether or not they are ready: {count} that are not {gets}, among them {}: {}.", first.name, crate::diagnosis::rules::service::ports::clause(why)))
        .evidence(Evidence::new(key, "spec.publishNotReadyAddresses", "true", "false, unless clients look for members that are still starting"))
        .evidences(out.iter().take(TOLD).map(|(pod, why)| {
            Evidence::new(pod, "status.conditions[Ready]", why.to_string(), "ready")
        }))
        .confirm(kubectl::slices_of(key).option("-o", "yaml"))
        .fix("Nothing, where members look for each other by this name before they are ready. For clients, use a Service without publishNotReadyAddresses.");
    for (pod, why) in out.iter().take(TOLD) {
        draft = draft.follows(cite::of_pod(why), pod);
    }
    sink.report(draft);
}
