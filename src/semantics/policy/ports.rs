//! Sets of ports of the three protocols.

use crate::model::port::Protocol;

/// A set of (protocol, port): sorted, disjoint, minimal ranges. Ports are 1–65535.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortSet(Vec<(u32, u32)>);

/// Ports of one protocol, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// The protocol.
    pub protocol: Protocol,
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
}

const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

const fn base(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::Tcp => 0,
        Protocol::Udp => 1 << 16,
        Protocol::Sctp => 2 << 16,
    }
}

impl PortSet {
    /// No port.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Every port of every protocol.
    pub fn all() -> Self {
        Self(
            PROTOCOLS
                .map(|protocol| (base(protocol) + 1, base(protocol) + 65535))
                .to_vec(),
        )
    }

    /// Every port of a protocol.
    pub fn of(protocol: Protocol) -> Self {
        Self::range(protocol, 1, u16::MAX)
    }

    /// One port.
    pub fn one(protocol: Protocol, port: u16) -> Self {
        Self::range(protocol, port, port)
    }

    /// The ports from `first` to `last`; port 0 is no port.
    pub fn range(protocol: Protocol, first: u16, last: u16) -> Self {
        let first = first.max(1);
        if first > last {
            return Self::none();
        }
        Self(vec![(
            base(protocol) + u32::from(first),
            base(protocol) + u32::from(last),
        )])
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is every port of every protocol.
    pub fn is_all(&self) -> bool {
        *self == Self::all()
    }

    /// Whether a port is in it.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        let at = base(protocol) + u32::from(port);
        self.0
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&at))
    }

    /// The ports of either.
    pub fn or(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        let mut both: Vec<(u32, u32)> = self.0.iter().chain(&other.0).copied().collect();
        both.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(both.len());
        for (first, last) in both {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// The ports of both.
    pub fn and(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = Vec::new();
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                common.push((first, last));
            }
            if a.1 < b.1 {
                left.next();
            } else {
                right.next();
            }
        }
        Self(common)
    }

    /// The ports of this one that are not in the other.
    pub fn minus(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        let mut left = Vec::new();
        for (first, last) in &self.0 {
            let mut from = *first;
            for (cut, end) in &other.0 {
                if *end < from {
                    continue;
                }
                if *cut > *last {
                    break;
                }
                if *cut > from {
                    left.push((from, cut - 1));
                }
                from = end + 1;
                if from > *last {
                    break;
                }
            }
            if from <= *last {
                left.push((from, *last));
            }
        }
        Self(left)
    }

    /// Its ranges: sorted by protocol and port, minimal and disjoint.
    pub fn ranges(&self) -> impl Iterator<Item = PortRange> {
        self.0.iter().filter_map(|(first, last)| {
            let protocol = PROTOCOLS
                .into_iter()
                .find(|protocol| base(*protocol) == (first & !0xffff))?;
            Some(PortRange {
                protocol,
                first: u16::try_from(first & 0xffff).ok()?,
                last: u16::try_from(last & 0xffff).ok()?,
            })
        })
    }
}

impl std::fmt::Display for PortSet {
    /// `8080/TCP, 53/UDP`; `every port` for all of them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_all() {
            return f.write_str("every port");
        }
        if self.is_empty() {
            return f.write_str("no port");
        }
        for (at, range) in self.ranges().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{range}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for PortRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.first, self.last) {
            (1, u16::MAX) => write!(f, "all {}", self.protocol),
            (first, last) if first == last => write!(f, "{first}/{}", self.protocol),
            (first, last) => write!(f, "{first}-{last}/{}", self.protocol),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_minimal_and_protocols_never_merge() {
        let set = PortSet::range(Protocol::Tcp, 80, 90).or(&PortSet::range(Protocol::Tcp, 91, 100));
        assert_eq!(set, PortSet::range(Protocol::Tcp, 80, 100));
        let edges = PortSet::one(Protocol::Tcp, 65535).or(&PortSet::one(Protocol::Udp, 1));
        assert_eq!(edges.ranges().count(), 2);
        assert_eq!(edges.to_string(), "65535/TCP, 1/UDP");
        assert!(PortSet::range(Protocol::Tcp, 0, 0).is_empty());
    }

    #[test]
    fn taking_away_cuts_in_the_middle() {
        let set = PortSet::all().minus(&PortSet::one(Protocol::Udp, 53));
        assert!(!set.contains(Protocol::Udp, 53));
        assert!(set.contains(Protocol::Udp, 52) && set.contains(Protocol::Udp, 54));
        assert!(set.contains(Protocol::Tcp, 53));
        assert_eq!(set.or(&PortSet::one(Protocol::Udp, 53)), PortSet::all());
        assert!(PortSet::all().minus(&PortSet::all()).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn laws_of_sets(
            a in proptest::collection::vec((0u8..3, 1u16..40, 0u16..9), 0..6),
            b in proptest::collection::vec((0u8..3, 1u16..40, 0u16..9), 0..6),
            protocol in 0u8..3, port in 1u16..60,
        ) {
            let make = |list: &[(u8, u16, u16)]| list.iter().fold(PortSet::none(), |set, (p, first, more)| {
                set.or(&PortSet::range(PROTOCOLS[usize::from(*p)], *first, first + more))
            });
            let (x, y) = (make(&a), make(&b));
            let protocol = PROTOCOLS[usize::from(protocol)];
            let has = |set: &PortSet| set.contains(protocol, port);
            proptest::prop_assert_eq!(has(&x.or(&y)), has(&x) || has(&y));
            proptest::prop_assert_eq!(has(&x.and(&y)), has(&x) && has(&y));
            proptest::prop_assert_eq!(has(&x.minus(&y)), has(&x) && !has(&y));
            proptest::prop_assert_eq!(x.and(&y).or(&x.minus(&y)), x);
        }
    }
}
