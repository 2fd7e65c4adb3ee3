//! Forwards that an object's annotations suggest, as other programs read them. They are cluster data, written by
//! whoever may write the object: offered first, never started.
//!
//! Sources: k9s, "FastForwards" (`k9scli.io/auto-port-forwards`, `k9scli.io/port-forwards`); kftray, "auto-importing
//! configs via annotations" (`kftray.app/enabled`, `kftray.app/configs`).

use crate::model::labels::Labels;
use crate::model::port::PortRef;

/// k9s' annotations; it acts on the first and pre-selects by the second.
const K9S: &[&str] = &["k9scli.io/auto-port-forwards", "k9scli.io/port-forwards"];

/// More than these of one object are not looked at.
const MOST: usize = 16;

/// Whose annotation suggests it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// k9s'.
    K9s,
    /// kftray's.
    Kftray,
}

impl By {
    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::K9s => "k9s",
            Self::Kftray => "kftray",
        }
    }
}

/// A forward that an annotation suggests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Whose annotation it is.
    pub by: By,
    /// The port, by number or name: of a container in k9s', of the Service in kftray's.
    pub port: PortRef,
    /// The local port, where one is named that differs from the port.
    pub local: Option<u16>,
}

/// What an object's annotations suggest, in their order, each port once. What cannot be understood is left out.
pub fn suggestions(annotations: &Labels) -> Vec<Suggestion> {
    let mut found: Vec<Suggestion> = Vec::new();
    let k9s = K9S.iter().filter_map(|key| annotations.get(key));
    let k9s = k9s.flat_map(|text| text.split(',').filter_map(of_k9s));
    let enabled = annotations.has("kftray.app/enabled", "true");
    let kftray = annotations.get("kftray.app/configs").filter(|_| enabled);
    let kftray = kftray
        .into_iter()
        .flat_map(|text| text.split(',').filter_map(of_kftray));
    for suggestion in k9s.chain(kftray).take(MOST) {
        if !found.iter().any(|known| known.port == suggestion.port) {
            found.push(suggestion);
        }
    }
    found
}

/// `[CONTAINER::][LOCAL:]PORT`, PORT by number or name.
fn of_k9s(text: &str) -> Option<Suggestion> {
    let text = text.trim();
    let (container, ports) = text.split_once("::").unwrap_or(("", text));
    let named = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !container.chars().all(named) {
        return None;
    }
    let (local, port) = ports.split_once(':').unwrap_or(("", ports));
    let port = port_of(port)?;
    let local = match local {
        "" => None,
        local => Some(number(local)?),
    };
    Some(Suggestion {
        by: By::K9s,
        local: local.filter(|local| port != PortRef::Number(*local)),
        port,
    })
}

/// `ALIAS-LOCAL-PORT`, where alias and port name may hold dashes too: the first part that is a number is LOCAL.
fn of_kftray(text: &str) -> Option<Suggestion> {
    let parts: Vec<&str> = text.trim().split('-').collect();
    let at = parts
        .iter()
        .skip(1)
        .position(|part| number(part).is_some())?
        + 1;
    let port = port_of(&parts.get(at + 1..)?.join("-"))?;
    let local = parts.get(at).and_then(|part| number(part))?;
    Some(Suggestion {
        by: By::Kftray,
        local: Some(local).filter(|local| port != PortRef::Number(*local)),
        port,
    })
}

fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

/// A port's number, or a name that a port can have (RFC 6335).
fn port_of(text: &str) -> Option<PortRef> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return number(text).map(PortRef::Number);
    }
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let named = text.len() <= 15 && text.bytes().all(letters);
    named.then(|| PortRef::Name(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Vec<String> {
        let annotations: Labels = pairs.iter().copied().collect();
        let said = suggestions(&annotations).into_iter().map(|one| {
            let local = one.local.map_or(String::new(), |local| local.to_string());
            format!("{} {local}:{}", one.by.word(), one.port)
        });
        said.collect()
    }

    #[test]
    fn k9s_shapes() {
        let key = "k9scli.io/port-forwards";
        for (text, wanted) in [
            ("zorg::5556", &["k9s :5556"][..]),
            ("bozo::9090:p1", &["k9s 9090:p1"]),
            ("bozo::p1", &["k9s :p1"]),
            ("bozo::8080:8080", &["k9s :8080"]),
            ("9090:80", &["k9s 9090:80"]),
            (" a::1:2 , b::3:4", &["k9s 1:2", "k9s 3:4"]),
            ("a::1:2,a::9:2", &["k9s 1:2"]),
            ("", &[]),
            ("a::", &[]),
            ("a::0:80", &[]),
            ("a::70000:80", &[]),
            ("a b::1:2", &[]),
            ("a::1:2:3", &[]),
            ("a::\u{202e}http", &[]),
        ] {
            assert_eq!(read(&[(key, text)]), wanted, "{text}");
        }
        let both = read(&[(key, "a::p2"), ("k9scli.io/auto-port-forwards", "a::p1")]);
        assert_eq!(both, ["k9s :p1", "k9s :p2"]);
    }

    #[test]
    fn kftray_shapes() {
        let said = |text| read(&[("kftray.app/enabled", "true"), ("kftray.app/configs", text)]);
        assert_eq!(said("test-9999-http"), ["kftray 9999:http"]);
        assert_eq!(said("my-app-9999-http-web"), ["kftray 9999:http-web"]);
        assert_eq!(
            said("a-8080-80,b-9090-90"),
            ["kftray 8080:80", "kftray 9090:90"]
        );
        assert!(said("test-http").is_empty());
        assert!(said("9999-http").is_empty());
        let off = read(&[("kftray.app/configs", "test-9999-http")]);
        assert!(off.is_empty(), "kftray takes only what is enabled");
    }
}
