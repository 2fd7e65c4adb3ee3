//! Texts, numbers, ports, times and addresses.

use crate::wire::notes::{Notes, Text};
use crate::wire::shape::{KeySeed, Shape, choice};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::de::MapAccess;
use std::net::IpAddr;

impl Shape for Text {
    const EXPECTED: &'static str = "a string";

    fn flag(value: bool, notes: &mut Notes) -> Option<Self> {
        notes.odd(value.to_string(), Self::EXPECTED);
        Some(value.to_string().into())
    }

    fn whole(value: i128, notes: &mut Notes) -> Option<Self> {
        notes.odd(value.to_string(), Self::EXPECTED);
        Some(value.to_string().into())
    }

    fn real(value: f64, notes: &mut Notes) -> Option<Self> {
        notes.odd(value.to_string(), Self::EXPECTED);
        Some(value.to_string().into())
    }

    fn text(value: &str, _: &mut Notes) -> Option<Self> {
        Some(value.into())
    }
}

impl Shape for bool {
    const EXPECTED: &'static str = "true or false";

    fn flag(value: bool, _: &mut Notes) -> Option<Self> {
        Some(value)
    }

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        notes.odd_text(value, Self::EXPECTED);
        match value.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

/// A number written as a text is noted and taken.
fn digits<T: Shape>(value: &str, notes: &mut Notes) -> Option<T> {
    notes.odd_text(value, T::EXPECTED);
    let mut aside = Notes::new(notes.templates);
    T::whole(value.trim().parse().ok()?, &mut aside)
}

macro_rules! number {
    ($type:ty, $expected:literal) => {
        impl Shape for $type {
            const EXPECTED: &'static str = $expected;

            fn whole(value: i128, notes: &mut Notes) -> Option<Self> {
                let fits = value.try_into().ok();
                if fits.is_none() {
                    notes.odd(value.to_string(), $expected);
                }
                fits
            }

            fn text(value: &str, notes: &mut Notes) -> Option<Self> {
                digits(value, notes)
            }
        }
    };
}

number!(u32, "a whole number, 0 or more");
number!(i32, "a whole number");
number!(i64, "a whole number");

/// A port that must be there: 1–65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Port(pub(crate) u16);

impl Shape for Port {
    const EXPECTED: &'static str = "a number from 1 to 65535";

    fn whole(value: i128, notes: &mut Notes) -> Option<Self> {
        let fits = u16::try_from(value).ok().filter(|port| *port > 0);
        if fits.is_none() {
            notes.odd(value.to_string(), Self::EXPECTED);
        }
        fits.map(Self)
    }

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        digits(value, notes)
    }
}

/// A port for which 0 means unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MaybePort(pub(crate) u16);

impl Shape for MaybePort {
    const EXPECTED: &'static str = Port::EXPECTED;

    fn whole(value: i128, notes: &mut Notes) -> Option<Self> {
        if value == 0 {
            return None;
        }
        Port::whole(value, notes).map(|port| Self(port.0))
    }

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        digits(value, notes)
    }
}

/// A port by number or name; 0 and the empty name mean unset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortWord {
    Number(u16),
    Name(Text),
}

impl Shape for PortWord {
    const EXPECTED: &'static str = "a number from 1 to 65535, or a port's name";

    fn whole(value: i128, notes: &mut Notes) -> Option<Self> {
        if value == 0 {
            return None;
        }
        let fits = u16::try_from(value).ok();
        if fits.is_none() {
            notes.odd(value.to_string(), Self::EXPECTED);
        }
        fits.map(Self::Number)
    }

    /// A port's name holds at least one letter, so digits in quotes were meant as a number.
    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        if value.is_empty() {
            return None;
        }
        if value.bytes().all(|byte| byte.is_ascii_digit()) {
            notes.odd_text(value, "a number without quotes, or a port's name");
            let mut aside = Notes::new(notes.templates);
            return Self::whole(value.parse().ok()?, &mut aside);
        }
        Some(Self::Name(value.into()))
    }
}

/// An RFC 3339 time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) Timestamp);

impl Shape for Time {
    const EXPECTED: &'static str = "a time as 2006-01-02T15:04:05Z";

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        if value.is_empty() {
            return None;
        }
        let time = value.parse().ok();
        if time.is_none() {
            notes.odd_text(value, Self::EXPECTED);
        }
        time.map(Self)
    }
}

/// An IP address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ip(pub(crate) IpAddr);

impl Shape for Ip {
    const EXPECTED: &'static str = "an IP address";

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        if value.is_empty() {
            return None;
        }
        if let Ok(ip) = value.parse() {
            return Some(Self(ip));
        }
        notes.odd_text(value, Self::EXPECTED);
        without_leading_zeros(value)?.parse().ok().map(Self)
    }
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cidr(pub(crate) IpNet);

impl Shape for Cidr {
    const EXPECTED: &'static str = "a range of addresses as 10.0.0.0/8";

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        let value = value.trim();
        if value.is_empty() {
            return None;
        }
        let ip = value.split('/').next().unwrap_or(value);
        if ip.parse::<IpAddr>().is_ok()
            && let Ok(net) = value.parse()
        {
            return Some(Self(net));
        }
        notes.odd_text(value, Self::EXPECTED);
        if let Ok(ip) = value.parse::<IpAddr>() {
            return Some(Self(IpNet::from(ip)));
        }
        let (ip, length) = value.split_once('/')?;
        let net = format!("{}/{length}", without_leading_zeros(ip)?);
        net.parse().ok().map(Self)
    }
}

/// Old clusters stored addresses as `010.0.0.1` and read them as decimal.
fn without_leading_zeros(ip: &str) -> Option<String> {
    let octets: Option<Vec<String>> = ip
        .split('.')
        .map(|octet| Some(octet.parse::<u8>().ok()?.to_string()))
        .collect();
    Some(octets?.join("."))
}

/// `clusterIP`: an address, or the word `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClusterIp {
    Headless,
    At(IpAddr),
}

impl Shape for ClusterIp {
    const EXPECTED: &'static str = "an IP address or None";

    fn text(value: &str, notes: &mut Notes) -> Option<Self> {
        match value {
            "" => None,
            "None" => Some(Self::Headless),
            _ => {
                let ip = value.parse().ok();
                if ip.is_none() {
                    notes.odd_text(value, Self::EXPECTED);
                }
                ip.map(Self::At)
            }
        }
    }
}

choice! {
    /// `protocol`.
    ProtocolWord, "TCP, UDP or SCTP" { Tcp = "TCP", Udp = "UDP", Sctp = "SCTP", }
}

/// Labels, annotations or a plain selector, in the order of the document.
#[derive(Debug, Default)]
pub(crate) struct Pairs(pub(crate) Vec<(Text, Text)>);

/// Annotations that hold whole documents and that nobody here reads.
const UNREAD: &[&str] = &["kubectl.kubernetes.io/last-applied-configuration"];

impl Shape for Pairs {
    const EXPECTED: &'static str = "an object of strings";

    fn map<'de, A: MapAccess<'de>>(
        mut map: A,
        notes: &mut Notes,
    ) -> Result<Option<Self>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            if UNREAD.contains(&&*key) {
                map.next_value::<serde::de::IgnoredAny>()?;
                continue;
            }
            let key: Text = key.into();
            notes.enter_entry(&key);
            let value = map.next_value_seed(notes.seed::<Text>());
            notes.leave();
            pairs.push((key, value?.unwrap_or_else(|| "".into())));
        }
        Ok(Some(Self(pairs)))
    }
}
