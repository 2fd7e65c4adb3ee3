//! Ways in of APIs beside Ingress.

use crate::model::kind::Kind;
use crate::model::other_route::{Matches, OtherRoute, OtherRule, OtherService};
use crate::source::snapshot::doc::{Doc, text};
use serde_json::Value;

pub(super) fn route(head: Doc, route: &OtherRoute) -> Doc {
    let rules = || route.rules.iter();
    let spec = match route.meta.key.kind {
        Kind::Route => rules().next().map(openshift),
        Kind::IngressRoute => {
            let routes = rules().map(|rule| {
                let said = match &rule.matches {
                    Matches::Expression(said) => said.as_str(),
                    Matches::Host { .. } | Matches::Included { .. } => "",
                };
                Doc::new()
                    .put("match", said)
                    .put("services", services(&rule.services))
                    .done()
            });
            Some(Doc::new().put("routes", routes.collect::<Value>()))
        }
        _ => Some(contour(route)),
    };
    head.put("spec", spec.unwrap_or_default())
}

fn openshift(rule: &OtherRule) -> Doc {
    let (host, path) = match &rule.matches {
        Matches::Host { host, path } => (host.as_str(), path.as_str()),
        Matches::Expression(_) | Matches::Included { .. } => ("", ""),
    };
    let domain = host.strip_prefix('*');
    let named = domain.map_or_else(|| host.to_owned(), |domain| format!("any{domain}"));
    let mut targets = rule.services.iter().map(service);
    let first = targets.next();
    Doc::new()
        .put("host", named)
        .put("path", path)
        .put("wildcardPolicy", text(domain.map(|_| "Subdomain")))
        .put("to", first)
        .put("alternateBackends", targets.collect::<Value>())
}

fn contour(route: &OtherRoute) -> Doc {
    let mut host = None;
    let rules = route.rules.iter().map(|rule| {
        let path = match &rule.matches {
            Matches::Host { host: own, path } => {
                host = Some(Doc::new().put("fqdn", own.as_str()).done());
                path.as_str()
            }
            Matches::Included { path } => path.as_str(),
            Matches::Expression(_) => "",
        };
        let prefix = Doc::new().put("prefix", path).done();
        let conditions = if path.is_empty() {
            Value::Null
        } else {
            Value::Array(vec![prefix])
        };
        Doc::new()
            .put("conditions", conditions)
            .put("services", services(&rule.services))
            .done()
    });
    let rules: Value = rules.collect();
    Doc::new().put("virtualhost", host).put("routes", rules)
}

fn services(services: &[OtherService]) -> Value {
    services.iter().map(service).collect()
}

fn service(to: &OtherService) -> Value {
    Doc::new()
        .put("kind", "Service")
        .put("namespace", text(to.namespace.as_ref()))
        .put("name", to.name.as_str())
        .done()
}
