//! Policies of CNI plugins, of which only is read whom they are about.

use crate::wire::meta::{LabelSelector, Metadata};
use crate::wire::policy::Items;
use crate::wire::shape::object;

object! {
    /// CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: one `spec`, or several `specs`.
    Cilium {
        metadata: Metadata = "metadata" required,
        spec: CiliumSpec = "spec",
        specs: Items<CiliumSpec> = "specs",
    }
}

object! {
    /// A rule set of Cilium; `nodeSelector` is about hosts, not pods.
    CiliumSpec {
        endpoints: LabelSelector = "endpointSelector",
        nodes: LabelSelector = "nodeSelector",
    }
}
