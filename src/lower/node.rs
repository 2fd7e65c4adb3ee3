//! Node and Namespace.

use crate::lower::Lower;
use crate::lower::context::{Context, conditions};
use crate::model::key::Name;
use crate::model::namespace::Namespace;
use crate::model::node::Node;
use crate::model::object::Fact;
use crate::wire::node as wire;
use crate::wire::notes::Notes;
use crate::wire::scalar::Ip;
use crate::wire::shape::Shape as _;
use std::net::IpAddr;

/// The label that the API server gives every namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl Lower for wire::Namespace {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let mut meta = context.meta(self.metadata);
        if !meta.labels.has(NAME_LABEL, &meta.key.name) {
            let own = (Name::from(NAME_LABEL), meta.key.name.clone());
            let said = meta.labels.iter().cloned();
            meta.labels = said.chain([own]).collect();
        }
        let phase = self.status.and_then(|status| status.phase);
        let terminating = meta.deleted.is_some() || phase.as_deref() == Some("Terminating");
        Fact::Namespace(Namespace { meta, terminating })
    }
}

impl Lower for wire::Node {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let spec = self.spec.unwrap_or_default();
        let status = self.status.unwrap_or_default();
        let addresses = status.addresses.unwrap_or_default();
        let cidrs = spec.pod_cidrs.unwrap_or_default();
        let old_cidr = spec.pod_cidr.filter(|_| cidrs.is_empty());
        let taints = spec.taints.unwrap_or_default();
        Fact::Node(Node {
            meta,
            internal_ips: of_type(&addresses, "InternalIP", &mut context.notes),
            external_ips: of_type(&addresses, "ExternalIP", &mut context.notes),
            pod_cidrs: cidrs.into_iter().chain(old_cidr).map(|net| net.0).collect(),
            unschedulable: spec.unschedulable.unwrap_or_default(),
            taints: taints.iter().map(taint).collect(),
            conditions: conditions(status.conditions),
        })
    }
}

fn of_type(addresses: &[wire::NodeAddress], kind: &str, notes: &mut Notes) -> Box<[IpAddr]> {
    let mut found = Vec::new();
    for (at, address) in addresses.iter().enumerate() {
        if address.kind.as_deref() != Some(kind) {
            continue;
        }
        notes.enter("status");
        notes.enter("addresses");
        notes.enter_item(at);
        notes.enter("address");
        let text = address.address.as_deref().unwrap_or_default();
        found.extend(Ip::text(text, notes).map(|ip| ip.0));
        for _ in 0..4 {
            notes.leave();
        }
    }
    found.into()
}

fn taint(wire: &wire::Taint) -> Name {
    let key = wire.key.as_deref().unwrap_or_default();
    let effect = wire.effect.as_deref().unwrap_or_default();
    Name::from(match wire.value.as_deref().unwrap_or_default() {
        "" => format!("{key}:{effect}"),
        value => format!("{key}={value}:{effect}"),
    })
}
