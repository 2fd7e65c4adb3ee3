//! Addresses outside the pods: cut where rules see them differently, and what *internet* means.

use crate::model::kind::Kind;
use crate::model::policy::{Peer, Rule};
use crate::model::view::{View, as_node, as_pod, as_service};
use crate::semantics::policy::end::Span;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The ranges that a rule names.
pub fn nets(rule: &Rule) -> impl Iterator<Item = IpNet> + '_ {
    let peers = rule.peers.as_deref().unwrap_or_default().iter();
    peers.flat_map(|peer| match peer {
        Peer::Addresses { nets, except } => nets.iter().chain(except.iter()).copied().collect(),
        _ => Vec::new(),
    })
}

/// The next address; none after the last.
pub fn next(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).checked_add(1).map(|n| IpAddr::V4(n.into())),
        IpAddr::V6(ip) => u128::from(ip).checked_add(1).map(|n| IpAddr::V6(n.into())),
    }
}

/// The address before; none before the first.
pub fn before(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).checked_sub(1).map(|n| IpAddr::V4(n.into())),
        IpAddr::V6(ip) => u128::from(ip).checked_sub(1).map(|n| IpAddr::V6(n.into())),
    }
}

/// Whether an address comes right after another.
pub fn follows(one: IpAddr, other: IpAddr) -> bool {
    next(one) == Some(other)
}

/// All addresses of a family.
pub fn space(v4: bool) -> Span {
    if v4 {
        Span {
            first: Ipv4Addr::UNSPECIFIED.into(),
            last: Ipv4Addr::BROADCAST.into(),
        }
    } else {
        Span {
            first: Ipv6Addr::UNSPECIFIED.into(),
            last: Ipv6Addr::from(u128::MAX).into(),
        }
    }
}

/// A span in pieces, each wholly inside or wholly outside of every range.
pub fn cut(span: Span, nets: impl Iterator<Item = IpNet>) -> Vec<Span> {
    let inside =
        |ip: &IpAddr| ip.is_ipv4() == span.first.is_ipv4() && *ip > span.first && *ip <= span.last;
    let mut starts: BTreeSet<IpAddr> = BTreeSet::new();
    for net in nets {
        starts.extend(Some(net.network()).filter(inside));
        starts.extend(next(net.broadcast()).filter(inside));
    }
    let mut pieces = Vec::with_capacity(starts.len() + 1);
    let mut first = span.first;
    for start in starts {
        if let Some(last) = before(start) {
            pieces.push(Span { first, last });
        }
        first = start;
    }
    pieces.push(Span {
        first,
        last: span.last,
    });
    pieces
}

/// Ranges that are not globally routable unicast (IANA special-purpose registries; multicast and reserved space).
const SPECIAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
];

/// Globally routable unicast addresses outside the cluster: of IPv4, and of IPv6 where the cluster has it.
pub fn internet(view: &View<'_>) -> Vec<Span> {
    let mut own: Vec<IpNet> = SPECIAL
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    let mut v6 = false;
    view.advisory(|view| {
        let pods = view
            .all(Kind::Pod)
            .filter_map(as_pod)
            .flat_map(|pod| pod.ips.iter().copied());
        let services = view
            .all(Kind::Service)
            .filter_map(as_service)
            .flat_map(|service| service.cluster_ips.iter().copied());
        let nodes = view.all(Kind::Node).filter_map(as_node);
        for node in nodes {
            own.extend(node.pod_cidrs.iter().copied());
            own.extend(node.internal_ips.iter().map(|ip| IpNet::from(*ip)));
            own.extend(node.external_ips.iter().map(|ip| IpNet::from(*ip)));
        }
        for ip in pods.chain(services) {
            v6 |= ip.is_ipv6();
            if is_public(ip) {
                own.push(IpNet::from(ip));
            }
        }
    });
    v6 |= own
        .iter()
        .skip(SPECIAL.len())
        .any(|net| net.addr().is_ipv6());
    let mut spaces = vec![space(true)];
    if v6 {
        let global: Option<IpNet> = "2000::/3".parse().ok();
        spaces.extend(global.map(|net| Span {
            first: net.network(),
            last: net.broadcast(),
        }));
    }
    let pieces = spaces
        .into_iter()
        .flat_map(|space| cut(space, own.iter().copied()));
    pieces
        .filter(|piece| !own.iter().any(|net| net.contains(&piece.first)))
        .collect()
}

/// Ranges that are routed nowhere, and that no cluster gives to its pods, Services or nodes (RFC 5737).
const DOCUMENTATION: &[&str] = &["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"];

/// Whether an address is surely none that the cluster gives away: private ranges may be those of its pods and
/// Services.
pub fn is_outside(view: &View<'_>, ip: IpAddr) -> bool {
    let mut documentation = DOCUMENTATION.iter();
    let within = |text: &&str| text.parse().is_ok_and(|net: IpNet| net.contains(&ip));
    let mut public = internet(view).into_iter();
    public.any(|span| span.first <= ip && ip <= span.last) || documentation.any(within)
}

fn is_public(ip: IpAddr) -> bool {
    let mut special = SPECIAL.iter().filter_map(|text| text.parse::<IpNet>().ok());
    !special.any(|net| net.contains(&ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_lie_wholly_inside_or_outside() {
        let nets = ["10.0.0.0/8", "10.1.0.0/16", "255.0.0.0/8", "0.0.0.0/0"];
        let pieces = cut(space(true), nets.iter().map(|net| net.parse().unwrap()));
        let shown: Vec<String> = pieces.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "0.0.0.0-9.255.255.255",
                "10.0.0.0-10.0.255.255",
                "10.1.0.0-10.1.255.255",
                "10.2.0.0-10.255.255.255",
                "11.0.0.0-254.255.255.255",
                "255.0.0.0-255.255.255.255",
            ]
        );
    }

    #[test]
    fn the_other_family_does_not_cut() {
        let nets = ["::/0", "fd00::/8"];
        assert_eq!(
            cut(space(true), nets.iter().map(|net| net.parse().unwrap())),
            [space(true)]
        );
        assert_eq!(
            cut(space(false), nets.iter().map(|net| net.parse().unwrap())).len(),
            3
        );
    }
}
