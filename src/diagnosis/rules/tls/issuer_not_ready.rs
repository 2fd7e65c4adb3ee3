//! An issuer of cert-manager that is asked for certificates and is not ready.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::meta::Truth;
use crate::model::view::{View, as_ingress, as_issuance};
use crate::semantics::issuance::{asked_for, issuer_key, said};
use jiff::SignedDuration;

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS012",
    slug: "issuer-not-ready",
    title: "issuer not ready",
    on: &[Kind::Issuer, Kind::ClusterIssuer],
    page: include_str!("issuer_not_ready.md"),
    check,
};

/// How long an issuer may take to register.
const SETTLING: SignedDuration = SignedDuration::from_mins(2);

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(issuer) = view.issuance(key) else {
        return;
    };
    if !matches!(issuer.ready(), Some(Truth::False)) {
        return;
    }
    let Some(step) = said(issuer) else {
        return;
    };
    let since = issuer.condition("Ready").and_then(|ready| ready.since);
    let from = since.max(issuer.meta.created);
    if from.is_some_and(|from| view.is_within(SETTLING, from)) {
        return;
    }
    let users = users(view, key);
    if users == 0 {
        return;
    }
    sink.report(
        Draft::warning(key, "issuer not ready")
            .at("status.conditions[Ready]")
            .says(format!(
                "The issuer is not ready, so that no certificate is made or renewed ({users} ask it for one): {}.",
                step.words.trim_end_matches('.')
            ))
            .evidence(Evidence::new(key, step.field, step.words.as_str(), "Ready: True"))
            .confirm(kubectl::describe(key))
            .fix("Mend what it says: the account, the credentials or the address of the authority.")
            .since(since),
    );
}

/// How many Certificates and Ingresses ask an issuer. Advisory: those that cannot be seen are not counted.
fn users(view: &View<'_>, issuer: &Key) -> usize {
    view.advisory(|view| {
        let certificates = view.all(Kind::Certificate).filter_map(as_issuance);
        let asking = certificates.filter(|one| {
            let asked = one.issuer.as_ref();
            asked
                .and_then(|asked| issuer_key(asked, &one.meta.key))
                .as_ref()
                == Some(issuer)
        });
        let ingresses = view
            .all(Kind::Ingress)
            .filter_map(as_ingress)
            .filter(|one| {
                let asked = asked_for(one);
                asked
                    .and_then(|(_, asked)| issuer_key(&asked, &one.meta.key))
                    .as_ref()
                    == Some(issuer)
            });
        asking.count() + ingresses.count()
    })
}
