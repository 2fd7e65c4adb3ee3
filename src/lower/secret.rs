//! Secret: values are decoded, reduced to public facts and dropped (overwritten) before the object exists.

use crate::lower::Lower;
use crate::lower::certificate;
use crate::lower::context::{Context, name, names};
use crate::model::key::Name;
use crate::model::object::Fact;
use crate::model::secret::{Certificate, Chain, Contents, PrivateKey, Secret};
use crate::wire::notes::Notes;
use crate::wire::secret as wire;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// What of a Secret's annotations is kept: values may hide in all others.
const ANNOTATIONS: &[&str] = &["cert-manager.io/", "portolan-ignore"];

/// The bytes of a value; `None` where there is no such key.
type Value = Option<Zeroizing<Vec<u8>>>;

impl Lower for wire::Secret {
    fn lower(mut self, context: &mut Context<'_>) -> Fact {
        if let Some(metadata) = &mut self.metadata
            && let Some(annotations) = &mut metadata.annotations
        {
            let kept = |key: &str| ANNOTATIONS.iter().any(|start| key.starts_with(start));
            annotations.0.retain(|(key, _)| kept(key));
        }
        let meta = context.meta(self.metadata);
        let data = self.data.unwrap_or_default();
        let plain = self.string_data.unwrap_or_default();
        let written = data.0.iter().chain(&plain.0);
        let mut keys: BTreeSet<Name> = written.map(|(key, _)| Name::from(key.as_ref())).collect();
        let contents = match (self.facts, self.sops) {
            (Some(mut facts), _) => {
                keys = names(facts.keys.take()).into_iter().collect();
                remembered(facts)
            }
            (None, Some(_)) => Contents::Sealed,
            (None, None) => {
                let mut read = |key| value(key, &data, &plain, &mut context.notes);
                let (chain, key) = (read("tls.crt"), read("tls.key"));
                certificate::reduce(chain, key)
            }
        };
        let kind = name(self.kind);
        Fact::Secret(Secret {
            meta,
            kind: if kind.is_empty() {
                Name::from("Opaque")
            } else {
                kind
            },
            keys: keys.into_iter().collect(),
            contents,
        })
    }
}

/// The bytes of a key; `stringData` wins, as it does in the API server.
fn value(key: &str, data: &wire::Values, plain: &wire::Values, notes: &mut Notes) -> Value {
    let of = |values: &'_ wire::Values| values.0.iter().rposition(|(known, _)| &**known == key);
    if let Some((_, text)) = of(plain).and_then(|at| plain.0.get(at)) {
        let bytes = text.as_ref().map(|text| text.0.as_bytes().to_vec());
        return Some(Zeroizing::new(bytes.unwrap_or_default()));
    }
    let (_, text) = data.0.get(of(data)?)?;
    let Some(text) = text else {
        return Some(Zeroizing::default());
    };
    // Line breaks within are let pass, as Go's decoder does.
    let packed: Zeroizing<Vec<u8>> = Zeroizing::new(
        text.0
            .bytes()
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .collect(),
    );
    if let Ok(bytes) = STANDARD.decode(&*packed) {
        Some(Zeroizing::new(bytes))
    } else {
        let observed = "a text that is not base64".to_owned();
        notes.flaw(format!("data.{key}"), observed, "base64");
        Some(Zeroizing::new(text.0.as_bytes().to_vec()))
    }
}

fn remembered(facts: wire::Facts) -> Contents {
    match facts.contents.as_deref() {
        Some("sealed") => return Contents::Sealed,
        Some("awaited") => return Contents::Awaited,
        _ => {}
    }
    let certificates = facts.certificates.unwrap_or_default().into_iter();
    let certificates: Box<[Certificate]> = certificates.map(certificate_of).collect();
    let chain = match facts.chain.as_deref() {
        Some("empty") => Chain::Empty,
        Some("unusable") => Chain::Unusable(name(facts.chain_fault)),
        _ if certificates.is_empty() => Chain::Absent,
        _ => Chain::Certificates(certificates),
    };
    let key = match facts.key.as_deref() {
        Some("empty") => PrivateKey::Empty,
        Some("unusable") => PrivateKey::Unusable(name(facts.key_fault)),
        Some("unproved") => PrivateKey::Unproved,
        Some("leaf") => PrivateKey::OfLeaf,
        Some("another") => {
            PrivateKey::OfAnother(u16::try_from(facts.key_of.unwrap_or(0)).unwrap_or(u16::MAX))
        }
        Some("none") => PrivateKey::OfNone,
        _ => PrivateKey::Absent,
    };
    Contents::Known { chain, key }
}

fn certificate_of(wire: wire::Certificate) -> Certificate {
    let addresses = wire.addresses.unwrap_or_default();
    Certificate {
        common_name: name(wire.common_name),
        subject: name(wire.subject),
        issuer: name(wire.issuer),
        hosts: names(wire.hosts),
        addresses: addresses.iter().filter_map(|ip| ip.parse().ok()).collect(),
        not_before: wire.not_before.map_or(Timestamp::MIN, |time| time.0),
        not_after: wire.not_after.map_or(Timestamp::MAX, |time| time.0),
        is_ca: wire.is_ca.unwrap_or_default(),
        self_signed: wire.self_signed.unwrap_or_default(),
        for_servers: !wire.not_for_servers.unwrap_or_default(),
        fingerprint: name(wire.fingerprint),
    }
}
