//! Ingress: which class serves it, which rule a request meets.
//!
//! Follows the Ingress page of the Kubernetes documentation, `networking/v1/types.go` and the features of
//! ingress-controller-conformance.

use crate::model::ingress::{Backend, BackendPort, Ingress, IngressClass, PathType};
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::service::{Service, ServicePort};
use crate::model::view::View;
use crate::semantics::controller;
use std::cmp::Reverse;

/// The annotation that named the class before `spec.ingressClassName`.
pub const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// The class of an Ingress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class<'w> {
    /// By `spec.ingressClassName`; the object, if it is there.
    Field(Name, Option<&'w IngressClass>),
    /// By annotation, which needs no object.
    Annotation(Name, Option<&'w IngressClass>),
    /// The default class, or that of a controller which takes Ingresses without a class.
    Default(&'w IngressClass),
    /// None of these.
    None,
}

impl<'w> Class<'w> {
    /// Its name.
    pub fn name(&self) -> Option<&Name> {
        match self {
            Self::Field(name, _) | Self::Annotation(name, _) => Some(name),
            Self::Default(class) => Some(&class.meta.key.name),
            Self::None => None,
        }
    }

    /// Its object, if it is there.
    pub fn object(&self) -> Option<&'w IngressClass> {
        match self {
            Self::Field(_, object) | Self::Annotation(_, object) => *object,
            Self::Default(class) => Some(class),
            Self::None => None,
        }
    }

    /// Its controller, if that is one of those that are known.
    pub fn controller(&self) -> Option<&'static controller::Known> {
        controller::known(self.object(), self.name()?)
    }
}

/// The class that serves an Ingress: the field wins over the annotation, that over the default class.
/// Of several default classes the newest is used, then the first by name.
pub fn class_of<'w>(view: &View<'w>, ingress: &Ingress) -> Class<'w> {
    if let Some(name) = &ingress.class {
        return Class::Field(name.clone(), view.ingress_class(name));
    }
    if let Some(name) = ingress
        .meta
        .annotations
        .get(CLASS_ANNOTATION)
        .filter(|name| !name.is_empty())
    {
        return Class::Annotation(name.clone(), view.ingress_class(name));
    }
    let defaults = view.ingress_classes().filter(|class| class.is_default);
    let newest =
        defaults.min_by_key(|class| (Reverse(class.meta.created), class.meta.key.name.clone()));
    let taken = || controller::of_classless(view);
    newest.or_else(taken).map_or(Class::None, Class::Default)
}

/// Whether a class that is not there can be called missing: files may simply not hold what a cluster provides, unless
/// they hold classes.
pub fn classes_can_be_judged(view: &View<'_>) -> bool {
    !view.is_offline() || view.any(Kind::IngressClass)
}

/// How a controller reads a path of type `ImplementationSpecific`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnPaths {
    /// The start of the path as text (NGINX Ingress Controller).
    TextPrefix,
    /// With `*` for any rest (AWS ALB, GCE).
    Wildcard,
    /// Like `Prefix`.
    Elements,
}

/// How the controller of a class reads its own path type.
pub fn own_paths(controller: &str) -> OwnPaths {
    match controller {
        "nginx.org/ingress-controller" => OwnPaths::TextPrefix,
        "ingress.k8s.aws/alb" => OwnPaths::Wildcard,
        _ if controller.starts_with("k8s.io/ingress-gce")
            || controller.starts_with("networking.gke.io") =>
        {
            OwnPaths::Wildcard
        }
        _ => OwnPaths::Elements,
    }
}

/// Whether a rule's path matches a request's path.
pub fn path_matches(kind: &PathType, rule: &str, request: &str, own: OwnPaths) -> bool {
    match kind {
        PathType::Exact => rule == request,
        PathType::Prefix => element_prefix(rule, request),
        PathType::ImplementationSpecific | PathType::Other(_) => match own {
            OwnPaths::TextPrefix => request.starts_with(rule),
            OwnPaths::Elements => element_prefix(rule, request),
            OwnPaths::Wildcard => match rule.strip_suffix('*') {
                Some(start) => {
                    request.starts_with(start) || start.strip_suffix('/') == Some(request)
                }
                None => rule.is_empty() || rule == request,
            },
        },
    }
}

/// Element by element between slashes; a trailing slash of either side does not count.
fn element_prefix(rule: &str, request: &str) -> bool {
    let rule = rule.trim_end_matches('/');
    let request = request.trim_end_matches('/');
    match request.strip_prefix(rule) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// How well a rule's host fits; a smaller one fits better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostFit {
    /// The very host.
    Exact,
    /// `*.` and exactly one label more.
    Wildcard,
    /// The rule has no host: every one.
    Any,
}

/// How a rule's host fits a request's (lower case, without a port); `None` where it does not.
pub fn host_fit(rule: &str, host: &str) -> Option<HostFit> {
    if rule.is_empty() {
        return Some(HostFit::Any);
    }
    if let Some(domain) = rule.strip_prefix("*.") {
        let (label, rest) = host.split_once('.')?;
        return (!label.is_empty() && rest == domain).then_some(HostFit::Wildcard);
    }
    (rule == host).then_some(HostFit::Exact)
}

/// What a request meets at one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen<'w> {
    /// The Ingress whose rule or default backend it is.
    pub ingress: &'w Ingress,
    /// The rule's host, path and type; none for a default backend.
    pub rule: Option<(&'w Name, &'w Name, &'w PathType)>,
    /// Where it leads.
    pub backend: &'w Backend,
}

/// Whether any rule of these Ingresses fits a host, and how well.
pub fn claims_host(ingresses: &[&Ingress], host: &str) -> Option<HostFit> {
    let rules = ingresses.iter().flat_map(|ingress| ingress.rules.iter());
    rules.filter_map(|rule| host_fit(&rule.host, host)).min()
}

/// The backend that a request meets among the Ingresses of one entry.
///
/// The best-fitting host comes first, then the longest path, then Exact before Prefix; between equals the oldest
/// Ingress, then the first by namespace and name. Where no path matches, a default backend: of an Ingress that has
/// rules for the host, else of any.
pub fn choose<'w>(
    ingresses: &[&'w Ingress],
    host: &str,
    path: &str,
    own: OwnPaths,
) -> Option<Chosen<'w>> {
    let mut by_age: Vec<&'w Ingress> = ingresses.to_vec();
    by_age.sort_by_key(|ingress| {
        (
            ingress.meta.created.is_none(),
            ingress.meta.created,
            ingress.meta.key.clone(),
        )
    });
    let fit = claims_host(&by_age, host);
    let fits = |host_rule: &Name| fit.is_some() && host_fit(host_rule, host) == fit;
    let rules = by_age.iter().flat_map(|&ingress| {
        let fitting = ingress.rules.iter().filter(|rule| fits(&rule.host));
        fitting.flat_map(move |rule| rule.paths.iter().map(move |path| (ingress, rule, path)))
    });
    let matching = rules.filter(|(_, _, at)| path_matches(&at.kind, &at.path, path, own));
    let best = matching.min_by_key(|(_, _, at)| {
        (
            Reverse(at.path.trim_end_matches('/').len()),
            at.kind != PathType::Exact,
        )
    });
    if let Some((ingress, rule, at)) = best {
        return Some(Chosen {
            ingress,
            rule: Some((&rule.host, &at.path, &at.kind)),
            backend: &at.backend,
        });
    }
    let has_host = |ingress: &&&'w Ingress| ingress.rules.iter().any(|rule| fits(&rule.host));
    let with_default = || {
        by_age
            .iter()
            .filter(|ingress| ingress.default_backend.is_some())
    };
    let chosen = with_default()
        .find(has_host)
        .or_else(|| with_default().find(|i| i.rules.is_empty()));
    let chosen = chosen.or_else(|| with_default().next())?;
    chosen.default_backend.as_ref().map(|backend| Chosen {
        ingress: chosen,
        rule: None,
        backend,
    })
}

/// The Service port that a backend names.
pub fn backend_port<'s>(service: &'s Service, port: &BackendPort) -> Option<&'s ServicePort> {
    service.ports.iter().find(|known| match port {
        BackendPort::Number(number) => known.port == *number,
        BackendPort::Name(name) => known.name == *name,
        BackendPort::Both(..) | BackendPort::Missing => false,
    })
}
