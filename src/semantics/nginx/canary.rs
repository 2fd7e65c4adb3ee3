//! Canaries: an Ingress that takes a part of the requests of another one.
//!
//! The controller hangs the first canary with the same host, path and type on the main Ingress's *backend*, so that
//! every path to this backend takes part (`mergeAlternativeBackends`, `balancer.lua`).

use crate::model::ingress::{Backend, Ingress, IngressPath};
use crate::model::key::Name;
use crate::semantics::nginx::annotation::{is_canary, number, text};
use crate::semantics::nginx::location::{in_order, kind};
use crate::semantics::nginx::rewrite;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goes {
    /// To the main backend.
    Main,
    /// To the canary, for this reason.
    Canary(String),
    /// By chance: this share goes to the canary, in millionths.
    Split(u32),
    /// Only the controller can tell.
    Unclear,
}

/// The canary beside a backend: the Ingress and its own backend.
pub fn beside<'w>(
    ingresses: &[&'w Ingress],
    main: &Ingress,
    backend: &Backend,
) -> Option<(&'w Ingress, &'w Backend)> {
    let own: Vec<&Ingress> = ingresses
        .iter()
        .copied()
        .filter(|one| !is_canary(one) && one.meta.key.namespace == main.meta.key.namespace)
        .collect();
    let stands_beside = |host: &Name, path: &IngressPath| {
        let mut places = own.iter().flat_map(|one| one.rules.iter());
        places.any(|rule| {
            rule.host == *host
                && rule.paths.iter().any(|at| {
                    at.path == path.path && kind(at) == kind(path) && at.backend == *backend
                })
        })
    };
    let canaries = in_order(ingresses).into_iter().filter(|one| is_canary(one));
    canaries.into_iter().find_map(|canary| {
        let places = canary.rules.iter();
        let mut places = places.flat_map(|rule| rule.paths.iter().map(move |path| (rule, path)));
        let same = canary.meta.key.namespace == main.meta.key.namespace;
        places
            .find(|(rule, path)| {
                let other = !same || path.backend != *backend;
                other && stands_beside(&rule.host, path)
            })
            .map(|(_, path)| (canary, &path.backend))
    })
}

/// Where a request with these headers (names in lower case) goes: by header, then by cookie, then by chance.
pub fn decide(canary: &Ingress, headers: &[(Name, Name)]) -> Goes {
    let header = |name: &str| {
        let name = name.to_ascii_lowercase();
        let found = headers.iter().find(|(known, _)| **known == *name);
        found.map(|(_, value)| value.as_str())
    };
    if let Some(name) = text(canary, "canary-by-header")
        && let Some(value) = header(name)
        && let Some(goes) = by_header(canary, name, value)
    {
        return goes;
    }
    if let Some(name) = text(canary, "canary-by-cookie")
        && let Some(value) = header("cookie").and_then(|cookies| cookie(cookies, name))
    {
        match value {
            "always" => return Goes::Canary(format!("cookie {name} is always")),
            "never" => return Goes::Main,
            _ => {}
        }
    }
    let total = number(canary, "canary-weight-total")
        .unwrap_or(100)
        .max(100);
    let weight = number(canary, "canary-weight").unwrap_or(0).clamp(0, total);
    match u32::try_from(i128::from(weight) * 1_000_000 / i128::from(total)) {
        Ok(0) | Err(_) => Goes::Main,
        Ok(1_000_000) => Goes::Canary("its weight is everything".to_owned()),
        Ok(share) => Goes::Split(share),
    }
}

fn by_header(canary: &Ingress, name: &str, value: &str) -> Option<Goes> {
    let taken = || Goes::Canary(format!("header {name} is {value}"));
    if let Some(wanted) = text(canary, "canary-by-header-value") {
        return (wanted == value).then(taken);
    }
    if let Some(wanted) = text(canary, "canary-by-header-pattern") {
        return match rewrite::exact_pattern(wanted) {
            Some(pattern) => pattern.is_match(value).then(taken),
            None => Some(Goes::Unclear),
        };
    }
    match value {
        "always" => Some(taken()),
        "never" => Some(Goes::Main),
        _ => None,
    }
}

fn cookie<'h>(cookies: &'h str, name: &str) -> Option<&'h str> {
    let mut pairs = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}
