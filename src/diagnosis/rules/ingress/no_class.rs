//! An Ingress without a class where none is the default.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::patch;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::controller::classless_gap;
use crate::semantics::ingress::{Class, class_of, classes_can_be_judged};
use serde_json::json;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING005",
    slug: "no-class",
    title: "no class and no default",
    on: &[Kind::Ingress],
    page: include_str!("no_class.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    // An address in the status: some controller takes it all the same (it is told to serve classless ones).
    if !ingress.addresses.is_empty() || class_of(view, ingress) != Class::None {
        return;
    }
    if classless_gap(view).is_some() {
        return;
    }
    let known: Vec<Name> = view
        .ingress_classes()
        .map(|class| class.meta.key.name.clone())
        .collect();
    let (severity, told) = match (known.is_empty(), !classes_can_be_judged(view)) {
        (false, _) => (
            Severity::Error,
            "No controller serves it unless one is told to take Ingresses without a class, so requests for its hosts \
             do not arrive.",
        ),
        (true, false) => (
            Severity::Warning,
            "The cluster has no IngressClass at all: only a controller that takes Ingresses without a class would \
             serve it.",
        ),
        (true, true) => (
            Severity::Info,
            "The files hold no IngressClass at all, so the cluster may have a default one.",
        ),
    };
    let only = match &*known {
        [only] => Some(only),
        _ => None,
    };
    let fix = only.map_or_else(
        || {
            "Set spec.ingressClassName to the class of the controller that is meant, or mark one IngressClass as the \
             default (annotation ingressclass.kubernetes.io/is-default-class: \"true\")."
                .to_owned()
        },
        |only| format!("Set spec.ingressClassName to {only}, the only class there is."),
    );
    let change = only.map(|only| {
        let spec = json!({ "spec": { "ingressClassName": only.as_str() } });
        patch::merge(key, &spec)
    });
    let expected = only.map_or("the name of an IngressClass", Name::as_str);
    sink.report(
        ports::draft(severity, key, "no class and no default class")
            .at("spec.ingressClassName")
            .says(format!(
                "The Ingress names no class and no IngressClass is the default. {told}"
            ))
            .evidence(Evidence::new(
                key,
                "spec.ingressClassName",
                "absent",
                expected,
            ))
            .confirm(kubectl::list(Kind::IngressClass))
            .fix(fix)
            .patch(change),
    );
}
