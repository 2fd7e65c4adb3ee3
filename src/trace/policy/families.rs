//! A connection that may run over either family of addresses: judged over each, and certain where both agree.

use super::{Receiver, Request, end_of};
use crate::model::service::Family;
use crate::semantics::policy::end::End;
use crate::semantics::policy::family::{Has, ways};
use crate::semantics::policy::judge::Judge;
use crate::trace::cause::Cause;
use crate::trace::hop::{Hop, Verdict};
use crate::trace::walk::Walk;

/// Both hops of a connection: the sender's, where it is a pod, and the receivers'.
pub(super) type Hops = (Option<Hop>, Hop);

/// Over which families a request may run: both, where each of its senders and receivers is a pod and some pair has
/// both.
pub(super) fn possible(
    walk: &Walk<'_, '_>,
    judge: &Judge<'_, '_>,
    senders: &[End<'_>],
    request: &Request<'_>,
) -> Has {
    let mut found = Has {
        v4: false,
        v6: false,
    };
    let pods = |(receiver, _): &(Receiver<'_>, u16)| matches!(receiver, Receiver::Pod(_));
    let all = senders.iter().all(|end| matches!(end, End::Pod(_)));
    if request.family.is_some() || !all || !request.receivers.iter().all(pods) {
        return found;
    }
    for (receiver, _) in &request.receivers {
        let receiver = end_of(walk.view, *receiver);
        for sender in senders {
            for (family, ..) in ways(judge.surroundings(), sender, &receiver) {
                found.v4 |= family == Some(Family::V4);
                found.v6 |= family == Some(Family::V6);
            }
        }
    }
    found
}

/// The hops of two families as one: where they agree, those of IPv4; else those of the worse one, which are then not
/// certain.
pub(super) fn together(four: Hops, six: Hops) -> Hops {
    let verdict = |hops: &Hops| {
        let out = hops.0.as_ref().map(|hop| hop.verdict);
        let all = [out, Some(hops.1.verdict)];
        [Verdict::Fail, Verdict::Unknown]
            .into_iter()
            .find(|verdict| all.contains(&Some(*verdict)))
            .unwrap_or(Verdict::Pass)
    };
    let (four_is, six_is) = (verdict(&four), verdict(&six));
    if four_is == six_is {
        return four;
    }
    let six_is_worse = six_is == Verdict::Fail || four_is == Verdict::Pass;
    let ((mut hops, worse), (better, is)) = if six_is_worse {
        ((six, Family::V6), (Family::V4, four_is))
    } else {
        ((four, Family::V4), (Family::V6, six_is))
    };
    let otherwise = match is {
        Verdict::Unknown => "it cannot be told",
        _ => "it is admitted",
    };
    for hop in hops.0.iter_mut().chain([&mut hops.1]) {
        if matches!(hop.verdict, Verdict::Fail | Verdict::Unknown) {
            let denied = hop.verdict == Verdict::Fail;
            hop.reason = format!("over {worse}: {}; over {better} {otherwise}", hop.reason);
            if denied {
                hop.verdict = Verdict::Unknown;
                hop.cause = Some(Cause::PolicyOpen);
            }
        }
    }
    hops
}
