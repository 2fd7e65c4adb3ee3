//! A Secret that a route names and from which no certificate and key can be taken.

use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::tls::users::{self, Users};
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::secret::{Secret, TLS_TYPE};
use crate::model::view::View;
use crate::semantics::tls::{Fault, unusable};

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS002",
    slug: "secret-unusable",
    title: "Secret holds no usable certificate",
    on: &[Kind::Secret],
    page: include_str!("secret_unusable.md"),
    check,
};

/// Controllers that look at the keys of a Secret and not at its type.
const TYPE_IGNORED: &[&str] = &["k8s.io/ingress-nginx", "traefik.io/ingress-controller"];

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(secret) = view.secret(key) else {
        return;
    };
    let users = users::of(view, key);
    if users.is_empty() {
        return;
    }
    match unusable(secret) {
        Some(Fault::NoCertificate(why)) => useless(view, secret, &users, "tls.crt", &why, sink),
        Some(Fault::NoKey(why)) => useless(view, secret, &users, "tls.key", &why, sink),
        None if secret.kind != TLS_TYPE && !secret.keys.is_empty() => {
            other_type(view, secret, &users, sink);
        }
        Some(_) | None => {}
    }
}

fn useless(
    view: &View<'_>,
    secret: &Secret,
    users: &Users<'_>,
    field: &str,
    why: &Name,
    sink: &mut Sink,
) {
    // A manifest that somebody is to fill is no finding before it is.
    let bare = !why.contains(':');
    if view.is_offline() && bare && users.are_made() {
        return;
    }
    let key = &secret.meta.key;
    let keys: Vec<&str> = secret.keys.iter().map(Name::as_str).collect();
    let keys = if keys.is_empty() {
        "no key at all".to_owned()
    } else {
        keys.join(", ")
    };
    sink.report(
        Draft::error(key, "no usable certificate and key")
            .at(format!("data.{field}"))
            .says(format!(
                "{} takes its certificate from here, and {why}. {}",
                users.words(),
                users.effect()
            ))
            .evidence(Evidence::new(
                key,
                &format!("data.{field}"),
                &**why,
                "a PEM certificate in tls.crt and its private key, not encrypted, in tls.key",
            ))
            .evidence(Evidence::new(key, "data", keys, "tls.crt and tls.key"))
            .confirm(users::confirm(key, field))
            .fix("Make the Secret anew from the certificate chain and its key: kubectl create secret tls."),
    );
}

fn other_type(view: &View<'_>, secret: &Secret, users: &Users<'_>, sink: &mut Sink) {
    let key = &secret.meta.key;
    let title = format!("type {} instead of {TLS_TYPE}", secret.kind);
    let draft = if users.are_all_served_by(view, TYPE_IGNORED) {
        Draft::info(key, title)
    } else {
        Draft::warning(key, title)
    };
    sink.report(
        draft
            .at("type")
            .says(format!(
                "{} takes its certificate from a Secret of type {}. Some controllers look at the keys alone, others \
                 refuse every type but {TLS_TYPE} and serve no certificate.",
                users.words(),
                secret.kind
            ))
            .evidence(Evidence::new(key, "type", &*secret.kind, TLS_TYPE))
            .confirm(users::confirm(key, "tls.crt"))
            .fix(format!(
                "Make the Secret anew with type {TLS_TYPE}; the type of one that is there cannot be changed."
            )),
    );
}
