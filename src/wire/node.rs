//! Node and Namespace.

use crate::wire::meta::{Condition, Metadata};
use crate::wire::notes::Text;
use crate::wire::scalar::Cidr;
use crate::wire::shape::object;

object! {
    /// A Node.
    Node {
        metadata: Metadata = "metadata" required,
        spec: NodeSpec = "spec",
        status: NodeStatus = "status",
    }
}

object! {
    /// `spec`.
    NodeSpec {
        pod_cidr: Cidr = "podCIDR",
        pod_cidrs: Vec<Cidr> = "podCIDRs",
        unschedulable: bool = "unschedulable",
        taints: Vec<Taint> = "taints",
    }
}

object! {
    /// `spec.taints[]`.
    Taint {
        key: Text = "key" required,
        value: Text = "value",
        effect: Text = "effect",
    }
}

object! {
    /// `status`.
    NodeStatus {
        addresses: Vec<NodeAddress> = "addresses",
        conditions: Vec<Condition> = "conditions",
    }
}

object! {
    /// `status.addresses[]`; only some types hold an IP address.
    NodeAddress {
        kind: Text = "type",
        address: Text = "address",
    }
}

object! {
    /// A Namespace.
    Namespace {
        metadata: Metadata = "metadata" required,
        status: NamespaceStatus = "status",
    }
}

object! {
    /// `status`.
    NamespaceStatus { phase: Text = "phase", }
}
