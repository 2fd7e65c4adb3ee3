//! A snippet for ingress-nginx, which leaves snippets out unless it is told otherwise.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::ingress::by_nginx;
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::ingress::class_of;
use crate::semantics::nginx::{annotation, arguments};

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING015",
    slug: "snippet",
    title: "snippet that may be left out",
    on: &[Kind::Ingress],
    page: include_str!("snippet.md"),
    check,
};

const SNIPPETS: &[&str] = &[
    "auth-snippet",
    "configuration-snippet",
    "modsecurity-snippet",
    "server-snippet",
    "stream-snippet",
];

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = by_nginx(view, key) else {
        return;
    };
    let set = |name: &&&str| annotation::text(ingress, name).is_some();
    let names: Vec<&str> = SNIPPETS.iter().filter(set).copied().collect();
    let Some(first) = names.first() else {
        return;
    };
    let class = class_of(view, ingress);
    let set = |name: &str| arguments::setting(view, &class, name).map(Name::as_str);
    let allowed = set("allow-snippet-annotations") == Some("true");
    if allowed && set("annotations-risk-level") == Some("Critical") {
        return;
    }
    sink.report(
        Draft::info(key, "snippet that may be left out")
            .at(annotation::field(first))
            .says(format!("ingress-nginx refuses {} or leaves it out, unless its ConfigMap has allow-snippet-annotations: \"true\" (off by default since 1.9) and, since 1.12, annotations-risk-level: Critical.", names.join(", ")))
            .evidences(names.iter().map(|name| {
                Evidence::new(key, &annotation::field(name), "set", "an annotation for the purpose, or snippets that are allowed")
            }))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix("Say the same with annotations made for the purpose, or allow snippets in the ConfigMap of the controller."),
    );
}
