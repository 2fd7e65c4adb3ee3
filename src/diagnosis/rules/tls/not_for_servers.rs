//! A certificate whose extended key usage leaves servers out.

use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::tls::users;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::secret::Secret;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS010",
    slug: "not-for-servers",
    title: "certificate is not for servers",
    on: &[Kind::Secret],
    page: include_str!("not_for_servers.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(leaf) = view.secret(key).and_then(Secret::leaf) else {
        return;
    };
    if leaf.for_servers {
        return;
    }
    let users = users::of(view, key);
    if users.is_empty() {
        return;
    }
    sink.report(
        Draft::error(key, "certificate is not for servers")
            .at("data.tls.crt")
            .says(format!(
                "{} shows a certificate whose extended key usage does not hold serverAuth: clients refuse it from a \
                 server.",
                users.words()
            ))
            .evidence(Evidence::new(
                key,
                "data.tls.crt extendedKeyUsage",
                "no serverAuth",
                "serverAuth, or no extendedKeyUsage",
            ))
            .confirm(users::confirm(key, "tls.crt"))
            .fix("Have a certificate issued for servers (extended key usage serverAuth)."),
    );
}
