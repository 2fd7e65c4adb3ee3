//! A rule that lists the Service's port where the pods listen on another: policies see the pod's own port.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::policy::{Direction, Force, PortMatch};
use crate::model::port::Protocol;
use crate::model::view::{View, as_policy};
use crate::semantics::endpoints::find_port;
use crate::semantics::policy::end::End;
use crate::semantics::policy::judge::Judge;
use crate::semantics::policy::matching::pod_end;
use crate::semantics::policy::meant::ports;
use crate::semantics::policy::{select, words};

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP005",
    slug: "port-is-the-services",
    title: "rule lists the Service's port",
    on: &[Kind::NetworkPolicy],
    page: include_str!("port_is_the_services.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    if policy.ingress.force != Force::Yes {
        return;
    }
    let listed = policy
        .ingress
        .rules
        .iter()
        .enumerate()
        .flat_map(|(at, rule)| {
            let listed = rule.ports.as_deref().unwrap_or_default().iter().enumerate();
            listed.filter_map(move |(n, port)| match port {
                PortMatch::Range(protocol, first, last) if first == last => {
                    Some((at, n, *protocol, *first))
                }
                _ => None,
            })
        });
    let listed: Vec<_> = listed.collect();
    if listed.is_empty() {
        return;
    }
    let pods = select::pods_of(view, policy);
    for (at, n, protocol, number) in listed {
        let found = pods.iter().find_map(|pod| {
            let (service, target) = translated(view, pod, protocol, number)?;
            (!admitted(view, pod, protocol, target)).then_some((service, target))
        });
        if let Some((service, target)) = found {
            let field = format!(
                "{}.ports[{n}].port",
                words::field(Direction::Ingress, Some(at))
            );
            sink.report(told(key, &field, &service, number, target));
        }
    }
}

/// A Service whose port this is and that leads to another port of the pod; none where the pod itself lists the port.
fn translated(view: &View<'_>, pod: &Pod, protocol: Protocol, number: u16) -> Option<(Key, u16)> {
    let mut own = pod
        .serving_containers()
        .flat_map(|container| container.ports.iter());
    if own.any(|port| port.port == number && port.protocol == protocol) {
        return None;
    }
    let namespace = pod.meta.key.namespace.as_ref()?;
    let services = view.services_selecting(namespace, &pod.meta.labels);
    services.into_iter().find_map(|service| {
        let port = service
            .ports
            .iter()
            .find(|port| port.port == number && port.protocol == protocol)?;
        let target = find_port(pod, port)?;
        (target != number && !service.headless).then(|| (service.meta.key.clone(), target))
    })
}

/// Whether some rule about the pod lists the port that it does listen on.
fn admitted(view: &View<'_>, pod: &Pod, protocol: Protocol, target: u16) -> bool {
    let Some(pod) = view.pod(&pod.meta.key) else {
        return true;
    };
    let end = pod_end(view, pod);
    let applicable = Judge::new(view).applicable(&end, Direction::Ingress);
    let receiver = End::Pod(end);
    let mut rules = applicable
        .all()
        .flat_map(|chosen| chosen.rules(Direction::Ingress));
    !applicable.foreign.is_empty()
        || rules.any(|rule| {
            let meant = ports(rule, &receiver);
            meant.certain.or(&meant.perhaps).contains(protocol, target)
        })
}

fn told(key: &Key, field: &str, service: &Key, number: u16, target: u16) -> Draft {
    Draft::warning(key, "rule lists the Service's port")
        .detail(field)
        .at(field)
        .says(format!(
            "{number} is the port of Service {}; its pods listen on {target}. Policies see the pod's own port, so this rule admits nothing that comes through the Service.",
            service.name
        ))
        .evidence(Evidence::new(key, field, number.to_string(), target.to_string()))
        .evidence(Evidence::new(service, "spec.ports", format!("{number} → {target}"), ""))
        .confirm(kubectl::slices_of(service))
        .fix(format!("Write {target} instead of {number}."))
}
