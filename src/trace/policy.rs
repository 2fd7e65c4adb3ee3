//! The policy hops. Policies are not judged yet: the hops pass only where the fully synced world holds none.

use crate::model::coverage::Gap;
use crate::model::kind::Kind;
use crate::model::object::Object;
use crate::model::view::View;
use crate::trace::cause::Cause;
use crate::trace::hop::{Hop, Stage, Verdict};
use crate::trace::walk;

/// Whether any policy stands in the way of judging.
pub(super) enum Policies<'w> {
    /// Every kind of policy is known, and there is none.
    None,
    /// This one, at least, is there.
    Some(&'w Object),
    /// A kind could not be read.
    Unreadable(Gap),
}

/// Looks through every kind of policy.
pub(super) fn policies<'w>(view: &View<'w>) -> Policies<'w> {
    let mut kinds = Kind::POLICIES.iter();
    if let Some(found) = Kind::POLICIES
        .iter()
        .find_map(|kind| view.all(*kind).next())
    {
        return Policies::Some(found);
    }
    kinds
        .find_map(|kind| view.gap(*kind, None))
        .map_or(Policies::None, Policies::Unreadable)
}

/// The hop of a direction: `Stage::Egress` of the sender or `Stage::Ingress` of the receiver.
pub(super) fn hop(policies: &Policies<'_>, stage: Stage) -> Hop {
    match policies {
        Policies::None => Hop::new(
            stage,
            None,
            Verdict::Pass,
            "no policy of any kind in the cluster",
        ),
        Policies::Some(policy) => {
            let words = format!(
                "policies are not judged yet ({} and others may decide)",
                policy.key()
            );
            Hop::new(stage, Some(policy.key().clone()), Verdict::Unknown, words)
                .because(Cause::PoliciesNotJudged)
        }
        Policies::Unreadable(gap) => walk::unreadable(stage, gap.clone()),
    }
}
