//! A Certificate of cert-manager that is not made or not renewed, followed to the reason.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::tls::users;
use crate::model::evidence::Evidence;
use crate::model::issuance::Issuance;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::meta::Truth;
use crate::model::view::View;
use crate::semantics::issuance::{Step, is_overdue, issuer_key, story};

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS013",
    slug: "certificate-not-ready",
    title: "certificate not made",
    on: &[Kind::Certificate],
    page: include_str!("certificate_not_ready.md"),
    check,
};

/// What is wrong with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is not there, or of no use any more.
    NotReady,
    /// It still serves, and the last attempt to renew it failed.
    NotRenewed,
}

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(certificate) = view.issuance(key) else {
        return;
    };
    let Some(state) = state(view, certificate) else {
        return;
    };
    let steps = story(view, certificate);
    let Some(last) = steps.last().cloned().or_else(|| unsaid(certificate)) else {
        return;
    };
    report(view, certificate, state, &steps, &last, sink);
}

fn state(view: &View<'_>, certificate: &Issuance) -> Option<State> {
    match certificate.ready() {
        Some(Truth::True) => certificate.failed.map(|_| State::NotRenewed),
        // A manifest says nothing of how it went.
        None if view.is_offline() => None,
        _ => is_overdue(view, certificate).then_some(State::NotReady),
    }
}

/// A failure of which nothing is said any more.
fn unsaid(certificate: &Issuance) -> Option<Step> {
    let at = certificate.failed?;
    Some(Step {
        key: certificate.meta.key.clone(),
        field: "status.lastFailureTime",
        words: format!("the last attempt failed {at}"),
    })
}

fn report(
    view: &View<'_>,
    certificate: &Issuance,
    state: State,
    steps: &[Step],
    last: &Step,
    sink: &mut Sink,
) {
    let key = &certificate.meta.key;
    let secret = certificate.secret.clone().unwrap_or_default();
    let named = users::of(view, &key.sibling(Kind::Secret, secret.clone()));
    let whose = if named.is_empty() {
        String::new()
    } else {
        format!(" {} takes it from there.", named.words())
    };
    let reason = last.words.trim_end_matches('.');
    let place = if last.key == *key {
        String::new()
    } else {
        format!(" {} {} says:", last.key.kind, last.key.name)
    };
    let draft = match state {
        State::NotReady if !named.is_empty() => Draft::error(key, "certificate is not made"),
        State::NotReady => Draft::warning(key, "certificate is not made"),
        State::NotRenewed => Draft::warning(key, "certificate is not renewed"),
    };
    let told = match state {
        State::NotReady => "cert-manager has not made the certificate for",
        State::NotRenewed => "cert-manager could not renew the certificate in",
    };
    let mut draft = draft
        .at("status.conditions[Ready]")
        .says(format!("{told} Secret {secret}.{place} {reason}.{whose}"))
        .evidence(Evidence::new(key, "spec.secretName", secret.as_str(), "a Secret with a certificate"))
        .evidences(steps.iter().map(|step| Evidence::new(&step.key, step.field, step.words.as_str(), "done")))
        .confirm(kubectl::describe(&last.key))
        .fix("Mend what the last of them says; cert-manager tries again by itself, or at once with `cmctl renew`.")
        .since(certificate.condition("Ready").and_then(|ready| ready.since));
    if let Some(issuer) = certificate
        .issuer
        .as_ref()
        .and_then(|one| issuer_key(one, key))
    {
        draft = draft.follows(&["TLS012"], &issuer);
    }
    sink.report(draft.follows(&["TLS011"], key));
}
