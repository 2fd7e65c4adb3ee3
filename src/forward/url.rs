//! The URL under which a forward is found, for a browser or a clipboard.

use crate::forward::target::Target;
use crate::model::port::PortRef;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Remote ports that speak TLS by custom.
const TLS: &[u16] = &[443, 6443, 8443, 9443];

/// The URL of a forward that listens on `local`; none where that is no address with a port. Whether the port speaks
/// HTTP is not known: `https` where its number or name says so, else `http`. A listener on every address is found
/// on the loopback one.
pub fn of(local: &str, target: &Target, mapping: &str) -> Option<String> {
    let place: SocketAddr = local.parse().ok()?;
    let ip = match place.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let place = SocketAddr::new(ip, place.port());
    let named = match &target.remote {
        PortRef::Number(number) => TLS.contains(number),
        PortRef::Name(name) => name.starts_with("https"),
    };
    let mapped = mapping
        .split_whitespace()
        .any(|word| word.starts_with("https"));
    let scheme = if named || mapped { "https" } else { "http" };
    Some(format!("{scheme}://{place}/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forward::target::Local;
    use crate::model::key::Key;
    use crate::model::kind::Kind;

    #[test]
    fn urls() {
        let target = |remote| Target {
            object: Key::new(Kind::Service, "shop", "cart"),
            remote,
            local: Local::Proposed,
        };
        for (local, remote, mapping, url) in [
            (
                "127.0.0.1:8080",
                PortRef::Number(80),
                "80 → http",
                "http://127.0.0.1:8080/",
            ),
            (
                "0.0.0.0:8080",
                PortRef::Number(80),
                "80",
                "http://127.0.0.1:8080/",
            ),
            ("[::]:8080", PortRef::Number(80), "80", "http://[::1]:8080/"),
            (
                "[::1]:8443",
                PortRef::Number(443),
                "443",
                "https://[::1]:8443/",
            ),
            (
                "127.0.0.2:9000",
                PortRef::Name("https-web".into()),
                "",
                "https://127.0.0.2:9000/",
            ),
            (
                "127.0.0.1:9000",
                PortRef::Number(9000),
                "https 9000 → 1",
                "https://127.0.0.1:9000/",
            ),
        ] {
            assert_eq!(
                of(local, &target(remote), mapping).as_deref(),
                Some(url),
                "{local}"
            );
        }
        assert_eq!(of("", &target(PortRef::Number(80)), ""), None);
    }
}
