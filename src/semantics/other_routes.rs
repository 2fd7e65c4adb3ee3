//! Ways in beside Ingress: whether one of them may take a host.
//!
//! Follows the reference of Traefik's router rules, of Contour's HTTPProxy and of OpenShift's Route. They are not judged:
//! that one is for a host says that a request may be answered there, not how.

use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::other_route::{Matches, OtherRoute};
use crate::model::view::{View, as_other_route};

/// The kinds of these routes.
pub const KINDS: &[Kind] = &[Kind::Route, Kind::IngressRoute, Kind::HttpProxy];

/// Kinds that are ways in and of which nothing is read, by API group.
const UNREAD: &[(&str, &[&str])] = &[
    (
        "gateway.networking.k8s.io",
        &[
            "Gateway",
            "GRPCRoute",
            "HTTPRoute",
            "ListenerSet",
            "TCPRoute",
            "TLSRoute",
            "UDPRoute",
        ],
    ),
    ("gateway.networking.x-k8s.io", &["XListenerSet"]),
    ("networking.istio.io", &["Gateway", "VirtualService"]),
    ("k8s.nginx.org", &["TransportServer", "VirtualServer"]),
    ("getambassador.io", &["Mapping"]),
    ("traefik.io", &["IngressRouteTCP", "IngressRouteUDP"]),
    (
        "traefik.containo.us",
        &["IngressRouteTCP", "IngressRouteUDP"],
    ),
];

/// Whether a route is for a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// It is.
    Yes,
    /// It may be: its rule does not name the host and does not rule it out.
    Perhaps,
    /// It is not.
    No,
}

/// Whether a kind that Portolan does not know is a way in.
pub fn is_unread_way(group: &str, kind: &str) -> bool {
    UNREAD
        .iter()
        .any(|(known, kinds)| *known == group && kinds.contains(&kind))
}

/// Whether a route is for a host (lower case, without a port).
pub fn claim(route: &OtherRoute, host: &str) -> Claim {
    let rules = route.rules.iter();
    let claim = rules
        .map(|rule| match &rule.matches {
            Matches::Host { host: own, .. } if own.is_empty() => Claim::Perhaps,
            Matches::Host { host: own, .. } => covers(own, host),
            Matches::Expression(expression) => by_expression(expression, host),
            Matches::Included { .. } => Claim::No,
        })
        .min()
        .unwrap_or(Claim::No);
    // OpenShift makes Routes from Ingresses, which are judged themselves: they are no way in besides.
    let owner = route.meta.owner.as_ref();
    match claim {
        Claim::Yes if owner.is_some_and(|owner| owner.kind == "Ingress") => Claim::Perhaps,
        claim => claim,
    }
}

/// The routes that are for a host, or may be, by kind and name.
pub fn claiming(view: &View<'_>, host: &str) -> Vec<(Key, Claim)> {
    let routes = KINDS.iter().flat_map(|kind| view.all(*kind));
    routes
        .filter_map(as_other_route)
        .map(|route| (route.meta.key.clone(), claim(route, host)))
        .filter(|(_, claim)| *claim != Claim::No)
        .collect()
}

fn covers(own: &str, host: &str) -> Claim {
    let beneath = own
        .strip_prefix('*')
        .is_some_and(|domain| domain.starts_with('.') && host.ends_with(domain));
    if own == host || beneath {
        Claim::Yes
    } else {
        Claim::No
    }
}

/// A rule of Traefik: the hosts of its ``Host(`a`, `b`)``; anything else about hosts leaves it open.
fn by_expression(expression: &str, host: &str) -> Claim {
    let mut parts = expression.split("Host(");
    parts.next();
    for part in parts {
        let inside = part.split(')').next().unwrap_or_default();
        let mut hosts = inside
            .split(',')
            .map(|name| name.trim_matches([' ', '`', '"', '\'']));
        if hosts.any(|name| name.eq_ignore_ascii_case(host)) {
            return Claim::Yes;
        }
    }
    let open = ["HostRegexp(", "HostHeader(", "HostSNI(", "!"];
    let open = open.iter().any(|mark| expression.contains(mark));
    // An alternative without a host takes any.
    let loose = expression.split("||").any(|one| !one.contains("Host("));
    if open || loose {
        Claim::Perhaps
    } else {
        Claim::No
    }
}
