//! A namespace that has policies, and pods that none of them selects.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::policy::Direction;
use crate::model::view::View;
use crate::semantics::policy::judge::Judge;
use crate::semantics::policy::matching::pod_end;
use crate::semantics::policy::reach::owners;

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP012",
    slug: "unprotected",
    title: "pods that no policy selects",
    on: &[Kind::Namespace],
    page: include_str!("unprotected.md"),
    check,
};

/// How many are named.
const NAMED: usize = 5;

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    if view
        .in_namespace(Kind::NetworkPolicy, &key.name)
        .next()
        .is_none()
    {
        return;
    }
    let judge = Judge::new(view);
    let mut open: Vec<String> = view
        .pods_in(&key.name)
        .filter(|pod| !pod.is_terminal() && !pod.host_network)
        .filter(|pod| {
            judge
                .applicable(&pod_end(view, pod), Direction::Ingress)
                .is_open()
        })
        .map(|pod| owners::top(view, pod))
        .collect();
    open.sort();
    open.dedup();
    if open.is_empty() {
        return;
    }
    let shown: Vec<&str> = open.iter().take(NAMED).map(String::as_str).collect();
    let more = open.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let shown = format!("{}{more}", shown.join(", "));
    sink.report(
        Draft::info(key, "pods that no policy selects")
            .at("metadata.name")
            .says(format!("The namespace has network policies, but these receive from everyone: {shown}."))
            .evidence(Evidence::new(key, "metadata.name", shown, "an ingress policy that selects them"))
            .confirm(kubectl::list(Kind::NetworkPolicy).in_namespace(&key.name))
            .fix("If that is not meant, add a policy with an empty podSelector and policyTypes Ingress; it isolates every pod, and the others go on admitting what they admit."),
    );
}
