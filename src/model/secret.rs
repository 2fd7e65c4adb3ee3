//! Secrets, reduced to what anyone may know: their shape and the public side of a certificate. No value of a Secret
//! is ever part of a fact.

use crate::model::key::Name;
use crate::model::meta::Meta;
use jiff::Timestamp;
use std::net::IpAddr;

/// The type that Kubernetes gives to Secrets with a certificate and its key.
pub const TLS_TYPE: &str = "kubernetes.io/tls";

/// A Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Metadata; of its annotations only those of cert-manager and of Portolan itself.
    pub meta: Meta,
    /// `type`; `Opaque` where unset.
    pub kind: Name,
    /// The keys of `data` and `stringData`, sorted.
    pub keys: Box<[Name]>,
    /// What is known of the values.
    pub contents: Contents,
}

/// What is known of the values of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// They were looked at, reduced and dropped.
    Known {
        /// Of `tls.crt`.
        chain: Chain,
        /// Of `tls.key`.
        key: PrivateKey,
    },
    /// A manifest whose values are encrypted: only the cluster will see them.
    Sealed,
    /// The cluster has been asked and has not answered yet.
    Awaited,
}

/// What `tls.crt` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chain {
    /// There is no such key.
    Absent,
    /// The key is there, its value is empty.
    Empty,
    /// No certificate can be read from it; why, in a clause.
    Unusable(Name),
    /// Certificates in the order of the file; never empty. The first is the one that is shown to clients.
    Certificates(Box<[Certificate]>),
}

/// What `tls.key` holds, and whether it belongs to the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateKey {
    /// There is no such key.
    Absent,
    /// The key is there, its value is empty.
    Empty,
    /// No private key can be read from it; why, in a clause.
    Unusable(Name),
    /// A private key of a form that cannot be compared, or there is no certificate to compare it with.
    Unproved,
    /// It belongs to the first certificate.
    OfLeaf,
    /// It belongs to a later certificate of the file, counted from 1.
    OfAnother(u16),
    /// It belongs to none of the file's certificates.
    OfNone,
}

/// The public side of a certificate (RFC 5280).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The subject's common name; empty where there is none. Clients do not look at it.
    pub common_name: Name,
    /// The subject as a distinguished name.
    pub subject: Name,
    /// The issuer as a distinguished name.
    pub issuer: Name,
    /// The DNS names of `subjectAltName`, in lower case.
    pub hosts: Box<[Name]>,
    /// The addresses of `subjectAltName`.
    pub addresses: Box<[IpAddr]>,
    /// `notBefore`.
    pub not_before: Timestamp,
    /// `notAfter`.
    pub not_after: Timestamp,
    /// Whether it may sign others (`basicConstraints`).
    pub is_ca: bool,
    /// Whether it is its own issuer.
    pub self_signed: bool,
    /// Whether servers may show it: no `extendedKeyUsage`, or one that admits servers.
    pub for_servers: bool,
    /// SHA-256 of the whole, in hexadecimal digits.
    pub fingerprint: Name,
}

impl Secret {
    /// The certificate that clients are shown.
    pub fn leaf(&self) -> Option<&Certificate> {
        self.certificates().first()
    }

    /// All certificates of the file; none where none can be read.
    pub fn certificates(&self) -> &[Certificate] {
        match &self.contents {
            Contents::Known {
                chain: Chain::Certificates(certificates),
                ..
            } => certificates,
            _ => &[],
        }
    }

    /// Whether it is meant to hold a certificate: by its type or by its keys.
    pub fn is_for_tls(&self) -> bool {
        self.kind == TLS_TYPE || self.keys.iter().any(|key| key == "tls.crt")
    }
}
