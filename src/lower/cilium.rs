//! CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy as far as addresses, ports and labels decide.
//!
//! Sources: cilium/cilium `pkg/k8s/apis/cilium.io/utils` (selectors and namespaces), `pkg/policy/utils` (rules),
//! `pkg/policy/api/rule_validation.go` (what the agent refuses), `pkg/labelsfilter` (labels that are no identity). What
//! the agent would refuse, or what is not judged as a whole, leaves a policy of which only is known whom it is about.

use crate::lower::Lower;
use crate::lower::cilium_rule::rule;
use crate::lower::context::{self, Context, conditions};
use crate::lower::foreign_policy::opaque;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::labels::{Demand, Selector};
use crate::model::meta::{Meta, Truth};
use crate::model::object::Fact;
use crate::model::policy::{
    Action, Direction, Entity, Force, Places, Policy, Refusal, Rule, Section, Subject, Tier,
};
use crate::wire::cilium as wire;
use crate::wire::meta::LabelSelector;
use crate::wire::policy::Items;

/// The label by which every namespace carries its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";
/// The pod's namespace, and the prefix of its namespace's labels, among Cilium's labels of a pod.
const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";
const NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";

/// What the operator finds at fault, and the agents do not.
const MUTUAL_AUTH: &str = "mutual auth feature is disabled";

/// Beginnings of labels that Cilium, unless told otherwise, does not make part of an identity (`pkg/labelsfilter`).
const NO_IDENTITY: &[&str] = &[
    "io.kubernetes",
    "kubernetes.io",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/controller-uid",
    "k8s.io",
    "pod-template-generation",
    "pod-template-hash",
    "controller-revision-hash",
    "controller-uid",
    "annotation",
    "etcd_node",
    "topology.kubernetes.io",
];

impl Lower for wire::Cilium {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let cluster = context.kind == Kind::CiliumClusterwideNetworkPolicy;
        let refused = refused(&meta, self.status);
        let flawed = context.notes.flawed("spec") || context.notes.flawed("specs");
        let several = self.specs.unwrap_or_default().0.into_iter();
        let specs: Vec<wire::Spec> = self.spec.into_iter().chain(several.flatten()).collect();
        let own = meta.key.namespace.clone();
        let aimless =
            |spec: &wire::Spec| spec.endpoints.is_none() && !(cluster && spec.nodes.is_some());
        let flawed = flawed || specs.is_empty() || specs.iter().any(aimless);
        // What is about hosts only touches no pod.
        let about_pods: Vec<wire::Spec> = specs
            .into_iter()
            .filter(|spec| !(cluster && spec.endpoints.is_none() && spec.nodes.is_some()))
            .collect();
        let touched = |direction| {
            let touches = flawed || about_pods.iter().any(|spec| touches(spec, direction));
            if touches { Force::Yes } else { Force::No }
        };
        let (mut ingress, mut egress) = (touched(Direction::Ingress), touched(Direction::Egress));
        if refused.as_ref().is_some_and(|refused| !refused.changed) {
            // It never said anything else, so that no agent holds any of it.
            (ingress, egress) = (Force::No, Force::No);
        }
        let flawed = flawed || refused.is_some();
        let subject = common(&about_pods, own.as_ref());
        let pods = subject.as_ref().map(|subject| subject.pods.clone());
        let unjudged = opaque(
            meta.clone(),
            pods.unwrap_or_else(Selector::malformed),
            ingress,
            egress,
        );
        let Some(subject) = subject.filter(|_| !flawed) else {
            return with(refused, unjudged);
        };
        let sections: Option<Vec<(Section, Section)>> = about_pods
            .into_iter()
            .map(|spec| sections(spec, cluster))
            .collect();
        let Some(sections) = sections else {
            return unjudged;
        };
        let (ingress, egress): (Vec<Section>, Vec<Section>) = sections.into_iter().unzip();
        Fact::Policy(Policy {
            meta,
            tier: Tier::Cilium,
            subject,
            types: None,
            ingress: joined(ingress),
            egress: joined(egress),
            refused: None,
        })
    }
}

fn with(refused: Option<Refusal>, mut fact: Fact) -> Fact {
    if let Fact::Policy(policy) = &mut fact {
        policy.refused = refused;
    }
    fact
}

/// What the operator says of a policy that it finds at fault, as the agents do, which then leave it aside: what they hold
/// of an earlier version stays in force (`operator/pkg/networkpolicy`, `pkg/policy/k8s`). Mutual authentication that is
/// off it notes in the same place, and the agents take such a policy all the same.
fn refused(meta: &Meta, status: Option<wire::Status>) -> Option<Refusal> {
    let conditions = conditions(status.and_then(|status| status.conditions));
    let valid = conditions.iter().find(|one| one.kind == "Valid")?;
    let mut lines = valid.message.lines();
    if valid.status != Truth::False
        || (!valid.message.is_empty() && lines.all(|line| line.starts_with(MUTUAL_AUTH)))
    {
        return None;
    }
    Some(Refusal {
        message: valid.message.clone(),
        // A status has a door of its own, so that the number counts changes of what is wanted alone.
        changed: meta.generation != Some(1),
    })
}

/// Whether a spec may do anything to what its pods receive, or send.
fn touches(spec: &wire::Spec, direction: Direction) -> bool {
    let (allow, deny, default) = match direction {
        Direction::Ingress => (
            &spec.ingress,
            &spec.ingress_deny,
            spec.default_deny.as_ref().and_then(|deny| deny.ingress),
        ),
        Direction::Egress => (
            &spec.egress,
            &spec.egress_deny,
            spec.default_deny.as_ref().and_then(|deny| deny.egress),
        ),
    };
    let any =
        |rules: &Option<Items<wire::Rule>>| rules.as_ref().is_some_and(|rules| !rules.0.is_empty());
    any(allow) || any(deny) || default == Some(true)
}

/// The one subject of all specs; none where they differ, or where it cannot be told.
fn common(specs: &[wire::Spec], own: Option<&Name>) -> Option<Subject> {
    let mut subjects = specs
        .iter()
        .map(|spec| subject(spec.endpoints.as_ref()?, own));
    let Some(first) = subjects.next() else {
        // About hosts only.
        return Some(Subject {
            namespaces: own.map_or_else(|| Places::Selected(Selector::default()), |_| Places::Own),
            pods: Selector::malformed(),
        });
    };
    let first = first?;
    subjects
        .all(|subject| subject.as_ref() == Some(&first))
        .then_some(first)
}

fn subject(wire: &LabelSelector, own: Option<&Name>) -> Option<Subject> {
    let read = Identity::of(wire)?;
    if read.entity.is_some() {
        return None;
    }
    let Some(own) = own else {
        return Some(Subject {
            namespaces: Places::Selected(read.namespaces),
            pods: read.pods,
        });
    };
    // A policy of a namespace is about its pods; that its selector says so too changes nothing.
    let says_so = |(key, demand): &(Name, Demand)| {
        key == NAME_LABEL && matches!(demand, Demand::In(values) if **values == [own.clone()])
    };
    read.namespaces.0.iter().all(says_so).then_some(Subject {
        namespaces: Places::Own,
        pods: read.pods,
    })
}

/// What a selector over Cilium's labels asks for.
pub(super) struct Identity {
    pub(super) pods: Selector,
    pub(super) namespaces: Selector,
    pub(super) entity: Option<Entity>,
}

impl Identity {
    /// None where it asks for something that these objects do not tell.
    pub(super) fn of(wire: &LabelSelector) -> Option<Self> {
        let (mut pods, mut namespaces, mut reserved) = (Vec::new(), Vec::new(), None);
        let selector = context::selector(wire);
        let count = selector.0.len();
        for (key, demand) in selector.0 {
            let odd = match &demand {
                Demand::In(values) | Demand::NotIn(values) => values.is_empty(),
                Demand::Unknown(_) => true,
                Demand::Exists | Demand::DoesNotExist => false,
            };
            if odd {
                return None;
            }
            if let Some(word) = key.strip_prefix("reserved:") {
                let set = match &demand {
                    Demand::Exists => true,
                    Demand::In(values) => values.iter().all(|value| value.is_empty()),
                    _ => false,
                };
                reserved = Some(Entity::of_word(word).filter(|_| set && count == 1)?);
                continue;
            }
            let bare = key.strip_prefix("k8s:").or(key.strip_prefix("any:"));
            let bare = bare.unwrap_or(&key);
            if bare == POD_NAMESPACE {
                namespaces.push((Name::from(NAME_LABEL), demand));
            } else if let Some(label) = bare.strip_prefix(NAMESPACE_LABELS) {
                namespaces.push((Name::from(label), demand));
            } else if is_identity(bare) {
                pods.push((Name::from(bare), demand));
            } else {
                return None;
            }
        }
        Some(Self {
            pods: Selector(pods.into()),
            namespaces: Selector(namespaces.into()),
            entity: reserved,
        })
    }
}

/// Whether a label of a pod is part of its identity, unless the agent is told otherwise.
fn is_identity(label: &str) -> bool {
    let dropped = NO_IDENTITY.iter().any(|start| label.starts_with(start));
    !dropped
        && !label.contains(':')
        && !label.contains("beta.kubernetes.io")
        && !label.starts_with("io.cilium.")
}

/// Both directions of a spec; none where the agent would refuse it, or where a part touches the whole.
fn sections(spec: wire::Spec, cluster: bool) -> Option<(Section, Section)> {
    let default = spec.default_deny.unwrap_or_default();
    let ingress = section(
        spec.ingress,
        spec.ingress_deny,
        default.ingress,
        Direction::Ingress,
        cluster,
    )?;
    let egress = section(
        spec.egress,
        spec.egress_deny,
        default.egress,
        Direction::Egress,
        cluster,
    )?;
    Some((ingress, egress))
}

fn section(
    allow: Option<Items<wire::Rule>>,
    deny: Option<Items<wire::Rule>>,
    default: Option<bool>,
    direction: Direction,
    cluster: bool,
) -> Option<Section> {
    let mut rules = Vec::new();
    for (items, action) in [(allow, Action::Allow), (deny, Action::Deny)] {
        for item in items.unwrap_or_default().0 {
            rules.push(rule(item?, action, direction, cluster)?);
        }
    }
    let force = match default {
        // Versions differ in whether this alone isolates.
        Some(true) if rules.is_empty() => Force::Unclear,
        _ if rules.is_empty() => Force::No,
        Some(false) => Force::Open,
        Some(true) | None => Force::Yes,
    };
    Some(Section {
        force,
        rules: rules.into(),
    })
}

/// The sections of several specs with one subject: whatever any of them isolates is isolated. Rules that deny stand
/// last.
fn joined(sections: Vec<Section>) -> Section {
    let order = [Force::No, Force::Open, Force::Unclear, Force::Yes];
    let rank = |force: Force| order.iter().position(|one| *one == force);
    let force = sections.iter().map(|section| section.force);
    let force = force.max_by_key(|force| rank(*force)).unwrap_or(Force::No);
    let rules = sections
        .into_iter()
        .flat_map(|section| section.rules.into_vec());
    let (deny, mut all): (Vec<Rule>, Vec<Rule>) =
        rules.partition(|rule| rule.action == Action::Deny);
    all.extend(deny);
    Section {
        force,
        rules: all.into(),
    }
}
