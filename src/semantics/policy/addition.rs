//! The smallest addition that admits a denied connection: one NetworkPolicy with one rule a side, ready to apply.
//!
//! Policies add up, so a new one with one rule admits and takes nothing away, provided that every pod which it
//! selects is isolated already. Where that does not hold, or an administrator's rule decides, there is none.

use crate::model::key::Key;
use crate::model::labels::{Labels, Selector};
use crate::model::pod::Pod;
use crate::model::policy::Direction;
use crate::model::port::Protocol;
use crate::model::view::View;
use crate::semantics::policy::end::End;
use crate::semantics::policy::evaluate::Effect;
use crate::semantics::policy::judge::{Answer, Decision, Judge};
use crate::semantics::policy::matching::pod_end;
use std::fmt::Write as _;
use std::net::IpAddr;

/// Labels that name one pod or one rollout, and never a workload.
const FLEETING: &[&str] = &[
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// The policy that would admit a denied connection in one direction, as YAML; none where no NetworkPolicy can, or
/// where it would isolate somebody who is not isolated now.
pub fn addition(
    view: &View<'_>,
    judge: &Judge<'_, '_>,
    direction: Direction,
    ends: (&End<'_>, &End<'_>),
    port: (Protocol, u16),
    decision: &Decision<'_>,
) -> Option<String> {
    let isolated_only = decision.steps.iter().all(|step| match step.effect {
        Effect::Isolates => step.doubt.is_none(),
        Effect::Acts(_) | Effect::NotJudged => false,
    });
    if decision.answer != Answer::Deny || !isolated_only {
        return None;
    }
    let (own, other) = match direction {
        Direction::Egress => ends,
        Direction::Ingress => (ends.1, ends.0),
    };
    let End::Pod(own) = own else { return None };
    let labels = lasting(own.pod);
    let namespace = own.pod.meta.key.namespace.as_ref()?;
    let selected = view.pods_selected(namespace, &Selector::of_labels(&labels));
    let isolated = |pod: &&Pod| {
        let end = view.pod(&pod.meta.key).map(|pod| pod_end(view, pod));
        end.is_some_and(|end| {
            judge
                .applicable(&end, direction)
                .isolating()
                .next()
                .is_some()
        })
    };
    if !selected
        .iter()
        .filter(|pod| !pod.is_terminal())
        .all(isolated)
    {
        return None;
    }
    let peer = peer(other, own.key())?;
    Some(policy(
        direction,
        own.key(),
        &labels,
        &peer,
        port,
        &name(direction, own.pod, other),
    ))
}

/// The labels of a pod that its workload gave it.
fn lasting(pod: &Pod) -> Labels {
    let labels = pod.meta.labels.iter();
    labels
        .filter(|(key, _)| is_lasting(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Whether a label names the workload. Since 1.35 a pod is given the zone and region of its node as it is bound
/// (admission plugin `PodTopologyLabels`): its next replica may lie elsewhere.
fn is_lasting(label: &str) -> bool {
    !FLEETING.contains(&label) && !label.starts_with("topology.kubernetes.io/")
}

fn peer(other: &End<'_>, own: &Key) -> Option<String> {
    match other {
        End::Pod(pod) if pod.pod.host_network => None,
        End::Pod(pod) => {
            let pods = format!("podSelector: {}", matching(&lasting(pod.pod)));
            if pod.key().namespace == own.namespace {
                return Some(pods);
            }
            let name: Labels = [("kubernetes.io/metadata.name", pod.namespace.name.clone())]
                .into_iter()
                .collect();
            Some(format!(
                "namespaceSelector: {}\n          {pods}",
                matching(&name)
            ))
        }
        End::Outside(span) if span.first == span.last => {
            let length = match span.first {
                IpAddr::V4(_) => 32,
                IpAddr::V6(_) => 128,
            };
            Some(format!(
                "ipBlock: {{ cidr: {} }}",
                scalar(&format!("{}/{length}", span.first))
            ))
        }
        End::Node(_) | End::Outside(_) => None,
    }
}

fn matching(labels: &Labels) -> String {
    if labels.is_empty() {
        return "{}".to_owned();
    }
    let pairs: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{}: {}", scalar(key), scalar(value)))
        .collect();
    format!("{{ matchLabels: {{ {} }} }}", pairs.join(", "))
}

fn name(direction: Direction, own: &Pod, other: &End<'_>) -> String {
    let short = |pod: &Pod| {
        let known = ["app.kubernetes.io/name", "app", "k8s-app", "name"];
        let label = known.iter().find_map(|key| pod.meta.labels.get(key));
        label.unwrap_or(&pod.meta.key.name).to_string()
    };
    let other = match other {
        End::Pod(pod) => short(pod.pod),
        End::Node(node) => node.name.to_string(),
        End::Outside(span) => span.first.to_string(),
    };
    let (verb, own) = match direction {
        Direction::Egress => ("to", short(own)),
        Direction::Ingress => ("from", short(own)),
    };
    let raw = format!("{own}-{verb}-{other}").to_ascii_lowercase();
    let safe: String = raw
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(63)
        .collect();
    safe.trim_matches('-').to_owned()
}

fn policy(
    direction: Direction,
    own: &Key,
    labels: &Labels,
    peer: &str,
    (protocol, port): (Protocol, u16),
    name: &str,
) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = write!(
        text,
        "apiVersion: networking.k8s.io/v1\n\
         kind: NetworkPolicy\n\
         metadata:\n  name: {}\n  namespace: {}\n\
         spec:\n  podSelector: {}\n  policyTypes: [{}]\n  {}:\n    - {}:\n        - {peer}\n      ports:\n        - {{ protocol: {protocol}, port: {port} }}\n",
        scalar(name),
        scalar(own.namespace_str()),
        matching(labels),
        direction.type_word(),
        direction.word(),
        direction.peers_field(),
    );
    text
}

/// A text as YAML takes it back unchanged: quoted unless it is plain beyond doubt.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    let word = !matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if first && word && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if crate::model::text::is_treacherous(c) => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::is_lasting;

    #[test]
    fn what_one_replica_alone_may_have_selects_no_workload() {
        let lasting = ["app", "app.kubernetes.io/name", "tier", "zone"];
        assert!(lasting.into_iter().all(is_lasting));
        let of_one = [
            "pod-template-hash",
            "statefulset.kubernetes.io/pod-name",
            "topology.kubernetes.io/zone",
            "topology.kubernetes.io/region",
        ];
        assert!(!of_one.into_iter().any(is_lasting));
    }
}
