//! Which location of which server of ingress-nginx a request meets.
//!
//! A host of the rules is a server; each path of it becomes one or two locations. Where any location of a server asks
//! for patterns (`use-regex`, `rewrite-target`), all of them are the beginning of patterns that disregard case, tried
//! from the longest on.

use crate::model::ingress::{Backend, Ingress, IngressPath, PathType};
use crate::model::key::Name;
use crate::semantics::nginx::annotation::{flag, is_canary, text};
use crate::semantics::nginx::{redirect, rewrite};
use std::cmp::Reverse;

/// A location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'w> {
    /// As the controller writes it: `/foo/` for what lies beneath `/foo`.
    pub path: String,
    /// It matches this very path only, where the server has no patterns.
    pub exact: bool,
    /// The Ingress whose annotations apply.
    pub ingress: &'w Ingress,
    /// The rule's host, path and type; none for a default backend.
    pub rule: Option<(&'w Name, &'w Name, &'w PathType)>,
    /// Where it leads; none to the controller's own 404.
    pub backend: Option<&'w Backend>,
}

/// A server: what is configured for one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server<'w> {
    /// The host of its rules; empty for requests that no other server takes.
    pub host: &'w str,
    /// In the order in which patterns are tried.
    pub locations: Vec<Location<'w>>,
    /// The Ingress that makes patterns of the paths.
    pub patterns: Option<&'w Ingress>,
}

/// What a request meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Met<'w> {
    /// A location of a server.
    Location(Server<'w>, Location<'w>),
    /// Nothing: the controller's own 404.
    Nothing,
    /// A path that lacks the slash at its end: 301 to the same with it.
    Slash(&'w Ingress),
    /// The other one of `example.com` and `www.example.com`: 308 to this host.
    Www(&'w Ingress, String),
    /// A pattern comes first that only the controller understands.
    Unclear(&'w Ingress, String),
}

/// The Ingresses in the order in which the controller takes them: the oldest first; of the same age, the last by
/// namespace and name. Those without an age keep the order of their names.
pub fn in_order<'w>(ingresses: &[&'w Ingress]) -> Vec<&'w Ingress> {
    let mut sorted: Vec<&'w Ingress> = ingresses.to_vec();
    sorted.sort_by(|a, b| {
        let (one, other) = (&a.meta, &b.meta);
        let age = |created: Option<_>| (created.is_none(), created);
        let by_name = one.key.cmp(&other.key);
        let by_name = if one.created.is_some() {
            by_name.reverse()
        } else {
            by_name
        };
        age(one.created).cmp(&age(other.created)).then(by_name)
    });
    sorted
}

/// The type of a path as the controller takes it: what is left to it is Prefix.
pub fn kind(path: &IngressPath) -> &PathType {
    match &path.kind {
        PathType::ImplementationSpecific | PathType::Other(_) => &PathType::Prefix,
        kind => kind,
    }
}

/// Whether a server other than the one for all the rest takes requests for a host.
pub fn claims(ingresses: &[&Ingress], host: &str) -> bool {
    let sorted = in_order(ingresses);
    www(&sorted, host).is_some() || server_name(&sorted, host).is_some_and(|name| !name.is_empty())
}

/// What a request for a host (lower case, without a port) and path meets.
pub fn meet<'w>(ingresses: &[&'w Ingress], host: &str, path: &str) -> Met<'w> {
    let sorted = in_order(ingresses);
    if let Some((ingress, to)) = www(&sorted, host) {
        return Met::Www(ingress, to);
    }
    let Some(server) = server_name(&sorted, host).map(|name| server(&sorted, name)) else {
        return Met::Nothing;
    };
    let found = if server.patterns.is_some() {
        by_pattern(&server, path)
    } else {
        Ok(by_prefix(&server, path))
    };
    match found {
        Err(at) => Met::Unclear(at.ingress, at.path.clone()),
        Ok(None) => Met::Nothing,
        Ok(Some(at)) if slashless(&server, at, path) => Met::Slash(at.ingress),
        Ok(Some(at)) if at.backend.is_none() => Met::Nothing,
        Ok(Some(at)) => {
            let at = at.clone();
            Met::Location(server, at)
        }
    }
}

/// Where requests for `/` alone to a server are sent, by the first Ingress that says so.
pub fn app_root<'w>(server: &Server<'w>) -> Option<(&'w Ingress, &'w str)> {
    let mut locations = server.locations.iter();
    locations.find_map(|at| Some((at.ingress, redirect::app_root(at.ingress)?)))
}

/// Whether plain requests for a host of the server find a certificate: TLS in any Ingress with a rule for it. Hosts
/// need not be listed there; the controller then takes its default certificate.
pub fn has_certificate(ingresses: &[&Ingress], host: &str) -> bool {
    !host.is_empty()
        && ingresses.iter().any(|one| {
            !is_canary(one) && !one.tls.is_empty() && one.rules.iter().any(|rule| rule.host == host)
        })
}

fn hosts<'w>(sorted: &[&'w Ingress]) -> impl Iterator<Item = (&'w Ingress, &'w str)> {
    let main = sorted.iter().filter(|one| !is_canary(one));
    main.flat_map(|one| one.rules.iter().map(|rule| (*one, rule.host.as_str())))
}

/// The name of the server that takes a host: its own, one of which it is an alias, a wildcard with one label more, the
/// one for all the rest.
fn server_name<'w>(sorted: &[&'w Ingress], host: &str) -> Option<&'w str> {
    let own = hosts(sorted).find(|(_, name)| *name == host);
    let alias = || hosts(sorted).find(|(one, name)| !name.is_empty() && is_alias(one, host));
    let wildcard = || {
        hosts(sorted).find(|(_, name)| {
            let beneath = name.strip_prefix("*.").zip(host.split_once('.'));
            beneath.is_some_and(|(domain, (label, rest))| !label.is_empty() && rest == domain)
        })
    };
    let found = own.or_else(alias).or_else(wildcard);
    let rest = || {
        let any = sorted.iter().any(|one| !is_canary(one));
        any.then_some("")
    };
    found.map(|(_, name)| name).or_else(rest)
}

fn is_alias(ingress: &Ingress, host: &str) -> bool {
    let aliases = text(ingress, "server-alias").into_iter();
    let mut aliases = aliases.flat_map(|names| names.split(','));
    aliases.any(|alias| {
        let alias = alias.trim().to_ascii_lowercase();
        alias == host
            || alias
                .strip_prefix('*')
                .is_some_and(|domain| domain.starts_with('.') && host.ends_with(domain))
    })
}

/// `from-to-www-redirect`: the host it sends a request to. A host with rules of its own is not sent anywhere.
fn www<'w>(sorted: &[&'w Ingress], host: &str) -> Option<(&'w Ingress, String)> {
    if hosts(sorted).any(|(_, name)| name == host) {
        return None;
    }
    let other = host
        .strip_prefix("www.")
        .map_or_else(|| format!("www.{host}"), str::to_owned);
    let mut places = hosts(sorted).filter(|(_, name)| *name == other);
    let asks = |one: &Ingress| flag(one, "from-to-www-redirect") == Some(true);
    let (ingress, _) = places.find(|(one, _)| asks(one))?;
    Some((ingress, other))
}

/// The server of a host, as the controller configures it.
pub fn server<'w>(sorted: &[&'w Ingress], host: &'w str) -> Server<'w> {
    let main: Vec<&'w Ingress> = sorted
        .iter()
        .copied()
        .filter(|one| !is_canary(one))
        .collect();
    let mut found: Vec<(Location<'w>, PathType, bool)> = Vec::new();
    found.extend(root(&main, host).map(|at| {
        let chosen = at.backend.is_some() && host.is_empty();
        (at, PathType::Prefix, !chosen)
    }));
    for one in &main {
        for rule in one.rules.iter().filter(|rule| rule.host == host) {
            for path in &rule.paths {
                add(&mut found, one, &rule.host, path);
            }
        }
    }
    found.sort_by(|(a, ..), (b, ..)| {
        let length = |at: &Location<'_>| Reverse(at.path.len());
        length(a).cmp(&length(b)).then_with(|| b.path.cmp(&a.path))
    });
    let exact: Vec<String> = found
        .iter()
        .filter(|(_, kind, _)| *kind == PathType::Exact)
        .map(|(at, ..)| at.path.clone())
        .collect();
    let written = found
        .into_iter()
        .flat_map(|(at, kind, _)| written(at, &kind, &exact));
    let locations: Vec<Location<'w>> = written.collect();
    // What the server for all the rest begins with has no annotations.
    let asks =
        |at: &&Location<'w>| (at.rule.is_some() || !host.is_empty()) && asks_for_patterns(at);
    let patterns = locations.iter().find(asks).map(|at| at.ingress);
    Server {
        host,
        locations,
        patterns,
    }
}

/// What a server has before any path: the default backend of its first Ingress, for the one that takes all the rest
/// that of an Ingress without rules.
fn root<'w>(main: &[&'w Ingress], host: &str) -> Option<Location<'w>> {
    let service = |one: &'w Ingress| {
        let backend = one.default_backend.as_ref();
        backend.filter(|backend| matches!(backend, Backend::Service { .. }))
    };
    let mut all = main.iter().copied();
    let (ingress, backend) = if host.is_empty() {
        let ruleless = |one: &&Ingress| one.rules.is_empty() && one.default_backend.is_some();
        match all.find(ruleless) {
            Some(one) => (one, service(one)),
            None => (*main.first()?, None),
        }
    } else {
        let one = all.find(|one| one.rules.iter().any(|rule| rule.host == host))?;
        (one, service(one))
    };
    Some(Location {
        path: "/".to_owned(),
        exact: false,
        ingress,
        rule: None,
        backend,
    })
}

/// Adds a path; the same path and type of an earlier Ingress stays, a mere default gives way.
fn add<'w>(
    found: &mut Vec<(Location<'w>, PathType, bool)>,
    ingress: &'w Ingress,
    host: &'w Name,
    path: &'w IngressPath,
) {
    if !matches!(path.backend, Backend::Service { .. }) {
        return;
    }
    let written = if path.path.is_empty() {
        "/"
    } else {
        &*path.path
    };
    let at = Location {
        path: written.to_owned(),
        exact: false,
        ingress,
        rule: Some((host, &path.path, &path.kind)),
        backend: Some(&path.backend),
    };
    let own = kind(path);
    let mut known = found.iter_mut();
    match known.find(|(known, kind, _)| known.path == written && kind == own) {
        Some(known) if known.2 => *known = (at, own.clone(), false),
        Some(_) => {}
        None => found.push((at, own.clone(), false)),
    }
}

/// The locations that are written for one: Prefix takes the path itself and what lies beneath it.
fn written<'w>(at: Location<'w>, kind: &PathType, exact: &[String]) -> Vec<Location<'w>> {
    if *kind == PathType::Exact {
        return vec![Location { exact: true, ..at }];
    }
    if at.path == "/" || asks_for_patterns(&at) {
        return vec![at];
    }
    let own = !exact.contains(&at.path);
    let itself = own.then(|| Location {
        exact: true,
        ..at.clone()
    });
    let path = if at.path.ends_with('/') {
        at.path
    } else {
        format!("{}/", at.path)
    };
    std::iter::once(Location { path, ..at })
        .chain(itself)
        .collect()
}

/// Whether a location makes patterns of all paths of its server.
fn asks_for_patterns(at: &Location<'_>) -> bool {
    let target = text(at.ingress, rewrite::TARGET);
    target.is_some_and(|target| target != at.path) || flag(at.ingress, "use-regex") == Some(true)
}

fn by_pattern<'s, 'w>(
    server: &'s Server<'w>,
    path: &str,
) -> Result<Option<&'s Location<'w>>, &'s Location<'w>> {
    for at in &server.locations {
        let pattern = rewrite::pattern(&format!("^{}", at.path)).ok_or(at)?;
        if pattern.is_match(path) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn by_prefix<'s, 'w>(server: &'s Server<'w>, path: &str) -> Option<&'s Location<'w>> {
    let locations = || server.locations.iter();
    let slash = format!("{path}/");
    locations()
        .find(|at| at.exact && at.path == path)
        .or_else(|| locations().find(|at| !at.exact && at.path == slash))
        .or_else(|| locations().find(|at| !at.exact && path.starts_with(&at.path)))
}

/// Whether nginx sends the request to the same path with a slash: only `/foo/` is there, and `/foo` was asked for.
fn slashless(server: &Server<'_>, at: &Location<'_>, path: &str) -> bool {
    server.patterns.is_none() && !at.exact && at.path.len() == path.len() + 1
}
