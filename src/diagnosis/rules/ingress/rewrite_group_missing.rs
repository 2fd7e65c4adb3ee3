//! A rewrite of ingress-nginx that asks for a part of the path which the path does not capture.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::ingress::{by_nginx, shown_host};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::nginx::annotation::{self, is_canary};
use crate::semantics::nginx::rewrite::{TARGET, missing_group};

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING022",
    slug: "rewrite-group-missing",
    title: "rewrite asks for what the path does not capture",
    on: &[Kind::Ingress],
    page: include_str!("rewrite_group_missing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = by_nginx(view, key).filter(|ingress| !is_canary(ingress)) else {
        return;
    };
    let Some(target) = annotation::text(ingress, TARGET) else {
        return;
    };
    for (at, rule) in ingress.rules.iter().enumerate() {
        for (nth, path) in rule.paths.iter().enumerate() {
            let written = if path.path.is_empty() {
                "/"
            } else {
                &*path.path
            };
            let missing = missing_group(written, target).filter(|_| written != target);
            let Some((asked, has)) = missing else {
                continue;
            };
            let place = format!("{}{written}", shown_host(&rule.host));
            let field = format!("spec.rules[{at}].http.paths[{nth}].path");
            let has = match has {
                0 => "no group".to_owned(),
                1 => "one group".to_owned(),
                has => format!("{has} groups"),
            };
            sink.report(
                Draft::warning(key, format!("rewrite of {place} lacks ${asked}"))
                    .detail(format!("{at}/{nth}"))
                    .at(field.as_str())
                    .says(format!("rewrite-target {target} asks for group {asked}, and path {written} has {has} in parentheses. That part is left empty, so requests for different paths arrive at the backend as the same one."))
                    .evidence(Evidence::new(key, &annotation::field(TARGET), target, "groups that the path has"))
                    .evidence(Evidence::new(key, &field, written, format!("group {asked} in parentheses")))
                    .confirm(kubectl::get(key).option("-o", "yaml"))
                    .fix("Put what is to be kept in parentheses, as /api(/|$)(.*) with rewrite-target /$2 and pathType ImplementationSpecific, or give paths that need no rewrite an Ingress of their own."),
            );
        }
    }
}
