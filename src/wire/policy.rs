//! NetworkPolicy of `networking.k8s.io`.

use crate::wire::meta::{LabelSelector, Metadata};
use crate::wire::notes::{Notes, Text};
use crate::wire::scalar::ProtocolWord;
use crate::wire::shape::{Shape, choice, object};
use ipnet::IpNet;
use serde::de::SeqAccess;

/// A list that keeps the places of items of which nothing can be made: to leave one out could turn "these" into
/// "everyone".
#[derive(Debug)]
pub(crate) struct Items<T>(pub(crate) Vec<Option<T>>);

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Shape> Shape for Items<T> {
    const EXPECTED: &'static str = "a list";

    fn list<'de, A: SeqAccess<'de>>(
        mut list: A,
        notes: &mut Notes,
    ) -> Result<Option<Self>, A::Error> {
        let mut items = Vec::new();
        for at in 0.. {
            notes.enter_item(at);
            let item = list.next_element_seed(notes.seed::<T>());
            notes.leave();
            match item? {
                Some(item) => items.push(item),
                None => break,
            }
        }
        Ok(Some(Self(items)))
    }
}

/// A range of addresses, exactly as the API accepts it: nothing is guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Net(pub(crate) IpNet);

impl Shape for Net {
    const EXPECTED: &'static str = "a range of addresses as 10.0.0.0/8";

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        let net = value.parse().ok();
        if net.is_none() {
            notes.odd_text(value, Self::EXPECTED);
        }
        net.map(Self)
    }
}

/// A port by number or by name. Nothing stands for "unset".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PolicyPort {
    Number(u16),
    Name(Text),
}

impl Shape for PolicyPort {
    const EXPECTED: &'static str = "a number from 1 to 65535, or a port's name";

    fn whole(value: i128, notes: &mut Notes) -> Option<Self> {
        let fits = u16::try_from(value).ok().filter(|port| *port > 0);
        if fits.is_none() {
            notes.odd(value.to_string(), Self::EXPECTED);
        }
        fits.map(Self::Number)
    }

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        if value.bytes().any(|byte| byte.is_ascii_alphabetic()) {
            return Some(Self::Name(value.into()));
        }
        notes.odd_text(value, Self::EXPECTED);
        None
    }
}

object! {
    /// A NetworkPolicy.
    NetworkPolicy {
        metadata: Metadata = "metadata" required,
        spec: Spec = "spec",
    }
}

object! {
    /// `spec`.
    Spec {
        pods: LabelSelector = "podSelector",
        types: Vec<TypeWord> = "policyTypes",
        ingress: Items<IngressRule> = "ingress",
        egress: Items<EgressRule> = "egress",
    }
}

choice! {
    /// An entry of `policyTypes`.
    TypeWord, "Ingress or Egress" { Ingress = "Ingress", Egress = "Egress", }
}

object! {
    /// `spec.ingress[]`.
    IngressRule {
        peers: Items<Peer> = "from",
        ports: Items<Port> = "ports",
    }
}

object! {
    /// `spec.egress[]`.
    EgressRule {
        peers: Items<Peer> = "to",
        ports: Items<Port> = "ports",
    }
}

object! {
    /// A peer of a rule.
    Peer {
        pods: LabelSelector = "podSelector",
        namespaces: LabelSelector = "namespaceSelector",
        block: Block = "ipBlock",
    }
}

object! {
    /// `ipBlock`.
    Block {
        cidr: Net = "cidr" required,
        except: Items<Net> = "except",
    }
}

object! {
    /// A port of a rule.
    Port {
        protocol: ProtocolWord = "protocol",
        port: PolicyPort = "port",
        end: crate::wire::scalar::Port = "endPort",
    }
}
