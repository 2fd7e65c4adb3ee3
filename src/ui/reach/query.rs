//! What is typed to narrow the map: `web`, `web > db`, `> db :5432`, `:53/UDP`.

use crate::model::port::Protocol;
use crate::ui::filter::pattern_of;
use crate::ui::reach::short;
use regex::Regex;

/// Which workloads, and on which port.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// As it was typed.
    pub text: String,
    /// Senders whose names match; none: all.
    from: Option<Regex>,
    /// Receivers likewise.
    to: Option<Regex>,
    /// The one port that is asked for.
    pub port: Option<(Protocol, u16)>,
    /// What is wrong with what was typed.
    pub defect: Option<String>,
}

impl Query {
    /// Reads what was typed. A word without `>` means both ends; what cannot be read narrows nothing.
    pub fn parse(text: &str) -> Self {
        let mut query = Self {
            text: text.trim().to_owned(),
            ..Self::default()
        };
        let mut names: Vec<&str> = Vec::new();
        for word in text.split_whitespace() {
            match word.strip_prefix(':') {
                Some("") => {}
                Some(port) => match self::port(port) {
                    Some(port) => query.port = Some(port),
                    None => query.defect = Some(format!("{word} is no port: :8080 or :53/UDP")),
                },
                None => names.push(word),
            }
        }
        let names = names.join(" ");
        let mut pattern = |text: &str| -> Option<Regex> {
            let text = text.trim();
            if text.is_empty() {
                return None;
            }
            match pattern_of(text) {
                Ok(regex) => Some(regex),
                Err(why) => {
                    query.defect = Some(format!("not an expression: {why}"));
                    None
                }
            }
        };
        (query.from, query.to) = if let Some((from, to)) = names.split_once('>') {
            (pattern(from), pattern(to))
        } else {
            let both = pattern(&names);
            (both.clone(), both)
        };
        query
    }

    /// The port alone.
    pub fn port_only(&self) -> Self {
        Self {
            text: self.port.map(|port| words(port, ":")).unwrap_or_default(),
            port: self.port,
            ..Self::default()
        }
    }

    /// Whether it narrows anything.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether a sender is meant.
    pub fn sends(&self, name: &str) -> bool {
        meant(self.from.as_ref(), name)
    }

    /// Whether a receiver is meant.
    pub fn receives(&self, name: &str) -> bool {
        meant(self.to.as_ref(), name)
    }

    /// Whether a peer of the one workload that is looked at is meant, by either name.
    pub fn peer(&self, name: &str) -> bool {
        self.sends(name) && self.receives(name)
    }

    /// The one workload that a word without `>` names or alone matches.
    pub fn one_of(&self, owners: &[String]) -> Option<String> {
        let named = |name: &&String| {
            let words = self.text.split_whitespace();
            let mut words = words.filter(|word| !word.starts_with(':'));
            let (first, more) = (words.next(), words.next());
            more.is_none()
                && first.is_some_and(|word| {
                    **name == word || short(name) == word || name.ends_with(&format!("/{word}"))
                })
        };
        let only = |mut found: Vec<&String>| {
            let one = found.pop().cloned();
            one.filter(|_| found.is_empty())
        };
        only(owners.iter().filter(named).collect()).or_else(|| {
            self.from.as_ref().filter(|_| !self.text.contains('>'))?;
            only(owners.iter().filter(|name| self.peer(name)).collect())
        })
    }
}

fn meant(pattern: Option<&Regex>, name: &str) -> bool {
    pattern.is_none_or(|regex| regex.is_match(name) || regex.is_match(&short(name)))
}

fn port(text: &str) -> Option<(Protocol, u16)> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, ""));
    let number = number.parse().ok().filter(|number| *number > 0)?;
    let protocol = if protocol.is_empty() {
        Protocol::Tcp
    } else {
        Protocol::parse(protocol)?
    };
    Some((protocol, number))
}

/// `8080/TCP`, with something before it.
pub fn words((protocol, port): (Protocol, u16), before: &str) -> String {
    format!("{before}{port}/{protocol}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners() -> Vec<String> {
        let names = [
            "shop/Deployment/web",
            "shop/Deployment/web-old",
            "pay/StatefulSet/db",
        ];
        names.map(str::to_owned).to_vec()
    }

    #[test]
    fn a_name_means_one_workload_where_it_is_one() {
        let one = |text: &str| Query::parse(text).one_of(&owners());
        assert_eq!(one("web").as_deref(), Some("shop/Deployment/web"));
        assert_eq!(
            one("shop/web-old :80").as_deref(),
            Some("shop/Deployment/web-old")
        );
        assert_eq!(one("pay").as_deref(), Some("pay/StatefulSet/db"));
        assert_eq!(one("shop"), None);
        assert_eq!(one("web > db"), None);
        assert_eq!(one(":80"), None);
    }

    #[test]
    fn both_ends_and_a_port() {
        let query = Query::parse("^shop > db :53/udp");
        assert!(query.sends("shop/Deployment/web") && !query.sends("pay/StatefulSet/db"));
        assert!(query.receives("pay/StatefulSet/db") && !query.receives("shop/Deployment/web"));
        assert_eq!(query.port, Some((Protocol::Udp, 53)));
        assert_eq!(query.port_only().text, ":53/UDP");
        for wrong in [":70000", ":0", ":80/ICMP", ":http", "("] {
            let query = Query::parse(wrong);
            assert!(query.defect.is_some() && query.port.is_none(), "{wrong}");
            assert!(query.sends("shop/Deployment/web"), "{wrong}");
        }
    }
}
