//! Who takes a certificate from a Secret, in words; and what the rules on certificates share.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::model::ingress::Ingress;
use crate::model::key::{Key, Name};
use crate::model::secret::Certificate;
use crate::model::view::View;
use crate::semantics::controller::Known;
use crate::semantics::ingress::class_of;
use crate::semantics::nginx::instead::Instead;
use crate::semantics::tls::{self, Keeper};

/// The most names that are told one by one.
const TOLD: usize = 5;

/// The Ingresses that take their certificate from a Secret.
#[derive(Debug)]
pub struct Users<'w> {
    ingresses: Vec<&'w Ingress>,
    made: bool,
    controller: Option<&'static str>,
}

/// The Ingresses that name a Secret and whose controller may look at it.
pub fn of<'w>(view: &View<'w>, secret: &Key) -> Users<'w> {
    let naming = view.ingresses_with(secret).into_iter();
    let ingresses: Vec<&'w Ingress> = naming
        .filter(|ingress| !matches!(tls::keeper(view, ingress), Keeper::Elsewhere(_)))
        .collect();
    let made = ingresses.iter().any(|one| tls::is_made(view, one, secret));
    let controller = ingresses.first().and_then(|one| controller_of(view, one));
    Users {
        ingresses,
        made,
        controller,
    }
}

impl Users<'_> {
    /// Whether nobody does.
    pub fn is_empty(&self) -> bool {
        self.ingresses.is_empty()
    }

    /// Whether somebody is asked to fill the Secret.
    pub fn are_made(&self) -> bool {
        self.made
    }

    /// `Ingress web and 2 more`.
    pub fn words(&self) -> String {
        let first = self.ingresses.first().map(|one| one.meta.key.name.clone());
        let first = first.unwrap_or_default();
        match self.ingresses.len() {
            0 | 1 => format!("Ingress {first}"),
            more => format!("Ingress {first} (and {} more)", more - 1),
        }
    }

    /// What clients see.
    pub fn effect(&self) -> String {
        instead(self.controller)
    }

    /// Whether the controllers of all are among these.
    pub fn are_all_served_by(&self, view: &View<'_>, controllers: &[&str]) -> bool {
        self.ingresses
            .iter()
            .all(|one| controller_of(view, one).is_some_and(|known| controllers.contains(&known)))
    }
}

fn controller_of(view: &View<'_>, ingress: &Ingress) -> Option<&'static str> {
    class_of(view, ingress).controller().map(Known::reads)
}

/// What clients see of an Ingress whose Secret is not there, or does not answer for the host.
pub fn without(view: &View<'_>, ingress: &Ingress, shown: &Instead) -> String {
    let short = |key: &Key| key.short();
    match shown {
        Instead::Fake => {
            "ingress-nginx, which runs without --default-ssl-certificate, shows its default certificate, a fake one that clients refuse."
                .to_owned()
        }
        Instead::Gone(key) => format!(
            "ingress-nginx shows a fake certificate that clients refuse, for Secret {}, its default one, is not there \
             either.",
            short(key)
        ),
        Instead::Unread(key) => format!(
            "ingress-nginx shows its default certificate, of Secret {}, which was not read: it may be for these hosts.",
            short(key)
        ),
        Instead::Unreadable => {
            "ingress-nginx shows its default certificate; whether that is for these hosts is not known, for its pods \
             may not be read."
                .to_owned()
        }
        Instead::Fits(key) => format!(
            "ingress-nginx shows its default certificate, of Secret {}, which is for these hosts as well.",
            short(key)
        ),
        Instead::Unfit(key) => format!(
            "ingress-nginx shows its default certificate, of Secret {}, which is not for these hosts, and clients \
             refuse it.",
            short(key)
        ),
        Instead::Unseen => instead(controller_of(view, ingress)),
    }
}

/// How bad it is that a Secret does not answer, by what is shown instead.
pub fn milder(shown: &Instead) -> Severity {
    match shown {
        Instead::Fits(_) => Severity::Info,
        Instead::Unread(_) | Instead::Unreadable => Severity::Warning,
        Instead::Unseen | Instead::Fake | Instead::Unfit(_) | Instead::Gone(_) => Severity::Error,
    }
}

/// What controllers do without a certificate of its own for a host, as their documentation and source have it.
const INSTEAD: &[(&str, &str)] = &[
    (
        "k8s.io/ingress-nginx",
        "ingress-nginx shows its default certificate: a fake one that clients refuse, unless --default-ssl-certificate \
         names another; its arguments were not seen.",
    ),
    (
        "nginx.org/ingress-controller",
        "the controller refuses the connection.",
    ),
    (
        "traefik.io/ingress-controller",
        "Traefik shows its default certificate: one of its own making that clients refuse, unless the TLSStore default \
         names another.",
    ),
    (
        "haproxy-ingress.github.io/controller",
        "HAProxy Ingress shows its default certificate: a fake one that clients refuse, unless \
         --default-ssl-certificate names another.",
    ),
    (
        "ingress-controllers.konghq.com/kong",
        "Kong shows its default certificate: one of its own making that clients refuse, unless it was given another.",
    ),
    (
        "projectcontour.io",
        "Contour serves no https for them, and the connection ends in the handshake.",
    ),
    (
        "k8s.io/ingress-gce",
        "the GCE controller leaves the load balancer as it is and takes no change of this Ingress until the Secret is \
         there.",
    ),
    (
        "openshift.io/ingress-to-route",
        "OpenShift makes no Route for them until the Secret is there, so that http answers 503 as well.",
    ),
    (
        "cilium.io/ingress-controller",
        "the proxy is given no certificate, and the connection ends in the handshake.",
    ),
    (
        "istio.io/ingress-controller",
        "the gateway is given no certificate, and the connection ends in the handshake.",
    ),
];

/// What a controller does without a certificate of its own for a host.
fn instead(controller: Option<&str>) -> String {
    let known = INSTEAD.iter().find(|(one, _)| Some(*one) == controller);
    let words = match (known, controller) {
        (Some((_, words)), _) => words,
        (None, Some(_)) => {
            "the controller shows a default certificate that clients refuse, or opens no connection."
        }
        (None, None) => "the controller shows a default certificate, or opens no connection.",
    };
    words.to_owned()
}

/// The kubectl line that shows a value's public part: the certificate; of a key only that it is there.
pub fn confirm(secret: &Key, field: &str) -> kubectl::Line {
    if field == "tls.key" {
        return kubectl::describe(secret);
    }
    kubectl::get(secret).option("-o", "jsonpath={.data.tls\\.crt}")
}

/// The hosts and addresses that a certificate names.
pub fn names(certificate: &Certificate) -> String {
    let hosts = certificate.hosts.iter().map(Name::to_string);
    let addresses = certificate.addresses.iter().map(ToString::to_string);
    let all: Vec<String> = hosts.chain(addresses).collect();
    if all.is_empty() {
        return "no name".to_owned();
    }
    let told = all
        .iter()
        .take(TOLD)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match all.len().saturating_sub(TOLD) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}
