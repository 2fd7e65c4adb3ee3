//! Which network plugin a cluster is seen to run, and whether it enforces policies: the API server takes policies
//! whether or not anybody acts on them.
//!
//! Told by the pods of plugins, and for the clouds by labels of nodes. What is not recognised is taken to enforce.

use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::view::{View, as_node, as_workload};

/// A network that was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// It enforces policies.
    Enforces,
    /// It enforces them, as identities: ranges of addresses mean no pods.
    Cilium,
    /// It does not, for all that is seen; why, in a clause.
    Ignores(&'static str),
}

/// Parts of images of what enforces policies.
const ENFORCING: &[&str] = &[
    "antrea",
    "aws-network-policy-agent",
    "azure-npm",
    "calico/node",
    "calico-node",
    "kube-network-policies",
    "kube-ovn",
    "kube-router",
    "ovn-kube",
    "ovnkube",
    "weave-npc",
    "weaveworks/weave",
];

/// Values of the labels `k8s-app`, `app` and `name` of what enforces policies.
const ENFORCERS: &[&str] = &[
    "antrea",
    "azure-npm",
    "calico-node",
    "canal",
    "kube-network-policies",
    "kube-router",
    "ovnkube-node",
    "weave-net",
];

/// From which day's image on kindnet enforces policies (kind v0.24).
const KINDNET_ENFORCES: u32 = 20_240_813;

/// Namespaces in which networks run, for worlds in which no DaemonSet is seen.
const SYSTEM: &[&str] = &[
    "kube-system",
    "kube-flannel",
    "cilium",
    "calico-system",
    "antrea",
    "openshift-ovn-kubernetes",
    "ovn-kubernetes",
    "kube-router",
];

/// The network of a world; none where nothing is recognised. A network runs as a DaemonSet: one pod of each tells.
pub fn network(view: &View<'_>) -> Option<Network> {
    view.advisory(|view| {
        let mut pods: Vec<&Pod> = Vec::new();
        for set in view.all(Kind::DaemonSet).filter_map(as_workload) {
            let namespace = set.meta.key.namespace.clone().unwrap_or_default();
            let own = view.pods_selected(&namespace, &set.selector);
            pods.extend(own.into_iter().find(|pod| !pod.is_terminal()));
        }
        if pods.is_empty() {
            let system = SYSTEM.iter().map(|name| Name::from(*name));
            let all = system.flat_map(|name| view.pods_in(&name));
            pods.extend(all.filter(|pod| !pod.is_terminal()));
        }
        let mut found = None;
        for pod in &pods {
            match of_pod(pod) {
                Some(Network::Cilium) => return Some(Network::Cilium),
                Some(Network::Enforces) => found = Some(Network::Enforces),
                Some(other) => found = found.or(Some(other)),
                None => {}
            }
        }
        // Of a cloud's nodes only where what runs on them can be seen.
        let seen = |pod: &&Pod| pod.meta.key.namespace_str() == "kube-system";
        let system = pods.iter().any(seen);
        found.or_else(|| system.then(|| of_nodes(view)).flatten())
    })
}

fn of_pod(pod: &Pod) -> Option<Network> {
    let labelled = |value: &str| {
        ["k8s-app", "app", "name"]
            .iter()
            .any(|key| pod.meta.labels.has(key, value))
    };
    let image = |part: &str| {
        let mut containers = pod.containers.iter();
        containers.any(|container| container.image.contains(part))
    };
    if labelled("cilium") && image("cilium") || labelled("anetd") || image("/cilium/cilium:") {
        return Some(Network::Cilium);
    }
    if ENFORCERS.iter().any(|name| labelled(name)) || ENFORCING.iter().any(|part| image(part)) {
        return Some(Network::Enforces);
    }
    if labelled("flannel") || labelled("kube-flannel") || image("flannel/flannel:") {
        return Some(Network::Ignores("flannel does not enforce policies"));
    }
    if labelled("aws-node") && image("amazon-k8s-cni") {
        return Some(Network::Ignores(
            "the Amazon VPC CNI runs without its network policy agent, so nothing enforces policies",
        ));
    }
    kindnet(pod)
}

fn kindnet(pod: &Pod) -> Option<Network> {
    let mut images = pod.containers.iter().map(|container| &container.image);
    let tag = images.find_map(|image| image.split_once("kindnetd:v")?.1.get(..8))?;
    let day: u32 = tag.parse().ok()?;
    Some(if day < KINDNET_ENFORCES {
        Network::Ignores("this kindnet does not enforce policies")
    } else {
        Network::Enforces
    })
}

fn of_nodes(view: &View<'_>) -> Option<Network> {
    let labelled = |key: &str| {
        let mut nodes = view.all(Kind::Node).filter_map(as_node);
        nodes.any(|node| node.meta.labels.get(key).is_some())
    };
    if labelled("kubernetes.azure.com/cluster") {
        return Some(Network::Ignores(
            "AKS runs without a network policy engine, so nothing enforces policies",
        ));
    }
    if labelled("cloud.google.com/gke-nodepool") {
        return Some(Network::Ignores(
            "GKE runs without a network policy engine, so nothing enforces policies",
        ));
    }
    None
}

/// Why nobody enforces policies, where that is so.
pub fn unenforced(view: &View<'_>) -> Option<&'static str> {
    match network(view) {
        Some(Network::Ignores(why)) => Some(why),
        _ => None,
    }
}
