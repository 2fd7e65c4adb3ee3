//! What a person asks to have forwarded, as the command line and the screen write it.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::port::{PortRef, Protocol};
use std::fmt;

/// One port of one object, to be had on a local port. The object stays the target for the whole life of
/// the forward: a pod is chosen anew at each connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// A Service, a workload or a Pod.
    pub object: Key,
    /// The Service's port, or the container port of a workload's pods or of the pod.
    pub remote: PortRef,
    /// Where to listen.
    pub local: Local,
}

/// The local port that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Local {
    /// The remote number, or 8000 above it where it is a privileged one.
    Proposed,
    /// Exactly this one.
    Exactly(u16),
    /// Any that is free.
    Any,
}

/// Why the words of a target cannot be understood, or name something that no port-forward can carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not `[NAMESPACE/]KIND/NAME`.
    #[error(
        "`{0}` does not name an object: write [NAMESPACE/]KIND/NAME, for example svc/web or shop/deploy/web"
    )]
    Object(String),
    /// No kind of this name.
    #[error(
        "`{0}` is no kind that Portolan knows: a forward leads to a Service, a workload or a Pod"
    )]
    UnknownKind(String),
    /// A kind that has no pods behind it.
    #[error("a forward leads to a Service, a workload or a Pod, not to {0}{1}")]
    NotForwardable(Kind, &'static str),
    /// Not a name that Kubernetes allows.
    #[error("`{0}` is no name that Kubernetes allows")]
    Name(String),
    /// Not `[LOCAL:]PORT`.
    #[error(
        "`{0}` is no port: write PORT, LOCAL:PORT or :PORT (any free local port), by number 1 to 65535 or by name"
    )]
    Port(String),
    /// UDP or SCTP.
    #[error("{0} cannot be forwarded: the kubelet's port-forward stream carries TCP only")]
    Protocol(Protocol),
    /// The same local port twice.
    #[error("local port {0} is asked for twice")]
    Twice(u16),
    /// Nothing was asked for.
    #[error("no port is named")]
    NoPort,
}

impl Target {
    /// The targets of one object: `[NAMESPACE/]KIND/NAME` and its ports, each `[LOCAL:]PORT[/TCP]` or a comma
    /// list of these. `LOCAL` may be empty or 0 for any free port.
    pub fn parse<S: AsRef<str>>(
        object: &str,
        namespace: &Name,
        ports: &[S],
    ) -> Result<Vec<Self>, TargetError> {
        let object = parse_object(object, namespace)?;
        let mut targets: Vec<Self> = Vec::new();
        for text in ports.iter().flat_map(|list| list.as_ref().split(',')) {
            let (local, remote) = parse_port(text.trim())?;
            if let Local::Exactly(number) = local
                && targets.iter().any(|target| target.local == local)
            {
                return Err(TargetError::Twice(number));
            }
            targets.push(Self {
                object: object.clone(),
                remote,
                local,
            });
        }
        if targets.is_empty() {
            return Err(TargetError::NoPort);
        }
        Ok(targets)
    }
}

impl fmt::Display for Target {
    /// `shop/Service/api:80`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.object, self.remote)
    }
}

/// The object of `[NAMESPACE/]KIND/NAME`.
pub fn parse_object(text: &str, namespace: &Name) -> Result<Key, TargetError> {
    let parts: Vec<&str> = text.split('/').collect();
    let (place, kind, name) = match *parts {
        [kind, name] => (namespace.as_str(), kind, name),
        [place, kind, name] => (place, kind, name),
        _ => return Err(TargetError::Object(text.to_owned())),
    };
    if [place, kind, name].iter().any(|part| part.is_empty()) {
        return Err(TargetError::Object(text.to_owned()));
    }
    let known = Kind::of_word(kind).ok_or_else(|| TargetError::UnknownKind(kind.to_owned()))?;
    if !is_forwardable(known) {
        let hint = match known {
            Kind::Ingress => ": name the Service behind it",
            Kind::EndpointSlice => ": name its Service",
            _ => "",
        };
        return Err(TargetError::NotForwardable(known, hint));
    }
    for part in [place, name] {
        if !is_dns_name(part) {
            return Err(TargetError::Name(part.to_owned()));
        }
    }
    Ok(Key::new(known, place, name))
}

/// Whether pods can be reached through an object of this kind.
pub fn is_forwardable(kind: Kind) -> bool {
    matches!(kind, Kind::Service | Kind::Pod) || Kind::WORKLOADS.contains(&kind)
}

/// RFC 1123 subdomain: what may stand in a URL path as a name.
fn is_dns_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= 253
        && text.chars().all(|c| plain(c) || c == '-' || c == '.')
        && text.starts_with(plain)
        && text.ends_with(plain)
}

fn parse_port(text: &str) -> Result<(Local, PortRef), TargetError> {
    let bad = || TargetError::Port(text.to_owned());
    let (ports, protocol) = match text.split_once('/') {
        Some((ports, word)) => (ports, Protocol::parse(word).ok_or_else(bad)?),
        None => (text, Protocol::Tcp),
    };
    let (local, remote) = match ports.split_once(':') {
        Some(("" | "0", remote)) => (Local::Any, remote),
        Some((local, remote)) => (Local::Exactly(number(local).ok_or_else(bad)?), remote),
        None => (Local::Proposed, ports),
    };
    let remote = match number(remote) {
        Some(port) => PortRef::Number(port),
        None if is_port_name(remote) => PortRef::Name(Name::from(remote)),
        None => return Err(bad()),
    };
    if protocol != Protocol::Tcp {
        return Err(TargetError::Protocol(protocol));
    }
    Ok((local, remote))
}

/// A decimal number 1–65535 without sign.
fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

/// A port's name: a DNS label (Service ports) with at least one letter (container ports demand it).
fn is_port_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= 63
        && text.chars().all(|c| plain(c) || c == '-')
        && text.chars().any(|c| c.is_ascii_lowercase())
        && text.starts_with(plain)
        && text.ends_with(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(object: &str, ports: &[&str]) -> Result<Vec<Target>, TargetError> {
        Target::parse(object, &Name::from("default"), ports)
    }

    fn one(object: &str, port: &str) -> Target {
        parse(object, &[port]).unwrap().remove(0)
    }

    #[test]
    fn namespace_kind_and_name() {
        assert_eq!(
            one("svc/api", "80").object,
            Key::new(Kind::Service, "default", "api")
        );
        assert_eq!(
            one("shop/deploy/web", "80").object,
            Key::new(Kind::Deployment, "shop", "web")
        );
        assert_eq!(
            one("shop/pod/web-1.x", "80").object,
            Key::new(Kind::Pod, "shop", "web-1.x")
        );
        assert_eq!(one("STS/db", "80").object.kind, Kind::StatefulSet);
        assert_eq!(
            one("shop/svc/api", "http").to_string(),
            "shop/Service/api:http"
        );
    }

    #[test]
    fn local_and_remote() {
        let table = [
            ("80", Local::Proposed, PortRef::Number(80)),
            ("8080:80", Local::Exactly(8080), PortRef::Number(80)),
            (":80", Local::Any, PortRef::Number(80)),
            ("0:80", Local::Any, PortRef::Number(80)),
            ("http", Local::Proposed, PortRef::Name("http".into())),
            (
                "8080:http-2",
                Local::Exactly(8080),
                PortRef::Name("http-2".into()),
            ),
            ("65535:1/tcp", Local::Exactly(65535), PortRef::Number(1)),
        ];
        for (text, local, remote) in table {
            let target = one("svc/api", text);
            assert_eq!((target.local, target.remote), (local, remote), "{text}");
        }
    }

    #[test]
    fn lists_of_ports() {
        let targets = parse("svc/api", &["80, 8443:443", ":metrics"]).unwrap();
        let remotes: Vec<String> = targets.iter().map(|t| t.remote.to_string()).collect();
        assert_eq!(remotes, ["80", "443", "metrics"]);
        assert_eq!(
            parse("svc/api", &["9000:80,9000:81"]),
            Err(TargetError::Twice(9000))
        );
        assert_eq!(parse("svc/api", &[]), Err(TargetError::NoPort));
    }

    #[test]
    fn words_that_are_no_port() {
        for text in [
            "",
            "0",
            "65536",
            "-1",
            "+80",
            "80:",
            ":",
            "a:b",
            "8080:80:90",
            "80/",
            "80/foo",
            "HTTP",
            "1_2",
            "-a",
            "a-",
            "80 81",
            "٨٠",
        ] {
            assert_eq!(
                parse("svc/api", &[text]),
                Err(TargetError::Port(text.to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn udp_is_refused_with_the_reason() {
        let error = parse("svc/dns", &["53/UDP"]).unwrap_err();
        assert_eq!(error, TargetError::Protocol(Protocol::Udp));
        assert!(error.to_string().contains("TCP only"));
    }

    #[test]
    fn objects_that_no_forward_leads_to() {
        assert!(matches!(parse("web", &["80"]), Err(TargetError::Object(_))));
        assert!(matches!(
            parse("a/b/c/d", &["80"]),
            Err(TargetError::Object(_))
        ));
        assert!(matches!(
            parse("svc/", &["80"]),
            Err(TargetError::Object(_))
        ));
        assert!(matches!(
            parse("/svc/a", &["80"]),
            Err(TargetError::Object(_))
        ));
        assert!(matches!(
            parse("gizmo/web", &["80"]),
            Err(TargetError::UnknownKind(_))
        ));
        assert!(matches!(
            parse("node/n1", &["80"]),
            Err(TargetError::NotForwardable(Kind::Node, ""))
        ));
        let ingress = parse("ing/web", &["80"]).unwrap_err();
        assert!(
            ingress
                .to_string()
                .ends_with("not to Ingress: name the Service behind it")
        );
    }

    #[test]
    fn a_name_cannot_leave_its_place_in_the_url() {
        for name in [
            "..%2f..",
            "a?b",
            "a#b",
            "Web",
            "a b",
            "\u{202e}abc",
            ".a",
            "a-",
        ] {
            assert!(
                matches!(
                    parse(&format!("pod/{name}"), &["80"]),
                    Err(TargetError::Name(_))
                ),
                "{name}"
            );
        }
    }
}
