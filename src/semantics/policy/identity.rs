//! Whether an end is meant by Cilium's names and ranges, which are about identities rather than addresses.
//!
//! Sources: cilium/cilium `pkg/policy/api` (`entity.go`, `ingress.go`, `egress.go`) and its documentation, *Layer 3
//! Policies*. Ranges mean what is neither pod nor node, whatever its address; a pod on its node's network is the node.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::{Demand, Selector};
use crate::model::policy::{Entity, Places, Policy, Subject, Tier};
use crate::model::service::Service;
use crate::model::view::as_node;
use crate::semantics::policy::end::{End, Span};
use crate::semantics::policy::matching::{Doubt, Match, Surroundings, outside};
use ipnet::IpNet;
use std::net::IpAddr;

/// Whether ranges of Cilium's mean an end. Whether they mean nodes is a setting of the agent
/// (`policy-cidr-match-mode`).
pub fn addresses(
    around: &Surroundings<'_, '_>,
    nets: &[IpNet],
    except: &[IpNet],
    end: &End<'_>,
) -> Match {
    let holds = |ip: IpAddr| outside(nets, except, Span::one(ip)) == Match::Yes;
    let node = |known: Vec<IpAddr>, doubt| {
        if known.is_empty() || known.into_iter().any(holds) {
            Match::Maybe(doubt)
        } else {
            Match::No
        }
    };
    match end {
        End::Pod(pod) if pod.pod.host_network => {
            let known = pod.pod.ips.iter().copied().chain(pod.node_addresses());
            node(known.collect(), Doubt::HostNetwork)
        }
        End::Pod(_) => Match::No,
        End::Node(one) => node(one.addresses().collect(), Doubt::NodeAddress),
        End::Outside(span) => {
            let found = outside(nets, except, *span);
            match nodes_in(around, *span) {
                Match::No => found,
                Match::Yes => found.doubted(Doubt::NodeAddress),
                Match::Maybe(doubt) => found.doubted(doubt),
            }
        }
    }
}

/// Whether a selector of pods means what is none. Cilium before 1.19, or where told so (`policy-default-local-cluster`),
/// asks its labels alone, of which nodes and the world lack those that a selector excludes.
pub fn nameless(around: &Surroundings<'_, '_>, subject: &Subject, policy: &Policy) -> Match {
    let excludes = |selector: &Selector| {
        let mut demands = selector.0.iter().map(|(_, demand)| demand);
        demands.all(|demand| matches!(demand, Demand::NotIn(_) | Demand::DoesNotExist))
    };
    match &subject.namespaces {
        Places::Selected(places)
            if !places.is_empty()
                && excludes(places)
                && excludes(&subject.pods)
                && (policy.tier == Tier::Cilium || around.on_cilium()) =>
        {
            Match::Maybe(Doubt::NoNamespace)
        }
        _ => Match::No,
    }
}

/// Whether a span is a node's address, or holds one.
fn nodes_in(around: &Surroundings<'_, '_>, span: Span) -> Match {
    let view = around.view();
    if view.gap(Kind::Node, None).is_some() {
        return Match::Maybe(Doubt::NodesUnread);
    }
    let nodes = view.all(Kind::Node).filter_map(as_node);
    let mut held = nodes.flat_map(|node| node.internal_ips.iter().chain(&node.external_ips));
    if !held.any(|ip| (span.first..=span.last).contains(ip)) {
        Match::No
    } else if span.first == span.last {
        Match::Yes
    } else {
        Match::Maybe(Doubt::PartOfRange)
    }
}

/// Whether one of these entities is an end.
pub fn entities(around: &Surroundings<'_, '_>, entities: &[Entity], end: &End<'_>) -> Match {
    let all_nodes = [Entity::Host, Entity::RemoteNode]
        .iter()
        .all(|entity| entities.contains(entity));
    let found = entities
        .iter()
        .map(|one| entity(around, *one, end))
        .fold(Match::No, Match::or);
    if all_nodes {
        return found.or(is_node(around, end));
    }
    found
}

/// Whether an end is a node, whichever.
fn is_node(around: &Surroundings<'_, '_>, end: &End<'_>) -> Match {
    match end {
        End::Pod(pod) if pod.pod.host_network => Match::Yes,
        End::Pod(_) => Match::No,
        End::Node(_) => Match::Yes,
        End::Outside(span) => nodes_in(around, *span),
    }
}

fn entity(around: &Surroundings<'_, '_>, entity: Entity, end: &End<'_>) -> Match {
    match entity {
        Entity::All => Match::Yes,
        Entity::Cluster => match end {
            End::Pod(_) | End::Node(_) => Match::Yes,
            End::Outside(span) => nodes_in(around, *span).or(outer_api_server(around, *span)),
        },
        Entity::World => world(around, end, |_| true),
        Entity::WorldOfOneFamily => labelled(around, end, false, |_| true),
        Entity::World4 => labelled(around, end, true, |ip| ip.is_ipv4()),
        Entity::World6 => labelled(around, end, true, |ip| ip.is_ipv6()),
        // Which of the two a node is depends on the pod that is asked about.
        Entity::Host | Entity::RemoteNode => is_node(around, end).doubted(Doubt::Entity),
        Entity::KubeApiServer => api_server(around, end),
        Entity::Ingress => match end {
            End::Node(_) => Match::Maybe(Doubt::Entity),
            End::Pod(pod) if pod.pod.host_network => Match::Maybe(Doubt::Entity),
            End::Pod(_) | End::Outside(_) => Match::No,
        },
        Entity::Nobody => Match::No,
    }
}

/// What is outside has a label of its family where the cluster has both, and `reserved:world` alone where it has one
/// (`pkg/labels`, `getWorldLabel`).
fn labelled(
    around: &Surroundings<'_, '_>,
    end: &End<'_>,
    dual: bool,
    family: impl Fn(IpAddr) -> bool,
) -> Match {
    let families = around.families();
    let found = world(around, end, family);
    if !families.seen {
        found.doubted(Doubt::Entity)
    } else if (families.v4 && families.v6) == dual {
        found
    } else {
        Match::No
    }
}

fn world(around: &Surroundings<'_, '_>, end: &End<'_>, family: impl Fn(IpAddr) -> bool) -> Match {
    let End::Outside(span) = end else {
        return Match::No;
    };
    if !family(span.first) {
        return Match::No;
    }
    match nodes_in(around, *span) {
        Match::No => Match::Yes,
        Match::Yes => Match::No,
        Match::Maybe(doubt) => Match::Maybe(doubt),
    }
}

/// The endpoints of `default/kubernetes` (Cilium watches them; `pkg/ipcache`, `kube-apiserver`).
fn api_server(around: &Surroundings<'_, '_>, end: &End<'_>) -> Match {
    let known = backends(around, &kubernetes());
    let unread = || {
        if known.is_empty() {
            Match::Maybe(Doubt::Entity)
        } else {
            Match::No
        }
    };
    match end {
        End::Pod(pod) if !pod.pod.host_network => {
            if pod.pod.ips.iter().any(|ip| known.contains(ip)) {
                Match::Yes
            } else {
                Match::No
            }
        }
        End::Pod(pod) if pod.node_addresses().any(|ip| known.contains(&ip)) => Match::Yes,
        End::Node(node) if node.addresses().any(|ip| known.contains(&ip)) => Match::Yes,
        End::Pod(_) | End::Node(_) => unread(),
        End::Outside(span) => part(*span, &known).or(unread()),
    }
}

/// Whether a span outside the pods is the API server's, which is of the cluster wherever it runs.
fn outer_api_server(around: &Surroundings<'_, '_>, span: Span) -> Match {
    let unread = around
        .view()
        .gap(Kind::EndpointSlice, Some(&Name::from("default")));
    match unread {
        Some(_) => Match::Maybe(Doubt::Entity),
        None => part(span, &backends(around, &kubernetes())),
    }
}

/// The Service of the API server.
fn kubernetes() -> Key {
    Key::new(Kind::Service, "default", "kubernetes")
}

/// Whether a span is one of these addresses, or holds one.
fn part(span: Span, addresses: &[IpAddr]) -> Match {
    if !addresses
        .iter()
        .any(|ip| (span.first..=span.last).contains(ip))
    {
        Match::No
    } else if span.first == span.last {
        Match::Yes
    } else {
        Match::Maybe(Doubt::PartOfRange)
    }
}

/// Whether an end is behind one of these Services: a pod by the Service's selector, anything else by its address. Cilium
/// before 1.16 knows Services without a selector only.
pub fn services(around: &Surroundings<'_, '_>, services: &[(Name, Name)], end: &End<'_>) -> Match {
    let one = |(namespace, name): &(Name, Name)| {
        let key = Key::new(Kind::Service, namespace.clone(), name.clone());
        let Some(service) = around.view().service(&key) else {
            return match around.view().gap(Kind::Service, Some(namespace)) {
                Some(_) => Match::Maybe(Doubt::Entity),
                None => Match::No,
            };
        };
        match end {
            // Its node, which no selector means.
            End::Pod(pod) if pod.pod.host_network => {
                let known = backends(around, &key);
                if service.selector.is_empty() && pod.node_addresses().any(|ip| known.contains(&ip))
                {
                    Match::Maybe(Doubt::NodeAddress)
                } else {
                    Match::No
                }
            }
            End::Pod(pod) => {
                let here = pod.key().namespace.as_ref() == Some(namespace);
                let selects =
                    |labels| !service.selector.is_empty() && labels_in(&service.selector, labels);
                if here && selects(&pod.pod.meta.labels) {
                    Match::Yes
                } else {
                    Match::No
                }
            }
            End::Node(node) => {
                let known = backends(around, &key);
                if node.addresses().any(|ip| known.contains(&ip)) {
                    Match::Maybe(Doubt::NodeAddress)
                } else {
                    Match::No
                }
            }
            End::Outside(span) => part(*span, &backends(around, &key)),
        }
    };
    let found = services.iter().map(one).fold(Match::No, Match::or);
    let any = services.iter().any(|(namespace, name)| {
        let key = Key::new(Kind::Service, namespace.clone(), name.clone());
        let selects = |service: &Service| !service.selector.is_empty();
        around.view().service(&key).is_some_and(selects) || !backends(around, &key).is_empty()
    });
    if any {
        found
    } else {
        // `pkg/policy/utils` makes a rule without peers of it, which on its ports means everyone.
        Match::Maybe(Doubt::NoService)
    }
}

fn labels_in(wanted: &crate::model::labels::Labels, labels: &crate::model::labels::Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.has(key, value))
}

/// The addresses behind a Service.
pub fn backends(around: &Surroundings<'_, '_>, service: &Key) -> Vec<IpAddr> {
    let slices = around.view().slices_of(service);
    let endpoints = slices.iter().flat_map(|slice| slice.endpoints.iter());
    endpoints
        .flat_map(|endpoint| endpoint.addresses.iter().filter_map(|ip| ip.parse().ok()))
        .collect()
}

/// The addresses that rules by entity or Service tell apart.
pub fn told_apart(around: &Surroundings<'_, '_>, services: &[(Name, Name)]) -> Vec<IpAddr> {
    let mut found = backends(around, &kubernetes());
    for (namespace, name) in services {
        let key = Key::new(Kind::Service, namespace.clone(), name.clone());
        found.extend(backends(around, &key));
    }
    found
}
