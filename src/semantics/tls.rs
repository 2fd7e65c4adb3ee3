//! TLS of Ingresses: which Secret answers for a host, and whether what it holds can.
//!
//! Host names are compared as RFC 9525 and clients do: only `subjectAltName` counts, a wildcard stands for exactly
//! one label. Which entry of `spec.tls` answers follows the Ingress page of the Kubernetes documentation and what
//! ingress-nginx does: the entry that lists the host, else one whose certificate covers it.

use crate::model::ingress::{Ingress, IngressTls};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::secret::{Certificate, Chain, Contents, PrivateKey, Secret};
use crate::model::view::{View, as_secret};
use crate::semantics::controller::Known;
use crate::semantics::ingress::{Class, class_of, host_fit};
use crate::semantics::{nginx, unseen};
use jiff::{SignedDuration, Timestamp};
use std::net::IpAddr;

/// Longest time before its end at which a certificate is said to end soon.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The part of its life that a certificate has left when it is said to end soon. Whoever renews by machine does so
/// at a third; less than a sixth means that it did not.
const LAST_PART: i32 = 6;

/// Whether a certificate answers for a host: a name, an address, or `*.` and a domain as Ingresses write it.
pub fn covers(certificate: &Certificate, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return certificate.addresses.contains(&ip);
    }
    certificate
        .hosts
        .iter()
        .any(|name| name.trim_end_matches('.') == host || wildcard(name, &host))
}

fn wildcard(name: &str, host: &str) -> bool {
    let Some(domain) = name.strip_prefix("*.") else {
        return false;
    };
    let rest = host.split_once('.').filter(|(label, _)| !label.is_empty());
    rest.is_some_and(|(label, rest)| label != "*" && rest == domain)
}

/// The moment from which a certificate is said to end soon.
pub fn soon(certificate: &Certificate) -> Timestamp {
    let life = certificate
        .not_after
        .duration_since(certificate.not_before)
        .abs();
    let margin = (life / LAST_PART).min(SOON);
    certificate
        .not_after
        .saturating_sub(margin)
        .unwrap_or(certificate.not_after)
}

/// What is wrong with a Secret that is to hold a certificate, whatever the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No certificate can be taken from it.
    NoCertificate(Name),
    /// No private key can be taken from it.
    NoKey(Name),
    /// The key belongs to a later certificate of the file, counted from 1.
    KeyOfAnother(u16),
    /// The key belongs to none of the file's certificates.
    KeyOfNone,
    /// The certificate has ended.
    Ended(Timestamp),
    /// The certificate has not begun.
    NotBegun(Timestamp),
    /// The certificate is not for servers.
    NotForServers,
}

/// The first thing that is wrong with a Secret's contents; none where they were not looked at.
pub fn fault(view: &View<'_>, secret: &Secret) -> Option<Fault> {
    unusable(secret).or_else(|| mismatch(secret)).or_else(|| {
        let leaf = secret.leaf()?;
        untimely(view, leaf).or((!leaf.for_servers).then_some(Fault::NotForServers))
    })
}

/// Why nothing can be taken from a Secret.
pub fn unusable(secret: &Secret) -> Option<Fault> {
    let Contents::Known { chain, key } = &secret.contents else {
        return None;
    };
    let word = |what: &str, which: &str| Name::from(format!("{which} {what}"));
    let certificate = match chain {
        Chain::Absent => Some(word("is not there", "tls.crt")),
        Chain::Empty => Some(word("is empty", "tls.crt")),
        Chain::Unusable(why) => Some(word(why, "tls.crt:")),
        Chain::Certificates(_) => None,
    };
    let private = match key {
        PrivateKey::Absent => Some(word("is not there", "tls.key")),
        PrivateKey::Empty => Some(word("is empty", "tls.key")),
        PrivateKey::Unusable(why) => Some(word(why, "tls.key:")),
        _ => None,
    };
    certificate
        .map(Fault::NoCertificate)
        .or(private.map(Fault::NoKey))
}

/// Whether the key belongs to another certificate than the first.
pub fn mismatch(secret: &Secret) -> Option<Fault> {
    match &secret.contents {
        Contents::Known {
            key: PrivateKey::OfAnother(at),
            ..
        } => Some(Fault::KeyOfAnother(*at)),
        Contents::Known {
            key: PrivateKey::OfNone,
            ..
        } => Some(Fault::KeyOfNone),
        _ => None,
    }
}

/// Whether a certificate has ended, or not begun.
pub fn untimely(view: &View<'_>, certificate: &Certificate) -> Option<Fault> {
    let before = |moment| view.is_within(SignedDuration::ZERO, moment);
    if !before(certificate.not_after) {
        Some(Fault::Ended(certificate.not_after))
    } else if before(certificate.not_before) {
        Some(Fault::NotBegun(certificate.not_before))
    } else {
        None
    }
}

/// Where the certificate of an Ingress comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// From the Secrets that it names: its controller is known to work so.
    Secrets,
    /// From elsewhere; where, in a few words. The Secrets that it names are not looked at.
    Elsewhere(&'static str),
    /// Its controller is not known.
    Unclear,
    /// It has no class, so that it is not known who serves it.
    Nobody,
}

/// Annotations of other controllers than ingress-nginx that hand the connection on unopened, when `"true"`.
const PASSED_THROUGH: &[&str] = &[
    "haproxy.org/ssl-passthrough",
    "haproxy-ingress.github.io/ssl-passthrough",
    "ingress.kubernetes.io/ssl-passthrough",
];

/// Annotations that name certificates which are kept outside the cluster, or whom the controller itself gets them from.
const KEPT_OUTSIDE: &[&str] = &[
    "alb.ingress.kubernetes.io/certificate-arn",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
    "traefik.ingress.kubernetes.io/router.tls.certresolver",
];

/// Controllers that keep certificates themselves and take none from a Secret.
const OWN_KEEPERS: &[(&str, &str)] = &[
    ("ingress.k8s.aws/alb", "AWS Certificate Manager"),
    (
        "strrl.dev/cloudflare-tunnel-ingress-controller",
        "Cloudflare",
    ),
    ("tailscale.com/ts-ingress", "Tailscale"),
];

/// Where the certificate of an Ingress comes from.
pub fn keeper(view: &View<'_>, ingress: &Ingress) -> Keeper {
    let annotations = &ingress.meta.annotations;
    let class = class_of(view, ingress);
    if PASSED_THROUGH
        .iter()
        .any(|name| annotations.has(name, "true"))
        || passes_through(view, ingress, &class)
    {
        return Keeper::Elsewhere("the backend itself: TLS is passed through");
    }
    if KEPT_OUTSIDE
        .iter()
        .any(|name| annotations.get(name).is_some())
    {
        return Keeper::Elsewhere("outside the cluster, as an annotation says");
    }
    if class == Class::None {
        return Keeper::Nobody;
    }
    let known = class.controller().map(Known::reads);
    let named = known.or(class.object().map(|class| class.controller.as_str()));
    let own = OWN_KEEPERS.iter().find(|(one, _)| Some(*one) == named);
    match (own, known) {
        (Some((_, place)), _) => Keeper::Elsewhere(place),
        (None, Some(_)) => Keeper::Secrets,
        (None, None) => Keeper::Unclear,
    }
}

/// Whether ingress-nginx hands TLS on, or may: its pods tell whether they do as they are asked.
fn passes_through(view: &View<'_>, ingress: &Ingress, class: &Class<'_>) -> bool {
    if nginx::annotation::flag(ingress, "ssl-passthrough") != Some(true) {
        return false;
    }
    match class.controller() {
        Some(known) if !known.is_nginx() => false,
        _ => nginx::arguments::passes_through(view, class) != Some(false),
    }
}

/// Annotations that ask a certificate manager to make the Secrets of an Ingress.
const MADE: &[&str] = &[
    "cert-manager.io/cluster-issuer",
    "cert-manager.io/issuer",
    "certmanager.k8s.io/cluster-issuer",
    "certmanager.k8s.io/issuer",
    "kubernetes.azure.com/tls-cert-keyvault-uri",
    "kubernetes.io/tls-acme",
];

/// Whether somebody is asked to make a Secret that an Ingress names: by annotation, or by a Certificate that is there.
pub fn is_made(view: &View<'_>, ingress: &Ingress, secret: &Key) -> bool {
    let annotations = &ingress.meta.annotations;
    let annotated = MADE.iter().any(|name| {
        annotations
            .get(name)
            .is_some_and(|value| !value.is_empty() && value != "false")
    });
    annotated || view.advisory(|view| !view.certificates_for(secret).is_empty())
}

/// Whether a Secret that is not there can be called missing: files may leave out what a cluster holds, unless they
/// hold certificates.
pub fn secrets_can_be_judged(view: &View<'_>) -> bool {
    !view.is_offline()
        || view
            .all(Kind::Secret)
            .filter_map(as_secret)
            .any(Secret::is_for_tls)
}

/// The kinds of custom resources in a namespace of the files from which operators may make Secrets.
pub fn makers(view: &View<'_>, namespace: &Name) -> Vec<String> {
    const WORDS: &[&str] = &["Secret", "Certificate", "Vault", "TLS"];
    let seen = view.unrecognised_in(namespace).into_iter();
    let of_secrets = seen
        .filter(|(_, kind)| WORDS.iter().any(|word| kind.contains(word)))
        .map(|(_, kind)| kind.to_string());
    let mut all: Vec<String> = unseen::makers(view, namespace)
        .into_iter()
        .chain(of_secrets)
        .collect();
    all.sort();
    all.dedup();
    all
}

/// The Secret that an entry of `spec.tls` names.
pub fn secret_of(ingress: &Ingress, entry: &IngressTls) -> Option<Key> {
    let name = entry.secret.clone()?;
    Some(ingress.meta.key.sibling(Kind::Secret, name))
}

/// The other Ingresses of the same class that list a host in `spec.tls`, by key.
pub fn rivals<'w>(view: &View<'w>, ingress: &Ingress, host: &Name) -> Vec<&'w Ingress> {
    let class = class_of(view, ingress).name().cloned();
    // Elsewhere there may be Ingresses that cannot be seen; nothing is claimed of them.
    let listing = view
        .advisory(|view| view.ingresses_securing(host))
        .into_iter();
    let others = listing.filter(|other| other.meta.key != ingress.meta.key);
    others
        .filter(|other| class_of(view, other).name() == class.as_ref())
        .collect()
}

/// An entry of `spec.tls` that may answer for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<'w> {
    /// The Ingress that has it.
    pub ingress: &'w Ingress,
    /// Where in `spec.tls`.
    pub at: usize,
    /// The Secret that it names.
    pub secret: Key,
}

/// The entries that answer for a host among the Ingresses of one entry, the oldest Ingress first: those that list
/// it; where none does, those that list no host, or whose certificate covers it.
pub fn claims<'w>(view: &View<'w>, ingresses: &[&'w Ingress], host: &str) -> Vec<Claim<'w>> {
    let mut by_age: Vec<&'w Ingress> = ingresses.to_vec();
    by_age.sort_by_key(|one| {
        let meta = &one.meta;
        (meta.created.is_none(), meta.created, meta.key.clone())
    });
    let ruled = by_age.into_iter().filter(|one| {
        let mut rules = one.rules.iter();
        one.rules.is_empty() || rules.any(|rule| host_fit(&rule.host, host).is_some())
    });
    let all: Vec<(Claim<'w>, &'w IngressTls)> = ruled
        .flat_map(|ingress| {
            let entries = ingress.tls.iter().enumerate();
            entries.filter_map(move |(at, entry)| {
                let secret = secret_of(ingress, entry)?;
                Some((
                    Claim {
                        ingress,
                        at,
                        secret,
                    },
                    entry,
                ))
            })
        })
        .collect();
    let lists = |entry: &IngressTls| entry.hosts.iter().any(|one| host_fit(one, host).is_some());
    let listed: Vec<Claim<'w>> = all
        .iter()
        .filter(|(_, entry)| !entry.hosts.is_empty() && lists(entry))
        .map(|(claim, _)| claim.clone())
        .collect();
    if !listed.is_empty() {
        return listed;
    }
    let fits = |claim: &Claim<'w>| {
        let leaf = view.secret(&claim.secret).and_then(Secret::leaf);
        leaf.is_some_and(|leaf| covers(leaf, host))
    };
    let (fitting, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(claim, _)| fits(claim));
    let chosen = if fitting.is_empty() {
        others
            .into_iter()
            .filter(|(_, entry)| entry.hosts.is_empty())
            .collect()
    } else {
        fitting
    };
    chosen.into_iter().map(|(claim, _)| claim).collect()
}
