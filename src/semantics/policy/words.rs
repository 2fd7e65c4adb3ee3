//! Rules as a person says them.

use crate::model::labels::Selector;
use crate::model::policy::{
    Action, Direction, Entity, Force, Peer, Places, Policy, PortMatch, Rule, Subject, Tier,
};
use crate::semantics::policy::matching::Doubt;

/// The field of a rule: `spec.ingress[0]`.
pub fn field(direction: Direction, rule: Option<usize>) -> String {
    match rule {
        Some(at) => format!("spec.{}[{at}]", direction.word()),
        None => "spec.podSelector".to_owned(),
    }
}

/// The field of one of a policy's rules: `spec.ingress[0]`, and `spec.ingressDeny[0]` of Cilium's.
pub fn place(policy: &Policy, direction: Direction, at: usize) -> String {
    let rules = &policy.section(direction).rules;
    let denies = |rule: &Rule| rule.action == Action::Deny;
    if policy.tier != Tier::Cilium || !rules.get(at).is_some_and(denies) {
        return field(direction, Some(at));
    }
    let before = rules.iter().take(at).filter(|rule| denies(rule)).count();
    format!("spec.{}Deny[{before}]", direction.word())
}

/// What a rule says: `from pods app=web in this namespace, to 8080/TCP`.
pub fn rule(direction: Direction, rule: &Rule) -> String {
    let preposition = direction.peers_field();
    let peers = match &rule.peers {
        None => "anyone".to_owned(),
        Some(peers) if peers.is_empty() => "nobody".to_owned(),
        Some(peers) => peers.iter().map(peer).collect::<Vec<_>>().join(" or "),
    };
    let verb = match rule.action {
        Action::Allow => "",
        Action::Deny => "deny ",
        Action::Pass => "pass ",
        Action::Unclear => "unclear: ",
    };
    let on = match direction {
        Direction::Ingress => "to",
        Direction::Egress => "on",
    };
    format!("{verb}{preposition} {peers}, {on} {}", ports(rule))
}

/// The ports of a rule: `8080/TCP`, `every port`.
pub fn ports(rule: &Rule) -> String {
    match &rule.ports {
        None => "every port".to_owned(),
        Some(ports) if ports.is_empty() => "no port".to_owned(),
        Some(ports) => ports.iter().map(port).collect::<Vec<_>>().join(", "),
    }
}

/// One port of a rule.
pub fn port(one: &PortMatch) -> String {
    match one {
        PortMatch::All(protocol) => format!("all {protocol}"),
        PortMatch::Range(protocol, first, last) if first == last => format!("{first}/{protocol}"),
        PortMatch::Range(protocol, first, last) => format!("{first}-{last}/{protocol}"),
        PortMatch::Named(Some(protocol), name) => format!("{name}/{protocol}"),
        PortMatch::Named(None, name) => name.to_string(),
        PortMatch::Beyond(ports) => {
            let ports: Vec<String> = ports.iter().map(port).collect();
            format!("{} for some requests", ports.join(", "))
        }
        PortMatch::Malformed => "a port that cannot be read".to_owned(),
    }
}

/// A peer: `pods app=web in this namespace`.
pub fn peer(peer: &Peer) -> String {
    match peer {
        Peer::Pods(subject) => self::subject(subject),
        Peer::Addresses { nets, except } => {
            let nets: Vec<String> = nets.iter().map(ToString::to_string).collect();
            let except: Vec<String> = except.iter().map(ToString::to_string).collect();
            if except.is_empty() {
                nets.join(", ")
            } else {
                format!("{} except {}", nets.join(", "), except.join(", "))
            }
        }
        Peer::Nodes(selector) if selector.is_empty() => "every node".to_owned(),
        Peer::Nodes(selector) => format!("nodes {selector}"),
        Peer::Domains(names) => names.join(", "),
        Peer::Entities(entities) => entities
            .iter()
            .map(|entity| entity_word(*entity))
            .collect::<Vec<_>>()
            .join(" or "),
        Peer::Services(services) => services
            .iter()
            .map(|(namespace, name)| format!("Service {namespace}/{name}"))
            .collect::<Vec<_>>()
            .join(" or "),
        Peer::Unjudged { .. } => "peers that are not judged".to_owned(),
        Peer::Unrecognised => "a kind of peer that is not known".to_owned(),
        Peer::Malformed => "a peer that cannot be read".to_owned(),
    }
}

fn entity_word(entity: Entity) -> &'static str {
    match entity {
        Entity::All => "anyone",
        Entity::World => "anyone outside the cluster",
        Entity::WorldOfOneFamily => "anyone outside the cluster, where it has one address family",
        Entity::World4 => "anyone outside the cluster over IPv4",
        Entity::World6 => "anyone outside the cluster over IPv6",
        Entity::Cluster => "anyone in the cluster",
        Entity::Host => "the pod's own node",
        Entity::RemoteNode => "other nodes",
        Entity::KubeApiServer => "the API server",
        Entity::Ingress => "Cilium's Ingress proxy",
        Entity::Nobody => "ends that are no pods",
    }
}

/// Whom a policy is about, or a rule means: `every pod in this namespace`.
pub fn subject(subject: &Subject) -> String {
    let pods = if subject.pods.is_malformed() {
        "pods by a selector that cannot be read".to_owned()
    } else if subject.pods.is_empty() {
        "every pod".to_owned()
    } else {
        format!("pods {}", subject.pods)
    };
    match &subject.namespaces {
        Places::Own => format!("{pods} in this namespace"),
        Places::Selected(selector) => format!("{pods} in {}", places(selector)),
    }
}

fn places(selector: &Selector) -> String {
    if selector.is_malformed() {
        "namespaces by a selector that cannot be read".to_owned()
    } else if selector.is_empty() {
        "every namespace".to_owned()
    } else {
        format!("namespaces {selector}")
    }
}

/// A policy in a sentence, as reasons name it: `NetworkPolicy shop/deny`.
pub fn name(policy: &Policy) -> String {
    format!("{} {}", policy.meta.key.kind, policy.meta.key.short())
}

/// Why a policy's say is not certain, after its name.
pub fn doubt(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Malformed => "holds something that cannot be read",
        Doubt::NamespaceUnread => "selects by namespace labels that cannot be read",
        Doubt::AddressUnknown => "decides by an address that is not known",
        Doubt::OtherFamily => "means another address family than the pod's first address",
        Doubt::HostNetwork => {
            "would decide, but an end shares its node's network, for which Kubernetes defines nothing"
        }
        Doubt::NodeAddress => "names a node's address, and a node may send from another one",
        Doubt::PartOfRange => "means only part of the addresses",
        Doubt::ServiceAddress => {
            "names the Service's address: whether that is seen depends on the network"
        }
        Doubt::SourceReplaced => "decides by the sender's address, which a node may have replaced",
        Doubt::DomainName => "decides by a DNS name",
        Doubt::NodesUnread => "decides by nodes that cannot be read",
        Doubt::EqualPriority => "has the priority of another one",
        Doubt::Foreign => "is not judged",
        Doubt::CiliumRange => {
            "means the pod by its address, which Cilium's ranges do not: it admits pods by their labels"
        }
        Doubt::WithoutType => {
            "has rules for this direction without its policyTypes, which Cilium reads all the same"
        }
        Doubt::NoService => {
            "names Services of which none has anything behind it: with ports Cilium may take it to mean everyone"
        }
        Doubt::NoNamespace => {
            "asks for what a namespace does not have, which to Cilium before 1.19 whoever has no namespace fits too"
        }
        Doubt::OuterTier => {
            "is of a kind that Cilium enforces only as ClusterNetworkPolicy, from 1.20, and where told to"
        }
        Doubt::PastIsolation => {
            "would admit it in the Baseline tier, which Cilium asks of isolated pods too"
        }
        Doubt::Beyond => "decides by requests or identities, which are not judged",
        Doubt::Entity => {
            "names a part of the cluster, and whether an end belongs to it is not known"
        }
    }
}

/// What a policy does, in a few words: `isolates ingress, egress`; `admin tier, priority 5`.
pub fn stance(policy: &Policy) -> String {
    let directions: Vec<&str> = [Direction::Ingress, Direction::Egress]
        .into_iter()
        .filter(|direction| !matches!(policy.section(*direction).force, Force::No | Force::Open))
        .map(Direction::word)
        .collect();
    let directions = directions.join(", ");
    let at =
        |priority: Option<u16>| priority.map_or(String::new(), |priority| format!(" {priority}"));
    match policy.tier {
        Tier::Namespaced | Tier::Cilium => directions,
        Tier::Admin(priority) => format!("admin{}: {directions}", at(priority)),
        Tier::Baseline(priority) => format!("baseline{}: {directions}", at(priority)),
        Tier::Foreign => "not judged".to_owned(),
    }
}

/// Its rules as sentences, ingress before egress, each with its field.
pub fn sentences(policy: &Policy) -> Vec<(String, String)> {
    let mut said = Vec::new();
    for direction in [Direction::Ingress, Direction::Egress] {
        let section = policy.section(direction);
        if section.force == Force::No {
            continue;
        }
        if section.rules.is_empty() && policy.tier != Tier::Foreign {
            said.push((
                format!("spec.{}", direction.word()),
                format!("no {}", direction.word()),
            ));
        }
        for (at, one) in section.rules.iter().enumerate() {
            said.push((place(policy, direction, at), rule(direction, one)));
        }
    }
    said
}
