//! Annotations of a controller that does not serve the Ingress.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::ingress::class_of;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING013",
    slug: "foreign-annotation",
    title: "annotation of another controller",
    on: &[Kind::Ingress],
    page: include_str!("foreign_annotation.md"),
    check,
};

/// Which controller reads annotations that begin so.
const READERS: &[(&str, &str)] = &[
    ("nginx.ingress.kubernetes.io/", "k8s.io/ingress-nginx"),
    ("nginx.org/", "nginx.org/ingress-controller"),
    (
        "traefik.ingress.kubernetes.io/",
        "traefik.io/ingress-controller",
    ),
    ("haproxy.org/", "haproxy.org/ingress-controller"),
    (
        "haproxy-ingress.github.io/",
        "haproxy-ingress.github.io/controller",
    ),
    ("projectcontour.io/", "projectcontour.io"),
    ("konghq.com/", "ingress-controllers.konghq.com/kong"),
    ("alb.ingress.kubernetes.io/", "ingress.k8s.aws/alb"),
    ("appgw.ingress.kubernetes.io/", "azure/application-gateway"),
    ("ingress.cilium.io/", "cilium.io/ingress-controller"),
];

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    let class = class_of(view, ingress);
    let Some(name) = class.name() else {
        return;
    };
    let Some(known) = class.controller() else {
        return;
    };
    let foreign = |annotation: &str| {
        let mut readers = READERS.iter();
        readers.any(|(start, reader)| annotation.starts_with(start) && *reader != known.reads())
    };
    let annotations = ingress.meta.annotations.iter();
    let found: Vec<_> = annotations.filter(|(key, _)| foreign(key)).collect();
    if found.is_empty() {
        return;
    }
    let keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
    sink.report(
        Draft::info(key, "annotation of another controller")
            .at("metadata.annotations")
            .says(format!("Class {name} is served by {}, which does not read {}: what is asked for there does not happen.", known.name, keys.join(", ")))
            .evidences(found.iter().map(|(annotation, value)| {
                Evidence::new(key, &format!("metadata.annotations[{annotation}]"), value.as_str(), format!("an annotation of {}", known.name))
            }))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix(format!("Use the annotations of {} for the same purpose, or remove these.", known.name)),
    );
}
