//! A certificate that has ended, or not begun.

use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::tls::users;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::secret::Secret;
use crate::model::view::View;
use crate::semantics::tls::{Fault, untimely};

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS004",
    slug: "certificate-out-of-date",
    title: "certificate out of date",
    on: &[Kind::Secret],
    page: include_str!("certificate_out_of_date.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(leaf) = view.secret(key).and_then(Secret::leaf) else {
        return;
    };
    let Some(fault) = untimely(view, leaf) else {
        return;
    };
    let users = users::of(view, key);
    if users.is_empty() {
        return;
    }
    let (title, told, moment) = match fault {
        Fault::NotBegun(from) => ("certificate is not valid yet", "is valid only from", from),
        _ => ("certificate has expired", "ended", leaf.not_after),
    };
    let field = if moment == leaf.not_after {
        "notAfter"
    } else {
        "notBefore"
    };
    let makers = view.advisory(|view| view.certificates_for(key));
    let draft = makers.iter().fold(Draft::error(key, title), |draft, one| {
        draft.follows(&["TLS013"], &one.meta.key)
    });
    sink.report(
        draft
            .at("data.tls.crt")
            .says(format!(
                "{} shows a certificate that {told} {moment}; every client that checks certificates refuses the \
                 connection.",
                users.words()
            ))
            .evidence(Evidence::new(
                key,
                &format!("data.tls.crt {field}"),
                moment.to_string(),
                "a certificate that is valid now",
            ))
            .confirm(users::confirm(key, "tls.crt"))
            .fix("Renew the certificate and put it, with its key, into the Secret.")
            .since((field == "notAfter").then_some(moment)),
    );
}
