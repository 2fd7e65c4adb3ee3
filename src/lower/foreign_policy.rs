//! Policies of CNI plugins: that they exist, and whom they are about where that can be told.

use crate::lower::Lower;
use crate::lower::context::{self, Context};
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::labels::Selector;
use crate::model::meta::Meta;
use crate::model::object::Fact;
use crate::model::policy::{Force, Places, Policy, Section, Subject, Tier};
use crate::wire::foreign_policy as wire;
use crate::wire::meta::Bare;

fn opaque(meta: Meta, pods: Selector, force: Force) -> Fact {
    let namespaces = if meta.key.kind.namespaced() {
        Places::Own
    } else {
        Places::Selected(Selector::default())
    };
    let section = Section {
        force,
        rules: Box::default(),
    };
    Fact::Policy(Policy {
        meta,
        tier: Tier::Foreign,
        subject: Subject { namespaces, pods },
        types: None,
        ingress: section.clone(),
        egress: section,
    })
}

/// Calico selects in a language of its own.
impl Lower for Bare {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        opaque(meta, Selector::malformed(), Force::Yes)
    }
}

impl Lower for wire::Cilium {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let cluster = context.kind == Kind::CiliumClusterwideNetworkPolicy;
        let several = self.specs.is_some_and(|specs| !specs.0.is_empty());
        let flawed = context.notes.flawed("spec");
        let spec = self.spec.unwrap_or_default();
        let hosts_only =
            cluster && !several && !flawed && spec.endpoints.is_none() && spec.nodes.is_some();
        if hosts_only {
            return opaque(meta, Selector::malformed(), Force::No);
        }
        let pods = match spec.endpoints {
            Some(wire) if !several && !flawed => own_labels(&context::selector(wire)),
            _ => None,
        };
        opaque(meta, pods.unwrap_or_else(Selector::malformed), Force::Yes)
    }
}

/// The selector over a pod's own labels; none where it asks for something that is no label of the pod.
fn own_labels(selector: &Selector) -> Option<Selector> {
    let demands = selector.0.iter().map(|(key, demand)| {
        let bare = key.strip_prefix("k8s:").or(key.strip_prefix("any:"));
        let bare = bare.unwrap_or(key);
        let foreign = bare.contains(':')
            || bare.starts_with("io.kubernetes.")
            || bare.starts_with("io.cilium.");
        (!foreign).then(|| (Name::from(bare), demand.clone()))
    });
    demands.collect::<Option<Box<[_]>>>().map(Selector)
}
