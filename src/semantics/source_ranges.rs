//! `loadBalancerSourceRanges`: which clients a load balancer lets in.
//!
//! Follows kube-proxy (`pkg/proxy/serviceport.go`: the ranges of the family of the address that is asked;
//! `pkg/proxy/iptables/proxier.go`: what no range contains is dropped). They guard the load balancer's own address:
//! node ports and external IPs do not ask them.

use crate::semantics::policy::address::cut;
use crate::semantics::policy::end::Span;
use ipnet::IpNet;
use std::net::IpAddr;

/// Which of some clients are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admits {
    /// All of them.
    All,
    /// Some.
    Some,
    /// None.
    None,
}

/// Whether one client is let in.
pub fn admits(ranges: &[IpNet], client: IpAddr) -> bool {
    ranges.iter().any(|range| range.contains(&client))
}

/// Which of the clients in these spans are let in.
pub fn admits_of(ranges: &[IpNet], clients: &[Span]) -> Admits {
    let pieces = clients
        .iter()
        .flat_map(|span| cut(*span, ranges.iter().copied()));
    let (mut inside, mut outside) = (false, false);
    for piece in pieces {
        if admits(ranges, piece.first) {
            inside = true;
        } else {
            outside = true;
        }
    }
    match (inside, outside) {
        (true, false) => Admits::All,
        (true, true) => Admits::Some,
        (false, _) => Admits::None,
    }
}

/// The ranges that hold any of the clients in these spans.
pub fn that_hold<'r>(ranges: &'r [IpNet], clients: &[Span]) -> Vec<&'r IpNet> {
    let holds = |range: &&IpNet| {
        clients.iter().any(|span| {
            let same_family = range.network().is_ipv4() == span.first.is_ipv4();
            same_family && range.network() <= span.last && range.broadcast() >= span.first
        })
    };
    ranges.iter().filter(holds).collect()
}
