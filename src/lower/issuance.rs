//! Objects of cert-manager.

use crate::lower::Lower;
use crate::lower::context::{Context, conditions, filled, name, time};
use crate::model::issuance::{Issuance, IssuerRef};
use crate::model::key::Name;
use crate::model::object::Fact;
use crate::wire::issuance as wire;

/// cert-manager's own group.
const GROUP: &str = "cert-manager.io";

impl Lower for wire::Issuance {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let spec = self.spec.unwrap_or_default();
        let status = self.status.unwrap_or_default();
        let issuer = spec.issuer.map(|issuer| IssuerRef {
            group: filled(issuer.group).unwrap_or(Name::from(GROUP)),
            kind: filled(issuer.kind).unwrap_or(Name::from("Issuer")),
            name: name(issuer.name),
        });
        Fact::Issuance(Issuance {
            meta,
            secret: filled(spec.secret),
            issuer,
            host: name(spec.host),
            conditions: conditions(status.conditions),
            state: name(status.state),
            reason: name(status.reason),
            renewal: time(status.renewal),
            failed: time(status.failed),
        })
    }
}
