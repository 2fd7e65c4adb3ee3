//! A path of type Exact or Prefix that is written as a regular expression.

use crate::diagnosis::kubectl;
use crate::diagnosis::patch;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::ingress::is_nginx;
use crate::model::evidence::Evidence;
use crate::model::ingress::PathType;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::ingress::class_of;
use serde_json::json;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING010",
    slug: "path-is-regex",
    title: "pattern in a literal path",
    on: &[Kind::Ingress],
    page: include_str!("path_is_regex.md"),
    check,
};

/// What stands in patterns and hardly ever in an address; `$metadata` and `Products(1)` are addresses.
const MARKS: &[&str] = &[".*", ".+", "(/|", "(.", "(?", "\\", "[", "^", "|"];

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    let nginx = is_nginx(&class_of(view, ingress));
    for (at, rule) in ingress.rules.iter().enumerate() {
        for (nth, path) in rule.paths.iter().enumerate() {
            let literal = matches!(path.kind, PathType::Exact | PathType::Prefix);
            let pattern =
                path.path.ends_with('*') || MARKS.iter().any(|mark| path.path.contains(mark));
            if !literal || !pattern {
                continue;
            }
            let (kind, told) = (
                &path.kind,
                if nginx {
                    "ingress-nginx refuses it where strict-validate-path-type is on, which it is by default since 1.12; older ones take it as a pattern."
                } else {
                    "By the specification its characters are taken as they stand, so only an address with these very characters matches."
                },
            );
            let (field, pointer) = (
                format!("spec.rules[{at}].http.paths[{nth}].pathType"),
                format!("/spec/rules/{at}/http/paths/{nth}/pathType"),
            );
            let (old, new) = (json!(kind.to_string()), json!("ImplementationSpecific"));
            sink.report(
                Draft::warning(key, format!("{} is a pattern, its type is {kind}", path.path))
                    .detail(format!("{at}/{nth}"))
                    .at(field.as_str())
                    .says(format!("Path {} of {} is written as a pattern, and its type {kind} is a literal one. {told}", path.path, host(&rule.host)))
                    .evidence(Evidence::new(key, &field, kind.to_string(), "ImplementationSpecific"))
                    .confirm(kubectl::get(key).option("-o", "yaml"))
                    .fix("Set pathType to ImplementationSpecific if the controller knows patterns (ingress-nginx also wants the annotation use-regex); else write the path without a pattern.")
                    .patch(nginx.then(|| patch::replace(key, &pointer, &old, &new))),
            );
        }
    }
}

fn host(host: &str) -> String {
    if host.is_empty() {
        "every host".to_owned()
    } else {
        format!("host {host}")
    }
}
