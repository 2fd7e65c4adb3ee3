//! How cert-manager comes to a certificate: Certificate, Issuer, ClusterIssuer, CertificateRequest, Order, Challenge.

use crate::model::key::Name;
use crate::model::meta::{Condition, Meta, Truth};
use jiff::Timestamp;

/// Any object of cert-manager; what its kind does not have is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuance {
    /// Metadata.
    pub meta: Meta,
    /// `spec.secretName` of a Certificate: the Secret that it writes.
    pub secret: Option<Name>,
    /// `spec.issuerRef`.
    pub issuer: Option<IssuerRef>,
    /// `spec.dnsName` of a Challenge.
    pub host: Name,
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
    /// `status.state` of an Order or a Challenge.
    pub state: Name,
    /// `status.reason` of an Order or a Challenge.
    pub reason: Name,
    /// `status.renewalTime` of a Certificate.
    pub renewal: Option<Timestamp>,
    /// `status.lastFailureTime` of a Certificate: set while the last attempt failed.
    pub failed: Option<Timestamp>,
}

/// `spec.issuerRef`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerRef {
    /// `group`; cert-manager's own where unset.
    pub group: Name,
    /// `kind`; Issuer where unset.
    pub kind: Name,
    /// `name`.
    pub name: Name,
}

impl Issuance {
    /// A condition by its type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|one| one.kind == kind)
    }

    /// What condition Ready says.
    pub fn ready(&self) -> Option<Truth> {
        self.condition("Ready").map(|one| one.status)
    }
}
