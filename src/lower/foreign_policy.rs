//! Policies of CNI plugins whose rules are not judged: that they exist.

use crate::lower::Lower;
use crate::lower::context::Context;
use crate::model::labels::Selector;
use crate::model::meta::Meta;
use crate::model::object::Fact;
use crate::model::policy::{Force, Places, Policy, Section, Subject, Tier};
use crate::wire::meta::Bare;

/// A policy about these pods of which no rule is judged, in the directions that it may touch.
pub(super) fn opaque(meta: Meta, pods: Selector, ingress: Force, egress: Force) -> Fact {
    let namespaces = if meta.key.kind.namespaced() {
        Places::Own
    } else {
        Places::Selected(Selector::default())
    };
    let section = |force| Section {
        force,
        rules: Box::default(),
    };
    Fact::Policy(Policy {
        meta,
        tier: Tier::Foreign,
        subject: Subject { namespaces, pods },
        types: None,
        ingress: section(ingress),
        egress: section(egress),
        refused: None,
    })
}

/// Calico selects in a language of its own.
impl Lower for Bare {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        opaque(meta, Selector::malformed(), Force::Yes, Force::Yes)
    }
}
