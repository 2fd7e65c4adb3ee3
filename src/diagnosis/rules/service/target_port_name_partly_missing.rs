//! A Service port whose named targetPort only some of the pods declare.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::Draft;
use crate::diagnosis::rule::{Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::port::PortRef;
use crate::model::service::{Service, ServicePort};
use crate::model::view::View;
use crate::semantics::endpoints;
use crate::semantics::rollout;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC006",
    slug: "target-port-name-partly-missing",
    title: "targetPort name missing in some pods",
    on: &[Kind::Service],
    page: include_str!("target_port_name_partly_missing.md"),
    check,
};

/// No more pods than this are told one by one.
const TOLD: usize = 10;

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    let named = service.ports.iter().filter_map(|port| match &port.target {
        PortRef::Name(name) => Some((port, name)),
        PortRef::Number(_) => None,
    });
    let named: Vec<(&ServicePort, &Name)> = named.collect();
    let Some(selector) = service.effective_selector().filter(|_| !named.is_empty()) else {
        return;
    };
    let namespace = key.namespace.clone().unwrap_or_default();
    let mut pods = view.pods_labelled(&namespace, selector);
    // A Job runs beside the workload whose labels it shares; it is not meant to serve.
    let of_a_job = |pod: &Pod| matches!(&pod.meta.owner, Some(owner) if owner.kind == Kind::Job.name() || owner.kind == Kind::CronJob.name());
    pods.retain(|pod| !pod.is_terminal() && !pod.is_terminating() && !of_a_job(pod));
    for (port, name) in named {
        let (with, without): (Vec<&Pod>, Vec<&Pod>) = pods
            .iter()
            .partition(|pod| endpoints::find_port(pod, port).is_some());
        // While a rollout renames the port, the old and the new pods differ.
        let rolling = pods.iter().any(|pod| rollout::in_progress(view, pod));
        if !with.is_empty() && !without.is_empty() && !rolling {
            sink.report(report(service, port, name, &without, pods.len()));
        }
    }
}

fn report(
    service: &Service,
    port: &ServicePort,
    name: &Name,
    without: &[&Pod],
    total: usize,
) -> Draft {
    let key = &service.meta.key;
    let count = without.len();
    let (verb, gets) = if count == 1 {
        ("lacks", "it never gets")
    } else {
        ("lack", "they never get")
    };
    let evidence = without.iter().take(TOLD).map(|pod| {
        Evidence::new(
            &pod.meta.key,
            "spec.containers[*].ports",
            declared(pod),
            format!("{name} for {}", port.protocol),
        )
    });
    Draft::warning(key, format!("{count} of {total} pods {verb} port {name}"))
        .detail(port.to_string())
        .at(format!("spec.ports[{port}].targetPort"))
        .says(format!(
            "Port {port} leads to the container port named {name}; {count} of the {total} selected pods {verb} it for \
             {}, so {gets} traffic of this port, ready or not.",
            port.protocol
        ))
        .evidences(evidence)
        .confirm(
            kubectl::list(Kind::Pod)
                .in_namespace_of(key)
                .labelled(&service.selector)
                .option("-o", "custom-columns=POD:.metadata.name,PORTS:.spec.containers[*].ports"),
        )
        .fix(format!(
            "Name the container port {name} in every workload behind the Service, or narrow spec.selector to those \
             that serve it."
        ))
}

/// The ports of a pod that a Service could use, as `name=8080/TCP`.
fn declared(pod: &Pod) -> String {
    let ports = pod
        .serving_containers()
        .flat_map(|container| container.ports.iter());
    let words: Vec<String> = ports
        .map(|port| match port.name.as_str() {
            "" => format!("{}/{}", port.port, port.protocol),
            name => format!("{name}={}/{}", port.port, port.protocol),
        })
        .collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}
