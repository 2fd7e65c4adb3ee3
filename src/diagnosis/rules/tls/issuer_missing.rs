//! An issuer of cert-manager that an Ingress or a Certificate asks for and that is not there.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::issuance::IssuerRef;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::issuance::{asked_for, issuer_key, issuers_can_be_judged};
use crate::semantics::near;

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS011",
    slug: "issuer-missing",
    title: "issuer missing",
    on: &[Kind::Ingress, Kind::Certificate],
    page: include_str!("issuer_missing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some((field, issuer)) = reference(view, key) else {
        return;
    };
    let Some(wanted) = issuer_key(&issuer, key) else {
        return;
    };
    if view.issuance(&wanted).is_some() || !issuers_can_be_judged(view) {
        return;
    }
    let absent = !view.is_installed(wanted.kind);
    let near = near::of_key(view, &wanted);
    let other = other_scope(view, &wanted, key);
    let (why, fix) = match (absent, &near, &other) {
        (true, _, _) => (
            " cert-manager is not installed in the cluster.".to_owned(),
            "Install cert-manager and make the issuer, or make the Secret by hand and leave the issuer out.".to_owned(),
        ),
        (false, Some(near), _) => (
            format!(" Nearest: {} {near}.", issuer.kind),
            format!("Name {} {near}, if that is the one that was meant; or make {} {}.", issuer.kind, issuer.kind, issuer.name),
        ),
        (false, None, Some(other)) => (
            format!(" {other} is there."),
            format!(
                "Ask for {} {}, if that is the one that was meant: an Issuer serves its own namespace, a ClusterIssuer all.",
                other.kind, other.name
            ),
        ),
        (false, None, None) => (
            String::new(),
            format!("Make {} {}, or ask for one that is there.", issuer.kind, issuer.name),
        ),
    };
    let title = format!("{} {} does not exist", issuer.kind, issuer.name);
    let draft = match needs(view, key) {
        Need::Now => Draft::error(key, title),
        // A Secret that was made otherwise serves all the same.
        Need::Later if absent => Draft::info(key, title),
        Need::Later => Draft::warning(key, title),
    };
    sink.report(
        draft
            .detail(issuer.name.clone())
        .at(field.clone())
        .says(format!(
            "{} {} is asked for a certificate and does not exist, so none is made or renewed.{why}",
            issuer.kind, issuer.name
        ))
        .evidence(Evidence::new(
            key,
            &field,
            issuer.name.as_str(),
            near.as_deref().unwrap_or("an issuer that is there"),
        ))
        .confirm(confirm(&wanted))
        .fix(fix),
    );
}

/// When the certificate is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// The Secret is not there.
    Now,
    /// It is there, or cannot be looked at.
    Later,
}

fn needs(view: &View<'_>, key: &Key) -> Need {
    let of_ingress = view.ingress(key).into_iter();
    let of_ingress =
        of_ingress.flat_map(|one| one.tls.iter().filter_map(|tls| tls.secret.as_ref()));
    let of_certificate = view.issuance(key).and_then(|one| one.secret.as_ref());
    let mut named = of_ingress.chain(of_certificate);
    if view.gap(Kind::Secret, key.namespace.as_ref()).is_some() {
        return Need::Later;
    }
    let missing = named.any(|name| {
        let secret = key.sibling(Kind::Secret, name.clone());
        view.advisory(|view| view.secret(&secret).is_none())
    });
    if missing { Need::Now } else { Need::Later }
}

fn confirm(wanted: &Key) -> kubectl::Line {
    kubectl::list(wanted.kind).in_namespace_of(wanted)
}

/// Where an object asks for an issuer, and for which.
fn reference(view: &View<'_>, key: &Key) -> Option<(Name, IssuerRef)> {
    if key.kind == Kind::Ingress {
        let ingress = view.ingress(key)?;
        // Without a TLS entry that names a Secret there is nothing to make.
        ingress.tls.iter().find(|entry| entry.secret.is_some())?;
        let (annotation, issuer) = asked_for(ingress)?;
        return Some((
            Name::from(format!("metadata.annotations[{annotation}]")),
            issuer,
        ));
    }
    let issuer = view.issuance(key)?.issuer.clone()?;
    Some((Name::from("spec.issuerRef.name"), issuer))
}

/// An issuer of the same name and the other scope.
fn other_scope(view: &View<'_>, wanted: &Key, from: &Key) -> Option<Key> {
    let other = match wanted.kind {
        Kind::Issuer => Key::cluster(Kind::ClusterIssuer, wanted.name.clone()),
        _ => from.sibling(Kind::Issuer, wanted.name.clone()),
    };
    let there = view.advisory(|view| view.issuance(&other).is_some());
    there.then_some(other)
}
