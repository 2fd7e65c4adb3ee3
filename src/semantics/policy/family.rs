//! The families of addresses between which two pods may talk: a pair that shares both is judged over each apart.

use crate::model::pod::Pod;
use crate::model::service::Family;
use crate::semantics::policy::end::{End, PodEnd};
use crate::semantics::policy::matching::{Families, Surroundings};

/// Which families an end has, or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Has {
    /// IPv4.
    pub v4: bool,
    /// IPv6.
    pub v6: bool,
}

impl Has {
    /// A pod's: those of its addresses; where none is known, those that the cluster has.
    pub fn of(pod: &Pod, cluster: Families) -> Self {
        if pod.ips.is_empty() {
            return Self {
                v4: cluster.v4,
                v6: cluster.v6,
            };
        }
        Self {
            v4: pod.ips.iter().any(std::net::IpAddr::is_ipv4),
            v6: pod.ips.iter().any(std::net::IpAddr::is_ipv6),
        }
    }

    /// Whether it has both.
    pub fn both(self) -> bool {
        self.v4 && self.v6
    }

    /// What two ends have in common.
    pub fn and(self, other: Self) -> Self {
        Self {
            v4: self.v4 && other.v4,
            v6: self.v6 && other.v6,
        }
    }

    /// Each, IPv4 first.
    pub fn each(self) -> impl Iterator<Item = Family> {
        let four = self.v4.then_some(Family::V4);
        four.into_iter().chain(self.v6.then_some(Family::V6))
    }
}

/// The families over which a connection between two pods may run, as either end is then met. Just the ends as they are
/// where one of them is no pod, or where they have no family in common.
pub fn ways<'w>(
    around: &Surroundings<'_, '_>,
    sender: &End<'w>,
    receiver: &End<'w>,
) -> Vec<(Option<Family>, End<'w>, End<'w>)> {
    let plain = || vec![(None, sender.clone(), receiver.clone())];
    let (End::Pod(from), End::Pod(to)) = (sender, receiver) else {
        return plain();
    };
    if from.family.is_some() || to.family.is_some() {
        return plain();
    }
    let cluster = around.families();
    let shared = Has::of(from.pod, cluster).and(Has::of(to.pod, cluster));
    let met = |end: &PodEnd<'w>, family| {
        let mut end = end.clone();
        end.family = Some(family);
        End::Pod(end)
    };
    let all: Vec<_> = shared
        .each()
        .map(|family| (Some(family), met(from, family), met(to, family)))
        .collect();
    if all.is_empty() { plain() } else { all }
}
