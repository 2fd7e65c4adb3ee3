//! The ports that a rule means on a receiving end: named ones are those of the pod that receives.

use crate::model::key::Name;
use crate::model::policy::{PortMatch, Rule};
use crate::model::port::Protocol;
use crate::semantics::policy::end::End;
use crate::semantics::policy::matching::Doubt;
use crate::semantics::policy::ports::PortSet;

/// The ports that a rule means on a receiving end.
#[derive(Clone, Debug)]
pub struct Meant {
    /// For certain.
    pub certain: PortSet,
    /// Perhaps, besides.
    pub perhaps: PortSet,
    /// Why only perhaps.
    pub why: Doubt,
}

/// The ports that a rule means on a receiving end: for certain, and perhaps besides.
pub fn ports(rule: &Rule, receiver: &End<'_>) -> Meant {
    let mut meant = Meant {
        certain: PortSet::none(),
        perhaps: PortSet::none(),
        why: Doubt::Malformed,
    };
    match &rule.ports {
        None => meant.certain = PortSet::all(),
        Some(listed) => meant.add(listed, receiver),
    }
    meant
}

impl Meant {
    fn add(&mut self, listed: &[PortMatch], receiver: &End<'_>) {
        for port in listed {
            match port {
                PortMatch::All(protocol) => {
                    self.certain = self.certain.or(&PortSet::of(*protocol));
                }
                PortMatch::Range(protocol, first, last) => {
                    let range = PortSet::range(*protocol, *first, *last);
                    self.certain = self.certain.or(&range);
                }
                PortMatch::Named(protocol, name) => {
                    let host = matches!(receiver, End::Pod(pod) if pod.pod.host_network);
                    for (protocol, number) in named(receiver, *protocol, name) {
                        let port = PortSet::one(protocol, number);
                        if host {
                            // To many networks it is its node, whose ports have no names.
                            self.perhaps = self.perhaps.or(&port);
                            self.why = Doubt::HostNetwork;
                        } else {
                            self.certain = self.certain.or(&port);
                        }
                    }
                }
                PortMatch::Beyond(listed) => {
                    let mut inner = Self {
                        certain: PortSet::none(),
                        ..self.clone()
                    };
                    inner.add(listed, receiver);
                    self.perhaps = inner.perhaps.or(&inner.certain);
                    self.why = Doubt::Beyond;
                }
                PortMatch::Malformed => self.perhaps = PortSet::all(),
            }
        }
    }
}

/// The ports of a name on a receiving pod, the first of each protocol: app containers, then restartable init ones.
/// Nothing but a pod has names for its ports.
pub fn named(receiver: &End<'_>, protocol: Option<Protocol>, name: &Name) -> Vec<(Protocol, u16)> {
    let End::Pod(pod) = receiver else {
        return Vec::new();
    };
    let mut found: Vec<(Protocol, u16)> = Vec::new();
    let listed = pod
        .pod
        .serving_containers()
        .flat_map(|container| container.ports.iter());
    for port in listed.filter(|port| port.name == *name) {
        let wanted = protocol.is_none_or(|protocol| protocol == port.protocol);
        if wanted && !found.iter().any(|(held, _)| *held == port.protocol) {
            found.push((port.protocol, port.port));
        }
    }
    found
}
