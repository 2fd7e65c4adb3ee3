//! Through an ExternalName Service: the name is all it gives, so the port is the client's own.

use crate::model::key::{Key, Name};
use crate::model::service::Service;
use crate::semantics::alias::{self, End};
use crate::trace::backing;
use crate::trace::cause::Cause;
use crate::trace::end::Port;
use crate::trace::hop::{Hop, Stage, Verdict};
use crate::trace::walk::Walk;
use crate::trace::{follow, service};

/// Follows a request to the alias of a Service of the cluster, or as far as the cluster's objects tell.
pub(super) fn follow(walk: &mut Walk<'_, '_>, first: &Service, port: &Port) {
    walk.step(service::external_name(first));
    if walk.is_over() {
        walk.skip(backing::STAGES);
        return;
    }
    let key = &first.meta.key;
    let hop = match alias::end(walk.view, first) {
        End::Service(target) => return service::follow(walk, &target, Some(port), None),
        End::Outside(name) => {
            walk.step(outside(&name));
            walk.skip(backing::BEYOND);
            return;
        }
        End::Absent(target) => absent(walk, key, &target),
        End::Ring => {
            let words = "the aliases lead to one another and to no Service";
            Hop::new(Stage::Service, Some(key.clone()), Verdict::Fail, words)
                .because(Cause::AliasOfNothing(key.clone()))
        }
    };
    walk.step(hop);
    walk.skip(backing::STAGES);
}

fn outside(name: &Name) -> Hop {
    let words = format!("{name} lies outside what the cluster's objects can tell");
    Hop::new(Stage::Endpoints, None, Verdict::Unknown, words).because(Cause::OutsideCluster)
}

/// The Service is not there; of a namespace that the files say nothing of, that is not known.
fn absent(walk: &Walk<'_, '_>, first: &Key, target: &Key) -> Hop {
    let hop = follow::missing(walk.view, target, Stage::Service);
    if hop.verdict != Verdict::Fail {
        return hop;
    }
    if alias::may_be_apart(walk.view, target) {
        let unknown = Hop {
            verdict: Verdict::Unknown,
            reason: format!("{target} is not in the files"),
            ..hop
        };
        return unknown.because(Cause::OutsideCluster);
    }
    hop.because(Cause::AliasOfNothing(first.clone()))
}
