//! Which client addresses ingress-nginx lets through: `allowlist-source-range` (once `whitelist-`) and
//! `denylist-source-range`.

use crate::model::ingress::Ingress;
use crate::semantics::nginx::annotation::text;
use ipnet::IpNet;
use std::net::IpAddr;

/// What the lists of an Ingress say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// The allow list and the annotation it stands in; none admits everybody.
    pub allowed: Option<(&'static str, Vec<IpNet>)>,
    /// The deny list.
    pub denied: Option<(&'static str, Vec<IpNet>)>,
    /// The first list that cannot be read: its paths answer 503.
    pub unreadable: Option<&'static str>,
}

/// Addresses and networks between commas; none where a single one is neither (`ParseIPNets`).
pub fn networks(value: &str) -> Option<Vec<IpNet>> {
    let parts = value.split(',').map(str::trim);
    parts
        .map(|part| {
            let net = part.parse::<IpNet>().ok();
            net.map(|net| net.trunc())
                .or_else(|| part.parse::<IpAddr>().ok().map(IpNet::from))
        })
        .collect()
}

/// The lists of an Ingress. The newer name is looked at where the older one is not set.
pub fn of(ingress: &Ingress) -> Sources {
    let mut sources = Sources::default();
    let mut read = |names: &[&'static str]| {
        let set = names
            .iter()
            .find_map(|name| Some((*name, text(ingress, name)?)));
        let (name, value) = set?;
        let nets = networks(value);
        if nets.is_none() {
            sources.unreadable.get_or_insert(name);
        }
        Some((name, nets?))
    };
    let denied = read(&["denylist-source-range"]);
    let allowed = read(&["whitelist-source-range", "allowlist-source-range"]);
    Sources {
        allowed,
        denied,
        ..sources
    }
}

impl Sources {
    /// Whether there is a list at all.
    pub fn is_empty(&self) -> bool {
        self.allowed.is_none() && self.denied.is_none()
    }

    /// The annotation that keeps an address out; none where it is let in. What is denied is looked at first.
    pub fn keeps_out(&self, ip: IpAddr) -> Option<&'static str> {
        let holds = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&ip));
        if let Some((name, nets)) = &self.denied
            && holds(nets)
        {
            return Some(name);
        }
        match &self.allowed {
            Some((name, nets)) if !holds(nets) => Some(name),
            _ => None,
        }
    }

    /// Every network that is named: where verdicts may change.
    pub fn nets(&self) -> impl Iterator<Item = IpNet> {
        let lists = [&self.denied, &self.allowed];
        lists
            .into_iter()
            .flatten()
            .flat_map(|(_, nets)| nets.iter().copied())
    }
}
