//! A certificate that only those trust who were given it.

use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::tls::users;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::secret::Secret;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS008",
    slug: "self-signed",
    title: "self-signed certificate",
    on: &[Kind::Secret],
    page: include_str!("self_signed.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(leaf) = view.secret(key).and_then(Secret::leaf) else {
        return;
    };
    if !leaf.self_signed {
        return;
    }
    let users = users::of(view, key);
    if users.is_empty() {
        return;
    }
    sink.report(
        Draft::info(key, "self-signed certificate")
            .at("data.tls.crt")
            .says(format!(
                "{} shows a certificate that is its own issuer: browsers warn, and only clients that were given it \
                 accept it.",
                users.words()
            ))
            .evidence(Evidence::new(
                key,
                "data.tls.crt issuer",
                leaf.issuer.as_str(),
                "an authority that clients trust",
            ))
            .confirm(users::confirm(key, "tls.crt"))
            .fix("Nothing, where every client is meant to trust it; otherwise have one issued."),
    );
}
