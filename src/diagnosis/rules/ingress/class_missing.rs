//! An Ingress whose class does not exist.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::patch;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::ingress::{Class, class_of, classes_can_be_judged};
use crate::semantics::near;
use serde_json::json;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING004",
    slug: "class-missing",
    title: "class missing",
    on: &[Kind::Ingress],
    page: include_str!("class_missing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    // A class named by annotation alone needs no object: the controller itself knows the word.
    let Class::Field(name, None) = class_of(view, ingress) else {
        return;
    };
    let known: Vec<Name> = view
        .ingress_classes()
        .map(|class| class.meta.key.name.clone())
        .collect();
    let apart = !classes_can_be_judged(view);
    let severity = if apart {
        Severity::Info
    } else {
        Severity::Error
    };
    let meant = near::of_name(&name, &known).or(match &*known {
        [only] => Some(only),
        _ => None,
    });
    let there = if known.is_empty() {
        "there is none".to_owned()
    } else {
        let words: Vec<&str> = known.iter().map(Name::as_str).collect();
        format!("there are: {}", words.join(", "))
    };
    let told = if apart {
        "The files hold no IngressClass at all, so the cluster may have it.".to_owned()
    } else {
        format!(
            "No controller serves the Ingress, so requests for its hosts do not arrive; {there}."
        )
    };
    let fix = meant.map_or_else(
        || format!("Create IngressClass {name} for the controller that is meant, or install that controller."),
        |meant| {
            format!("Set spec.ingressClassName to {meant}, if that is the one that was meant, or create IngressClass {name}.")
        },
    );
    // Only a slip of the pen is mended by itself: `nginx` for `nginx-internal` could lay open what is meant to be inside.
    let slip = near::of_name(&name, &known)
        .filter(|meant| !name.starts_with(meant.as_str()) && !meant.starts_with(name.as_str()));
    let change = slip.map(|meant| {
        let spec = json!({ "spec": { "ingressClassName": meant.as_str() } });
        patch::merge(key, &spec)
    });
    let expected = meant.map_or("the name of an IngressClass", Name::as_str);
    sink.report(
        ports::draft(severity, key, format!("IngressClass {name} does not exist"))
            .at("spec.ingressClassName")
            .says(format!("IngressClass {name} does not exist. {told}"))
            .evidence(Evidence::new(
                key,
                "spec.ingressClassName",
                &*name,
                expected,
            ))
            .confirm(kubectl::list(Kind::IngressClass))
            .fix(fix)
            .patch(change),
    );
}
