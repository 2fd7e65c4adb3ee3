//! Source ranges of a load balancer, asked for one client or for the internet.

use crate::model::evidence::Evidence;
use crate::model::service::{Family, Service};
use crate::model::view::View;
use crate::semantics::policy::address::internet;
use crate::semantics::policy::end::Span;
use crate::semantics::source_ranges::{Admits, admits, admits_of, that_hold};
use crate::trace::cause::Cause;
use crate::trace::end::From;
use crate::trace::hop::Verdict;
use ipnet::IpNet;
use std::net::IpAddr;

/// The most ranges that are named.
const TOLD: usize = 5;

/// That and why a client is not let in, or not for certain.
pub(super) struct Kept {
    pub(super) verdict: Verdict,
    pub(super) words: String,
    pub(super) cause: Cause,
    pub(super) evidence: Evidence,
}

/// Whether source ranges keep a client from an address of the load balancer; none where it is let in.
pub(super) fn keeps_out(
    view: &View<'_>,
    from: &From,
    service: &Service,
    ip: Option<IpAddr>,
) -> Option<Kept> {
    let all = &service.source_ranges;
    if all.is_empty() {
        return None;
    }
    let of_family = |range: &&IpNet| ip.is_none_or(|ip| ip.is_ipv4() == range.network().is_ipv4());
    let ranges: Vec<IpNet> = all.iter().filter(of_family).copied().collect();
    let (verdict, words, expected) = match (ip, from) {
        (Some(ip), _) if ranges.is_empty() => {
            let family = Family::of(ip);
            let words = format!(
                "loadBalancerSourceRanges name no {family} range: nodes let every {family} client in, the load \
                 balancer may not"
            );
            (Verdict::Unknown, words, format!("an {family} range"))
        }
        (_, From::Internet) => of_internet(view, &ranges, ip)?,
        _ => of_client(view, from, &ranges, ip)?,
    };
    let field = "spec.loadBalancerSourceRanges";
    Some(Kept {
        verdict,
        words,
        cause: Cause::SourceRanges,
        evidence: Evidence::new(&service.meta.key, field, listed(all), expected),
    })
}

/// What is said, and what would let the client in.
type Told = (Verdict, String, String);

fn of_internet(view: &View<'_>, ranges: &[IpNet], ip: Option<IpAddr>) -> Option<Told> {
    let spans = internet(view).into_iter();
    let spans: Vec<Span> = spans
        .filter(|span| ip.is_none_or(|ip| ip.is_ipv4() == span.first.is_ipv4()))
        .collect();
    match admits_of(ranges, &spans) {
        Admits::All => None,
        Admits::Some => {
            let held = listed(that_hold(ranges, &spans));
            let words = format!("only clients in {held} are let in (loadBalancerSourceRanges)");
            Some((
                Verdict::Unknown,
                words,
                "ranges that hold every client".to_owned(),
            ))
        }
        Admits::None => {
            let shown = listed(ranges);
            let words =
                format!("no client of the internet is let in (loadBalancerSourceRanges {shown})");
            Some((
                Verdict::Fail,
                words,
                "a range that holds the client".to_owned(),
            ))
        }
    }
}

fn of_client(view: &View<'_>, from: &From, ranges: &[IpNet], ip: Option<IpAddr>) -> Option<Told> {
    let clients = match from {
        From::Ip(client) => vec![*client],
        From::Pod(key) | From::Workload(key) => {
            let pod = view.pod(key);
            pod.map(|pod| pod.ips.to_vec()).unwrap_or_default()
        }
        From::Node(key) => {
            let node = view.node(&key.name);
            node.map(|node| node.internal_ips.to_vec())
                .unwrap_or_default()
        }
        From::Internet => Vec::new(),
    };
    let of_family = |client: &&IpAddr| ip.is_none_or(|ip| ip.is_ipv4() == client.is_ipv4());
    let shown = listed(ranges);
    let Some(client) = clients.iter().find(of_family) else {
        let words = format!(
            "only clients in {shown} are let in (loadBalancerSourceRanges), and the client's address is not known"
        );
        return Some((
            Verdict::Unknown,
            words,
            "a range that holds the client".to_owned(),
        ));
    };
    let words = format!(
        "{client} is dropped: only clients in {shown} are let in (loadBalancerSourceRanges)"
    );
    let dropped = || (Verdict::Fail, words, format!("a range that holds {client}"));
    (!admits(ranges, *client)).then(dropped)
}

/// The first few, and how many more there are.
pub(super) fn listed<T: ToString>(things: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = things.into_iter().map(|thing| thing.to_string()).collect();
    let more = all.len().saturating_sub(TOLD);
    let shown = all.get(..TOLD).unwrap_or(&all).join(", ");
    if more == 0 {
        shown
    } else {
        format!("{shown} and {more} more")
    }
}
