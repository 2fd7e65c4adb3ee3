//! TLS that is to be handed on unopened by a controller that does not do so.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::ingress::by_nginx;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::controller;
use crate::semantics::ingress::class_of;
use crate::semantics::nginx::annotation::{self, flag};
use crate::semantics::nginx::arguments;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING026",
    slug: "passthrough-off",
    title: "TLS is not passed through",
    on: &[Kind::Ingress],
    page: include_str!("passthrough_off.md"),
    check,
};

const NAME: &str = "ssl-passthrough";

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = by_nginx(view, key).filter(|one| flag(one, NAME) == Some(true)) else {
        return;
    };
    let class = class_of(view, ingress);
    if arguments::passes_through(view, &class) != Some(false) {
        return;
    }
    let known = class.controller();
    let pods = known.map(|known| controller::pods(view, known, class.object()));
    let Some(pod) = pods.unwrap_or_default().into_iter().next() else {
        return;
    };
    let field = annotation::field(NAME);
    let pod = &pod.meta.key;
    sink.report(
        Draft::warning(key, "TLS is not passed through")
            .at(field.as_str())
            .says(format!(
                "Annotation {NAME} asks that TLS be handed on unopened, and the controller ({}) runs without \
                 --enable-ssl-passthrough: it opens TLS itself, with its own certificate, and speaks plain HTTP to the \
                 backend, unless backend-protocol says otherwise.",
                pod.short()
            ))
            .evidence(Evidence::new(key, &field, "true", ""))
            .evidence(Evidence::new(
                pod,
                "spec.containers[].args",
                "no --enable-ssl-passthrough",
                "--enable-ssl-passthrough",
            ))
            .confirm(kubectl::get(pod).option("-o", "jsonpath={.spec.containers[*].args}"))
            .fix("Start the controller with --enable-ssl-passthrough; or remove the annotation and set backend-protocol to HTTPS."),
    );
}
