//! A file whose second certificate did not issue the first.

use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::tls::users;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::tls::mismatch;

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS007",
    slug: "chain-out-of-order",
    title: "chain does not fit together",
    on: &[Kind::Secret],
    page: include_str!("chain_out_of_order.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(secret) = view.secret(key) else {
        return;
    };
    let [leaf, next, ..] = secret.certificates() else {
        return;
    };
    // A file that begins with the wrong certificate has a finding of its own.
    if leaf.self_signed || next.subject == leaf.issuer || mismatch(secret).is_some() {
        return;
    }
    let users = users::of(view, key);
    if users.is_empty() {
        return;
    }
    let later = secret.certificates().iter().skip(2);
    let there = later.filter(|one| one.subject == leaf.issuer).count() > 0;
    let (told, fix) = if there {
        (
            "its issuer comes later in the file",
            "Put each certificate directly before the one that issued it: the server's own first.",
        )
    } else {
        (
            "its issuer is not in the file",
            "Put the intermediate that issued the certificate after it, and leave out what has nothing to do with it.",
        )
    };
    sink.report(
        Draft::warning(key, "chain does not fit together")
            .at("data.tls.crt")
            .says(format!(
                "{} shows a certificate that is followed by one which did not issue it: {told}. Clients that do not \
                 know the issuer otherwise refuse the connection.",
                users.words()
            ))
            .evidence(Evidence::new(
                key,
                "data.tls.crt",
                format!("second certificate: {}", next.subject),
                format!("the issuer of the first: {}", leaf.issuer),
            ))
            .confirm(users::confirm(key, "tls.crt"))
            .fix(fix),
    );
}
