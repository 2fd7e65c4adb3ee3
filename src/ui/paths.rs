//! Which request stands for a thing on the screen, so that its path can be followed.

use crate::diagnosis::finding::{Finding, FindingId};
use crate::model::ingress::{Backend, Ingress, PathType};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::Selector;
use crate::model::object::Fact;
use crate::model::service::{Service, ServiceType};
use crate::model::view::View;
use crate::output::table::{Way, of_ingress};
use crate::semantics::nginx::rewrite::pattern;
use crate::trace::end::{From, Port, To, Url};
use crate::trace::follow::trace_via;
use crate::trace::path::Path;
use crate::ui::snapshot::Snapshot;

/// What a path is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A way in: an Ingress and the part of it, as tables spell it.
    Way(Key, Name),
    /// An object: a Service, a pod, an Ingress.
    Object(Key),
    /// A finding: the most telling path that it breaks.
    Finding(FindingId),
    /// A request that was asked for.
    Request(From, To),
}

impl Subject {
    /// A few words for a title.
    pub fn title(&self) -> String {
        match self {
            Self::Way(key, _) | Self::Object(key) => format!("{} {}", key.kind, key.short()),
            Self::Finding(id) => format!("{} {}", id.code, id.subject.short()),
            Self::Request(from, to) => format!("{from} → {to}"),
        }
    }

    /// The object that it is about first of all.
    pub fn object(&self) -> Option<&Key> {
        match self {
            Self::Way(key, _)
            | Self::Object(key)
            | Self::Request(
                _,
                To::Service(key, _)
                | To::Door(key, ..)
                | To::Pod(key, _)
                | To::At(key, ..)
                | To::Workload(key, _),
            ) => Some(key),
            Self::Finding(id) => Some(&id.subject),
            Self::Request(..) => None,
        }
    }
}

/// Follows the request that stands for a subject; none where there is none.
pub fn follow(snapshot: &Snapshot, subject: &Subject) -> Option<Path> {
    let view = View::new(&snapshot.world);
    match subject {
        Subject::Way(key, part) if key.kind == Kind::Ingress => {
            let ingress = view.ingress(key)?;
            let way = of_ingress(ingress)
                .into_iter()
                .find(|way| way.part == *part)?;
            Some(of_way(&view, ingress, &way))
        }
        Subject::Way(key, part) => of_object(&view, key, Some(part)),
        Subject::Object(key) => of_object(&view, key, None),
        Subject::Finding(id) => of_finding(&view, snapshot.report.find(id)?),
        Subject::Request(from, to) => Some(trace_via(&view, from, to, None)),
    }
}

fn of_finding(view: &View<'_>, finding: &Finding) -> Option<Path> {
    let ids = || std::iter::once(&finding.id).chain(&finding.effects);
    let of_kind = |kind| ids().filter(move |id| id.subject.kind == kind);
    let ways = of_kind(Kind::Ingress).filter_map(|id| {
        let ingress = view.ingress(&id.subject)?;
        let way = way_of_detail(ingress, &id.detail)?;
        Some(of_way(view, ingress, &way))
    });
    let services =
        of_kind(Kind::Service).filter_map(|id| of_object(view, &id.subject, Some(&id.detail)));
    let pods = of_kind(Kind::Pod).filter_map(|id| of_object(view, &id.subject, None));
    let secrets = ids().filter_map(|id| secret_of(view, &id.subject));
    let secured = secrets.flat_map(|secret| of_secret(view, &secret));
    ways.chain(services).chain(pods).chain(secured).next()
}

/// The Secret that a finding is about: its subject, or what a Certificate is to write.
fn secret_of(view: &View<'_>, subject: &Key) -> Option<Key> {
    match subject.kind {
        Kind::Secret => Some(subject.clone()),
        Kind::Certificate => {
            let name = view.issuance(subject)?.secret.clone()?;
            Some(subject.sibling(Kind::Secret, name))
        }
        _ => None,
    }
}

/// The paths of the Ingresses that name a Secret: each to a host that its entry lists, else to the first.
fn of_secret(view: &View<'_>, secret: &Key) -> Vec<Path> {
    let naming = view.ingresses_with(secret).into_iter();
    naming
        .filter_map(|ingress| {
            let ways = of_ingress(ingress);
            let entries = ingress.tls.iter();
            let named = entries.filter(|tls| tls.secret.as_ref() == Some(&secret.name));
            let hosts: Vec<&Name> = named.flat_map(|tls| &tls.hosts).collect();
            let listed = ways.iter().find(|way| {
                let host = host_of(ingress, way);
                hosts.iter().any(|name| covers(name, &host))
            });
            let way = listed.or(ways.first())?;
            Some(of_way(view, ingress, way))
        })
        .take(1)
        .collect()
}

/// The way in that a finding's detail names: its own, or one to the backend that it names, else the first.
fn way_of_detail(ingress: &Ingress, detail: &str) -> Option<Way> {
    let ways = of_ingress(ingress);
    let whole = ways.iter().find(|way| way.part == *detail);
    let named = whole.or_else(|| {
        ways.iter().find(|way| {
            let rest = detail.strip_prefix(&format!("{} {}", way.host, way.path));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    });
    let leading = ways.iter().find(|way| {
        let Some(Backend::Service { name, port }) = &way.backend else {
            return false;
        };
        *detail == **name || *detail == format!("{name}:{port}")
    });
    named.or(leading).or(ways.first()).cloned()
}

fn of_way(view: &View<'_>, ingress: &Ingress, way: &Way) -> Path {
    let host = host_of(ingress, way);
    let covered = ingress
        .tls
        .iter()
        .any(|tls| tls.hosts.is_empty() || tls.hosts.iter().any(|name| covers(name, &host)));
    let mut paths = ingress.rules.iter().flat_map(|rule| rule.paths.iter());
    let own = paths.find(|at| at.path == way.path);
    let path = if own.is_some_and(|at| at.kind == PathType::ImplementationSpecific) {
        asked_path(&way.path)
    } else if way.path.starts_with('/') {
        way.path.clone()
    } else {
        Name::from("/")
    };
    let url = Url {
        scheme: Name::from(if covered { "https" } else { "http" }),
        host: Name::from(host),
        port: if covered { 443 } else { 80 },
        path,
        query: None,
        method: Name::from("GET"),
        headers: Vec::new(),
    };
    trace_via(
        view,
        &From::Internet,
        &To::Url(url),
        Some(&ingress.meta.key),
    )
}

/// A path that a client would ask for: one that a pattern takes, else the path itself.
fn asked_path(path: &str) -> Name {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_~%".contains(c);
    let end = path.find(|c: char| !plain(c)).unwrap_or(path.len());
    let (start, rest) = path.split_at(end);
    let Some(pattern) = pattern(&format!("^{path}$")).filter(|_| !rest.is_empty()) else {
        return Name::from(path);
    };
    let tries = ["", "/", "a", "/a", "1"].map(|tail| format!("{start}{tail}"));
    let mut fitting = tries.iter().filter(|asked| pattern.is_match(asked));
    Name::from(fitting.next().map_or(path, String::as_str))
}

/// A host that a client would ask for: the rule's own, one that its wildcard covers, or the entry's address.
fn host_of(ingress: &Ingress, way: &Way) -> String {
    if let Some(domain) = way.host.strip_prefix("*.") {
        return format!("any.{domain}");
    }
    if way.host != "*" && !way.host.is_empty() {
        return way.host.to_string();
    }
    let address = ingress.addresses.first().and_then(|address| {
        let ip = address.ip.map(|ip| ip.to_string());
        ip.or_else(|| address.hostname.as_ref().map(ToString::to_string))
    });
    address.unwrap_or_else(|| "any.host".to_owned())
}

fn covers(tls: &str, host: &str) -> bool {
    tls.eq_ignore_ascii_case(host)
        || tls.strip_prefix("*.").is_some_and(|domain| {
            host.split_once('.')
                .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain))
        })
}

fn of_object(view: &View<'_>, key: &Key, detail: Option<&Name>) -> Option<Path> {
    match &view.object(key)?.fact {
        Fact::Service(service) => {
            let ports = &service.ports;
            let wanted = ports
                .iter()
                .find(|port| detail.is_some_and(|detail| detail.starts_with(&*port.to_string())));
            let port = wanted.or(ports.first()).map(|port| Port {
                port: crate::model::port::PortRef::Number(port.port),
                protocol: port.protocol,
            });
            let to = To::Service(key.clone(), port);
            Some(trace_via(view, &client_of(view, service), &to, None))
        }
        Fact::Ingress(ingress) => {
            let ways = of_ingress(ingress);
            Some(of_way(view, ingress, ways.first()?))
        }
        // Such a route is not judged: its Service is what can be followed.
        Fact::OtherRoute(route) => {
            let mut named = route.rules.iter().flat_map(|rule| rule.services.iter());
            let to = named.next()?;
            let mut service = key.sibling(Kind::Service, to.name.clone());
            service.namespace = to.namespace.clone().or(service.namespace);
            let missing = || {
                let to = To::Service(service.clone(), None);
                trace_via(view, &From::Internet, &to, None)
            };
            Some(of_object(view, &service, None).unwrap_or_else(missing))
        }
        Fact::Pod(pod) => {
            let mut ports = pod.serving_containers().flat_map(|part| part.ports.iter());
            let first = ports.next()?;
            let port = Port {
                port: crate::model::port::PortRef::Number(first.port),
                protocol: first.protocol,
            };
            let to = To::Pod(key.clone(), Some(port));
            let node = Key::cluster(Kind::Node, pod.node.clone().unwrap_or_default());
            Some(trace_via(view, &From::Node(node), &to, None))
        }
        Fact::Workload(workload) => {
            let namespace = key.namespace.clone().unwrap_or_default();
            let pods = view.pods_selected(&namespace, &workload.selector);
            of_object(view, &pods.first()?.meta.key.clone(), None)
        }
        _ => None,
    }
}

/// Who asks a Service where nobody was named: the outside where it is meant for that, else a pod of its
/// namespace that does not itself back it.
fn client_of(view: &View<'_>, service: &Service) -> From {
    if matches!(
        service.kind,
        ServiceType::LoadBalancer | ServiceType::NodePort
    ) {
        return From::Internet;
    }
    let namespace = service.meta.key.namespace.clone().unwrap_or_default();
    let own = Selector::of_labels(&service.selector);
    let other = view.advisory(|view| {
        view.pods_in(&namespace)
            .find(|pod| {
                !pod.is_terminal()
                    && (service.selector.is_empty() || !own.matches(&pod.meta.labels))
            })
            .map(|pod| pod.meta.key.clone())
    });
    other.map_or_else(
        || From::Workload(Key::new(Kind::Pod, namespace, "any")),
        From::Pod,
    )
}

#[cfg(test)]
mod tests {
    use super::asked_path;

    #[test]
    fn a_pattern_is_asked_for_a_path_that_it_takes() {
        for (pattern, path) in [
            ("/v2(/|$)(.*)", "/v2"),
            ("/api/.*", "/api/"),
            ("/[a-z]+", "/a"),
            ("/users/[0-9]+", "/users/1"),
            ("/plain", "/plain"),
            ("/(?!no)x", "/(?!no)x"),
        ] {
            assert_eq!(asked_path(pattern), path, "{pattern}");
        }
    }
}
