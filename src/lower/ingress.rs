//! Ingress and IngressClass; `extensions/v1beta1` and `networking.k8s.io/v1beta1` become what `v1` would be.

use crate::lower::Lower;
use crate::lower::context::{Context, filled, name};
use crate::lower::service::balanced;
use crate::model::ingress::{
    Backend, BackendPort, Ingress, IngressClass, IngressPath, IngressRule, IngressTls, Parameters,
    PathType,
};
use crate::model::key::Name;
use crate::model::labels::Labels;
use crate::model::object::Fact;
use crate::wire::ingress as wire;
use crate::wire::notes::Notes;
use crate::wire::scalar::PortWord;
use crate::wire::shape::Shape as _;

const ALB: &str = "alb.ingress.kubernetes.io";

const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";

impl Lower for wire::Ingress {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let spec = self.spec.unwrap_or_default();
        // Before `v1` a path without a type was up to the controller.
        let typed = !self
            .api_version
            .is_some_and(|said| said.contains("v1beta1"));
        let rules = spec.rules.unwrap_or_default();
        let rules = rules.into_iter().enumerate().map(|(at, rule)| {
            context.notes.enter("spec");
            context.notes.enter("rules");
            context.notes.enter_item(at);
            let rule = lower_rule(rule, typed, &mut context.notes);
            for _ in 0..3 {
                context.notes.leave();
            }
            rule
        });
        let mut rules: Box<[IngressRule]> = rules.collect();
        let default_backend = spec.default_backend.or(spec.old_default_backend);
        let mut default_backend = default_backend.map(backend);
        let ruled = rules.iter_mut().flat_map(|rule| &mut rule.paths);
        for backend in ruled
            .map(|path| &mut path.backend)
            .chain(&mut default_backend)
        {
            name_action(backend, &meta.annotations);
        }
        let tls = spec.tls.unwrap_or_default().into_iter();
        Fact::Ingress(Ingress {
            meta,
            class: filled(spec.class),
            default_backend,
            rules,
            tls: tls.map(lower_tls).collect(),
            addresses: balanced(self.status.unwrap_or_default().load_balancer),
        })
    }
}

/// The AWS controller reads a Service's name as that of an action where the port is `use-annotation` and an annotation
/// tells what the action is; no Service of that name need be there.
///
/// Source: AWS Load Balancer Controller, Ingress annotations, `actions.${action-name}`.
fn name_action(backend: &mut Backend, annotations: &Labels) {
    let Backend::Service {
        name,
        port: BackendPort::Name(port),
    } = backend
    else {
        return;
    };
    if port == "use-annotation" && annotations.get(&format!("{ALB}/actions.{name}")).is_some() {
        *backend = Backend::Resource {
            group: Name::from(ALB),
            kind: Name::from("action"),
            name: std::mem::take(name),
        };
    }
}

fn lower_rule(rule: wire::Rule, typed: bool, notes: &mut Notes) -> IngressRule {
    let paths = rule.http.unwrap_or_default().paths.unwrap_or_default();
    let mut lowered = Vec::with_capacity(paths.len());
    notes.enter("http");
    notes.enter("paths");
    for (at, path) in paths.into_iter().enumerate() {
        notes.enter_item(at);
        let untyped = typed && path.kind.is_none();
        notes.required(untyped, "pathType", wire::PathWord::EXPECTED);
        notes.leave();
        lowered.push(IngressPath {
            path: name(path.path),
            kind: path
                .kind
                .map_or(PathType::ImplementationSpecific, path_type),
            backend: path.backend.map_or(Backend::Missing, backend),
        });
    }
    notes.leave();
    notes.leave();
    IngressRule {
        host: lower_case(rule.host.as_deref().unwrap_or_default()),
        paths: lowered.into(),
    }
}

fn lower_case(host: &str) -> Name {
    Name::from(host.to_lowercase())
}

fn path_type(word: wire::PathWord) -> PathType {
    match word {
        wire::PathWord::Exact => PathType::Exact,
        wire::PathWord::Prefix => PathType::Prefix,
        wire::PathWord::ImplementationSpecific => PathType::ImplementationSpecific,
        wire::PathWord::Other(word) => PathType::Other(word.into()),
    }
}

fn backend(wire: wire::Backend) -> Backend {
    if let Some(service) = wire.service {
        let port = service.port.unwrap_or_default();
        return Backend::Service {
            name: name(service.name),
            port: match (port.number, filled(port.name)) {
                (Some(number), None) => BackendPort::Number(number.0),
                (None, Some(name)) => BackendPort::Name(name),
                (Some(number), Some(name)) => BackendPort::Both(number.0, name),
                (None, None) => BackendPort::Missing,
            },
        };
    }
    if let Some(resource) = wire.resource {
        return Backend::Resource {
            group: name(resource.group),
            kind: name(resource.kind),
            name: name(resource.name),
        };
    }
    let Some(service) = filled(wire.old_name) else {
        return Backend::Missing;
    };
    Backend::Service {
        name: service,
        port: match wire.old_port {
            Some(PortWord::Number(number)) => BackendPort::Number(number),
            Some(PortWord::Name(name)) => BackendPort::Name(name.into()),
            None => BackendPort::Missing,
        },
    }
}

fn lower_tls(wire: wire::Tls) -> IngressTls {
    let hosts = wire.hosts.unwrap_or_default();
    IngressTls {
        hosts: hosts.iter().map(|host| lower_case(host)).collect(),
        secret: filled(wire.secret),
    }
}

impl Lower for wire::IngressClass {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let spec = self.spec.unwrap_or_default();
        let parameters = spec.parameters.map(|parameters| Parameters {
            group: name(parameters.group),
            kind: name(parameters.kind),
            name: name(parameters.name),
            namespace: filled(parameters.namespace),
        });
        Fact::IngressClass(IngressClass {
            is_default: meta.annotations.has(DEFAULT_CLASS, "true"),
            meta,
            controller: name(spec.controller),
            parameters,
        })
    }
}
