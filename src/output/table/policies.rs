//! Network policies of any API: whom they are about, and in which directions.

use super::{Cell, Column, Facts, Row, RowId, left, namespace_cell, right};
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::policy::{Direction, Places, Policy, Tier};
use crate::model::view::as_policy;
use crate::output::glyph::Mark;

pub(super) fn columns() -> Vec<Column> {
    vec![
        left("namespace", "NAMESPACE", 0),
        left("name", "NAME", 0),
        left("kind", "KIND", 2),
        left("selects", "SELECTS", 1),
        right("pods", "PODS", 1),
        left("directions", "DIRECTIONS", 1),
        right("rules", "RULES", 3),
        left("says", "SAYS", 4),
        right("age", "AGE", 5),
    ]
}

pub(super) fn ids(facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<RowId> {
    let kinds = Kind::POLICIES.iter();
    kinds
        .flat_map(|kind| facts.objects(*kind, namespace))
        .map(RowId::Object)
        .collect()
}

pub(super) fn row(facts: &Facts<'_>, id: &RowId) -> Option<Row> {
    let key = id.object()?;
    let policy = facts.view().object(key).and_then(as_policy)?;
    let mut cells = vec![
        namespace_cell(key),
        Cell::new(&key.name),
        Cell::new(key.kind),
    ];
    let judged = policy.tier != Tier::Foreign;
    if judged {
        let rules = policy.ingress.rules.len() + policy.egress.rules.len();
        cells.extend([
            Cell::new(selects(policy)),
            pods(facts, policy),
            Cell::new(directions(policy).join(",")),
            Cell::number(rules),
            facts.says(key),
        ]);
    } else {
        cells.extend([
            Cell::empty(),
            Cell::empty(),
            Cell::empty(),
            Cell::empty(),
            Cell::new("not judged"),
        ]);
    }
    cells.push(facts.age(key));
    Some(Row {
        id: id.clone(),
        mark: if judged {
            facts.mark(key, &[])
        } else {
            Mark::Unknown
        },
        cells,
    })
}

/// `app=web`, `all pods`, `app=web in namespaces env=prod`.
fn selects(policy: &Policy) -> String {
    let subject = &policy.subject;
    let pods = if subject.pods.is_empty() {
        "all pods".to_owned()
    } else {
        subject.pods.to_string()
    };
    match &subject.namespaces {
        Places::Own => pods,
        Places::Selected(selector) if selector.is_empty() => format!("{pods} everywhere"),
        Places::Selected(selector) => format!("{pods} in namespaces {selector}"),
    }
}

/// The pods that a policy of a namespace is about; those of the others hang on the labels of namespaces.
fn pods(facts: &Facts<'_>, policy: &Policy) -> Cell {
    match (&policy.subject.namespaces, &policy.meta.key.namespace) {
        (Places::Own, Some(namespace)) => {
            let pods = facts.view().pods_selected(namespace, &policy.subject.pods);
            // A policy is not about pods that share their node's network.
            Cell::number(pods.into_iter().filter(|pod| !pod.host_network).count())
        }
        _ => Cell::empty(),
    }
}

/// The directions that a policy decides about: of a NetworkPolicy by `policyTypes`, whose default is Ingress, and Egress
/// where there are rules for it (`networking/v1/types.go`); of the others those that have rules.
fn directions(policy: &Policy) -> Vec<&str> {
    let written = policy.types.as_deref().filter(|types| !types.is_empty());
    if let (Tier::Namespaced, Some(types)) = (policy.tier, written) {
        return types.iter().map(Name::as_str).collect();
    }
    let always = policy.tier == Tier::Namespaced;
    let both = [(Direction::Ingress, always), (Direction::Egress, false)];
    both.into_iter()
        .filter(|(direction, always)| *always || !policy.section(*direction).rules.is_empty())
        .map(|(direction, _)| direction.type_word())
        .collect()
}
