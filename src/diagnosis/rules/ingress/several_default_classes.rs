//! More than one `IngressClass` that is marked as the default.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::ingress::IngressClass;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use std::cmp::Reverse;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING011",
    slug: "several-default-classes",
    title: "several default classes",
    on: &[Kind::IngressClass],
    page: include_str!("several_default_classes.md"),
    check,
};

const DEFAULT: &str = "metadata.annotations[ingressclass.kubernetes.io/is-default-class]";

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let mut defaults: Vec<&IngressClass> = view
        .ingress_classes()
        .filter(|class| class.is_default)
        .collect();
    defaults.sort_by_key(|class| (Reverse(class.meta.created), class.meta.key.name.clone()));
    let Some((first, others)) = defaults.split_first() else {
        return;
    };
    // Told once, on the one that is used.
    if first.meta.key != *key || others.is_empty() {
        return;
    }
    let names: Vec<&str> = others.iter().map(|it| it.meta.key.name.as_str()).collect();
    let names = names.join(", ");
    sink.report(
        Draft::warning(key, "several default classes")
            .at(DEFAULT)
            .says(format!("{names} is marked as the default as well. An Ingress without a class gets the newest of them, which is {} now and may be another tomorrow.", key.name))
            .evidence(Evidence::new(key, DEFAULT, "true", ""))
            .evidences(others.iter().map(|it| Evidence::new(&it.meta.key, DEFAULT, "true", "absent")))
            .confirm(kubectl::list(Kind::IngressClass).option("-o", "yaml"))
            .fix("Leave the annotation on one class, and give each Ingress its class."),
    );
}
