//! A login that nobody can pass: what it needs is not there.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::ingress::by_nginx;
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::ingress::Ingress;
use crate::model::key::Key;
use crate::model::view::View;
use crate::semantics::near;
use crate::semantics::nginx::annotation::{self, text};
use crate::semantics::nginx::login::{self, Closed};

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING024",
    slug: "login-impossible",
    title: "nobody can log in",
    on: &[crate::model::kind::Kind::Ingress],
    page: include_str!("login_impossible.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = by_nginx(view, key) else {
        return;
    };
    for closed in login::closed(view, ingress) {
        sink.report(told(view, ingress, &closed));
    }
}

fn told(view: &View<'_>, ingress: &Ingress, closed: &Closed) -> Draft {
    let key = &ingress.meta.key;
    let name = closed.annotation();
    let value = text(ingress, name).unwrap_or("unset");
    // Passwords and issuers are often made by hand, so that files do not hold them.
    let severity = match closed {
        Closed::Missing(_) if view.is_offline() => Severity::Info,
        _ => Severity::Error,
    };
    let (title, what, expected, fix) = words(view, closed, value);
    let whom = match closed.status() {
        403 => "every path of its hosts answers 403, to everybody",
        _ => "its paths answer 503, to everybody",
    };
    let says = if severity == Severity::Info {
        format!("{what}. Files need not hold it; where the cluster has none either, {whom}.")
    } else {
        format!("{what}: {whom}.")
    };
    let field = annotation::field(name);
    let draft = ports::draft(severity, key, title)
        .detail(name)
        .at(field.as_str())
        .says(says)
        .evidence(Evidence::new(key, &field, value, expected))
        .fix(fix);
    match closed {
        Closed::Value(..) => draft.confirm(kubectl::get(key).option("-o", "yaml")),
        Closed::Missing(needed) => draft.confirm(kubectl::get(&needed.secret)),
        Closed::Lacks(needed, _) => draft.confirm(kubectl::describe(&needed.secret)),
    }
}

/// Title, what is so, what is expected, and the fix.
fn words(view: &View<'_>, closed: &Closed, value: &str) -> (String, String, String, String) {
    match closed {
        Closed::Value(name, wanted) => (
            format!("{name} is not valid"),
            format!("Annotation {name} is {value} and should be {wanted}"),
            (*wanted).to_owned(),
            format!("Set {name} to {wanted}, or remove the login."),
        ),
        Closed::Missing(needed) => {
            let name = &needed.secret.name;
            let near = near::of_key(view, &needed.secret);
            let near = near
                .map(|near| format!(" (nearest: {near})"))
                .unwrap_or_default();
            let holds = holds(needed.annotation);
            (
                format!("Secret {name} of {} is not there", needed.annotation),
                format!(
                    "Annotation {} names Secret {name}, and namespace {} has none of that name{near}",
                    needed.annotation,
                    needed.secret.namespace_str()
                ),
                "a Secret that is there".to_owned(),
                format!("Make Secret {name} with {holds}, or name one that is there."),
            )
        }
        Closed::Lacks(needed, key) => {
            let name = &needed.secret.name;
            (
                format!("Secret {name} has no {key}"),
                format!(
                    "Annotation {} names Secret {name}, which has no key {key}",
                    needed.annotation
                ),
                format!("a Secret with {key}"),
                format!("Put {} into Secret {name}.", holds(needed.annotation)),
            )
        }
    }
}

fn holds(annotation: &str) -> &'static str {
    if annotation == login::ISSUERS {
        "the issuer's certificate under the key ca.crt"
    } else {
        "the output of htpasswd under the key auth"
    }
}
