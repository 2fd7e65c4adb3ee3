//! An Ingress that names a Secret which is not in its namespace.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::diagnosis::rules::tls::users;
use crate::model::evidence::Evidence;
use crate::model::ingress::Ingress;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::object::Object;
use crate::model::view::View;
use crate::semantics::ingress::class_of;
use crate::semantics::issuance::is_under_way;
use crate::semantics::near;
use crate::semantics::nginx::instead::{self, Instead};
use crate::semantics::tls::{self, Keeper};
use std::collections::BTreeMap;

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS001",
    slug: "secret-missing",
    title: "TLS Secret missing",
    on: &[Kind::Ingress],
    page: include_str!("secret_missing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    let mut missing: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
    for (at, entry) in ingress.tls.iter().enumerate() {
        if let Some(name) = &entry.secret {
            missing.entry(name).or_default().push(at);
        }
    }
    if missing.is_empty() {
        return;
    }
    let keeper = tls::keeper(view, ingress);
    if matches!(keeper, Keeper::Elsewhere(_)) {
        return;
    }
    missing.retain(|name, _| {
        let secret = key.sibling(Kind::Secret, (*name).clone());
        view.secret(&secret).is_none()
            && !(view.is_offline() && tls::is_made(view, ingress, &secret))
    });
    for (name, places) in missing {
        report(view, ingress, keeper, name, &places, sink);
    }
}

/// How bad it is, and why it may be less than an error.
fn weight(
    view: &View<'_>,
    ingress: &Ingress,
    secret: &Key,
    keeper: Keeper,
    shown: &Instead,
) -> (Severity, String) {
    let key = &ingress.meta.key;
    if is_under_way(view, ingress, secret) {
        return (Severity::Info, " cert-manager is making it.".to_owned());
    }
    if !tls::secrets_can_be_judged(view) {
        let words = " The files hold no TLS Secret at all, so the cluster may have it.".to_owned();
        return (Severity::Info, words);
    }
    let makers = tls::makers(view, &key.namespace.clone().unwrap_or_default());
    if !makers.is_empty() {
        let words = format!(" {} in the files may make it.", makers.join(", "));
        return (Severity::Info, words);
    }
    if keeper == Keeper::Unclear {
        let words = " The controller of its class is not known; it may take the certificate from elsewhere.";
        return (Severity::Warning, words.to_owned());
    }
    (users::milder(shown), String::new())
}

/// What clients are shown for the hosts of some entries; those of the rules where none is listed.
fn shown(view: &View<'_>, ingress: &Ingress, places: &[usize]) -> Instead {
    let class = class_of(view, ingress);
    let entries = places.iter().filter_map(|at| ingress.tls.get(*at));
    let mut hosts: Vec<&str> = entries
        .flat_map(|entry| entry.hosts.iter().map(Name::as_str))
        .collect();
    if hosts.is_empty() {
        let ruled = ingress.rules.iter().map(|rule| rule.host.as_str());
        hosts.extend(ruled.filter(|host| !host.is_empty()));
    }
    instead::of_all(view, &class, hosts)
}

fn report(
    view: &View<'_>,
    ingress: &Ingress,
    keeper: Keeper,
    name: &Name,
    places: &[usize],
    sink: &mut Sink,
) {
    let key = &ingress.meta.key;
    let secret = key.sibling(Kind::Secret, name.clone());
    let namespace = key.namespace_str();
    let instead = shown(view, ingress, places);
    let (severity, unless) = weight(view, ingress, &secret, keeper, &instead);
    let near = near::of_key(view, &secret);
    let elsewhere = view.advisory(|view| {
        let mut all = view.all(Kind::Secret).map(Object::key);
        all.find(|other| other.name == *name).cloned()
    });
    let (hint, fix) = match (&near, &elsewhere) {
        (Some(near), _) => (
            format!(" Nearest: Secret {near}."),
            format!(
                "Name Secret {near}, if that is the one that was meant; or make Secret {name}."
            ),
        ),
        (None, Some(other)) => (
            format!(" Namespace {} has one of this name.", other.namespace_str()),
            format!(
                "A Secret is looked for in the namespace of the Ingress only: make Secret {name} in namespace {namespace}."
            ),
        ),
        (None, None) => (
            String::new(),
            format!(
                "Make Secret {name} of type kubernetes.io/tls in namespace {namespace}, or name one that is there."
            ),
        ),
    };
    let hosts: Vec<&str> = places
        .iter()
        .filter_map(|at| ingress.tls.get(*at))
        .flat_map(|entry| entry.hosts.iter().map(Name::as_str))
        .collect();
    let hosts = if hosts.is_empty() {
        "its hosts".to_owned()
    } else {
        hosts.join(", ")
    };
    let grounds = places.iter().map(|at| {
        let field = format!("spec.tls[{at}].secretName");
        let expected = near.as_deref().unwrap_or("a Secret that is there");
        Evidence::new(key, &field, name.as_str(), expected)
    });
    let first = places.first().copied().unwrap_or_default();
    let fitting = matches!(instead, Instead::Fits(_));
    let told = if severity == Severity::Info && !(fitting && unless.is_empty()) {
        format!("Secret {name}, the certificate of {hosts}, is not there.{hint}{unless}")
    } else {
        format!(
            "Secret {name} is not in namespace {namespace}, so https for {hosts} has no certificate of its own: \
             {}{hint}{unless}",
            users::without(view, ingress, &instead)
        )
    };
    let makers = view.advisory(|view| view.certificates_for(&secret));
    let draft = ports::draft(severity, key, format!("TLS Secret {name} does not exist"));
    let draft = makers.iter().fold(draft, |draft, one| {
        draft.follows(&["TLS013"], &one.meta.key)
    });
    sink.report(
        draft
            .detail(name.clone())
            .at(format!("spec.tls[{first}].secretName"))
            .says(told)
            .evidences(grounds)
            .confirm(kubectl::get(&secret))
            .fix(fix)
            .follows(&["TLS011"], key),
    );
}
