//! A rule for every address of one family, about pods that have addresses of both.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::policy::{Direction, Force, Peer, Tier};
use crate::model::service::Family;
use crate::model::view::{View, as_policy};
use crate::semantics::network::unenforced;
use crate::semantics::policy::address::nets;
use crate::semantics::policy::judge::Judge;
use crate::semantics::policy::matching::pod_end;
use crate::semantics::policy::{select, words};

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP019",
    slug: "one-family",
    title: "every address of one family only",
    on: &[Kind::NetworkPolicy],
    page: include_str!("one_family.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    for direction in [Direction::Ingress, Direction::Egress] {
        let section = policy.section(direction);
        if section.force != Force::Yes {
            continue;
        }
        let rules = section.rules.iter().enumerate();
        let mut peers = rules.flat_map(|(at, rule)| {
            let peers = rule.peers.as_deref().unwrap_or_default().iter();
            peers.enumerate().map(move |(n, peer)| (at, n, peer))
        });
        let whole = peers.find_map(|(at, n, peer)| Some((at, n, whole(peer)?)));
        let Some((at, n, family)) = whole else {
            continue;
        };
        let judge = Judge::new(view);
        let shut: Vec<&Pod> = select::pods_of(view, policy)
            .into_iter()
            .filter(|pod| is_shut(view, &judge, pod, direction, family))
            .collect();
        if let Some(first) = shut.first()
            && unenforced(view).is_none()
        {
            let field = format!(
                "{}.{}[{n}].ipBlock.cidr",
                words::field(direction, Some(at)),
                direction.peers_field()
            );
            sink.report(told(key, direction, family, (first, shut.len()), &field));
        }
    }
}

/// The family of which a peer is every address.
fn whole(peer: &Peer) -> Option<Family> {
    let Peer::Addresses { nets, .. } = peer else {
        return None;
    };
    let whole = nets.iter().find(|net| net.prefix_len() == 0)?;
    Some(Family::of(whole.addr()))
}

/// Whether a pod has both families, and nothing that is read for it could mean an address outside of the other one.
fn is_shut(
    view: &View<'_>,
    judge: &Judge<'_, '_>,
    pod: &Pod,
    direction: Direction,
    family: Family,
) -> bool {
    let has = |v4: bool| pod.ips.iter().any(|ip| ip.is_ipv4() == v4);
    let Some(pod) = view.pod(&pod.meta.key) else {
        return false;
    };
    if pod.host_network || !has(true) || !has(false) {
        return false;
    }
    let applicable = judge.applicable(&pod_end(view, pod), direction);
    let plain = applicable.gaps.is_empty()
        && applicable
            .all()
            .all(|chosen| chosen.policy.tier == Tier::Namespaced);
    let mut rules = applicable.all().flat_map(|chosen| chosen.rules(direction));
    plain
        && rules.all(|rule| {
            let peers = rule.peers.as_deref();
            let known = |peer: &Peer| !matches!(peer, Peer::Malformed);
            peers.is_some_and(|peers| peers.iter().all(known))
                && nets(rule).all(|net| Family::of(net.addr()) == family)
        })
}

fn told(
    key: &Key,
    direction: Direction,
    family: Family,
    (first, count): (&Pod, usize),
    field: &str,
) -> Draft {
    let (other, other_zero, zero) = match family {
        Family::V4 => (Family::V6, "::/0", "0.0.0.0/0"),
        Family::V6 => (Family::V4, "0.0.0.0/0", "::/0"),
    };
    let (may, outside) = match direction {
        Direction::Egress => ("reach", "reach no"),
        Direction::Ingress => ("be reached from", "are reached from no"),
    };
    let addresses: Vec<String> = first.ips.iter().map(ToString::to_string).collect();
    Draft::info(key, RULE.title)
        .detail(direction.word())
        .at(field)
        .says(format!("The pods may {may} every {family} address outside. {count} of them have an {other} address too, and no rule of any policy names an {other} range: over {other} they {outside} address outside."))
        .evidence(Evidence::new(key, field, zero, format!("{zero} and {other_zero}")))
        .evidence(Evidence::new(&first.meta.key, "status.podIPs", addresses.join(", "), ""))
        .confirm(kubectl::get(key).option("-o", "jsonpath={.spec}"))
        .fix(format!("Where both families are meant, add a peer with the ipBlock {other_zero}."))
}
