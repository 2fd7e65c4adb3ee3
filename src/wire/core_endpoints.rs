//! `v1` Endpoints: the older form of slices, mirrored into them where files hold it.

use crate::wire::meta::Metadata;
use crate::wire::notes::Text;
use crate::wire::scalar::{Port, ProtocolWord};
use crate::wire::shape::object;
use crate::wire::slice::TargetRef;

object! {
    /// An Endpoints object.
    Endpoints {
        metadata: Metadata = "metadata" required,
        subsets: Vec<Subset> = "subsets",
    }
}

object! {
    /// `subsets[]`.
    Subset {
        ready: Vec<Address> = "addresses",
        not_ready: Vec<Address> = "notReadyAddresses",
        ports: Vec<EndpointPort> = "ports",
    }
}

object! {
    /// `addresses[]`.
    Address {
        ip: Text = "ip" required,
        hostname: Text = "hostname",
        node: Text = "nodeName",
        target: TargetRef = "targetRef",
    }
}

object! {
    /// `ports[]`.
    EndpointPort {
        name: Text = "name",
        port: Port = "port" required,
        protocol: ProtocolWord = "protocol",
    }
}
