//! OpenShift's Route, Traefik's IngressRoute and Contour's HTTPProxy.

use crate::lower::Lower;
use crate::lower::context::{Context, filled, name};
use crate::model::key::Name;
use crate::model::object::Fact;
use crate::model::other_route::{Matches, OtherRoute, OtherRule, OtherService};
use crate::wire::notes::Text;
use crate::wire::other_route as wire;

impl Lower for wire::Route {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let spec = self.spec.unwrap_or_default();
        let to = spec.to.and_then(|to| service(to, "spec.to".to_owned()));
        let others = spec.others.unwrap_or_default().into_iter().enumerate();
        let others =
            others.filter_map(|(at, to)| service(to, format!("spec.alternateBackends[{at}]")));
        let host = lower_case(spec.host.as_ref());
        let beneath = spec.wildcard.is_some_and(|policy| &*policy == "Subdomain");
        // With this policy the Route is for every host of its own's domain.
        let host = match host.split_once('.').filter(|_| beneath) {
            Some((_, domain)) => Name::from(format!("*.{domain}")),
            None => host,
        };
        Fact::OtherRoute(OtherRoute {
            meta,
            rules: Box::new([OtherRule {
                matches: Matches::Host {
                    host,
                    path: name(spec.path),
                },
                services: to.into_iter().chain(others).collect(),
            }]),
        })
    }
}

impl Lower for wire::IngressRoute {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let rules = self.spec.unwrap_or_default().routes.unwrap_or_default();
        let rules = rules.into_iter().enumerate().map(|(at, rule)| OtherRule {
            matches: Matches::Expression(name(rule.expression)),
            services: services(rule.services, at),
        });
        Fact::OtherRoute(OtherRoute {
            meta,
            rules: rules.collect(),
        })
    }
}

impl Lower for wire::HttpProxy {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let spec = self.spec.unwrap_or_default();
        let host = spec.host.map(|host| lower_case(host.fqdn.as_ref()));
        let rules = spec.routes.unwrap_or_default();
        let rules = rules.into_iter().enumerate().map(|(at, rule)| {
            let mut conditions = rule.conditions.unwrap_or_default().into_iter();
            let path = conditions.find_map(|condition| condition.prefix.or(condition.exact));
            let path = name(path);
            OtherRule {
                matches: match &host {
                    Some(host) => Matches::Host {
                        host: host.clone(),
                        path,
                    },
                    None => Matches::Included { path },
                },
                services: services(rule.services, at),
            }
        });
        Fact::OtherRoute(OtherRoute {
            meta,
            rules: rules.collect(),
        })
    }
}

fn services(targets: Option<Vec<wire::Target>>, rule: usize) -> Box<[OtherService]> {
    let targets = targets.unwrap_or_default().into_iter().enumerate();
    targets
        .filter_map(|(at, to)| service(to, format!("spec.routes[{rule}].services[{at}]")))
        .collect()
}

/// The Service that a target names; none where it names something else.
fn service(target: wire::Target, field: String) -> Option<OtherService> {
    let is_service = target
        .kind
        .is_none_or(|kind| kind.is_empty() || &*kind == "Service");
    let name = filled(target.name).filter(|_| is_service)?;
    Some(OtherService {
        namespace: filled(target.namespace),
        name,
        field: Name::from(field),
    })
}

fn lower_case(text: Option<&Text>) -> Name {
    Name::from(text.map_or("", |text| text).to_lowercase())
}
