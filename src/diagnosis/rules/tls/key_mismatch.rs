//! A Secret whose private key belongs to another certificate than the first.

use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::tls::users;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::tls::{Fault, mismatch};

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS003",
    slug: "key-mismatch",
    title: "private key of another certificate",
    on: &[Kind::Secret],
    page: include_str!("key_mismatch.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(secret) = view.secret(key) else {
        return;
    };
    let (Some(fault), Some(leaf)) = (mismatch(secret), secret.leaf()) else {
        return;
    };
    let users = users::of(view, key);
    if users.is_empty() {
        return;
    }
    let (told, fix) = match fault {
        Fault::KeyOfAnother(at) => (
            format!(
                "the key belongs to certificate {at} of the file, and the first is the one that is shown"
            ),
            "Put the certificate of the key first in tls.crt, then its intermediates.",
        ),
        _ => (
            "the key in tls.key belongs to another certificate".to_owned(),
            "Make the Secret anew from a certificate and the key it was made for: kubectl create secret tls.",
        ),
    };
    sink.report(
        Draft::error(key, "private key of another certificate")
            .at("data.tls.key")
            .says(format!(
                "{} takes its certificate from here, but {told}: no connection can be opened with it. {}",
                users.words(),
                users.effect()
            ))
            .evidence(Evidence::new(
                key,
                "data.tls.crt",
                format!("certificate of {}", leaf.subject),
                "the certificate of the key",
            ))
            .evidence(Evidence::new(
                key,
                "data.tls.key",
                "a key with another public half",
                "the key of the first certificate",
            ))
            .confirm(users::confirm(key, "tls.crt"))
            .fix(fix),
    );
}
