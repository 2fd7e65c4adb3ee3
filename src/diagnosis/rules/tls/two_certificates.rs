//! One host of one class with different certificates in two Ingresses.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::ingress::{Ingress, IngressTls};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::secret::{Certificate, Secret};
use crate::model::view::View;
use crate::semantics::tls::{self, Keeper, covers};
use std::collections::BTreeSet;

/// See the page.
pub const RULE: Rule = Rule {
    code: "TLS009",
    slug: "two-certificates",
    title: "one host, two certificates",
    on: &[Kind::Ingress],
    page: include_str!("two_certificates.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    if ingress.tls.is_empty() || matches!(tls::keeper(view, ingress), Keeper::Elsewhere(_)) {
        return;
    }
    let hosts: BTreeSet<&Name> = ingress
        .tls
        .iter()
        .flat_map(|entry| entry.hosts.iter())
        .collect();
    for host in hosts {
        let Some((own, mine)) = certificate_for(view, ingress, host) else {
            continue;
        };
        for rival in tls::rivals(view, ingress, host) {
            // Of two each is told once, on the later by name.
            if rival.meta.key > *key {
                continue;
            }
            if let Some((other, theirs)) = certificate_for(view, rival, host)
                && theirs.fingerprint != mine.fingerprint
            {
                let two = Two {
                    host,
                    own: &own,
                    rival: &rival.meta.key,
                    other: &other,
                    fit: covers(mine, host) && covers(theirs, host),
                };
                report(key, &two, sink);
                break;
            }
        }
    }
}

/// The Secret that an Ingress lists for a host, with its certificate.
fn certificate_for<'w>(
    view: &View<'w>,
    ingress: &Ingress,
    host: &Name,
) -> Option<(Key, &'w Certificate)> {
    let listing = |entry: &&IngressTls| entry.hosts.contains(host);
    let secret = tls::secret_of(ingress, ingress.tls.iter().find(listing)?)?;
    let leaf = view.secret(&secret).and_then(Secret::leaf)?;
    Some((secret, leaf))
}

/// Two Ingresses, each with the Secret that it lists for the host.
struct Two<'w> {
    host: &'w Name,
    own: &'w Key,
    rival: &'w Key,
    other: &'w Key,
    /// Whether both certificates name the host.
    fit: bool,
}

fn report(key: &Key, two: &Two<'_>, sink: &mut Sink) {
    let Two {
        host,
        own,
        rival,
        other,
        fit,
    } = *two;
    let title = format!("two certificates for {host}");
    // Where both name the host it does not matter to clients which is shown.
    let draft = if fit {
        Draft::info(key, title)
    } else {
        Draft::warning(key, title)
    };
    sink.report(
        draft
            .detail(host.clone())
            .at("spec.tls[].secretName")
            .says(format!(
                "{rival} lists {host} too, with another certificate: the controller shows one of them, usually that \
                 of the older Ingress."
            ))
            .evidence(Evidence::new(key, "spec.tls[].secretName", own.to_string(), "one certificate for a host"))
            .evidence(Evidence::new(rival, "spec.tls[].secretName", other.to_string(), "one certificate for a host"))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix(format!("Keep one certificate for {host}, in one of the two Ingresses.")),
    );
}
