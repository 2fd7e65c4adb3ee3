//! The policies of `policy.networking.k8s.io`: AdminNetworkPolicy and BaselineAdminNetworkPolicy (`v1alpha1`),
//! ClusterNetworkPolicy (`v1alpha2`).

use crate::wire::meta::{LabelSelector, Metadata};
use crate::wire::notes::Text;
use crate::wire::policy::{Items, Net};
use crate::wire::scalar::{Port, ProtocolWord};
use crate::wire::shape::{choice, object};

object! {
    /// A policy of an administrator.
    AdminPolicy {
        metadata: Metadata = "metadata" required,
        spec: Spec = "spec" required,
    }
}

object! {
    /// `spec`; `tier` is ClusterNetworkPolicy's, `priority` is not BaselineAdminNetworkPolicy's.
    Spec {
        tier: TierWord = "tier",
        priority: u32 = "priority",
        subject: Subject = "subject" required,
        ingress: Items<IngressRule> = "ingress",
        egress: Items<EgressRule> = "egress",
    }
}

choice! {
    /// `tier`.
    TierWord, "Admin or Baseline" { Admin = "Admin", Baseline = "Baseline", }
}

choice! {
    /// `action`; `Allow` is `v1alpha1`'s word, `Accept` that of `v1alpha2`.
    ActionWord, "Allow (Accept), Deny or Pass" {
        Allow = "Allow",
        Accept = "Accept",
        Deny = "Deny",
        Pass = "Pass",
    }
}

object! {
    /// `subject`.
    Subject {
        namespaces: LabelSelector = "namespaces",
        pods: NamespacedPod = "pods",
    }
}

object! {
    /// Pods by their namespaces' labels and their own.
    NamespacedPod {
        namespaces: LabelSelector = "namespaceSelector",
        pods: LabelSelector = "podSelector",
    }
}

object! {
    /// `spec.ingress[]`.
    IngressRule {
        name: Text = "name",
        action: ActionWord = "action" required,
        peers: Items<Peer> = "from" required,
        ports: Items<PortRule> = "ports",
        protocols: Items<ProtocolRule> = "protocols",
    }
}

object! {
    /// `spec.egress[]`.
    EgressRule {
        name: Text = "name",
        action: ActionWord = "action" required,
        peers: Items<Peer> = "to" required,
        ports: Items<PortRule> = "ports",
        protocols: Items<ProtocolRule> = "protocols",
    }
}

object! {
    /// A peer; exactly one field is set.
    Peer {
        namespaces: LabelSelector = "namespaces",
        pods: NamespacedPod = "pods",
        nodes: LabelSelector = "nodes",
        networks: Items<Net> = "networks",
        domains: Vec<Text> = "domainNames",
    }
}

object! {
    /// `ports[]` of `v1alpha1`; exactly one field is set.
    PortRule {
        number: NumberedPort = "portNumber",
        named: Text = "namedPort",
        range: PortSpan = "portRange",
    }
}

object! {
    /// `portNumber`.
    NumberedPort {
        protocol: ProtocolWord = "protocol",
        port: Port = "port" required,
    }
}

object! {
    /// `portRange`, and `range` of `v1alpha2`.
    PortSpan {
        protocol: ProtocolWord = "protocol",
        start: Port = "start" required,
        end: Port = "end" required,
    }
}

object! {
    /// `protocols[]` of `v1alpha2`; exactly one field is set.
    ProtocolRule {
        tcp: ProtocolPorts = "tcp",
        udp: ProtocolPorts = "udp",
        sctp: ProtocolPorts = "sctp",
        named: Text = "destinationNamedPort",
    }
}

object! {
    /// `tcp`, `udp`, `sctp`.
    ProtocolPorts { port: DestinationPort = "destinationPort", }
}

object! {
    /// `destinationPort`; exactly one field is set.
    DestinationPort {
        number: Port = "number",
        range: PortSpan = "range",
    }
}
