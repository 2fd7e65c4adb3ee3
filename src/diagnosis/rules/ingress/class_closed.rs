//! An Ingress of a class whose parameters admit other namespaces only.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::class_params::closed_to;
use crate::semantics::ingress::class_of;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING029",
    slug: "class-closed",
    title: "class is not for this namespace",
    on: &[Kind::Ingress],
    page: include_str!("class_closed.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    let class = class_of(view, ingress);
    let Some((params, selector)) = closed_to(view, ingress, &class) else {
        return;
    };
    let place = key.namespace_str();
    sink.report(
        ports::draft(Severity::Error, key, "class is not for this namespace".to_owned())
            .at("spec.ingressClassName")
            .says(format!(
                "IngressClassParams {} admits Ingresses of namespaces with the labels {selector} only, and namespace \
                 {place} has others: the AWS Load Balancer Controller leaves this Ingress alone.",
                params.name
            ))
            .evidence(Evidence::new(
                &params,
                "spec.namespaceSelector",
                selector.to_string(),
                format!("a selector that matches namespace {place}"),
            ))
            .confirm(kubectl::get(&Key::cluster(Kind::Namespace, place)).flag("--show-labels"))
            .fix(format!(
                "Label namespace {place} as IngressClassParams {} asks, or use a class that admits it.",
                params.name
            )),
    );
}
