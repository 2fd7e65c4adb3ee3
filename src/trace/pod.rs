//! The last hops: the pod and its port.

use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::port::PortRef;
use crate::model::view::View;
use crate::semantics::endpoints::Backend;
use crate::semantics::readiness::{self, NotReady};
use crate::trace::cause::Cause;
use crate::trace::end::Port;
use crate::trace::hop::{Hop, Note, Stage, Verdict};
use crate::trace::walk;

/// Whether a pod can take a connection that is made to it directly. Readiness does not stop one: only Services ask for it.
pub(super) fn direct(view: &View<'_>, pod: &Pod) -> Hop {
    let key = pod.meta.key.clone();
    let subject = Some(key.clone());
    match readiness::why_not_ready(view, pod) {
        None => Hop::new(Stage::Pod, subject, Verdict::Pass, "running and ready"),
        Some(reason) if takes_connections(pod, &reason) => Hop::new(
            Stage::Pod,
            subject,
            Verdict::Pass,
            format!("running; Services leave it out: {reason}"),
        ),
        Some(reason) => Hop::new(Stage::Pod, subject, Verdict::Fail, reason.to_string())
            .because(Cause::PodNotReady(key, reason)),
    }
}

fn takes_connections(pod: &Pod, reason: &NotReady) -> bool {
    let running = matches!(
        reason,
        NotReady::Settling(_)
            | NotReady::ProbeFailing { .. }
            | NotReady::ReadinessGate { .. }
            | NotReady::Terminating
            | NotReady::Other { .. }
    );
    running && !pod.ips.is_empty() && pod.phase == crate::model::pod::Phase::Running
}

/// The pods behind a Service that take the request, folded to one line where they agree. A pod that the slices name
/// and that cannot be seen makes it unknown, save in files, which may hold slices without their pods.
pub(super) fn chosen(view: &View<'_>, used: &[&Backend], pods: &[&Pod]) -> Hop {
    let unseen = used.iter().filter_map(|backend| backend.pod.as_ref());
    let unseen = unseen
        .into_iter()
        .find(|key| !pods.iter().any(|pod| pod.meta.key == **key));
    if let Some(key) = unseen.filter(|_| !view.is_offline()) {
        if let Some(gap) = view.gap(Kind::Pod, key.namespace.as_ref()) {
            return walk::unreadable(Stage::Pod, gap);
        }
        let words = format!(
            "the slices name {}, which is not there (any more)",
            key.name
        );
        return Hop::new(Stage::Pod, Some(key.clone()), Verdict::Unknown, words)
            .because(Cause::OutsideCluster);
    }
    let subject = pods.first().map(|pod| pod.meta.key.clone());
    match pods {
        [] => Hop::new(
            Stage::Pod,
            None,
            Verdict::Pass,
            "an endpoint that is no pod of this cluster",
        ),
        [one] => Hop::new(
            Stage::Pod,
            subject,
            Verdict::Pass,
            format!("{} is ready", one.meta.key.name),
        ),
        many => {
            let notes = many.iter().map(|pod| Note {
                subject: Some(pod.meta.key.clone()),
                verdict: Verdict::Pass,
                text: pod.meta.key.name.to_string(),
            });
            let words = format!("{} pods take the traffic", many.len());
            Hop::new(Stage::Pod, subject, Verdict::Pass, words).noting(notes.collect())
        }
    }
}

/// The port in the pod. That a number is not declared is no fault: the list in the spec is information only.
pub(super) fn port(pod: Option<&Pod>, port: &Port) -> Hop {
    let subject = pod.map(|pod| pod.meta.key.clone());
    let Some(pod) = pod else {
        return Hop::new(Stage::Port, None, Verdict::Pass, format!("port {port}"));
    };
    match (resolve(pod, port), &port.port) {
        (Some((number, container)), _) => {
            let words = format!("container {container} declares {number}/{}", port.protocol);
            Hop::new(Stage::Port, subject, Verdict::Pass, words)
        }
        (None, PortRef::Number(number)) => {
            let words = format!(
                "{number}/{} is not declared, which is allowed",
                port.protocol
            );
            Hop::new(Stage::Port, subject, Verdict::Pass, words)
        }
        (None, PortRef::Name(name)) => {
            let words = format!("no container has a port named {name} for {}", port.protocol);
            Hop::new(Stage::Port, subject, Verdict::Fail, words).because(Cause::PortNotServed)
        }
    }
}

/// The number that a port stands for on a pod; none for a name that it does not have.
pub(super) fn number(pod: &Pod, port: &Port) -> Option<u16> {
    match port.port {
        PortRef::Number(number) => Some(number),
        PortRef::Name(_) => resolve(pod, port).map(|(number, _)| number),
    }
}

/// The number and container of a declared port.
fn resolve(pod: &Pod, port: &Port) -> Option<(u16, String)> {
    pod.serving_containers().find_map(|container| {
        let listed = container.ports.iter().find(|listed| {
            let same = match &port.port {
                PortRef::Number(number) => listed.port == *number,
                PortRef::Name(name) => listed.name == *name,
            };
            same && listed.protocol == port.protocol
        })?;
        Some((listed.port, container.name.to_string()))
    })
}
