//! cert-manager: who makes a certificate, and what keeps it from being made.
//!
//! Follows cert-manager's pages on annotated Ingresses, on the CertificateRequest and on ACME Orders and Challenges:
//! each object is owned by the one that asked for it, and the last that has something to say knows the reason.

use crate::model::ingress::Ingress;
use crate::model::issuance::{Issuance, IssuerRef};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::meta::Truth;
use crate::model::view::{View, as_issuance};
use jiff::SignedDuration;
use std::cmp::Reverse;

/// cert-manager's own group.
const GROUP: &str = "cert-manager.io";

/// What stands in the way of a certificate: an object, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The object.
    pub key: Key,
    /// Where it says so.
    pub field: &'static str,
    /// What it says.
    pub words: String,
}

/// The issuer that annotations of an Ingress ask for; none where they ask for one of another API.
pub fn asked_for(ingress: &Ingress) -> Option<(&'static str, IssuerRef)> {
    let annotations = &ingress.meta.annotations;
    let of = |name: &str| annotations.get(name).filter(|value| !value.is_empty());
    let group = of("cert-manager.io/issuer-group").map_or(GROUP, Name::as_str);
    if let Some(name) = of("cert-manager.io/cluster-issuer") {
        return Some((
            "cert-manager.io/cluster-issuer",
            reference(GROUP, "ClusterIssuer", name),
        ));
    }
    let name = of("cert-manager.io/issuer")?;
    let kind = of("cert-manager.io/issuer-kind").map_or("Issuer", Name::as_str);
    Some(("cert-manager.io/issuer", reference(group, kind, name)))
}

fn reference(group: &str, kind: &str, name: &Name) -> IssuerRef {
    IssuerRef {
        group: Name::from(group),
        kind: Name::from(kind),
        name: name.clone(),
    }
}

/// The key of an issuer that an object of a namespace refers to; none for those of other APIs.
pub fn issuer_key(issuer: &IssuerRef, from: &Key) -> Option<Key> {
    if issuer.group != GROUP || issuer.name.is_empty() {
        return None;
    }
    match issuer.kind.as_str() {
        "Issuer" => Some(from.sibling(Kind::Issuer, issuer.name.clone())),
        "ClusterIssuer" => Some(Key::cluster(Kind::ClusterIssuer, issuer.name.clone())),
        _ => None,
    }
}

/// How long an authority may take.
pub const SETTLING: SignedDuration = SignedDuration::from_mins(5);

/// How long cert-manager may take to notice an annotation.
const NOTICE: SignedDuration = SignedDuration::from_mins(1);

/// Whether a Certificate has failed, or has had time enough.
pub fn is_overdue(view: &View<'_>, certificate: &Issuance) -> bool {
    let issuing = certificate.condition("Issuing").and_then(|one| one.since);
    let began = issuing.max(certificate.meta.created);
    let young = began.is_some_and(|began| view.is_within(SETTLING, began));
    !young || certificate.failed.is_some()
}

/// Whether cert-manager is at work on a Secret that an Ingress names and has not had time enough. Where the Ingress asks
/// it to, nothing is said without its Certificates; otherwise the question is advisory.
pub fn is_under_way(view: &View<'_>, ingress: &Ingress, secret: &Key) -> bool {
    let made = if asked_for(ingress).is_some() {
        view.certificates_for(secret)
    } else {
        view.advisory(|view| view.certificates_for(secret))
    };
    if made.is_empty() {
        let young = ingress
            .meta
            .created
            .is_some_and(|at| view.is_within(NOTICE, at));
        return young && asked_for(ingress).is_some() && view.is_installed(Kind::Certificate);
    }
    made.iter().any(|one| !is_overdue(view, one))
}

/// Whether an issuer that is not there can be called missing: files may leave out what a cluster holds, unless they
/// hold issuers.
pub fn issuers_can_be_judged(view: &View<'_>) -> bool {
    !view.is_offline() || view.any(Kind::ClusterIssuer) || view.any(Kind::Issuer)
}

/// From a Certificate down to what keeps it from being made: each object that says so, the reason last.
pub fn story(view: &View<'_>, certificate: &Issuance) -> Vec<Step> {
    let mut steps: Vec<Step> = said(certificate).into_iter().collect();
    let key = &certificate.meta.key;
    let Some(request) = newest(view, key, Kind::CertificateRequest) else {
        return steps;
    };
    steps.extend(said(request));
    let Some(order) = newest(view, &request.meta.key, Kind::Order) else {
        return steps;
    };
    steps.extend(said(order));
    let challenges = owned(view, &order.meta.key, Kind::Challenge);
    steps.extend(challenges.into_iter().filter_map(said));
    steps
}

fn owned<'w>(view: &View<'w>, owner: &Key, kind: Kind) -> Vec<&'w Issuance> {
    let all = view.owned_by(owner, kind).into_iter();
    all.filter_map(as_issuance).collect()
}

/// The newest object that another one made; of the same age the last by name.
fn newest<'w>(view: &View<'w>, owner: &Key, kind: Kind) -> Option<&'w Issuance> {
    let all = owned(view, owner, kind).into_iter();
    all.min_by_key(|one| (Reverse(one.meta.created), Reverse(one.meta.key.clone())))
}

/// What an object says of what keeps it; nothing where it is done.
pub fn said(one: &Issuance) -> Option<Step> {
    let step = |field, words: String| {
        Some(Step {
            key: one.meta.key.clone(),
            field,
            words,
        })
    };
    if matches!(one.meta.key.kind, Kind::Order | Kind::Challenge) {
        let reason = match one.reason.as_str() {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        return match one.state.as_str() {
            "valid" | "ready" => None,
            "" => step("status.state", "not looked at yet".to_owned()),
            state => step("status.state", format!("{state}{reason}")),
        };
    }
    for kind in ["Denied", "InvalidRequest"] {
        if let Some(condition) = one.condition(kind).filter(|one| one.status == Truth::True) {
            return step(
                "status.conditions",
                format!("{kind}: {}", condition.message),
            );
        }
    }
    // Why the last attempt of a Certificate failed stands in another condition than that it is not ready.
    let failed = one
        .condition("Issuing")
        .filter(|issuing| issuing.status == Truth::False && issuing.reason == "Failed");
    if let Some(condition) = failed {
        return step("status.conditions[Issuing]", condition.message.to_string());
    }
    match one.condition("Ready") {
        Some(condition) if condition.status == Truth::True => None,
        Some(condition) => {
            let words = if condition.message.is_empty() {
                condition.reason.to_string()
            } else {
                condition.message.to_string()
            };
            step("status.conditions[Ready]", words)
        }
        None => step("status.conditions", "no condition Ready yet".to_owned()),
    }
}
