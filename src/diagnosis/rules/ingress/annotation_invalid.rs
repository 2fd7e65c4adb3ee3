//! An annotation of ingress-nginx with a value that it does not take.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::ingress::by_nginx;
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::nginx::annotation::{self, FORMS, Form};

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING019",
    slug: "annotation-invalid",
    title: "annotation with an invalid value",
    on: &[Kind::Ingress],
    page: include_str!("annotation_invalid.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = by_nginx(view, key) else {
        return;
    };
    for (name, form) in FORMS {
        let value = annotation::text(ingress, name).filter(|value| !form.takes(value));
        let Some(value) = value else {
            continue;
        };
        let closes = *form == Form::Networks;
        let (severity, effect) = if closes {
            (
                Severity::Error,
                "ingress-nginx then lets nobody in: all paths of the Ingress answer 503.",
            )
        } else {
            (
                Severity::Warning,
                "ingress-nginx does without it, and its default holds; with annotation validation, which is on by default since 1.12, it may pass over the whole Ingress.",
            )
        };
        let field = annotation::field(name);
        sink.report(
            ports::draft(severity, key, format!("{name} is not valid"))
                .detail(*name)
                .at(field.as_str())
                .says(format!(
                    "Annotation {name} is {value}, and should be {}. {effect}",
                    form.wanted()
                ))
                .evidence(Evidence::new(key, &field, value, form.wanted()))
                .confirm(kubectl::get(key).option("-o", "yaml"))
                .fix(format!("Set {name} to {}.", form.wanted())),
        );
    }
}
