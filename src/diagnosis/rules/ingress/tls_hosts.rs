//! TLS for a host that no rule has, or a rule's host that the TLS entries leave out.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::ingress::host_fit;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING018",
    slug: "tls-hosts",
    title: "TLS and rules name different hosts",
    on: &[Kind::Ingress],
    page: include_str!("tls_hosts.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    let secured: Vec<&Name> = ingress
        .tls
        .iter()
        .flat_map(|tls| tls.hosts.iter())
        .collect();
    let ruled: Vec<&Name> = ingress.rules.iter().map(|rule| &rule.host).collect();
    // An entry without hosts stands for all of them, and so does a rule without a host.
    let open = ingress.tls.iter().any(|tls| tls.hosts.is_empty());
    let every = ruled.is_empty() || ruled.iter().any(|host| host.is_empty());
    if secured.is_empty() || open || every {
        return;
    }
    let covered = |by: &[&Name], host: &Name| by.iter().any(|one| host_fit(one, host).is_some());
    let idle = secured.iter().filter(|host| {
        !covered(&ruled, host) && !ruled.iter().any(|rule| host_fit(host, rule).is_some())
    });
    let bare = ruled.iter().filter(|host| !covered(&secured, host));
    let idle: Vec<&str> = idle.map(|host| host.as_str()).collect();
    let mut bare: Vec<&str> = bare.map(|host| host.as_str()).collect();
    bare.dedup();
    if idle.is_empty() {
        return;
    }
    let (names, rest) = (idle.join(", "), bare.join(", "));
    let told = if bare.is_empty() {
        "The certificate for it is never shown.".to_owned()
    } else {
        format!(
            "The rules' {rest} has no TLS entry and gets the controller's default certificate, or none."
        )
    };
    sink.report(
        Draft::info(key, "TLS and rules name different hosts")
            .at("spec.tls")
            .says(format!("No rule of the Ingress has the host {names} of its TLS entries. {told}"))
            .evidence(Evidence::new(key, "spec.tls[].hosts", names, "the hosts of the rules"))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix("Write the same hosts in spec.tls and spec.rules; *.example.com stands for one label only."),
    );
}
