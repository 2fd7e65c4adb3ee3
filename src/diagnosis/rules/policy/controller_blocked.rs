//! An Ingress whose controller may not reach the backend.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::ingress::{Backend, Ingress};
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::policy::Direction;
use crate::model::service::{Service, ServicePort};
use crate::model::view::View;
use crate::semantics::network::unenforced;
use crate::semantics::policy::end::End;
use crate::semantics::policy::judge::{Answer, Asked, Judge};
use crate::semantics::policy::matching::pod_end;
use crate::semantics::policy::words;
use crate::semantics::{controller, endpoints, ingress};
use std::collections::BTreeMap;

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP009",
    slug: "controller-blocked",
    title: "controller is not admitted",
    on: &[Kind::Ingress],
    page: include_str!("controller_blocked.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    let controllers = controllers(view, ingress);
    if controllers.is_empty() {
        return;
    }
    let judge = Judge::new(view);
    for (service, port) in targets(view, ingress) {
        let backends = endpoints::backends(view, service);
        let receiving: Vec<(&Pod, u16)> = backends
            .iter()
            .filter(|backend| backend.ready)
            .filter_map(|backend| Some((view.pod(backend.pod.as_ref()?)?, backend.port_for(port)?)))
            .collect();
        // Where nothing enforces policies, nothing is blocked.
        if let Some(policy) = denier(view, &judge, &controllers, &receiving, port)
            && unenforced(view).is_none()
        {
            sink.report(told(key, service, port, &policy, &controllers));
        }
    }
}

fn controllers<'w>(view: &View<'w>, ingress: &Ingress) -> Vec<&'w Pod> {
    let class = ingress::class_of(view, ingress);
    let pods = class
        .controller()
        .map(|known| controller::pods(view, known, class.object()))
        .unwrap_or_default();
    pods.into_iter().filter(|pod| pod.is_ready()).collect()
}

/// The Services and ports that an Ingress names, each once.
fn targets<'w>(view: &View<'w>, ingress: &Ingress) -> Vec<(&'w Service, &'w ServicePort)> {
    let mut found: BTreeMap<(Key, u16), (&Service, &ServicePort)> = BTreeMap::new();
    for backend in ingress.backends() {
        let Backend::Service { name, port } = backend else {
            continue;
        };
        let key = ingress.meta.key.sibling(Kind::Service, name.clone());
        let Some(service) = view.service(&key) else {
            continue;
        };
        if let Some(port) = ingress::backend_port(service, port) {
            found.insert((key, port.port), (service, port));
        }
    }
    found.into_values().collect()
}

/// The policy that denies every controller pod every backend pod.
fn denier(
    view: &View<'_>,
    judge: &Judge<'_, '_>,
    controllers: &[&Pod],
    receiving: &[(&Pod, u16)],
    port: &ServicePort,
) -> Option<(Key, String)> {
    let mut first = None;
    for (receiver, number) in receiving {
        let receiver = End::Pod(pod_end(view, view.pod(&receiver.meta.key)?));
        for sender in controllers {
            let sender = End::Pod(pod_end(view, view.pod(&sender.meta.key)?));
            let asked = Asked {
                protocol: port.protocol,
                port: *number,
                via: None,
            };
            let decision = judge.judge(Direction::Ingress, &sender, &receiver, asked);
            if decision.answer != Answer::Deny {
                return None;
            }
            let step = decision.deciding().first().map(|step| {
                let policy = step.chosen.policy;
                (
                    policy.meta.key.clone(),
                    words::field(Direction::Ingress, step.rule),
                )
            });
            first = first.or(step);
        }
    }
    first
}

fn told(
    key: &Key,
    service: &Service,
    port: &ServicePort,
    policy: &(Key, String),
    controllers: &[&Pod],
) -> Draft {
    let first = controllers
        .first()
        .map(|pod| pod.meta.key.short())
        .unwrap_or_default();
    let (policy, field) = policy;
    let name = &service.meta.key.name;
    Draft::error(key, "controller is not admitted")
        .detail(format!("{name}:{}", port.port))
        .at("spec.rules[].http.paths[].backend")
        .says(format!(
            "{} {} isolates the pods of Service {name}, and nothing admits the controller's pods ({first}): requests time out, clients see 504.",
            policy.kind,
            policy.short()
        ))
        .evidence(Evidence::new(policy, field, "does not admit the controller", format!("a rule admitting {first}")))
        .evidence(Evidence::new(&service.meta.key, "spec.ports", port.to_string(), ""))
        .confirm(kubectl::describe(policy))
        .fix("Add an ingress rule for the controller's pods: a namespaceSelector for their namespace and a podSelector in one item.")
}
