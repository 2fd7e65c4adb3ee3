//! EndpointSlice.

use crate::wire::meta::Metadata;
use crate::wire::notes::Text;
use crate::wire::scalar::{Pairs, Port, ProtocolWord};
use crate::wire::shape::{choice, object};

object! {
    /// An EndpointSlice.
    EndpointSlice {
        metadata: Metadata = "metadata" required,
        address_type: AddressWord = "addressType" required,
        ports: Vec<SlicePort> = "ports",
        endpoints: Vec<Endpoint> = "endpoints",
    }
}

choice! {
    /// `addressType`.
    AddressWord, "IPv4, IPv6 or FQDN" { V4 = "IPv4", V6 = "IPv6", Fqdn = "FQDN", }
}

object! {
    /// `ports[]`; no port means every port.
    SlicePort {
        name: Text = "name",
        port: Port = "port",
        protocol: ProtocolWord = "protocol",
    }
}

object! {
    /// `endpoints[]`.
    Endpoint {
        addresses: Vec<Text> = "addresses",
        conditions: Conditions = "conditions",
        hostname: Text = "hostname",
        node: Text = "nodeName",
        zone: Text = "zone",
        target: TargetRef = "targetRef",
        hints: Hints = "hints",
        topology: Pairs = "topology",
        deprecated_topology: Pairs = "deprecatedTopology",
    }
}

object! {
    /// `conditions` of an endpoint.
    Conditions {
        ready: bool = "ready",
        serving: bool = "serving",
        terminating: bool = "terminating",
    }
}

object! {
    /// `targetRef`.
    TargetRef {
        kind: Text = "kind",
        namespace: Text = "namespace",
        name: Text = "name",
        uid: Text = "uid",
    }
}

object! {
    /// `hints`.
    Hints {
        zones: Vec<Hint> = "forZones",
        nodes: Vec<Hint> = "forNodes",
    }
}

object! {
    /// An entry of `forZones` or `forNodes`.
    Hint { name: Text = "name", }
}
