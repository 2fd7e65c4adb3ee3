//! A certificate that ends soon and that nobody has renewed.

use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::tls::users;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::secret::Secret;
use crate::model::view::View;
use crate::semantics::tls::{soon, untimely};
use jiff::SignedDuration;

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS005",
    slug: "certificate-ends-soon",
    title: "certificate ends soon",
    on: &[Kind::Secret],
    page: include_str!("certificate_ends_soon.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(leaf) = view.secret(key).and_then(Secret::leaf) else {
        return;
    };
    let users = users::of(view, key);
    if users.is_empty() || untimely(view, leaf).is_some() {
        return;
    }
    if view.is_within(SignedDuration::ZERO, soon(leaf)) {
        return;
    }
    // What cert-manager wrote rests on what it says of the renewal.
    let written = |secret: &Secret| {
        let annotations = &secret.meta.annotations;
        annotations
            .get("cert-manager.io/certificate-name")
            .is_some()
    };
    let makers = if view.secret(key).is_some_and(written) {
        view.certificates_for(key)
    } else {
        view.advisory(|view| view.certificates_for(key))
    };
    let renewals = makers.iter().filter_map(|one| one.renewal);
    // Renewed later, as planned.
    if renewals
        .filter(|at| view.is_within(SignedDuration::ZERO, *at))
        .count()
        > 0
    {
        return;
    }
    let draft = makers.iter().fold(
        Draft::warning(key, "certificate ends soon"),
        |draft, one| draft.follows(&["TLS013"], &one.meta.key),
    );
    sink.report(
        draft
            .at("data.tls.crt")
            .says(format!(
                "{} shows a certificate that ends {}; from then on every client that checks certificates refuses the \
                 connection.",
                users.words(),
                leaf.not_after
            ))
            .evidence(Evidence::new(
                key,
                "data.tls.crt notAfter",
                leaf.not_after.to_string(),
                "more than 14 days, or a sixth of its life, to go",
            ))
            .confirm(users::confirm(key, "tls.crt"))
            .fix("Renew the certificate; where something should renew it by itself, find out why it has not."),
    );
}
