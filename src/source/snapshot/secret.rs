//! Secrets: the public facts under `facts`, never a value.

use crate::model::secret::{Certificate, Chain, Contents, PrivateKey, Secret};
use crate::source::snapshot::doc::{Doc, texts};
use serde_json::Value;

pub(super) fn secret(head: Doc, secret: &Secret) -> Doc {
    let facts = Doc::new().put("keys", texts(&secret.keys));
    let facts = match &secret.contents {
        Contents::Sealed => facts.put("contents", "sealed"),
        Contents::Awaited => facts.put("contents", "awaited"),
        Contents::Known { chain, key: of } => key(certificates(facts, chain), of),
    };
    head.put("type", secret.kind.as_str()).keep("facts", facts)
}

fn certificates(facts: Doc, chain: &Chain) -> Doc {
    match chain {
        Chain::Absent => facts,
        Chain::Empty => facts.put("chain", "empty"),
        Chain::Unusable(why) => facts
            .put("chain", "unusable")
            .put("chainFault", why.as_str()),
        Chain::Certificates(all) => {
            let all = all.iter().map(certificate);
            facts.put("certificates", all.collect::<Value>())
        }
    }
}

fn key(facts: Doc, key: &PrivateKey) -> Doc {
    match key {
        PrivateKey::Absent => facts,
        PrivateKey::Empty => facts.put("key", "empty"),
        PrivateKey::Unusable(why) => facts.put("key", "unusable").put("keyFault", why.as_str()),
        PrivateKey::Unproved => facts.put("key", "unproved"),
        PrivateKey::OfLeaf => facts.put("key", "leaf"),
        PrivateKey::OfAnother(at) => facts.put("key", "another").put("keyOf", *at),
        PrivateKey::OfNone => facts.put("key", "none"),
    }
}

fn certificate(of: &Certificate) -> Value {
    Doc::new()
        .put("commonName", of.common_name.as_str())
        .put("subject", of.subject.as_str())
        .put("issuer", of.issuer.as_str())
        .put("hosts", texts(&of.hosts))
        .put("addresses", texts(&of.addresses))
        .put("notBefore", of.not_before.to_string())
        .put("notAfter", of.not_after.to_string())
        .put("ca", of.is_ca)
        .put("selfSigned", of.self_signed)
        .put("notForServers", !of.for_servers)
        .put("fingerprint", of.fingerprint.as_str())
        .done()
}
