//! The certificate that a client is shown before it may ask anything.
//!
//! What a controller does without a usable Secret differs (ingress-nginx shows a fake certificate, others open no
//! connection), but no client that checks certificates gets through. Where the certificate may come from elsewhere
//! nothing is claimed.

use crate::model::coverage::Gap;
use crate::model::evidence::Evidence;
use crate::model::ingress::IngressTls;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::secret::{Certificate, Contents, Secret};
use crate::model::view::View;
use crate::semantics::issuance;
use crate::semantics::nginx::instead::{self, Instead};
use crate::semantics::tls::{self, Claim, Fault, Keeper};
use crate::trace::cause::Cause;
use crate::trace::end::Url;
use crate::trace::entry::Entry;
use crate::trace::hop::{Hop, Note, Stage, Verdict};
use crate::trace::walk;

/// The hop of a request over https.
pub(super) fn hop(view: &View<'_>, entry: &Entry<'_>, request: &Url) -> Hop {
    let claims = tls::claims(view, &entry.ingresses, &request.host);
    let mut hops = claims.iter().map(|claim| {
        let hop = judged(view, claim, &request.host);
        instead(view, entry, &request.host, hop)
    });
    let Some(first) = hops.next() else {
        return default_certificate(view, entry, request);
    };
    let others: Vec<Hop> = hops.collect();
    if others.iter().all(|other| other.verdict == first.verdict) {
        return first;
    }
    let notes = std::iter::once(&first).chain(&others).map(|hop| Note {
        subject: hop.subject.clone(),
        verdict: hop.verdict,
        text: hop.reason.clone(),
    });
    let words = format!(
        "{} certificates claim {}, and which is shown is up to the controller",
        others.len() + 1,
        request.host
    );
    Hop::new(
        Stage::Listener,
        first.subject.clone(),
        Verdict::Unknown,
        words,
    )
    .because(Cause::CertificateUnseen)
    .noting(notes.collect())
}

/// Where ingress-nginx takes its default certificate: that of a Secret may be for the host.
fn instead(view: &View<'_>, entry: &Entry<'_>, host: &str, hop: Hop) -> Hop {
    let falls_back = matches!(
        hop.cause,
        Some(
            Cause::SecretMissing(_)
                | Cause::SecretUnusable(_)
                | Cause::KeyMismatch(_)
                | Cause::HostNotCovered(_)
        )
    );
    if hop.verdict != Verdict::Fail || !falls_back {
        return hop;
    }
    let (verdict, shown) = match instead::of(view, &entry.class, host) {
        Instead::Unseen | Instead::Fake | Instead::Gone(_) | Instead::Unfit(_) => return hop,
        Instead::Fits(key) => (
            Verdict::Pass,
            format!("of Secret {} instead, which is for {host}", key.short()),
        ),
        Instead::Unread(key) => (
            Verdict::Unknown,
            format!("of Secret {} instead, which was not read", key.short()),
        ),
        Instead::Unreadable => (
            Verdict::Unknown,
            "instead, and its pods may not be read, which name it".to_owned(),
        ),
    };
    let what = hop.reason.split(": clients").next().unwrap_or_default();
    Hop {
        reason: format!("{what}; ingress-nginx shows its default certificate {shown}"),
        cause: hop.cause.filter(|_| verdict != Verdict::Pass),
        verdict,
        ..hop
    }
}

/// No Secret answers for the host.
fn default_certificate(view: &View<'_>, entry: &Entry<'_>, request: &Url) -> Hop {
    let first = entry.ingresses.first();
    let elsewhere = entry
        .ingresses
        .iter()
        .find_map(|one| match tls::keeper(view, one) {
            Keeper::Elsewhere(place) => Some(place),
            _ => None,
        });
    let subject = first.map(|one| one.meta.key.clone());
    if let Some(place) = elsewhere {
        return unseen(subject, format!("the certificate comes from {place}")).advisory();
    }
    let host = &request.host;
    let none = format!("no Secret answers for {host}");
    match instead::of(view, &entry.class, host) {
        Instead::Fits(key) => {
            let words = format!(
                "{none}: the controller's default certificate of Secret {}, which is for it",
                key.short()
            );
            Hop::new(Stage::Listener, Some(key), Verdict::Pass, words)
        }
        Instead::Unfit(key) => {
            let words = format!(
                "{none}: the controller's default certificate of Secret {}, which is not for it",
                key.short()
            );
            unseen(Some(key), words).advisory()
        }
        Instead::Fake | Instead::Gone(_) => {
            let words =
                format!("{none}: the controller's own fake certificate, which no client trusts");
            unseen(subject, words).advisory()
        }
        Instead::Unread(_) | Instead::Unseen | Instead::Unreadable => {
            let words = format!(
                "no TLS entry for {host}: the controller's default certificate, which was not seen"
            );
            unseen(subject, words).advisory()
        }
    }
}

fn unseen(subject: Option<Key>, words: String) -> Hop {
    Hop::new(Stage::Listener, subject, Verdict::Unknown, words).because(Cause::CertificateUnseen)
}

fn judged(view: &View<'_>, claim: &Claim<'_>, host: &str) -> Hop {
    let ingress = &claim.ingress.meta.key;
    let keeper = tls::keeper(view, claim.ingress);
    if let Keeper::Elsewhere(place) = keeper {
        let words = format!("the certificate comes from {place}");
        return unseen(Some(ingress.clone()), words).advisory();
    }
    if let Some(gap) = view.gap(Kind::Secret, claim.secret.namespace.as_ref()) {
        return walk::unreadable(Stage::Listener, gap);
    }
    let Some(secret) = view.secret(&claim.secret) else {
        return missing(view, claim, keeper);
    };
    match secret.contents {
        Contents::Awaited => return awaited(&claim.secret),
        Contents::Sealed => {
            let words = format!("Secret {} is encrypted in the files", claim.secret.name);
            return unseen(Some(claim.secret.clone()), words).advisory();
        }
        Contents::Known { .. } => {}
    }
    if let Some(fault) = tls::fault(view, secret) {
        return faulty(view, claim, fault);
    }
    match secret.leaf() {
        Some(leaf) if tls::covers(leaf, host) => shown(claim, secret, leaf),
        leaf => uncovered(claim, host, leaf),
    }
}

fn awaited(secret: &Key) -> Hop {
    walk::unreadable(
        Stage::Listener,
        Gap {
            kind: Kind::Secret,
            namespace: secret.namespace.clone(),
            why: Name::from(format!("Secret {} is not read yet", secret.name)),
        },
    )
}

/// The field that names the Secret.
fn field(claim: &Claim<'_>) -> String {
    format!("spec.tls[{}].secretName", claim.at)
}

fn missing(view: &View<'_>, claim: &Claim<'_>, keeper: Keeper) -> Hop {
    let (ingress, name) = (&claim.ingress.meta.key, &claim.secret.name);
    if view.is_offline() {
        let namespace = ingress.namespace.clone().unwrap_or_default();
        let made = tls::is_made(view, claim.ingress, &claim.secret);
        let may_be = !tls::secrets_can_be_judged(view) || !tls::makers(view, &namespace).is_empty();
        if made || may_be {
            let words = format!("Secret {name} is not in the files, the cluster may have it");
            return unseen(Some(ingress.clone()), words).advisory();
        }
    }
    let evidence = Evidence::new(
        ingress,
        &field(claim),
        name.as_str(),
        "a Secret that exists",
    );
    if keeper == Keeper::Unclear {
        let words = format!("Secret {name} does not exist; what the controller shows is not known");
        return unseen(Some(ingress.clone()), words).with(evidence);
    }
    let words = format!(
        "Secret {name} does not exist in namespace {}: clients are refused, or shown a certificate that they refuse",
        ingress.namespace_str()
    );
    Hop::new(Stage::Listener, Some(ingress.clone()), Verdict::Fail, words)
        .because(Cause::SecretMissing(ingress.clone()))
        .with(evidence)
        .noting(story(view, &claim.secret))
}

/// What keeps cert-manager from making a Secret, where it is asked to.
fn story(view: &View<'_>, secret: &Key) -> Vec<Note> {
    view.advisory(|view| {
        let certificates = view.certificates_for(secret);
        let steps = certificates
            .iter()
            .flat_map(|one| issuance::story(view, one));
        let note = |step: issuance::Step| Note {
            text: format!("{} {}  {}", step.key.kind, step.key.name, step.words),
            subject: Some(step.key),
            verdict: Verdict::Fail,
        };
        steps.map(note).collect()
    })
}

fn faulty(view: &View<'_>, claim: &Claim<'_>, fault: Fault) -> Hop {
    let key = &claim.secret;
    let bare =
        matches!(&fault, Fault::NoCertificate(why) | Fault::NoKey(why) if !why.contains(':'));
    if bare && view.is_offline() && tls::is_made(view, claim.ingress, key) {
        let words = format!(
            "Secret {} is empty in the files, it will be filled",
            key.name
        );
        return unseen(Some(key.clone()), words).advisory();
    }
    let (words, seen, expected, cause) = match fault {
        Fault::NoCertificate(why) | Fault::NoKey(why) => (
            format!("Secret {} is of no use: {why}", key.name),
            why.to_string(),
            "a certificate and its key".to_owned(),
            Cause::SecretUnusable(key.clone()),
        ),
        Fault::KeyOfAnother(_) | Fault::KeyOfNone => (
            format!(
                "the key in Secret {} belongs to another certificate",
                key.name
            ),
            "a key with another public half".to_owned(),
            "the key of the first certificate".to_owned(),
            Cause::KeyMismatch(key.clone()),
        ),
        Fault::Ended(at) => (
            format!("the certificate in Secret {} ended {at}", key.name),
            format!("notAfter {at}"),
            "a certificate that is valid now".to_owned(),
            Cause::CertificateOutOfDate(key.clone()),
        ),
        Fault::NotBegun(at) => (
            format!(
                "the certificate in Secret {} is valid only from {at}",
                key.name
            ),
            format!("notBefore {at}"),
            "a certificate that is valid now".to_owned(),
            Cause::CertificateOutOfDate(key.clone()),
        ),
        Fault::NotForServers => (
            format!("the certificate in Secret {} is not for servers", key.name),
            "extendedKeyUsage without serverAuth".to_owned(),
            "serverAuth".to_owned(),
            Cause::NotForServers(key.clone()),
        ),
    };
    Hop::new(Stage::Listener, Some(key.clone()), Verdict::Fail, words)
        .because(cause)
        .with(Evidence::new(key, "data", seen, expected))
}

fn uncovered(claim: &Claim<'_>, host: &str, leaf: Option<&Certificate>) -> Hop {
    let key = &claim.secret;
    let names: Vec<&str> = leaf
        .iter()
        .flat_map(|leaf| leaf.hosts.iter().map(Name::as_str))
        .collect();
    let names = if names.is_empty() {
        "no host".to_owned()
    } else {
        names.join(", ")
    };
    let words = format!(
        "the certificate in Secret {} is for {names}, not for {host}",
        key.name
    );
    let evidence = Evidence::new(key, "data.tls.crt subjectAltName", names, host);
    let listed = claim
        .ingress
        .tls
        .get(claim.at)
        .is_some_and(|entry: &IngressTls| !entry.hosts.is_empty());
    let ruled = claim.ingress.rules.iter().any(|rule| !rule.host.is_empty());
    if !listed && !ruled {
        // The entry is for whatever comes: the controller may have a default certificate for the host.
        return unseen(Some(key.clone()), words).with(evidence);
    }
    Hop::new(Stage::Listener, Some(key.clone()), Verdict::Fail, words)
        .because(Cause::HostNotCovered(claim.ingress.meta.key.clone()))
        .with(evidence)
}

fn shown(claim: &Claim<'_>, secret: &Secret, leaf: &Certificate) -> Hop {
    let key = &secret.meta.key;
    let own = if leaf.self_signed {
        " · self-signed: only clients that were given it accept it"
    } else {
        ""
    };
    let until = leaf.not_after.strftime("%Y-%m-%d");
    let words = format!(
        "certificate of Secret {} · valid until {until}{own}",
        claim.secret.name
    );
    Hop::new(Stage::Listener, Some(key.clone()), Verdict::Pass, words).with(Evidence::new(
        key,
        "data.tls.crt notAfter",
        leaf.not_after.to_string(),
        "a time to come",
    ))
}
