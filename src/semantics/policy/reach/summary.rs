//! Two owners, or an owner and everything outside, at a glance: what holds for all of their pods, for some, for none.

use super::Reach;
use crate::model::policy::Direction;
use crate::semantics::policy::ports::PortSet;
use crate::semantics::policy::reach::outcomes::Id;

/// What may pass between two ends that may be many pods or addresses each.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Summary {
    /// Ports that are admitted between all of them.
    pub everyone: PortSet,
    /// Ports that are admitted between some of them at least, or over one family of their addresses.
    pub someone: PortSet,
    /// Those of them that one family of addresses admits and the other does not, between some.
    pub one_family: PortSet,
    /// Ports of which it cannot be told for some of them.
    pub unknown: PortSet,
}

/// What is said of one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sum {
    /// Admitted between all.
    All,
    /// Admitted between some; denied, or not known, between the others.
    Part,
    /// Admitted between none for certain, and not known of some.
    Unknown,
    /// Denied between all.
    None,
}

impl Summary {
    /// What is said of some ports, as of one.
    pub fn of(&self, asked: &PortSet) -> Sum {
        if asked.minus(&self.everyone).is_empty() {
            Sum::All
        } else if !asked.and(&self.someone).is_empty() {
            Sum::Part
        } else if !asked.and(&self.unknown).is_empty() {
            Sum::Unknown
        } else {
            Sum::None
        }
    }
}

impl Reach<'_> {
    /// What may pass from an owner to another, by their places among [`Reach::owners`].
    pub fn between(&mut self, src: usize, dst: usize) -> Summary {
        let owners = std::mem::take(&mut self.classes.owners);
        let mut ids: Vec<Id> = Vec::new();
        if let (Some(src), Some(dst)) = (owners.get(src), owners.get(dst)) {
            for from in 0..src.parts.len() {
                for to in 0..dst.parts.len() {
                    ids.extend(self.between_classes((src, from), (dst, to)));
                }
            }
        }
        self.classes.owners = owners;
        self.summed(ids)
    }

    /// What may pass between an owner and the addresses outside, in the direction that the owner's policies are about.
    pub fn beyond(&mut self, owner: usize, direction: Direction) -> Summary {
        let rows = match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        };
        let (pods, pieces) = (self.classes.classes.len(), self.classes.pieces.len());
        let outside = |at: &usize| !self.classes.only_pods.get(*at).copied().unwrap_or(false);
        let mut ids: Vec<Id> = Vec::new();
        let parts = self.classes.owners.get(owner).into_iter();
        for (class, _) in parts.flat_map(|owner| owner.parts.iter()) {
            let Some(row) = rows.get(*class) else {
                continue;
            };
            ids.extend((0..pieces).filter(outside).map(|at| row.at(pods + at)));
        }
        self.summed(ids)
    }

    fn summed(&mut self, mut ids: Vec<Id>) -> Summary {
        ids.sort_unstable();
        ids.dedup();
        let mut sum: Option<Summary> = None;
        for id in ids {
            let told = self.told(id).cloned().unwrap_or_default();
            // What one family of addresses admits is admitted between some of the addresses.
            let families = told.families.iter().flat_map(|families| families.iter());
            let one = families.fold(PortSet::none(), |one, (_, ports)| one.or(ports));
            let someone = told.admitted.or(&one);
            sum = Some(match sum {
                None => Summary {
                    everyone: told.admitted,
                    someone,
                    one_family: one,
                    unknown: told.unknown,
                },
                Some(sum) => Summary {
                    everyone: sum.everyone.and(&told.admitted),
                    someone: sum.someone.or(&someone),
                    one_family: sum.one_family.or(&one),
                    unknown: sum.unknown.or(&told.unknown),
                },
            });
        }
        sum.unwrap_or_default()
    }
}
