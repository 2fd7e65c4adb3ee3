//! What a certificate and its key say in public: X.509 (RFC 5280) in PEM (RFC 7468), keys as PKCS#1, PKCS#8 or SEC 1.
//!
//! Total over any bytes. Bytes of a key live in texts that overwrite themselves; only whether they belong to a
//! certificate leaves this module.

use crate::model::key::Name;
use crate::model::secret::{Certificate, Chain, Contents, PrivateKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use std::fmt::Write as _;
use std::net::IpAddr;
use x509_parser::asn1_rs::{Any, Class, FromDer as _, Tag};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::time::ASN1Time;
use zeroize::Zeroizing;

/// The most certificates that are looked at: a file with more is no chain.
const MOST: usize = 32;

/// Object identifiers of public keys, as their contents stand in DER.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

type Bytes = Zeroizing<Vec<u8>>;

/// A block of a PEM file.
struct Block {
    tag: String,
    encrypted: bool,
    bytes: Bytes,
}

/// The public half of a key.
#[derive(PartialEq, Eq)]
enum Public {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Ec(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// Reduces the two values of a TLS Secret; `None` where there is no such key.
pub(super) fn reduce(chain: Option<Bytes>, key: Option<Bytes>) -> Contents {
    let (chain, publics) = chain.map_or((Chain::Absent, Vec::new()), |bytes| certificates(&bytes));
    let key = key.map_or(PrivateKey::Absent, |bytes| private_key(&bytes, &publics));
    Contents::Known { chain, key }
}

/// The certificates of a file, each with its public key where that is of a known form.
fn certificates(bytes: &[u8]) -> (Chain, Vec<Option<Public>>) {
    if bytes.trim_ascii().is_empty() {
        return (Chain::Empty, Vec::new());
    }
    let unusable = |why: String| (Chain::Unusable(Name::from(why)), Vec::new());
    let blocks = match blocks(bytes) {
        Ok(blocks) => blocks,
        Err(why) => return unusable(why),
    };
    let held: Vec<&Block> = blocks
        .iter()
        .filter(|block| block.tag == "CERTIFICATE")
        .take(MOST)
        .collect();
    if held.is_empty() {
        let tag = blocks.first().map_or("nothing", |block| &block.tag);
        return unusable(format!("it holds {tag} and no CERTIFICATE"));
    }
    let mut read = Vec::with_capacity(held.len());
    let mut publics = Vec::with_capacity(held.len());
    for (at, block) in held.iter().enumerate() {
        let Some((certificate, public)) = certificate(&block.bytes) else {
            let nth = at + 1;
            return unusable(format!(
                "block {nth} cannot be read as an X.509 certificate"
            ));
        };
        read.push(certificate);
        publics.push(public);
    }
    (Chain::Certificates(read.into()), publics)
}

/// The blocks of a PEM file; why there are none.
fn blocks(bytes: &[u8]) -> Result<Vec<Block>, String> {
    let parsed = pem::parse_many(bytes).map_err(|_| "its PEM is malformed".to_owned())?;
    if parsed.is_empty() {
        return Err(not_pem(bytes));
    }
    let block = |one: pem::Pem| Block {
        tag: one.tag().to_owned(),
        encrypted: one.headers().get("Proc-Type").is_some(),
        bytes: Zeroizing::new(one.into_contents()),
    };
    Ok(parsed.into_iter().map(block).collect())
}

fn not_pem(bytes: &[u8]) -> String {
    let packed: Bytes = Zeroizing::new(
        bytes
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect(),
    );
    let again = STANDARD.decode(&*packed).map(Zeroizing::new);
    let twice = again.is_ok_and(|inner| inner.trim_ascii_start().starts_with(b"-----BEGIN "));
    let words = if twice {
        "it is base64 twice over"
    } else if bytes.starts_with(&[0x30]) {
        "it is DER, not PEM"
    } else if bytes.windows(11).any(|some| some == b"-----BEGIN ") {
        "its PEM is malformed"
    } else {
        "it is not PEM"
    };
    words.to_owned()
}

fn certificate(der: &[u8]) -> Option<(Certificate, Option<Public>)> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let (mut hosts, mut addresses) = (Vec::new(), Vec::new());
    if let Some(names) = parsed.subject_alternative_name().ok()? {
        for name in &names.value.general_names {
            match name {
                GeneralName::DNSName(host) => hosts.push(Name::from(host.to_ascii_lowercase())),
                GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
                _ => {}
            }
        }
    }
    let (mut holder, mut signer) = (None, None);
    for extension in parsed.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => holder = Some(id.0),
            ParsedExtension::AuthorityKeyIdentifier(by) => {
                signer = by.key_identifier.as_ref().map(|id| id.0);
            }
            _ => {}
        }
    }
    let another = matches!((holder, signer), (Some(own), Some(by)) if own != by);
    let use_of = parsed.extended_key_usage().ok()?;
    let for_servers = use_of.is_none_or(|usage| usage.value.any || usage.value.server_auth);
    let common_name = parsed.subject().iter_common_name().next();
    let common_name = common_name.and_then(|name| name.as_str().ok());
    let own = parsed.subject().as_raw() == parsed.issuer().as_raw();
    let fact = Certificate {
        common_name: Name::from(common_name.unwrap_or_default()),
        subject: Name::from(parsed.subject().to_string()),
        issuer: Name::from(parsed.issuer().to_string()),
        hosts: hosts.into(),
        addresses: addresses.into(),
        not_before: time(parsed.validity().not_before),
        not_after: time(parsed.validity().not_after),
        is_ca: parsed.is_ca(),
        self_signed: own && !another,
        for_servers,
        fingerprint: hexadecimal(digest(&SHA256, der).as_ref()),
    };
    let bits = &parsed.public_key().subject_public_key.data;
    let algorithm = parsed.public_key().algorithm.algorithm.as_bytes();
    Some((fact, public_of(algorithm, bits)))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

/// A moment; `99991231235959Z` stands for no end and lies beyond what a timestamp holds.
fn time(at: ASN1Time) -> Timestamp {
    Timestamp::from_second(at.timestamp()).unwrap_or(Timestamp::MAX)
}

fn hexadecimal(bytes: &[u8]) -> Name {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Name::from(text)
}

fn public_of(algorithm: &[u8], bits: &[u8]) -> Option<Public> {
    match algorithm {
        RSA => {
            let parts = items(bits)?;
            rsa(parts.first()?, parts.get(1)?)
        }
        EC => Some(Public::Ec(bits.to_vec())),
        ED25519 => Some(Public::Ed25519(bits.to_vec())),
        _ => None,
    }
}

fn rsa(modulus: &Any<'_>, exponent: &Any<'_>) -> Option<Public> {
    (modulus.tag() == Tag::Integer && exponent.tag() == Tag::Integer).then(|| Public::Rsa {
        modulus: modulus.data.to_vec(),
        exponent: exponent.data.to_vec(),
    })
}

/// The elements of a sequence.
fn items(der: &[u8]) -> Option<Vec<Any<'_>>> {
    let (_, whole) = Any::from_der(der).ok()?;
    items_of(&whole)
}

/// What a file of a private key is to these certificates.
fn private_key(bytes: &[u8], certificates: &[Option<Public>]) -> PrivateKey {
    if bytes.trim_ascii().is_empty() {
        return PrivateKey::Empty;
    }
    let blocks = match blocks(bytes) {
        Ok(blocks) => blocks,
        Err(why) => return PrivateKey::Unusable(Name::from(why)),
    };
    let key = blocks
        .iter()
        .find(|block| block.tag.ends_with("PRIVATE KEY"));
    let Some(key) = key else {
        let tag = blocks.first().map_or("nothing", |block| &block.tag);
        let why = format!("it holds {tag} and no private key");
        return PrivateKey::Unusable(Name::from(why));
    };
    if key.encrypted || key.tag.starts_with("ENCRYPTED") {
        return PrivateKey::Unusable(Name::from("it is encrypted with a passphrase"));
    }
    match public_half(&key.tag, &key.bytes) {
        Half::Broken => PrivateKey::Unusable(Name::from("its block cannot be read as a key")),
        Half::Unknown => PrivateKey::Unproved,
        Half::Known(public) => place(&public, certificates),
    }
}

fn place(public: &Public, certificates: &[Option<Public>]) -> PrivateKey {
    let at = certificates
        .iter()
        .position(|held| held.as_ref() == Some(public));
    match at {
        Some(0) => PrivateKey::OfLeaf,
        Some(at) => PrivateKey::OfAnother(u16::try_from(at + 1).unwrap_or(u16::MAX)),
        // A certificate whose key is of an unknown form may be the one.
        None if certificates.iter().any(Option::is_none) || certificates.is_empty() => {
            PrivateKey::Unproved
        }
        None => PrivateKey::OfNone,
    }
}

/// What is known of the public half of a private key.
enum Half {
    Known(Public),
    /// A form that does not say it, or that is not known.
    Unknown,
    Broken,
}

fn public_half(tag: &str, der: &[u8]) -> Half {
    match tag {
        "RSA PRIVATE KEY" => of_rsa(der),
        "EC PRIVATE KEY" => of_ec(der),
        "PRIVATE KEY" => of_pkcs8(der).unwrap_or(Half::Broken),
        _ => Half::Unknown,
    }
}

/// PKCS#1 (RFC 8017): version, modulus, public exponent, and what stays hidden.
fn of_rsa(der: &[u8]) -> Half {
    let parts = items(der).unwrap_or_default();
    match (parts.get(1), parts.get(2)) {
        (Some(modulus), Some(exponent)) => rsa(modulus, exponent).map_or(Half::Broken, Half::Known),
        _ => Half::Broken,
    }
}

/// SEC 1 (RFC 5915): the public point is optional and stands under `[1]`.
fn of_ec(der: &[u8]) -> Half {
    let Some(parts) = items(der).filter(|parts| parts.len() >= 2) else {
        return Half::Broken;
    };
    let point = parts
        .iter()
        .find(|part| part.tag().0 == 1 && part.class() == Class::ContextSpecific);
    let Some(point) = point else {
        return Half::Unknown;
    };
    match Any::from_der(point.data) {
        // The first byte of a bit string counts its unused bits.
        Ok((_, bits)) if bits.tag() == Tag::BitString => match bits.data.split_first() {
            Some((0, point)) => Half::Known(Public::Ec(point.to_vec())),
            _ => Half::Broken,
        },
        _ => Half::Broken,
    }
}

/// PKCS#8 (RFC 5958): version, algorithm, and the key in its own form.
fn of_pkcs8(der: &[u8]) -> Option<Half> {
    let parts = items(der)?;
    let algorithm = items_of(parts.get(1)?)?;
    let inner = parts.get(2).filter(|part| part.tag() == Tag::OctetString)?;
    Some(match algorithm.first()?.data {
        RSA => of_rsa(inner.data),
        EC => of_ec(inner.data),
        ED25519 => {
            let (_, seed) = Any::from_der(inner.data).ok()?;
            let pair = Ed25519KeyPair::from_seed_unchecked(seed.data).ok()?;
            Half::Known(Public::Ed25519(pair.public_key().as_ref().to_vec()))
        }
        _ => Half::Unknown,
    })
}

fn items_of<'a>(whole: &Any<'a>) -> Option<Vec<Any<'a>>> {
    if whole.tag() != Tag::Sequence {
        return None;
    }
    let mut rest = whole.data;
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (after, item) = Any::from_der(rest).ok()?;
        items.push(item);
        rest = after;
    }
    Some(items)
}
