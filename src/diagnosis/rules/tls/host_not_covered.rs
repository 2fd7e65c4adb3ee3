//! A host of an Ingress that its certificate does not name.

use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::diagnosis::rules::tls::users;
use crate::model::evidence::Evidence;
use crate::model::ingress::Ingress;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::secret::{Certificate, Secret};
use crate::model::view::View;
use crate::semantics::ingress::{class_of, host_fit};
use crate::semantics::nginx::instead::{self, Instead};
use crate::semantics::tls::{self, Keeper, covers};

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS006",
    slug: "host-not-covered",
    title: "certificate does not name the host",
    on: &[Kind::Ingress],
    page: include_str!("host_not_covered.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    if ingress.tls.is_empty() || matches!(tls::keeper(view, ingress), Keeper::Elsewhere(_)) {
        return;
    }
    for (at, entry) in ingress.tls.iter().enumerate() {
        let Some(secret) = tls::secret_of(ingress, entry) else {
            continue;
        };
        let Some(leaf) = view.secret(&secret).and_then(Secret::leaf) else {
            continue;
        };
        let hosts = hosts_of(ingress, at);
        let bare: Vec<&Name> = hosts
            .into_iter()
            .filter(|host| !covers(leaf, host))
            .collect();
        let open: Vec<&Name> = bare
            .into_iter()
            .filter(|host| !covered_otherwise(view, ingress, at, host))
            .collect();
        if !open.is_empty() {
            let class = class_of(view, ingress);
            let shown = instead::of_all(view, &class, open.iter().map(|host| host.as_str()));
            report(view, ingress, (at, &secret, leaf), (&open, &shown), sink);
        }
    }
}

/// The hosts that an entry answers for: those that it lists and a rule serves; without a list the rules' that no
/// other entry lists.
fn hosts_of(ingress: &Ingress, at: usize) -> Vec<&Name> {
    let Some(entry) = ingress.tls.get(at) else {
        return Vec::new();
    };
    let ruled = |host: &Name| {
        let mut rules = ingress.rules.iter();
        ingress.rules.is_empty() || rules.any(|rule| host_fit(&rule.host, host).is_some())
    };
    let mut hosts: Vec<&Name> = if entry.hosts.is_empty() {
        let listed = |host: &Name| {
            let all = ingress.tls.iter().flat_map(|entry| entry.hosts.iter());
            all.filter(|one| host_fit(one, host).is_some()).count() > 0
        };
        let rules = ingress.rules.iter().map(|rule| &rule.host);
        rules
            .filter(|host| !host.is_empty() && !listed(host))
            .collect()
    } else {
        entry.hosts.iter().filter(|host| ruled(host)).collect()
    };
    hosts.sort();
    hosts.dedup();
    hosts
}

/// Whether another entry for the same host has a certificate that names it, or one that cannot be looked at.
fn covered_otherwise(view: &View<'_>, ingress: &Ingress, at: usize, host: &Name) -> bool {
    let own = ingress.tls.iter().enumerate();
    let own = own
        .filter(|(other, _)| *other != at)
        .map(|(_, entry)| (ingress, entry));
    let others = tls::rivals(view, ingress, host);
    let theirs = others
        .iter()
        .flat_map(|other| other.tls.iter().map(|entry| (*other, entry)));
    own.chain(theirs).any(|(of, entry)| {
        let for_host =
            entry.hosts.is_empty() || entry.hosts.iter().any(|one| host_fit(one, host).is_some());
        let secret = tls::secret_of(of, entry).and_then(|secret| view.secret(&secret));
        for_host
            && secret.is_some_and(|secret| secret.leaf().is_some_and(|leaf| covers(leaf, host)))
    })
}

fn report(
    view: &View<'_>,
    ingress: &Ingress,
    (at, secret, leaf): (usize, &Key, &Certificate),
    (hosts, shown): (&[&Name], &Instead),
    sink: &mut Sink,
) {
    let key = &ingress.meta.key;
    let words: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
    let words = words.join(", ");
    let names = users::names(leaf);
    let told = if leaf.hosts.is_empty() && leaf.addresses.is_empty() {
        format!(
            "names no host at all: it has no subjectAltName, and clients do not look at the common name ({})",
            leaf.common_name
        )
    } else {
        format!("is for {names}")
    };
    let effect = match shown {
        Instead::Unseen => "so clients that ask for them refuse the connection".to_owned(),
        _ => format!(
            "and {}",
            users::without(view, ingress, shown).trim_end_matches('.')
        ),
    };
    sink.report(
        ports::draft(users::milder(shown), key, format!("certificate does not name {words}"))
            .detail(format!("{} {words}", secret.name))
            .at(format!("spec.tls[{at}].secretName"))
            .says(format!(
                "The certificate in Secret {} {told}, not for {words}, {effect}. A wildcard stands for one label only.",
                secret.name
            ))
            .evidence(Evidence::new(
                secret,
                "data.tls.crt subjectAltName",
                names,
                words.as_str(),
            ))
            .evidence(Evidence::new(
                key,
                &format!("spec.tls[{at}].secretName"),
                &*secret.name,
                format!("a Secret whose certificate names {words}"),
            ))
            .confirm(users::confirm(secret, "tls.crt"))
            .fix(format!("Have a certificate issued that names {words}, or name the Secret that holds one.")),
    );
}
