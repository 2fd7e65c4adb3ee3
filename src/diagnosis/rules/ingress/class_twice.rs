//! An Ingress whose class field and class annotation differ.

use crate::diagnosis::kubectl;
use crate::diagnosis::patch;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::ingress::CLASS_ANNOTATION;
use serde_json::{Map, Value, json};

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING012",
    slug: "class-twice",
    title: "class field and annotation differ",
    on: &[Kind::Ingress],
    page: include_str!("class_twice.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    let annotated = ingress.meta.annotations.get(CLASS_ANNOTATION);
    let (Some(field), Some(annotated)) = (&ingress.class, annotated) else {
        return;
    };
    if field == annotated {
        return;
    }
    let place = format!("metadata.annotations[{CLASS_ANNOTATION}]");
    let gone: Map<String, Value> = [(CLASS_ANNOTATION.to_owned(), Value::Null)]
        .into_iter()
        .collect();
    sink.report(
        Draft::warning(key, "class field and annotation differ")
            .at(place.as_str())
            .says(format!("The Ingress is of class {field} by its field and of class {annotated} by its annotation. The field counts, but a controller that still reads the annotation may serve it too; newer API servers refuse to create it."))
            .evidence(Evidence::new(key, &place, annotated.as_str(), "absent"))
            .evidence(Evidence::new(key, "spec.ingressClassName", field.as_str(), ""))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix(format!("Remove the annotation, if class {field} is meant."))
            .patch(Some(patch::merge(key, &json!({ "metadata": { "annotations": gone } })))),
    );
}
