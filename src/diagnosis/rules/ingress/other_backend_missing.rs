//! A way in of an API beside Ingress that names a Service which is not there.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::{View, as_other_route};
use crate::semantics::{near, unseen};

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING023",
    slug: "other-backend-missing",
    title: "Service of a route missing",
    on: &[Kind::Route, Kind::IngressRoute, Kind::HttpProxy],
    page: include_str!("other_backend_missing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(route) = view.object(key).and_then(as_other_route) else {
        return;
    };
    let mut told: Vec<Key> = Vec::new();
    for to in route.rules.iter().flat_map(|rule| rule.services.iter()) {
        let mut service = key.sibling(Kind::Service, to.name.clone());
        service.namespace = to.namespace.clone().or(service.namespace);
        if view.service(&service).is_some() || told.contains(&service) {
            continue;
        }
        told.push(service.clone());
        let place = service.namespace.clone().unwrap_or_default();
        let makers = unseen::makers(view, &place);
        let severity = if makers.is_empty() {
            Severity::Error
        } else {
            Severity::Warning
        };
        let near = near::of_key(view, &service);
        let hint = near
            .as_ref()
            .map(|near| format!(" Nearest: {near}."))
            .unwrap_or_default();
        let made = if makers.is_empty() {
            String::new()
        } else {
            format!(" {} in the files may make it.", makers.join(", "))
        };
        let field = format!("{}.name", to.field);
        sink.report(
            ports::draft(severity, key, format!("Service {} does not exist", to.name))
                .detail(format!("{place}/{}", to.name))
                .at(field.as_str())
                .says(format!("The {} leads to Service {}, which is not in namespace {place}: its requests get 503, or 404 where the controller drops the rule.{hint}{made}", key.kind.name(), to.name))
                .evidence(Evidence::new(key, &field, &*to.name, format!("a Service of namespace {place}")))
                .confirm(kubectl::get(&service))
                .fix(format!("Create Service {} in namespace {place}, or name one that is there.", to.name)),
        );
    }
}
