//! Objects of cert-manager, every kind by the fields of all.

use crate::wire::meta::{Condition, Metadata};
use crate::wire::notes::Text;
use crate::wire::scalar::Time;
use crate::wire::shape::object;

object! {
    /// Any of them.
    Issuance {
        metadata: Metadata = "metadata" required,
        spec: Spec = "spec",
        status: Status = "status",
    }
}

object! {
    /// `spec`.
    Spec {
        secret: Text = "secretName",
        issuer: IssuerRef = "issuerRef",
        host: Text = "dnsName",
    }
}

object! {
    /// `spec.issuerRef`.
    IssuerRef {
        group: Text = "group",
        kind: Text = "kind",
        name: Text = "name",
    }
}

object! {
    /// `status`.
    Status {
        conditions: Vec<Condition> = "conditions",
        state: Text = "state",
        reason: Text = "reason",
        renewal: Time = "renewalTime",
        failed: Time = "lastFailureTime",
    }
}
