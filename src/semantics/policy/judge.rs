//! One port of one pair in one direction: admitted, dropped or unknown, and who decides.

use crate::model::coverage::Gap;
use crate::model::policy::{Action, Direction, Rule, Tier};
use crate::model::port::Protocol;
use crate::model::view::View;
use crate::semantics::policy::end::{End, PodEnd};
use crate::semantics::policy::evaluate::{Effect, Hit, Lookup, Outcome, Step, walk};
use crate::semantics::policy::matching::{Doubt, Match, Surroundings};
use crate::semantics::policy::meant::ports;
use crate::semantics::policy::ports::PortSet;
use crate::semantics::policy::rules::{Applicable, Chosen, Policies};
use std::net::IpAddr;

/// What is said of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It is admitted.
    Allow,
    /// It cannot be told.
    Unknown,
    /// It is dropped.
    Deny,
}

/// An answer and its grounds.
#[derive(Clone, Debug)]
pub struct Decision<'w> {
    /// The answer.
    pub answer: Answer,
    /// Why, where no policy was asked.
    pub free: Option<Free>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Whatever had a say, in the order in which it was asked.
    pub steps: Vec<Step<'w>>,
}

/// Why no policy is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Free {
    /// A pod always reaches itself.
    Itself,
    /// A node always reaches its own pods, and they it.
    OwnNode,
    /// The end is no pod: policies are about pods only.
    NoPod,
    /// The end shares its node's network and no policy might be about it.
    HostNetwork,
    /// No policy is about this pod in this direction.
    NotSelected,
}

/// The way a connection takes beside its ends.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The protocol.
    pub protocol: Protocol,
    /// The port on the receiving end, after any translation.
    pub port: u16,
    /// The Service address and port that the sender used, if any.
    pub via: Option<(IpAddr, u16)>,
}

/// Judges pairs of a world.
#[derive(Debug)]
pub struct Judge<'v, 'w> {
    surroundings: Surroundings<'v, 'w>,
    policies: Policies<'w>,
}

impl<'v, 'w> Judge<'v, 'w> {
    /// A judge of a world.
    pub fn new(view: &'v View<'w>) -> Self {
        Self {
            surroundings: Surroundings::new(view),
            policies: Policies::read(view),
        }
    }

    /// What matching reads beside policies and ends.
    pub fn surroundings(&self) -> &Surroundings<'v, 'w> {
        &self.surroundings
    }

    /// The policies about a pod in a direction.
    pub fn applicable(&self, end: &PodEnd<'_>, direction: Direction) -> Applicable<'w> {
        self.policies.applicable(&self.surroundings, end, direction)
    }

    /// What could become of some ports in one direction; none where no policy is asked.
    pub fn outcome(
        &self,
        direction: Direction,
        sender: &End<'_>,
        receiver: &End<'_>,
        ports: &PortSet,
    ) -> Option<Outcome> {
        let (own, other) = match direction {
            Direction::Egress => (sender, receiver),
            Direction::Ingress => (receiver, sender),
        };
        let End::Pod(pod) = own else { return None };
        let applicable = self.applicable(pod, direction);
        if free(sender, receiver).is_some() || own_node(pod, other) || applicable.is_open() {
            return None;
        }
        let mut lookup = Direct {
            surroundings: &self.surroundings,
            other,
            receiver,
            via: None,
        };
        let mut steps = Vec::new();
        Some(walk(&applicable, direction, ports, &mut lookup, &mut steps))
    }

    /// Whether a port is admitted in one direction.
    pub fn judge(
        &self,
        direction: Direction,
        sender: &End<'_>,
        receiver: &End<'_>,
        asked: Asked,
    ) -> Decision<'w> {
        let (own, other) = match direction {
            Direction::Egress => (sender, receiver),
            Direction::Ingress => (receiver, sender),
        };
        let free = free(sender, receiver);
        let End::Pod(pod) = own else {
            return Decision::free(free.unwrap_or(Free::NoPod));
        };
        let mut applicable = self.applicable(pod, direction);
        if let Some(free) = free {
            let on_cilium = free == Free::OwnNode && self.surroundings.on_cilium();
            if free != Free::OwnNode || !applicable.limits_own_node(direction, on_cilium) {
                return Decision::free(free);
            }
            if direction == Direction::Ingress {
                applicable = applicable.for_own_node(on_cilium);
            }
        }
        if applicable.is_open() {
            let host = pod.pod.host_network;
            return Decision::free(if host {
                Free::HostNetwork
            } else {
                Free::NotSelected
            });
        }
        let mut lookup = Direct {
            surroundings: &self.surroundings,
            other,
            receiver,
            // The Service's address is where a connection goes, and never where it comes from.
            via: (direction == Direction::Egress).then_some(asked),
        };
        let point = PortSet::one(asked.protocol, asked.port);
        let mut steps = Vec::new();
        let mut outcome = walk(&applicable, direction, &point, &mut lookup, &mut steps);
        if own_node(pod, other) {
            // One treatment of the host's network is that of the node itself.
            outcome = outcome.either(&Outcome {
                allow: point,
                deny: PortSet::none(),
            });
        }
        Decision {
            answer: match (outcome.allow.is_empty(), outcome.deny.is_empty()) {
                (false, true) => Answer::Allow,
                (true, false) => Answer::Deny,
                _ => Answer::Unknown,
            },
            free: None,
            gaps: applicable.gaps,
            steps,
        }
    }
}

/// Traffic that no policy touches, whatever they say.
pub fn free(sender: &End<'_>, receiver: &End<'_>) -> Option<Free> {
    match (sender, receiver) {
        (End::Pod(a), End::Pod(b)) if a.key() == b.key() => Some(Free::Itself),
        (End::Pod(pod), End::Node(node)) | (End::Node(node), End::Pod(pod))
            if pod.node_name() == Some(&node.name) =>
        {
            Some(Free::OwnNode)
        }
        _ => None,
    }
}

/// Whether the other end is a host-networked pod that may be on the pod's own node.
pub fn own_node(pod: &PodEnd<'_>, other: &End<'_>) -> bool {
    let End::Pod(other) = other else {
        return false;
    };
    let same = match (pod.node_name(), other.node_name()) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    same && (pod.pod.host_network || other.pod.host_network)
}

impl<'w> Decision<'w> {
    fn free(free: Free) -> Self {
        Self {
            answer: Answer::Allow,
            free: Some(free),
            gaps: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// The steps that decide: those that admit where it is admitted, those that drop where it is dropped, those in
    /// doubt where it is unknown.
    pub fn deciding(&self) -> Vec<&Step<'w>> {
        let wanted = |step: &&Step<'w>| match self.answer {
            Answer::Allow => step.effect == Effect::Acts(Action::Allow) && step.doubt.is_none(),
            Answer::Deny => matches!(step.effect, Effect::Acts(Action::Deny) | Effect::Isolates),
            Answer::Unknown => step.doubt.is_some(),
        };
        let found: Vec<&Step<'w>> = self.steps.iter().filter(wanted).collect();
        if found.is_empty() {
            return self.steps.iter().collect();
        }
        found
    }
}

/// Asks the rule itself.
struct Direct<'d, 'v, 'w> {
    surroundings: &'d Surroundings<'v, 'w>,
    other: &'d End<'d>,
    receiver: &'d End<'d>,
    /// The one port that is asked for, with the way that it takes.
    via: Option<Asked>,
}

impl<'w> Lookup<'w> for Direct<'_, '_, 'w> {
    fn hit(&mut self, chosen: &Chosen<'w>, _: usize, rule: &'w Rule) -> Hit {
        let (matched, action) = self.surroundings.rule(chosen.policy, rule, self.other);
        let meant = ports(rule, self.receiver);
        if matched == Match::No
            // Cilium translates before it judges.
            && chosen.policy.tier != Tier::Cilium
            && let Some(asked) = self.via
            && let Some((address, port)) = asked.via
            && names_address(rule, address)
            && (meant.certain.contains(asked.protocol, port)
                || meant.certain.contains(asked.protocol, asked.port))
        {
            return Hit {
                matched: Match::Maybe(Doubt::ServiceAddress),
                action,
                ports: PortSet::none(),
                perhaps: PortSet::all(),
                why: Doubt::ServiceAddress,
            };
        }
        Hit {
            matched,
            action,
            ports: meant.certain,
            perhaps: meant.perhaps,
            why: meant.why,
        }
    }
}

/// Whether a rule lists an address among its ranges.
pub fn names_address(rule: &Rule, address: IpAddr) -> bool {
    use crate::model::policy::Peer;
    let peers = rule.peers.as_deref().unwrap_or_default();
    peers.iter().any(|peer| match peer {
        Peer::Addresses { nets, except } => {
            nets.iter().any(|net| net.contains(&address))
                && !except.iter().any(|net| net.contains(&address))
        }
        _ => false,
    })
}
