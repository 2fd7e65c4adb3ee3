//! CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy of `cilium.io/v2`.
//!
//! Of what decides beyond addresses and ports only is read that it is there.

use crate::wire::meta::{Condition, LabelSelector, Metadata};
use crate::wire::notes::{Notes, Text};
use crate::wire::policy::{Items, Net};
use crate::wire::shape::{Shape, choice, object};
use ipnet::IpNet;
use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use std::net::IpAddr;

/// Something of which only is read that it is there, and not an empty list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Present(pub(crate) bool);

impl Shape for Present {
    const EXPECTED: &'static str = "a value";

    fn flag(_: bool, _: &mut Notes) -> Option<Self> {
        Some(Self(true))
    }

    fn whole(_: i128, _: &mut Notes) -> Option<Self> {
        Some(Self(true))
    }

    fn text(_: &str, _: &mut Notes) -> Option<Self> {
        Some(Self(true))
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A, _: &mut Notes) -> Result<Option<Self>, A::Error> {
        let mut any = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            any = true;
        }
        Ok(Some(Self(any)))
    }

    fn map<'de, A: MapAccess<'de>>(mut map: A, _: &mut Notes) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Self(true)))
    }
}

/// A range, or an address alone, which stands for itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range(pub(crate) IpNet);

impl Shape for Range {
    const EXPECTED: &'static str = Net::EXPECTED;

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        let alone = || value.parse::<IpAddr>().ok().map(IpNet::from);
        let net = value.parse().ok().or_else(alone);
        if net.is_none() {
            notes.odd_text(value, Self::EXPECTED);
        }
        net.map(Self)
    }
}

/// A port of Cilium's: a text, whether number or name; `0` is every port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortText {
    Number(u16),
    Name(Text),
}

impl Shape for PortText {
    const EXPECTED: &'static str = "a number from 0 to 65535, or a port's name, as a string";

    fn whole(value: i128, notes: &mut Notes) -> Option<Self> {
        notes.odd(value.to_string(), Self::EXPECTED);
        u16::try_from(value).ok().map(Self::Number)
    }

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        if value.bytes().any(|byte| byte.is_ascii_alphabetic()) {
            return Some(Self::Name(value.to_ascii_lowercase().into()));
        }
        let number = value.parse().ok();
        if number.is_none() {
            notes.odd_text(value, Self::EXPECTED);
        }
        number.map(Self::Number)
    }
}

object! {
    /// One `spec`, or several `specs`.
    Cilium {
        metadata: Metadata = "metadata" required,
        spec: Spec = "spec",
        specs: Items<Spec> = "specs",
        status: Status = "status",
    }
}

object! {
    /// `status`: what the operator made of it.
    Status { conditions: Vec<Condition> = "conditions", }
}

object! {
    /// `api.Rule`: `nodeSelector` is about hosts, not pods.
    Spec {
        endpoints: LabelSelector = "endpointSelector",
        nodes: LabelSelector = "nodeSelector",
        ingress: Items<Rule> = "ingress",
        ingress_deny: Items<Rule> = "ingressDeny",
        egress: Items<Rule> = "egress",
        egress_deny: Items<Rule> = "egressDeny",
        default_deny: DefaultDeny = "enableDefaultDeny",
    }
}

object! {
    /// `enableDefaultDeny`.
    DefaultDeny {
        ingress: bool = "ingress",
        egress: bool = "egress",
    }
}

object! {
    /// A rule of either direction.
    Rule {
        from_endpoints: Items<LabelSelector> = "fromEndpoints",
        from_entities: Items<Text> = "fromEntities",
        from_cidr: Items<Range> = "fromCIDR",
        from_cidr_set: Items<Cidr> = "fromCIDRSet",
        from_nodes: Present = "fromNodes",
        from_groups: Present = "fromGroups",
        from_requires: Present = "fromRequires",
        to_endpoints: Items<LabelSelector> = "toEndpoints",
        to_entities: Items<Text> = "toEntities",
        to_cidr: Items<Range> = "toCIDR",
        to_cidr_set: Items<Cidr> = "toCIDRSet",
        to_nodes: Present = "toNodes",
        to_groups: Present = "toGroups",
        to_requires: Present = "toRequires",
        to_services: Items<Service> = "toServices",
        to_fqdns: Items<Fqdn> = "toFQDNs",
        ports: Items<Ports> = "toPorts",
        icmps: Present = "icmps",
        authentication: Authentication = "authentication",
    }
}

object! {
    /// `toCIDRSet[]`.
    Cidr {
        cidr: Range = "cidr",
        except: Items<Range> = "except",
        group: Present = "cidrGroupRef",
        groups: Present = "cidrGroupSelector",
    }
}

object! {
    /// `toServices[]`.
    Service {
        named: ServiceName = "k8sService",
        selected: Present = "k8sServiceSelector",
    }
}

object! {
    /// `k8sService`.
    ServiceName {
        name: Text = "serviceName",
        namespace: Text = "namespace",
    }
}

object! {
    /// `toFQDNs[]`.
    Fqdn {
        name: Text = "matchName",
        pattern: Text = "matchPattern",
    }
}

object! {
    /// `authentication`.
    Authentication { mode: Text = "mode", }
}

object! {
    /// `toPorts[]`.
    Ports {
        ports: Items<Port> = "ports",
        rules: Requests = "rules",
        server_names: Present = "serverNames",
        terminating: Present = "terminatingTLS",
        originating: Present = "originatingTLS",
        listener: Present = "listener",
    }
}

object! {
    /// `toPorts[].ports[]`.
    Port {
        port: PortText = "port",
        end: u32 = "endPort",
        protocol: ProtocolWord = "protocol",
    }
}

choice! {
    /// `protocol`, of which three have ports.
    ProtocolWord, "TCP, UDP, SCTP or ANY" {
        Tcp = "TCP",
        Udp = "UDP",
        Sctp = "SCTP",
        Any = "ANY",
        Vrrp = "VRRP",
        Igmp = "IGMP",
        Gre = "GRE",
        IpIp = "IPIP",
        Ipv6 = "IPV6",
        Esp = "ESP",
        Ah = "AH",
        Icmp = "ICMP",
        Icmpv6 = "ICMPv6",
    }
}

object! {
    /// `toPorts[].rules`.
    Requests {
        http: Present = "http",
        kafka: Present = "kafka",
        l7: Present = "l7",
        l7proto: Text = "l7proto",
        dns: Items<Fqdn> = "dns",
    }
}
