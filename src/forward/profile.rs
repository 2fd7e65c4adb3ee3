//! Saved sets of forwards: what a person wrote into a file, checked as a whole before anything starts.
//!
//! May know targets and text; must never know where the file lies, nor whether a port is free.

use crate::forward::nearest::nearest;
use crate::forward::pick::Among;
use crate::forward::target::{Local, Target, TargetError};
use crate::model::key::Name;
use crate::model::text::visible;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// Where a forward listens where nothing else is said.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// One port, and where it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What is forwarded.
    pub target: Target,
    /// The local address.
    pub address: IpAddr,
    /// Which of several ready pods serves a connection.
    pub among: Among,
}

/// A saved set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The kubeconfig's context; the current one where none is named.
    pub context: Option<String>,
    /// The namespace of targets that name none; the context's own where none is named.
    pub namespace: Option<String>,
    /// Whether the screen starts it by itself with the context that it names.
    #[serde(default)]
    pub autostart: bool,
    /// What is forwarded.
    #[serde(default)]
    pub forwards: Vec<Entry>,
}

/// The ports of one object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// `[NAMESPACE/]KIND/NAME`.
    pub target: String,
    /// Each `[LOCAL:]PORT`.
    pub ports: Vec<String>,
    /// The local address to listen on.
    #[serde(default = "loopback")]
    pub address: IpAddr,
    /// Which of several ready pods serves a connection: `sticky` or `spread`.
    #[serde(default)]
    pub choice: Among,
}

fn loopback() -> IpAddr {
    LOOPBACK
}

/// Every saved set, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    /// What `--readonly` means for forwards, where the file says so.
    #[serde(default)]
    pub readonly_forwards: Option<Readonly>,
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

/// What `--readonly` means for forwards: they change nothing in the cluster, but what runs through them may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readonly {
    /// They may be opened.
    #[default]
    Allow,
    /// They may not.
    Forbid,
}

/// Why a saved set cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The file is no TOML, or holds what no profile has.
    #[error("line {line}: {why}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// No set of this name.
    #[error("there is no profile `{name}`{hint}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Which there are.
        hint: String,
    },
    /// A set without forwards.
    #[error("profile `{0}` lists no forward")]
    Empty(String),
    /// A forward of the set names nothing that can be forwarded.
    #[error("profile `{profile}`, forward {number}: {error}")]
    Target {
        /// The set.
        profile: String,
        /// Counted from 1.
        number: usize,
        /// What is wrong with it.
        error: TargetError,
    },
    /// Two forwards want the same local port.
    #[error("profile `{profile}`: {first} and {second} both want local port {port}")]
    Clash {
        /// The set.
        profile: String,
        /// The earlier.
        first: String,
        /// The later.
        second: String,
        /// The port.
        port: u16,
    },
}

impl Profiles {
    /// The sets of a file's text.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let before = text.get(..at).unwrap_or(text);
            ProfileError::Syntax {
                line: before.matches('\n').count() + 1,
                why: visible(error.message()).into_owned(),
            }
        })
    }

    /// Every name, with its set.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.profiles
            .iter()
            .map(|(name, profile)| (name.as_str(), profile))
    }

    /// The set of a name.
    pub fn get(&self, name: &str) -> Result<&Profile, ProfileError> {
        self.profiles.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!(": there is `{near}`"),
                None if known.is_empty() => ": the file has none".to_owned(),
                None => format!(": there are {}", known.join(", ")),
            };
            ProfileError::Unknown {
                name: visible(name).into_owned(),
                hint: visible(&hint).into_owned(),
            }
        })
    }
}

impl Profile {
    /// Every port of the set named `name`, once none of them clashes with another. `namespace` is the context's own.
    pub fn wanted(&self, name: &str, namespace: &Name) -> Result<Vec<Wanted>, ProfileError> {
        let own = self.namespace.as_deref().map(Name::from);
        let namespace = own.as_ref().unwrap_or(namespace);
        let mut wanted: Vec<Wanted> = Vec::new();
        for (number, entry) in (1..).zip(&self.forwards) {
            let targets =
                Target::parse(&entry.target, namespace, &entry.ports).map_err(|error| {
                    ProfileError::Target {
                        profile: name.to_owned(),
                        number,
                        error,
                    }
                })?;
            for target in targets {
                let new = Wanted {
                    target,
                    address: entry.address,
                    among: entry.choice,
                };
                if let Some(old) = wanted.iter().find(|old| old.clashes_with(&new)) {
                    return Err(clash(name, old, &new));
                }
                wanted.push(new);
            }
        }
        if wanted.is_empty() {
            return Err(ProfileError::Empty(name.to_owned()));
        }
        Ok(wanted)
    }
}

impl Wanted {
    fn clashes_with(&self, other: &Self) -> bool {
        matches!(self.target.local, Local::Exactly(_))
            && self.target.local == other.target.local
            && overlap(self.address, other.address)
    }
}

fn clash(profile: &str, old: &Wanted, new: &Wanted) -> ProfileError {
    ProfileError::Clash {
        profile: profile.to_owned(),
        first: old.target.to_string(),
        second: new.target.to_string(),
        port: match new.target.local {
            Local::Exactly(port) => port,
            Local::Proposed | Local::Any => 0,
        },
    }
}

/// Whether two listeners on the same port would be in each other's way.
pub fn overlap(one: IpAddr, other: IpAddr) -> bool {
    one == other
        || one.is_ipv4() == other.is_ipv4() && (one.is_unspecified() || other.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        [profiles.shop]
        context = "prod-eu"
        namespace = "shop"
        autostart = true

        [[profiles.shop.forwards]]
        target = "svc/cart"
        ports = ["8080:80", "metrics"]

        [[profiles.shop.forwards]]
        target = "db/sts/postgres"
        ports = [":5432"]
        address = "127.0.0.2"
        choice = "spread"

        [profiles.bare]
    "#;

    fn wanted(text: &str, name: &str) -> Result<Vec<Wanted>, ProfileError> {
        let profiles = Profiles::parse(text)?;
        profiles.get(name)?.wanted(name, &Name::from("default"))
    }

    #[test]
    fn a_set_is_what_its_lines_say() {
        let wanted = wanted(FILE, "shop").unwrap();
        let said: Vec<String> = wanted
            .iter()
            .map(|wanted| {
                format!(
                    "{} {:?} {}",
                    wanted.target, wanted.target.local, wanted.address
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                "shop/Service/cart:80 Exactly(8080) 127.0.0.1",
                "shop/Service/cart:metrics Proposed 127.0.0.1",
                "db/StatefulSet/postgres:5432 Any 127.0.0.2",
            ]
        );
        let among: Vec<Among> = wanted.iter().map(|wanted| wanted.among).collect();
        assert_eq!(among, [Among::Sticky, Among::Sticky, Among::Spread]);
        let profiles = Profiles::parse(FILE).unwrap();
        let shop = profiles.get("shop").unwrap();
        assert_eq!(
            (shop.context.as_deref(), shop.autostart),
            (Some("prod-eu"), true)
        );
        assert!(!profiles.get("bare").unwrap().autostart);
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let said = |text: &str, name: &str| wanted(text, name).unwrap_err().to_string();
        assert_eq!(
            said(FILE, "shopp"),
            "there is no profile `shopp`: there is `shop`"
        );
        assert_eq!(
            said(FILE, "elsewhere"),
            "there is no profile `elsewhere`: there are bare, shop"
        );
        assert_eq!(said(FILE, "bare"), "profile `bare` lists no forward");
        assert_eq!(
            said("", "shop"),
            "there is no profile `shop`: the file has none"
        );
        let typo = said("[profiles.a]\ncontxt = \"x\"\n", "a");
        assert!(
            typo.starts_with("line 2: ") && typo.contains("contxt"),
            "{typo}"
        );
        let udp = said(
            "[[profiles.a.forwards]]\ntarget = \"svc/dns\"\nports = [\"53/UDP\"]\n",
            "a",
        );
        assert!(
            udp.starts_with("profile `a`, forward 1: UDP cannot be forwarded"),
            "{udp}"
        );
    }

    #[test]
    fn clashes_are_found_before_anything_starts() {
        let two = |first: &str, second: &str| {
            format!(
                "[[profiles.a.forwards]]\ntarget = \"svc/x\"\nports = [\"8080:80\"]\naddress = \"{first}\"\n\
                 [[profiles.a.forwards]]\ntarget = \"svc/y\"\nports = [\"8080:81\"]\naddress = \"{second}\"\n"
            )
        };
        for (first, second, clashes) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "0.0.0.0", true),
            ("::", "::1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "::1", false),
        ] {
            let found = wanted(&two(first, second), "a");
            assert_eq!(found.is_err(), clashes, "{first} {second}");
        }
        assert_eq!(
            wanted(&two("127.0.0.1", "127.0.0.1"), "a")
                .unwrap_err()
                .to_string(),
            "profile `a`: default/Service/x:80 and default/Service/y:81 both want local port 8080"
        );
    }
}
