//! The ways an object can be found, and the reads that judging records.
//!
//! [`keys_of`] is the single definition of every index: the world files an object under these keys, the
//! [`View`](crate::model::view::View) asks by them, and a delta touches exactly the old and the new ones.

use crate::model::ingress::{Backend, Ingress};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::object::{Fact, Object};
use crate::model::pod::Pod;
use jiff::Timestamp;
use std::net::IpAddr;

/// A question that an index answers with a set of objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexKey {
    /// Pods of a namespace that carry a label.
    PodsLabelled(Name, Name, Name),
    /// Services of a namespace whose selector demands a label.
    ServicesSelecting(Name, Name, Name),
    /// EndpointSlices labelled as a Service's: namespace, Service name.
    SlicesOf(Name, Name),
    /// Ingresses that name a Service as a backend: namespace, Service name.
    IngressesTo(Name, Name),
    /// Ingresses whose TLS entries name a Secret: namespace, Secret name.
    IngressesWithSecret(Name, Name),
    /// Certificates of cert-manager that write a Secret: namespace, Secret name.
    CertificatesFor(Name, Name),
    /// Ingresses whose TLS entries list a host.
    IngressesSecuring(Name),
    /// Ingresses that name an IngressClass by field or annotation.
    IngressesOfClass(Name),
    /// Pods that hold an address (hostNetwork pods share their node's and are left out).
    PodAt(IpAddr),
    /// Services that hold an address: cluster, external or load balancer IP.
    ServiceAt(IpAddr),
    /// Pods on a node.
    PodsOn(Name),
    /// Events about an object: kind, namespace, name.
    EventsOn(Name, Name, Name),
    /// Objects whose controller is this: namespace, kind as spelled, name.
    OwnedBy(Name, Name, Name),
}

/// Something that was read while judging; when a delta touches it, the judgement is made anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Read {
    /// One object, present or absent.
    Object(Key),
    /// The answer of an index.
    Index(IndexKey),
    /// All objects of a kind in a namespace.
    InNamespace(Kind, Name),
    /// All objects of a kind.
    All(Kind),
    /// The time.
    Clock,
    /// Whether this moment has passed.
    Passed(Timestamp),
    /// Kinds that Portolan does not know, seen in files.
    Unrecognised,
}

/// Every index key under which an object is filed.
pub fn keys_of(object: &Object) -> Vec<IndexKey> {
    let meta = object.meta();
    let namespace = meta.key.namespace.clone().unwrap_or_default();
    let mut keys = Vec::new();
    if let Some(owner) = &meta.owner {
        keys.push(IndexKey::OwnedBy(
            namespace.clone(),
            owner.kind.clone(),
            owner.name.clone(),
        ));
    }
    match &object.fact {
        Fact::Pod(pod) => keys.extend(pod_keys(pod, &namespace)),
        Fact::Service(service) => {
            if let Some((key, value)) = service
                .effective_selector()
                .and_then(|selector| selector.iter().next())
            {
                keys.push(IndexKey::ServicesSelecting(
                    namespace,
                    key.clone(),
                    value.clone(),
                ));
            }
            let balanced = service
                .addresses
                .iter()
                .filter_map(|address| address.ip.as_ref());
            let held = service
                .cluster_ips
                .iter()
                .chain(service.external_ips.iter())
                .chain(balanced);
            keys.extend(held.map(|ip| IndexKey::ServiceAt(*ip)));
        }
        Fact::EndpointSlice(slice) => {
            keys.extend(
                slice
                    .service
                    .iter()
                    .map(|service| IndexKey::SlicesOf(namespace.clone(), service.clone())),
            );
        }
        Fact::Ingress(ingress) => keys.extend(ingress_keys(ingress, &namespace)),
        Fact::Issuance(of) => keys.extend(
            of.secret
                .iter()
                .map(|secret| IndexKey::CertificatesFor(namespace.clone(), secret.clone())),
        ),
        Fact::Event(event) => keys.push(IndexKey::EventsOn(
            event.about_kind.clone(),
            event.about_namespace.clone(),
            event.about_name.clone(),
        )),
        Fact::Namespace(_)
        | Fact::Node(_)
        | Fact::IngressClass(_)
        | Fact::Secret(_)
        | Fact::ClassParams(_)
        | Fact::ConfigMap(_)
        | Fact::OtherRoute(_)
        | Fact::Policy(_)
        | Fact::Workload(_) => {}
    }
    keys
}

fn ingress_keys(ingress: &Ingress, namespace: &Name) -> Vec<IndexKey> {
    let sorted = |mut names: Vec<Name>| {
        names.sort();
        names.dedup();
        names.into_iter()
    };
    let services = ingress.backends().filter_map(Backend::service_name);
    let services = sorted(services.cloned().collect());
    let secrets = ingress.tls.iter().filter_map(|tls| tls.secret.clone());
    let hosts = ingress.tls.iter().flat_map(|tls| tls.hosts.iter().cloned());
    let annotated = ingress.meta.annotations.get("kubernetes.io/ingress.class");
    let classes = ingress.class.iter().chain(annotated);
    services
        .map(|name| IndexKey::IngressesTo(namespace.clone(), name))
        .chain(
            sorted(secrets.collect())
                .map(|name| IndexKey::IngressesWithSecret(namespace.clone(), name)),
        )
        .chain(sorted(hosts.collect()).map(IndexKey::IngressesSecuring))
        .chain(classes.map(|class| IndexKey::IngressesOfClass(class.clone())))
        .collect()
}

fn pod_keys(pod: &Pod, namespace: &Name) -> Vec<IndexKey> {
    let labels = pod.meta.labels.iter();
    let labelled = labels
        .map(|(key, value)| IndexKey::PodsLabelled(namespace.clone(), key.clone(), value.clone()));
    // A hostNetwork pod shares its node's address: it is not the pod "at" it.
    let addresses = pod.ips.iter().filter(|_| !pod.host_network);
    labelled
        .chain(addresses.map(|ip| IndexKey::PodAt(*ip)))
        .chain(pod.node.iter().map(|node| IndexKey::PodsOn(node.clone())))
        .collect()
}
