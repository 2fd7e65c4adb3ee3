//! Naming an end on the command line: `[NAMESPACE/]KIND/NAME[:PORT[/PROTOCOL]]`, an address, `internet`,
//! `node/NAME`, or a URL.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::node::Node;
use crate::model::object::Fact;
use crate::model::pod::Pod;
use crate::model::port::{PortRef, Protocol};
use crate::model::service::{Service, ServicePort};
use crate::model::view::{View, as_ingress, as_node, as_service};
use crate::model::world::World;
use crate::semantics::owner::pods_of;
use crate::trace::end::{Door, From, Port, To, Url};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// An end that cannot be used: one sentence for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EndError(pub String);

fn refuse<T>(words: impl Into<String>) -> Result<T, EndError> {
    Err(EndError(words.into()))
}

/// Reads FROM. Fails where it is not in the world.
pub fn from(text: &str, world: &World, namespace: &str) -> Result<From, EndError> {
    if text.eq_ignore_ascii_case("internet") {
        return Ok(From::Internet);
    }
    if let Ok(ip) = bare_address(text) {
        let view = View::new(world);
        let pod = view.pods_at(ip).into_iter().find(|pod| !pod.is_terminal());
        if let Some(pod) = pod {
            return Ok(From::Pod(pod.meta.key.clone()));
        }
        let node = node_at(&view, ip).map(|node| From::Node(node.meta.key.clone()));
        return Ok(node.unwrap_or(From::Ip(ip)));
    }
    let key = key(text, namespace)?;
    if world.get(&key).is_none() {
        return refuse(missing(world, &key));
    }
    match key.kind {
        Kind::Pod => Ok(From::Pod(key)),
        Kind::Node => Ok(From::Node(key)),
        kind if Kind::WORKLOADS.contains(&kind) => Ok(From::Workload(key)),
        kind => refuse(format!(
            "a {kind} sends no requests: name a pod, a workload, a node, an address or internet"
        )),
    }
}

/// How the request is made, where TO is a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The method; `GET` where empty.
    pub method: String,
    /// Headers as `(name, value)`.
    pub headers: Vec<(String, String)>,
}

/// Reads TO. What it names may be missing (a trace then fails there); its port must be clear.
pub fn to(text: &str, world: &World, namespace: &str, request: &Request) -> Result<To, EndError> {
    if text.contains("://") {
        return url(text, request).map(To::Url);
    }
    if let Some((ip, port)) = address_and_port(text)? {
        return Ok(to_address(world, ip, port));
    }
    let (object, port) = match text.split_once(':') {
        Some((object, port)) => (object, Some(self::port(port)?)),
        None => (text, None),
    };
    if object.eq_ignore_ascii_case("internet") {
        return outside(port);
    }
    let key = key(object, namespace)?;
    if key.kind == Kind::Ingress {
        return refuse(
            "name the URL that the Ingress serves, for example https://shop.example.com/cart",
        );
    }
    let found = world.get(&key).is_some();
    let port = match port {
        Some(port) => Some(port),
        None if found => Some(only_port(world, &key)?),
        None => None,
    };
    match key.kind {
        Kind::Service => Ok(To::Service(key, port)),
        Kind::Pod => Ok(To::Pod(key, port)),
        kind if Kind::WORKLOADS.contains(&kind) => Ok(To::Workload(key, port)),
        kind => refuse(format!(
            "a {kind} receives no requests: name a Service, a pod, a workload, an address or a URL"
        )),
    }
}

/// TO as FROM means it. The host of a URL may be what DNS calls a Service inside the cluster; such a request enters
/// by no Ingress, so that it is refused with the words that ask for what is meant.
pub fn as_asked_by(from: &From, to: To, world: &World, namespace: &str) -> Result<To, EndError> {
    let To::Url(url) = &to else { return Ok(to) };
    if matches!(from, From::Ip(_) | From::Internet) {
        return Ok(to);
    }
    let labels: Vec<&str> = url.host.split('.').collect();
    let (name, place) = match labels.as_slice() {
        [name] => (*name, namespace),
        [name, place] | [name, place, "svc"] | [name, place, "svc", "cluster", "local"] => {
            (*name, *place)
        }
        _ => return Ok(to),
    };
    let key = Key::new(Kind::Service, place, name);
    let view = View::new(world);
    let mut ingresses = view.all(Kind::Ingress).filter_map(as_ingress);
    let claimed = ingresses.any(|one| one.rules.iter().any(|rule| rule.host == url.host));
    if claimed || world.get(&key).is_none() {
        return Ok(to);
    }
    refuse(format!(
        "{} is what DNS calls {key} inside the cluster, and no Ingress serves it: ask for {place}/svc/{name}:{}",
        url.host, url.port
    ))
}

/// The internet has no port of its own, and no names for ports.
fn outside(port: Option<Port>) -> Result<To, EndError> {
    match port {
        Some(port) if matches!(port.port, PortRef::Number(_)) => Ok(To::Internet(port)),
        _ => refuse("internet needs a port by number, for example internet:443"),
    }
}

/// A pod's address stands for the pod, a Service's for the Service, a node's with a node port for that Service; any
/// other address is itself.
fn to_address(world: &World, ip: IpAddr, port: Port) -> To {
    let view = View::new(world);
    if let Some(pod) = view.pods_at(ip).into_iter().find(|pod| !pod.is_terminal()) {
        let key = pod.meta.key.clone();
        return if pod.ips.len() > 1 {
            To::At(key, port, ip)
        } else {
            To::Pod(key, Some(port))
        };
    }
    // Services may share the address of a load balancer, each with ports of its own.
    let services = view.services_at(ip);
    let serves = |service: &&&Service| {
        let mut ports = service.ports.iter();
        ports.any(|known| known.protocol == port.protocol && is_asked(known, &port))
    };
    if let Some(service) = services.iter().find(serves).or(services.first()) {
        let key = service.meta.key.clone();
        return if service.cluster_ips.contains(&ip) {
            To::Service(key, Some(port))
        } else {
            To::Door(key, port, Door::Address(ip))
        };
    }
    node_port_at(&view, ip, &port).unwrap_or(To::Ip(ip, port))
}

fn is_asked(known: &ServicePort, asked: &Port) -> bool {
    match &asked.port {
        PortRef::Number(number) => known.port == *number,
        PortRef::Name(name) => known.name == *name,
    }
}

/// The node that an address is of.
fn node_at<'w>(view: &View<'w>, ip: IpAddr) -> Option<&'w Node> {
    let holds = |node: &&Node| node.internal_ips.contains(&ip) || node.external_ips.contains(&ip);
    view.all(Kind::Node).filter_map(as_node).find(holds)
}

/// The Service whose node port is asked for at a node's address.
fn node_port_at(view: &View<'_>, ip: IpAddr, port: &Port) -> Option<To> {
    let PortRef::Number(number) = port.port else {
        return None;
    };
    let node = node_at(view, ip)?;
    let mut services = view.all(Kind::Service).filter_map(as_service);
    let (service, known) = services.find_map(|service| {
        let mut ports = service.ports.iter();
        let known = ports
            .find(|known| known.node_port == Some(number) && known.protocol == port.protocol)?;
        Some((service, known))
    })?;
    let own = Port {
        port: PortRef::Number(known.port),
        protocol: known.protocol,
    };
    let door = Door::Node {
        node: node.meta.key.name.clone(),
        ip,
    };
    Some(To::Door(service.meta.key.clone(), own, door))
}

/// The namespace in which TO is looked for: FROM's, where that has one.
pub fn namespace_of<'n>(from: &'n From, otherwise: &'n str) -> &'n str {
    match from {
        From::Pod(key) | From::Workload(key) => key.namespace.as_deref().unwrap_or(otherwise),
        From::Node(_) | From::Ip(_) | From::Internet => otherwise,
    }
}

fn bare_address(text: &str) -> Result<IpAddr, std::net::AddrParseError> {
    text.trim_start_matches('[').trim_end_matches(']').parse()
}

fn address_and_port(text: &str) -> Result<Option<(IpAddr, Port)>, EndError> {
    if let Ok(ip) = bare_address(text) {
        let example = SocketAddr::new(ip, 443);
        return refuse(format!("{ip} needs a port, for example {example}"));
    }
    let split = match text.strip_prefix('[') {
        Some(rest) => rest.split_once("]:"),
        None => text.split_once(':'),
    };
    let Some((host, rest)) = split else {
        return Ok(None);
    };
    let Ok(ip) = host.parse::<IpAddr>() else {
        return Ok(None);
    };
    Ok(Some((ip, port(rest)?)))
}

/// `[NAMESPACE/]KIND/NAME` with kubectl's kinds and short names.
pub fn key(text: &str, namespace: &str) -> Result<Key, EndError> {
    let parts: Vec<&str> = text.split('/').collect();
    let (place, kind, name) = match parts.as_slice() {
        [kind, name] => (namespace, *kind, *name),
        [place, kind, name] => (*place, *kind, *name),
        _ => {
            return refuse(format!(
                "\"{text}\" is no object: write [NAMESPACE/]KIND/NAME, for example shop/svc/api"
            ));
        }
    };
    let Some(kind) = Kind::of_word(kind) else {
        return refuse(format!("\"{kind}\" is no kind that Portolan knows"));
    };
    if name.is_empty() || place.is_empty() {
        return refuse(format!("\"{text}\" lacks a name"));
    }
    Ok(if kind.namespaced() {
        Key::new(kind, place, name)
    } else {
        Key::cluster(kind, name)
    })
}

/// `80`, `http`, `53/UDP`.
pub fn port(text: &str) -> Result<Port, EndError> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, "TCP"));
    let Some(protocol) = Protocol::parse(protocol) else {
        return refuse(format!("\"{protocol}\" is no protocol: TCP, UDP or SCTP"));
    };
    if let Ok(number) = number.parse::<u32>() {
        let number = u16::try_from(number).ok().filter(|number| *number > 0);
        let Some(number) = number else {
            return refuse(format!("port {text} is not between 1 and 65535"));
        };
        return Ok(Port {
            port: PortRef::Number(number),
            protocol,
        });
    }
    let named = !number.is_empty()
        && number
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !named {
        return refuse(format!(
            "\"{text}\" is neither a port number nor a port name"
        ));
    }
    Ok(Port {
        port: PortRef::Name(Name::from(number)),
        protocol,
    })
}

fn only_port(world: &World, key: &Key) -> Result<Port, EndError> {
    let ports = ports_of(world, key);
    let mut ports = ports.into_iter();
    match (ports.next(), ports.next()) {
        (Some(port), None) => Ok(port),
        (None, _) => refuse(format!(
            "{key} declares no port: add one, for example {}:80",
            key.name
        )),
        (Some(first), Some(second)) => {
            let all: Vec<String> = [first, second]
                .into_iter()
                .chain(ports)
                .map(|port| port.to_string())
                .collect();
            refuse(format!(
                "{key} has several ports, name one: {}",
                all.join(", ")
            ))
        }
    }
}

fn ports_of(world: &World, key: &Key) -> BTreeSet<Port> {
    let declared = |pod: &Pod| -> Vec<Port> {
        let ports = pod
            .serving_containers()
            .flat_map(|container| container.ports.iter());
        ports
            .map(|listed| Port {
                port: PortRef::Number(listed.port),
                protocol: listed.protocol,
            })
            .collect()
    };
    match world.get(key).map(|object| &object.fact) {
        Some(Fact::Service(service)) => {
            let ports = service.ports.iter();
            ports
                .map(|known| Port {
                    port: PortRef::Number(known.port),
                    protocol: known.protocol,
                })
                .collect()
        }
        Some(Fact::Pod(pod)) => declared(pod).into_iter().collect(),
        Some(Fact::Workload(_)) => {
            let view = View::new(world);
            pods_of(&view, key)
                .iter()
                .flat_map(|pod| declared(pod))
                .collect()
        }
        _ => BTreeSet::new(),
    }
}

fn url(text: &str, request: &Request) -> Result<Url, EndError> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return refuse(format!("\"{text}\" is no URL"));
    };
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return refuse(format!(
            "\"{scheme}\" is not followed: write http:// or https://"
        ));
    }
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
    let (path, query) = match tail.split_once('?') {
        Some((path, query)) => (path, Some(Name::from(query))),
        None => (tail, None),
    };
    let (host, port) = authority_of(authority, &scheme)?;
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    };
    let method = if request.method.is_empty() {
        "GET".to_owned()
    } else {
        request.method.to_ascii_uppercase()
    };
    let headers = request.headers.iter();
    Ok(Url {
        scheme: Name::from(scheme),
        host: Name::from(host),
        port,
        path: Name::from(path),
        query,
        method: Name::from(method),
        headers: headers
            .map(|(k, v)| (Name::from(k.to_ascii_lowercase()), Name::from(v.as_str())))
            .collect(),
    })
}

fn authority_of(authority: &str, scheme: &str) -> Result<(String, u16), EndError> {
    let usual = if scheme == "https" { 443 } else { 80 };
    let host_port = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let (host, port) = match host_port.rsplit_once(':') {
        Some((host, port)) if !host_port.ends_with(']') => match port.parse::<u16>() {
            Ok(port) if port > 0 => (host, port),
            _ => return refuse(format!("port \"{port}\" is not between 1 and 65535")),
        },
        _ => (host_port, usual),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() {
        return refuse("the URL has no host".to_owned());
    }
    Ok((host, port))
}

fn missing(world: &World, key: &Key) -> String {
    let near = crate::semantics::near::of_key(&View::new(world), key);
    let hint = near
        .map(|name| format!(", did you mean {}?", key_named(key, &name)))
        .unwrap_or_default();
    match world.coverage().gap(key.kind, key.namespace.as_deref()) {
        Some(gap) => format!("{key} was not found: {}", gap.why),
        None => format!("{key} is not there{hint}"),
    }
}

fn key_named(key: &Key, name: &Name) -> Key {
    Key {
        name: name.clone(),
        ..key.clone()
    }
}
