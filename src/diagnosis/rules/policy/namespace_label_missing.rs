//! A namespace selector by a label that no namespace has, where a namespace of that name is there.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::Demand;
use crate::model::policy::{Direction, Force, Peer, Places, Subject};
use crate::model::view::{View, as_policy};
use crate::semantics::policy::words;

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP010",
    slug: "namespace-label-missing",
    title: "namespace lacks the label",
    on: &[Kind::NetworkPolicy],
    page: include_str!("namespace_label_missing.md"),
    check,
};

const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// The label pair that no namespace has, and the namespace that was probably meant.
pub fn meant(view: &View<'_>, subject: &Subject) -> Option<(Name, Name)> {
    let Places::Selected(selector) = &subject.namespaces else {
        return None;
    };
    selector.0.iter().find_map(|(key, demand)| {
        let Demand::In(values) = demand else {
            return None;
        };
        let [value] = &**values else { return None };
        if key == NAME_LABEL
            || view
                .all(Kind::Namespace)
                .any(|object| object.meta().labels.get(key).is_some())
        {
            return None;
        }
        let there = view
            .object(&Key::cluster(Kind::Namespace, value.clone()))
            .is_some();
        there.then(|| (key.clone(), value.clone()))
    })
}

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
            for (n, peer) in rule.peers.as_deref().unwrap_or_default().iter().enumerate() {
                let Peer::Pods(subject) = peer else { continue };
                let field = format!(
                    "{}.{}[{n}].namespaceSelector",
                    words::field(direction, Some(at)),
                    direction.peers_field()
                );
                if let Some((label, namespace)) = meant(view, subject) {
                    sink.report(told(key, &field, &label, &namespace));
                }
            }
        }
    }
}

fn told(key: &Key, field: &str, label: &Name, namespace: &Name) -> Draft {
    Draft::warning(key, "namespace lacks the label")
        .detail(field)
        .at(field)
        .says(format!(
            "No namespace carries the label {label}, so this peer admits nobody. Namespace {namespace} is there and carries {NAME_LABEL}={namespace}, as every namespace does."
        ))
        .evidence(Evidence::new(key, field, format!("{label}={namespace}"), format!("{NAME_LABEL}={namespace}")))
        .confirm(kubectl::list(Kind::Namespace).showing_labels())
        .fix(format!("Select the namespace by {NAME_LABEL}={namespace}, or label it {label}={namespace}."))
}
