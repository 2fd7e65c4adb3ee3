//! A pod that is not ready for any other reason.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::pod::case::{Case, short, state_word, status_path};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::readiness::NotReady;

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD007",
    slug: "not-ready",
    title: "not ready",
    on: &[Kind::Pod],
    page: include_str!("not_ready.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(case) = Case::of(view, key, RULE.code) else {
        return;
    };
    let Some(told) = tell(&case) else { return };
    let ready = case.pod.condition("Ready");
    let observed = ready.map_or_else(
        || "absent".to_owned(),
        |condition| format!("{:?} {}", condition.status, condition.reason),
    );
    let mut draft = case
        .draft(told.title)
        .at(told.field.clone())
        .says(format!("{} {}", told.why, case.outcome()))
        .evidence(Evidence::new(
            key,
            "status.conditions[Ready]",
            observed.trim(),
            "True",
        ));
    let stuck = told.container.and_then(|name| case.container(name));
    if let Some(container) = stuck {
        draft = draft.evidence(Evidence::new(
            key,
            &status_path(container, "state"),
            state_word(container),
            told.expected,
        ));
    }
    if let NotReady::NodeLost { node } = &case.reason {
        let node = Key::cluster(Kind::Node, node.clone());
        draft = draft.evidence(Evidence::new(
            &node,
            "status.conditions[Ready]",
            "not True",
            "True",
        ));
    }
    sink.report(draft.confirm(told.confirm).fix(told.fix));
}

/// What is said of one kind of reason.
struct Told<'c> {
    title: String,
    field: String,
    why: String,
    container: Option<&'c str>,
    expected: &'static str,
    confirm: kubectl::Line,
    fix: &'static str,
}

fn tell<'c>(case: &'c Case<'_>) -> Option<Told<'c>> {
    let describe = kubectl::describe(&case.pod.meta.key);
    Some(match &case.reason {
        NotReady::CannotStart {
            container,
            reason,
            words,
        } => Told {
            title: format!("container cannot be made: {reason}"),
            field: format!("spec.containers[{container}]"),
            why: format!(
                "Container {container} cannot be made ({reason}): {}.",
                short(words)
            ),
            container: Some(container.as_str()),
            expected: "running",
            confirm: describe,
            fix: "Mend what the message names: as a rule a ConfigMap, a Secret or a key of one that is not there.",
        },
        NotReady::Initialising { container } => Told {
            title: format!("init container {container} has not finished"),
            field: format!("spec.initContainers[{container}]"),
            why: format!(
                "Init container {container} has not finished, so the pod's own containers have not started."
            ),
            container: Some(container.as_str()),
            expected: "ended with exit code 0",
            confirm: kubectl::logs(&case.pod.meta.key, container),
            fix: "Read the init container's log: it often waits for a Service or a database that does not answer.",
        },
        NotReady::NodeLost { node } => Told {
            title: format!("node {node} is not ready"),
            field: "spec.nodeName".to_owned(),
            why: format!("Its node {node} is not ready, so none of its pods takes traffic."),
            container: None,
            expected: "",
            confirm: kubectl::describe(&Key::cluster(Kind::Node, node.clone())),
            fix: "Bring the node back (kubelet, network, disk), or drain it so that its pods move.",
        },
        NotReady::Other { words } => Told {
            title: "not ready".to_owned(),
            field: "status.conditions[Ready]".to_owned(),
            why: if words.is_empty() {
                "The pod is not ready and its status does not say why.".to_owned()
            } else {
                format!("The pod is not ready: {}.", short(words))
            },
            container: None,
            expected: "",
            confirm: describe,
            fix: "Read the pod's conditions and events from the top; the first that is not True names what holds it.",
        },
        _ => return None,
    })
}
