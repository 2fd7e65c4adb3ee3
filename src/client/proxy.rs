//! Which connections go past the proxy of the environment.

use ipnet::IpNet;
use std::net::IpAddr;

/// Whether `NO_PROXY` exempts a host, as Go's programs read it: `*`, names (with all below them), addresses, CIDR
/// blocks, each with an optional port. Loopback hosts never go through a proxy.
pub fn is_exempt(no_proxy: &str, host: &str, port: u16) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.');
    let address: Option<IpAddr> = host.parse().ok();
    if host.eq_ignore_ascii_case("localhost") || address.is_some_and(|ip| ip.is_loopback()) {
        return true;
    }
    no_proxy
        .split([',', ' '])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .any(|entry| matches(entry, host, address, port))
}

fn matches(entry: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Ok(block) = entry.parse::<IpNet>() {
        return address.is_some_and(|ip| block.contains(&ip));
    }
    if let Ok(ip) = entry.trim_matches(['[', ']']).parse::<IpAddr>() {
        return address == Some(ip);
    }
    let (name, wanted) = match entry.rsplit_once(':') {
        Some((name, digits)) => match digits.parse::<u16>() {
            Ok(number) => (name, Some(number)),
            Err(_) => (entry, None),
        },
        None => (entry, None),
    };
    if wanted.is_some_and(|number| number != port) {
        return false;
    }
    if let Ok(ip) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
        return address == Some(ip);
    }
    let host = host.to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    let below_only = name.starts_with('.') || name.starts_with("*.");
    let base = name.trim_start_matches("*.").trim_start_matches('.');
    !base.is_empty()
        && (host
            .strip_suffix(base)
            .is_some_and(|head| head.ends_with('.'))
            || !below_only && host == base)
}

#[cfg(test)]
mod tests {
    use super::is_exempt;

    #[test]
    fn loopback_never_goes_through_a_proxy() {
        assert!(is_exempt("", "127.0.0.1", 6443));
        assert!(is_exempt("", "[::1]", 6443));
        assert!(is_exempt("", "LocalHost", 6443));
        assert!(!is_exempt("", "10.0.0.1", 6443));
    }

    #[test]
    fn names_match_themselves_and_what_is_below() {
        assert!(is_exempt("example.com", "example.com", 443));
        assert!(is_exempt("Example.com", "api.example.COM", 443));
        assert!(!is_exempt("example.com", "badexample.com", 443));
        assert!(is_exempt(".example.com", "api.example.com", 443));
        assert!(!is_exempt(".example.com", "example.com", 443));
        assert!(is_exempt("*.example.com", "api.example.com", 443));
    }

    #[test]
    fn addresses_blocks_ports_and_the_star() {
        assert!(is_exempt("10.0.0.0/8", "10.9.8.7", 443));
        assert!(!is_exempt("10.0.0.0/8", "11.9.8.7", 443));
        assert!(is_exempt("a,10.1.1.1 , b", "10.1.1.1", 443));
        assert!(is_exempt("10.1.1.1:443", "10.1.1.1", 443));
        assert!(!is_exempt("api.example.com:8443", "api.example.com", 443));
        assert!(is_exempt("fd00::/8", "[fd00::1]", 443));
        assert!(is_exempt("*", "anything", 1));
        assert!(!is_exempt(". , ,:", "anything", 1));
    }
}
