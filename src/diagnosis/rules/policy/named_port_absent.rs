//! A rule by the name of a port that none of the receiving pods has.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::policy::{Direction, Force, Peer, Policy, PortMatch, Rule as PolicyRule};
use crate::model::view::{View, as_policy};
use crate::semantics::near;
use crate::semantics::policy::end::End;
use crate::semantics::policy::matching::pod_end;
use crate::semantics::policy::meant::named;
use crate::semantics::policy::{select, words};

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP006",
    slug: "named-port-absent",
    title: "no pod has the named port",
    on: &[Kind::NetworkPolicy],
    page: include_str!("named_port_absent.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    for direction in [Direction::Ingress, Direction::Egress] {
        let section = policy.section(direction);
        if section.force != Force::Yes {
            continue;
        }
        for (at, rule) in section.rules.iter().enumerate() {
            for (n, port) in rule.ports.as_deref().unwrap_or_default().iter().enumerate() {
                if !matches!(port, PortMatch::Named(..)) {
                    continue;
                }
                let Some(receivers) = receivers(view, policy, rule, direction) else {
                    continue;
                };
                if !receivers.is_empty() && !opens(view, port, &receivers) {
                    let field = format!("{}.ports[{n}].port", words::field(direction, Some(at)));
                    let mut others = rule.ports.iter().flatten();
                    let works = others.any(|other| opens(view, other, &receivers));
                    let severity = if works && !is_misspelt(port, &receivers) {
                        Severity::Info
                    } else {
                        Severity::Warning
                    };
                    sink.report(told(severity, key, &field, &words::port(port), &receivers));
                }
            }
        }
    }
}

/// Whether a port of a rule is one that some receiver has: the rule then does its work, and the name that none has may
/// be there for those that are configured otherwise.
fn opens(view: &View<'_>, port: &PortMatch, receivers: &[&Pod]) -> bool {
    let PortMatch::Named(protocol, name) = port else {
        return true;
    };
    receivers.iter().any(|pod| {
        let pod = view.pod(&pod.meta.key);
        pod.is_some_and(|pod| !named(&End::Pod(pod_end(view, pod)), *protocol, name).is_empty())
    })
}

/// Whether a name is all but that of a port which some receiver has.
fn is_misspelt(port: &PortMatch, receivers: &[&Pod]) -> bool {
    let PortMatch::Named(_, name) = port else {
        return false;
    };
    let containers = receivers.iter().flat_map(|pod| pod.serving_containers());
    let known = containers.flat_map(|container| container.ports.iter().map(|port| &port.name));
    // `https` beside `http` is the port with TLS, which is another one.
    let with_tls = |near: &str| name.strip_suffix('s').is_some_and(|plain| plain == near);
    near::of_name(name, known).is_some_and(|near| near::is_misspelt(name, near) && !with_tls(near))
}

/// The pods whose ports are meant; none where they cannot be counted.
fn receivers<'w>(
    view: &View<'w>,
    policy: &Policy,
    rule: &PolicyRule,
    direction: Direction,
) -> Option<Vec<&'w Pod>> {
    if direction == Direction::Ingress {
        return Some(select::pods_of(view, policy));
    }
    let mut found = Vec::new();
    for peer in rule.peers.as_deref()? {
        let Peer::Pods(subject) = peer else {
            return None;
        };
        found.extend(select::pods(
            view,
            policy.meta.key.namespace.as_ref(),
            subject,
        ));
    }
    Some(found)
}

fn told(severity: Severity, key: &Key, field: &str, port: &str, receivers: &[&Pod]) -> Draft {
    let first = receivers.first().map(|pod| pod.meta.key.clone());
    let first = first.unwrap_or_else(|| key.clone());
    let mut known: Vec<String> = receivers
        .iter()
        .flat_map(|pod| pod.serving_containers())
        .flat_map(|container| container.ports.iter())
        .filter(|port| !port.name.is_empty())
        .map(|port| format!("{}/{}", port.name, port.protocol))
        .collect();
    known.sort();
    known.dedup();
    let known = if known.is_empty() {
        "no named port".to_owned()
    } else {
        known.join(", ")
    };
    ports::draft(severity, key, "no pod has the named port".to_owned())
        .detail(field)
        .at(field)
        .says(format!("No pod that receives ({}) has a port {port}, so the rule admits nothing by this name. There is {known}.", receivers.len()))
        .evidence(Evidence::new(key, field, port, known))
        .confirm(kubectl::get(&first).option("-o", "jsonpath={.spec.containers[*].ports}"))
        .fix("Name the port as a container does, with the same protocol, or write its number.")
}
