//! On which addresses of a node kube-proxy opens node ports.
//!
//! Source: `NewNodePortAddresses` of `pkg/proxy/util` and the options of `cmd/kube-proxy`: where a configuration file is
//! named, arguments for what it can say count for nothing; a family of which no network is listed is open on every
//! address; nothing at all means every address, in nftables mode the node's primary ones.

use crate::model::config_map::{Contents, Proxy};
use crate::model::coverage::Gap;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::view::View;
use ipnet::IpNet;
use std::net::IpAddr;

/// Where kube-proxy runs.
const PLACE: &str = "kube-system";

/// The labels of its pods: of kubeadm and those who follow it; of static pods.
const LABELS: &[(&str, &str)] = &[("k8s-app", "kube-proxy"), ("component", "kube-proxy")];

/// The files that its pods read and the `ConfigMaps` in which these stand: of kubeadm and those who follow it; of EKS.
const FILES: &[(&str, &str)] = &[
    ("/var/lib/kube-proxy/config.conf", "kube-proxy"),
    ("/var/lib/kube-proxy-config/config", "kube-proxy-config"),
];

/// Whether node ports are open on an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// They are, as far as is seen.
    Yes,
    /// They are not.
    No(Said),
    /// The address is not one that the node itself has for certain, and what it has is open.
    InFront(Said),
    /// What kube-proxy is told cannot be understood.
    Unclear(Said),
    /// What kube-proxy is told could not be read.
    Unread(Gap),
}

/// Where something is said, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The object.
    pub object: Key,
    /// Its field.
    pub field: &'static str,
    /// What stands there.
    pub value: String,
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            object,
            field,
            value,
        } = self;
        match object.kind {
            Kind::ConfigMap => write!(f, "{field} {value} of ConfigMap {}", object.name),
            _ => f.write_str(value),
        }
    }
}

/// The `ConfigMap` that a pod of kube-proxy is configured by; none where it is not one, or reads a file of another place.
pub fn configuration(pod: &Pod) -> Option<Key> {
    let key = &pod.meta.key;
    let labelled = LABELS
        .iter()
        .any(|(name, value)| pod.meta.labels.has(name, value));
    if key.namespace_str() != PLACE || !labelled {
        return None;
    }
    let path = file(pod)?;
    let (_, map) = FILES.iter().find(|(file, _)| *file == path)?;
    Some(key.sibling(Kind::ConfigMap, Name::from(*map)))
}

/// The configuration file that a pod's arguments name.
fn file(pod: &Pod) -> Option<&str> {
    pod.serving_containers()
        .find_map(|container| container.flag("--config"))
}

/// Whether the kube-proxy of a node opens node ports on an address.
pub fn open(view: &View<'_>, node: &Name, ip: IpAddr) -> Open {
    let Some(pod) = proxy_of(view, node) else {
        return Open::Yes;
    };
    let (said, addresses) = match told(view, pod) {
        Told::Nothing => return Open::Yes,
        Told::Unread(gap) => return Open::Unread(gap),
        Told::Unclear(said) => return Open::Unclear(said),
        Told::These(said, addresses) => (said, addresses),
    };
    let node = view.advisory(|view| view.node(node));
    judge(node, ip, said, &addresses)
}

fn proxy_of<'w>(view: &View<'w>, node: &Name) -> Option<&'w Pod> {
    let place = Name::from(PLACE);
    let pods = LABELS.iter().flat_map(|label| {
        let labels = std::iter::once(*label).collect();
        view.advisory(|view| view.pods_labelled(&place, &labels))
    });
    pods.filter(|pod| !pod.is_terminal())
        .find(|pod| pod.node.as_ref().is_none_or(|on| on == node))
}

/// What kube-proxy is told of the addresses of node ports.
enum Told {
    Nothing,
    These(Said, Vec<String>),
    Unclear(Said),
    Unread(Gap),
}

fn told(view: &View<'_>, pod: &Pod) -> Told {
    let key = &pod.meta.key;
    let Some(path) = file(pod) else {
        let mut containers = pod.serving_containers();
        let flag = containers.find_map(|one| one.flag("--nodeport-addresses"));
        let Some(value) = flag.filter(|value| !value.is_empty()) else {
            return Told::Nothing;
        };
        let said = Said {
            object: key.clone(),
            field: "spec.containers[].args",
            value: format!("--nodeport-addresses={value}"),
        };
        let all = value.split(',').map(|one| one.trim().to_owned());
        return Told::These(said, all.collect());
    };
    let Some(map) = configuration(pod) else {
        return Told::Unclear(Said {
            object: key.clone(),
            field: "spec.containers[].args",
            value: format!("--config={path}"),
        });
    };
    told_by(view, &map)
}

/// What the file says; where no file is to be seen, what nearly every file says.
fn told_by(view: &View<'_>, map: &Key) -> Told {
    if let Some(gap) = view.gap(Kind::ConfigMap, map.namespace.as_ref()) {
        return Told::Unread(gap);
    }
    let found = view.advisory(|view| view.config_map(map));
    let said = |field, value| Said {
        object: map.clone(),
        field,
        value,
    };
    match found.map(|found| &found.contents) {
        Some(Contents::Awaited) => Told::Unread(Gap {
            kind: Kind::ConfigMap,
            namespace: map.namespace.clone(),
            why: Name::from(format!("ConfigMap {} has not been read yet", map.name)),
        }),
        Some(Contents::Known {
            proxy: Some(Proxy::Unreadable),
            ..
        }) => Told::Unclear(said("data", "a document that cannot be read".to_owned())),
        Some(Contents::Known {
            proxy: Some(Proxy::Told { mode, addresses }),
            ..
        }) => {
            if !addresses.is_empty() {
                let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                return Told::These(said("nodePortAddresses", all.join(", ")), all);
            }
            if mode == "nftables" {
                let all = vec!["primary".to_owned()];
                return Told::These(said("mode", mode.to_string()), all);
            }
            Told::Nothing
        }
        Some(Contents::Known { proxy: None, .. }) | None => Told::Nothing,
    }
}

fn judge(node: Option<&Node>, ip: IpAddr, said: Said, addresses: &[String]) -> Open {
    let mut nets: Vec<IpNet> = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for one in addresses {
        match one.parse::<IpNet>() {
            Ok(net) => nets.push(net),
            Err(_) if matches!(one.as_str(), "primary" | "localhost" | "all") => words.push(one),
            Err(_) => return Open::Unclear(said),
        }
    }
    let mut of_family = nets
        .iter()
        .filter(|net| net.addr().is_ipv4() == ip.is_ipv4());
    if words.contains(&"all") || words.is_empty() && of_family.next().is_none() {
        return Open::Yes;
    }
    let is_open = |ip: IpAddr| {
        let primary = words.contains(&"primary") && node.is_some_and(|node| is_primary(node, ip));
        primary || nets.iter().any(|net| net.contains(&ip))
    };
    if is_open(ip) {
        return Open::Yes;
    }
    let Some(node) = node else {
        return Open::Unclear(said);
    };
    // Clouds give a node an outer address that only their own network knows, and turn it into the inner one.
    let own = node.internal_ips.contains(&ip);
    let inner = node.internal_ips.iter();
    let mut inner = inner.filter(|inner| inner.is_ipv4() == ip.is_ipv4());
    if !own && inner.any(|inner| is_open(*inner)) {
        Open::InFront(said)
    } else {
        Open::No(said)
    }
}

/// The first inner address of a family; the first outer one where there is none.
fn is_primary(node: &Node, ip: IpAddr) -> bool {
    let all = node.internal_ips.iter().chain(node.external_ips.iter());
    let mut of_family = all.filter(|own| own.is_ipv4() == ip.is_ipv4());
    of_family.next() == Some(&ip)
}
