//! What files need not show and a cluster may hold all the same: pods that an operator makes, that the cluster
//! brings itself, that are installed apart, or that are given a label only once they run.
//!
//! Asked where a world was made from files; a cluster shows what it holds, other than what other clusters hold.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::{Demand, Labels, Selector};
use crate::model::policy::{Places, Subject};
use crate::model::service::Service;
use crate::model::view::{View, as_service};
use crate::semantics::near::{self, Difference, NearMiss};
use crate::semantics::policy::select;

/// Why pods that the files do not show may be there all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// Operators may make them from custom resources of these kinds.
    Made(Vec<String>),
    /// A cluster brings them itself: its control plane, its DNS, its proxy.
    OfTheCluster,
    /// The files neither make the namespace nor anything that runs in it: its pods are installed apart.
    Apart,
    /// The Service is shared with other clusters, whose pods serve it too.
    OtherClusters,
    /// Pods like these label themselves, or are labelled, when they have settled who leads; by this key.
    SetLater(Name),
}

/// The namespace in which a cluster runs its own parts.
const SYSTEM: &str = "kube-system";

/// Labels that kubeadm and the clouds give to what they run in [`SYSTEM`], as the manifests of Kubernetes have them.
const OF_THE_CLUSTER: &[(&str, &[&str])] = &[
    (
        "component",
        &[
            "etcd",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
        ],
    ),
    (
        "k8s-app",
        &[
            "etcd",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-dns",
            "kube-proxy",
            "kube-scheduler",
            "kubelet",
        ],
    ),
    ("tier", &["control-plane"]),
];

/// Keys that are written onto running pods: by Vault and `OpenBao`, and by those who elect a database's leader
/// (Patroni and its images, the operators that carry on its words, Redis).
const SET_LATER: &[&str] = &[
    "vault-active",
    "vault-initialized",
    "vault-perf-standby",
    "vault-sealed",
    "openbao-active",
    "openbao-initialized",
    "openbao-sealed",
    "role",
    "spilo-role",
    "redis-role",
    "isMaster",
    "app.kubernetes.io/role",
];

/// The values that such keys have, whoever leads.
const STANDINGS: &[&str] = &[
    "true",
    "false",
    "active",
    "standby",
    "master",
    "replica",
    "primary",
    "secondary",
    "leader",
    "follower",
    "slave",
    "sync_standby",
    "standby_leader",
];

/// Groups whose objects say how something is to be done and make nothing that runs, with the kinds among them
/// that do.
const SETTINGS: &[(&str, &[&str])] = &[
    (
        "argoproj.io",
        &[
            "CronWorkflow",
            "EventBus",
            "EventSource",
            "Rollout",
            "Sensor",
            "Workflow",
        ],
    ),
    ("autoscaling", &[]),
    ("apps", &[]),
    ("batch", &[]),
    ("bitnami.com", &[]),
    ("cert-manager.io", &[]),
    ("cilium.io", &[]),
    ("cloud.google.com", &[]),
    ("configuration.konghq.com", &[]),
    ("elbv2.k8s.aws", &[]),
    ("external-secrets.io", &[]),
    ("extensions", &[]),
    ("gateway.envoyproxy.io", &[]),
    ("gatekeeper.sh", &[]),
    ("getambassador.io", &[]),
    ("grafana.integreatly.org", &["Grafana"]),
    ("istio.io", &["IstioOperator"]),
    ("k8s.cni.cncf.io", &[]),
    ("k8s.nginx.org", &[]),
    ("karpenter.k8s.aws", &[]),
    ("karpenter.sh", &[]),
    ("keda.sh", &["ScaledJob"]),
    ("kind.x-k8s.io", &[]),
    ("kyverno.io", &[]),
    ("linkerd.io", &[]),
    ("metallb.io", &[]),
    (
        "monitoring.coreos.com",
        &[
            "Alertmanager",
            "Prometheus",
            "PrometheusAgent",
            "ThanosRuler",
        ],
    ),
    ("networking.gke.io", &[]),
    ("notification.toolkit.fluxcd.io", &[]),
    ("openshift.io", &["DeploymentConfig"]),
    ("policy", &[]),
    ("projectcalico.org", &[]),
    ("projectcontour.io", &["ContourDeployment"]),
    ("secrets-store.csi.x-k8s.io", &[]),
    ("source.toolkit.fluxcd.io", &[]),
    (
        "sparkoperator.k8s.io",
        &["ScheduledSparkApplication", "SparkApplication"],
    ),
    ("traefik.containo.us", &[]),
    ("traefik.io", &[]),
    ("velero.io", &[]),
];

/// Annotations by which Cilium joins the Services of one name in all clusters of a mesh.
///
/// Source: Cilium, *Load-balancing & Service Discovery* of Cluster Mesh; the second is the older word.
const GLOBAL: &[&str] = &["service.cilium.io/global", "io.cilium/global-service"];

/// The kinds of custom resources in a namespace from which operators may make pods and Services, by name.
///
/// What Kubernetes itself defines makes none (Portolan knows the workloads); nor do the settings of what is known
/// to be set. Anything else may.
pub fn makers(view: &View<'_>, namespace: &Name) -> Vec<String> {
    let seen = view.unrecognised_in(namespace);
    let makers = seen
        .into_iter()
        .filter(|(version, kind)| may_make(version, kind));
    let mut makers: Vec<String> = makers.map(|(_, kind)| kind.to_string()).collect();
    makers.sort();
    makers.dedup();
    makers
}

fn may_make(api_version: &str, kind: &str) -> bool {
    let Some((group, _)) = api_version.split_once('/') else {
        return false;
    };
    let within = |parent: &str| {
        group
            .strip_suffix(parent)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let of_kubernetes = within("k8s.io") && !group.ends_with("x-k8s.io");
    let settings = SETTINGS.iter().find(|(parent, _)| within(parent));
    settings.map_or(!of_kubernetes, |(_, makers)| makers.contains(&kind))
}

/// Why the pods that a Service selects may be there although the files show none; `near` is the nearest miss.
pub fn of_service(view: &View<'_>, service: &Service, near: Option<&NearMiss>) -> Option<Unseen> {
    let annotations = &service.meta.annotations;
    if GLOBAL.iter().any(|key| annotations.has(key, "true")) {
        return Some(Unseen::OtherClusters);
    }
    if !view.is_offline() || near.is_some_and(|near| is_sure(view, near)) {
        return None;
    }
    let namespace = service.meta.key.namespace.clone().unwrap_or_default();
    if let Some(key) = near.and_then(|near| set_later(view, service, near)) {
        return Some(Unseen::SetLater(key));
    }
    let makers = makers(view, &namespace);
    if !makers.is_empty() {
        return Some(Unseen::Made(makers));
    }
    if namespace == SYSTEM && is_of_the_cluster(&service.selector) {
        return Some(Unseen::OfTheCluster);
    }
    (near.is_none() && is_apart(view, &namespace)).then_some(Unseen::Apart)
}

/// A slip of the pen that nothing else explains: one value or key is misspelt, and the pods that were meant are
/// selected by no other Service.
fn is_sure(view: &View<'_>, near: &NearMiss) -> bool {
    let misspelt = match &near.difference {
        Difference::Value(found) => near::is_misspelt(&near.wanted.1, found),
        Difference::Key(_) => true,
        Difference::Missing | Difference::Namespace(_) => false,
    };
    misspelt && view.advisory(|view| is_unserved(view, near))
}

fn is_unserved(view: &View<'_>, near: &NearMiss) -> bool {
    let Some(pod) = view.pod(&near.example) else {
        return false;
    };
    let namespace = near.example.namespace.clone().unwrap_or_default();
    view.services_selecting(&namespace, &pod.meta.labels)
        .is_empty()
}

/// The key that the members of a set are given later: it is one that leaders and followers are told apart by, or
/// another Service asks for the other value of it.
fn set_later(view: &View<'_>, service: &Service, near: &NearMiss) -> Option<Name> {
    let (key, value) = &near.wanted;
    let pod = view.advisory(|view| view.pod(&near.example))?;
    let of_a_set = pod
        .meta
        .owner
        .as_ref()
        .is_some_and(|owner| owner.kind == Kind::StatefulSet.name());
    if near.difference != Difference::Missing || !of_a_set {
        return None;
    }
    let known = SET_LATER.contains(&&**key) && STANDINGS.contains(&&**value);
    (known || has_counterpart(view, service, key)).then(|| key.clone())
}

/// Another Service selects alike but for this key's value.
fn has_counterpart(view: &View<'_>, service: &Service, key: &Name) -> bool {
    let without = |selector: &Labels| -> Labels {
        let others = selector.iter().filter(|(other, _)| other != key);
        others.cloned().collect()
    };
    let rest = without(&service.selector);
    let namespace = service.meta.key.namespace.clone().unwrap_or_default();
    view.advisory(|view| {
        let mut all = view
            .in_namespace(Kind::Service, &namespace)
            .filter_map(as_service);
        all.any(|other| {
            let value = other.selector.get(key);
            value.is_some_and(|value| !service.selector.has(key, value))
                && without(&other.selector) == rest
        })
    })
}

/// Whether pods that a policy means may be there although the files show none: operators make some in that
/// namespace, or it is one whose pods are not among the files.
pub fn may_be_peopled(view: &View<'_>, own: &Name, subject: &Subject) -> bool {
    if !view.is_offline() {
        return false;
    }
    let Places::Selected(selector) = &subject.namespaces else {
        return !makers(view, own).is_empty();
    };
    let places = select::places(view, selector);
    let unpeopled = |place: &Name| {
        *place == SYSTEM || view.pods_in(place).next().is_none() || !makers(view, place).is_empty()
    };
    if places.is_empty() {
        return nearly_a_namespace(view, selector).is_none();
    }
    places.iter().any(unpeopled)
}

/// The namespace, of the files or of any cluster, whose name is the value that is asked for with a few letters wrong.
pub fn nearly_a_namespace(view: &View<'_>, selector: &Selector) -> Option<Name> {
    let known = view
        .all(Kind::Namespace)
        .map(|object| object.key().name.clone());
    let known: Vec<Name> = known.chain([Name::from(SYSTEM)]).collect();
    selector.0.iter().find_map(|(_, demand)| {
        let Demand::In(values) = demand else {
            return None;
        };
        let mut near = values.iter().flat_map(|value| {
            let known = known.iter();
            known.filter(move |name| *name != value && near::is_misspelt(value, name))
        });
        near.next().cloned()
    })
}

fn is_of_the_cluster(selector: &Labels) -> bool {
    let mut pairs = selector.iter();
    pairs.any(|(key, value)| {
        let known = OF_THE_CLUSTER.iter().find(|(known, _)| key == known);
        known.is_some_and(|(_, values)| values.contains(&&**value))
    })
}

/// The files hold workloads, but none here, and not the namespace either.
fn is_apart(view: &View<'_>, namespace: &Name) -> bool {
    let runs = |kind: &Kind| view.in_namespace(*kind, namespace).next().is_some();
    let written = view.object(&Key::cluster(Kind::Namespace, namespace.clone()));
    let written = written.is_some_and(|object| object.place.is_some());
    let anywhere = || Kind::WORKLOADS.iter().any(|kind| view.any(*kind));
    !written
        && view.pods_in(namespace).next().is_none()
        && !Kind::WORKLOADS.iter().any(runs)
        && anywhere()
}
