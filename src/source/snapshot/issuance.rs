//! Objects of cert-manager.

use crate::model::issuance::Issuance;
use crate::source::snapshot::doc::{Doc, text};
use crate::source::snapshot::meta::conditions;

pub(super) fn issuance(head: Doc, of: &Issuance) -> Doc {
    let issuer = of.issuer.as_ref().map(|issuer| {
        Doc::new()
            .put("group", issuer.group.as_str())
            .put("kind", issuer.kind.as_str())
            .put("name", issuer.name.as_str())
            .done()
    });
    let spec = Doc::new()
        .put("secretName", text(of.secret.as_ref()))
        .put("issuerRef", issuer)
        .put("dnsName", of.host.as_str());
    let status = Doc::new()
        .put("conditions", conditions(&of.conditions))
        .put("state", of.state.as_str())
        .put("reason", of.reason.as_str())
        .put("renewalTime", text(of.renewal))
        .put("lastFailureTime", text(of.failed));
    head.put("spec", spec).put("status", status)
}
