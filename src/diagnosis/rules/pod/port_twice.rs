//! Two containers of a pod that declare the same port: they share one network.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::pod::case;
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::pod::{Container, ContainerPort, ContainerState, Pod};
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD011",
    slug: "port-twice",
    title: "two containers declare one port",
    on: &[Kind::Pod],
    page: include_str!("port_twice.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(pod) = view.pod(key).filter(|pod| !pod.is_terminal()) else {
        return;
    };
    let Some((first, second, port)) = twice(pod) else {
        return;
    };
    // Replicas are alike: the first of them speaks for all.
    let siblings = view.advisory(|view| view.siblings(&pod.meta));
    if siblings.iter().any(|other| other.key() < key) {
        return;
    }
    // A declared port is information only: one of the two may not open it.
    let failing = [first, second]
        .into_iter()
        .find(|container| fails(container));
    let (severity, told) = match failing {
        Some(container) => (
            Severity::Warning,
            format!(
                "Container {} keeps ending, as one does that finds its port taken.",
                container.name
            ),
        ),
        None => (
            Severity::Info,
            "If both open it on all addresses, the one that comes second fails.".to_owned(),
        ),
    };
    let said = format!("{}/{}", port.port, port.protocol);
    let field = case::spec_path(pod, &second.name, "ports");
    sink.report(
        ports::draft(severity, key, format!("two containers declare {said}"))
            .detail(said.as_str())
            .at(field.as_str())
            .says(format!("Containers {} and {} both declare {said}, and the containers of a pod share one network. {told}", first.name, second.name))
            .evidence(Evidence::new(key, &case::spec_path(pod, &first.name, "ports"), said.as_str(), ""))
            .evidence(Evidence::new(key, &field, said.as_str(), "another port"))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix(format!("Let one of them listen on another port, in its configuration and in its ports; or take {said} from the list of the one that does not open it.")),
    );
}

/// The first port that two containers declare.
fn twice(pod: &Pod) -> Option<(&Container, &Container, &ContainerPort)> {
    let containers: Vec<&Container> = pod.serving_containers().collect();
    containers.iter().enumerate().find_map(|(at, second)| {
        let earlier = containers.iter().take(at);
        earlier.copied().find_map(|first| {
            let same = |port: &&ContainerPort| {
                let mut others = first.ports.iter();
                others.any(|other| other.port == port.port && other.protocol == port.protocol)
            };
            let port = second.ports.iter().find(same)?;
            Some((first, *second, port))
        })
    })
}

/// It has ended with a failure, and does not run now or has been started again and again.
fn fails(container: &Container) -> bool {
    let failed = container
        .last_end
        .as_ref()
        .is_some_and(|end| end.exit_code != 0);
    let waits = matches!(
        container.state,
        ContainerState::Waiting { .. } | ContainerState::Ended(_)
    );
    failed && waits && container.restarts > 0
}
