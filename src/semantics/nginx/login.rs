//! What a client has to show before it is let in: a name and password (`auth-type`), the consent of another server
//! (`auth-url`), or a certificate (`auth-tls-secret`).
//!
//! Source: `internal/ingress/annotations/auth`, `authreq` and `authtls`: where what they need is not there, the paths of
//! the Ingress answer 503, and for a certificate every path of its hosts 403.

use crate::model::ingress::Ingress;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::secret::{Contents, Secret};
use crate::model::service::Service;
use crate::model::view::View;
use crate::semantics::alias;
use crate::semantics::nginx::annotation::text;

/// The annotation that names the Secret with names and passwords.
pub const PASSWORDS: &str = "auth-secret";
/// The annotation that names the Secret with the issuer of clients' certificates.
pub const ISSUERS: &str = "auth-tls-secret";
/// The annotation with the address that is asked first.
pub const ASKED: &str = "auth-url";

/// A Secret without which nobody is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// The annotation that names it.
    pub annotation: &'static str,
    /// The Secret.
    pub secret: Key,
}

/// Why nobody is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// An annotation has a value that is not taken: which, and what it should be.
    Value(&'static str, &'static str),
    /// The Secret is not there.
    Missing(Needed),
    /// The Secret has none of the keys that are wanted: which these are.
    Lacks(Needed, &'static str),
}

impl Closed {
    /// What clients see: a certificate is asked for by all paths of the host.
    pub fn status(&self) -> u16 {
        status(self.annotation())
    }

    /// The annotation at fault.
    pub fn annotation(&self) -> &'static str {
        match self {
            Self::Value(annotation, _) => annotation,
            Self::Missing(needed) | Self::Lacks(needed, _) => needed.annotation,
        }
    }
}

/// Whether names and passwords are asked for.
pub fn by_password(ingress: &Ingress) -> bool {
    text(ingress, "auth-type").is_some()
}

/// Whether clients without a certificate are turned away: `auth-tls-verify-client` is `on` where it is not set.
pub fn by_certificate(ingress: &Ingress) -> bool {
    let optional = ["off", "optional", "optional_no_ca"];
    text(ingress, ISSUERS).is_some()
        && text(ingress, "auth-tls-verify-client").is_none_or(|word| !optional.contains(&word))
}

/// The Secrets that annotations of an Ingress name, as far as they can be understood.
pub fn secrets(ingress: &Ingress) -> impl Iterator<Item = Needed> {
    let of = |annotation| named(ingress, annotation);
    [of(PASSWORDS).filter(|_| by_password(ingress)), of(ISSUERS)]
        .into_iter()
        .flatten()
}

/// `name` or `namespace/name`; of certificates only the latter is understood.
fn named(ingress: &Ingress, annotation: &'static str) -> Option<Needed> {
    let value = text(ingress, annotation)?;
    let own = || ingress.meta.key.namespace.clone();
    let (namespace, name) = match value.split_once('/') {
        Some((namespace, name)) => (Some(Name::from(namespace)), name),
        None if annotation == ISSUERS => return None,
        None => (own(), value),
    };
    let whole = !name.is_empty() && !name.contains('/');
    let secret = Key {
        kind: Kind::Secret,
        namespace: namespace.filter(|place| !place.is_empty()).or_else(own),
        name: Name::from(name),
    };
    whole.then_some(Needed { annotation, secret })
}

/// Why nobody is let in by an Ingress. A Secret of another namespace is up to the controller, and nothing is said of it.
pub fn closed(view: &View<'_>, ingress: &Ingress) -> Vec<Closed> {
    let mut all = Vec::new();
    if let Some(kind) = text(ingress, "auth-type") {
        if !kind.contains("basic") && !kind.contains("digest") {
            all.push(Closed::Value("auth-type", "basic or digest"));
        } else if text(ingress, PASSWORDS).is_none() {
            all.push(Closed::Value(PASSWORDS, "the name of a Secret"));
        }
    }
    if text(ingress, ISSUERS).is_some() && named(ingress, ISSUERS).is_none() {
        all.push(Closed::Value(ISSUERS, "namespace/name of a Secret"));
    }
    let own = secrets(ingress).filter(|needed| is_own(ingress, needed));
    all.extend(own.filter_map(|needed| unfit(view, ingress, needed)));
    all
}

/// Whether a Secret lies in the namespace of the Ingress.
pub fn is_own(ingress: &Ingress, needed: &Needed) -> bool {
    needed.secret.namespace == ingress.meta.key.namespace
}

fn unfit(view: &View<'_>, ingress: &Ingress, needed: Needed) -> Option<Closed> {
    let Some(secret) = view.secret(&needed.secret) else {
        return Some(Closed::Missing(needed));
    };
    let has = |key: &str| secret.keys.iter().any(|known| known == key);
    let wanted = match needed.annotation {
        ISSUERS => {
            let fits = has("ca.crt") || has("tls.crt") && has("tls.key");
            (!fits).then_some("ca.crt")
        }
        // With `auth-map` every key is a name.
        _ if text(ingress, "auth-secret-type").is_some_and(|kind| kind == "auth-map") => None,
        _ => (!has("auth")).then_some("auth"),
    };
    let lacks = wanted.filter(|_| is_whole(view, secret))?;
    Some(Closed::Lacks(needed, lacks))
}

/// Whether the keys of a Secret are all there are: one that is asked for is not yet known, and an empty one in files
/// is filled later.
fn is_whole(view: &View<'_>, secret: &Secret) -> bool {
    secret.contents != Contents::Awaited && !(view.is_offline() && secret.keys.is_empty())
}

/// What an annotation that asks for a Secret answers with where it is not there.
pub fn status(annotation: &str) -> u16 {
    if annotation == ISSUERS { 403 } else { 503 }
}

/// A Service of the cluster that is asked about each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The Service.
    pub service: Key,
    /// Its port.
    pub port: u16,
}

/// What stands in `auth-url`, as nginx takes it. The address is a variable of its configuration, so that its resolver
/// looks the name up while requests come in: as it stands, for it knows no search domains (ingress-nginx #1317, #3665).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The full name of a Service.
    Service(Asked),
    /// A name that only search domains make that of a Service, so that nobody knows it; and the Service that is meant.
    Short(Asked),
    /// Outside the cluster, made of the request, or not known.
    Elsewhere,
}

/// What the `auth-url` of an Ingress leads to.
pub fn asked(view: &View<'_>, ingress: &Ingress, address: &str) -> Address {
    let Some((host, port)) = place(address) else {
        return Address::Elsewhere;
    };
    if let Some(service) = alias::named(&host) {
        return Address::Service(Asked { service, port });
    }
    // Connections that are kept are those of an upstream, whose name libc looks up when nginx starts.
    let kept = text(ingress, "auth-keepalive").is_some_and(|count| count != "0");
    let labels: Vec<&str> = host.split('.').collect();
    let own = ingress.meta.key.namespace_str();
    let (service, namespace, certain) = match labels.as_slice() {
        [service] => (*service, own, false),
        [service, namespace] => (*service, *namespace, false),
        // There is no such domain beside the cluster's own.
        [service, namespace, "svc"] => (*service, *namespace, true),
        _ => return Address::Elsewhere,
    };
    let service = Key::new(Kind::Service, namespace, Name::from(service));
    // A short name may be known outside (`auth.dev`); that of a Service which is there and has the port is meant to be
    // that.
    let fits = |service: &Service| service.ports.iter().any(|known| known.port == port);
    let meant = certain || view.advisory(|view| view.service(&service).is_some_and(fits));
    if kept || !meant || labels.iter().any(|label| label.is_empty()) {
        return Address::Elsewhere;
    }
    Address::Short(Asked { service, port })
}

/// The host and port of an address, in lower case; none where it is made of the request.
fn place(address: &str) -> Option<(String, u16)> {
    let lower = address.to_ascii_lowercase();
    let (rest, usual) = match lower.split_once("://")? {
        ("http", rest) => (rest, 80),
        ("https", rest) => (rest, 443),
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let place = rest.get(..end)?;
    if place.contains(['$', '@', '[']) {
        return None;
    }
    let (host, port) = match place.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (place, usual),
    };
    Some((host.to_owned(), port))
}

/// Whether a pod asks the name servers of its node, which need not know the names of the cluster.
pub fn asks_the_node(pod: &Pod) -> bool {
    pod.dns_policy == "Default" || pod.dns_policy == "ClusterFirst" && pod.host_network
}
