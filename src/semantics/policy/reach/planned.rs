//! A world as it would be with policies that are not there yet.

use crate::model::delta::Delta;
use crate::model::kind::Kind;
use crate::model::world::World;

/// The world with the policies among these deltas applied; whatever else they hold is left aside. None where they hold
/// no policy.
pub fn with_policies(world: &World, deltas: Vec<Delta>) -> Option<World> {
    let mut planned = world.clone();
    let mut found = false;
    for delta in deltas {
        let is_policy =
            matches!(&delta, Delta::Upsert(object) if Kind::POLICIES.contains(&object.key().kind));
        if is_policy {
            found = true;
            planned.apply(delta);
        }
    }
    found.then_some(planned)
}
