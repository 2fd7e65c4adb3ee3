//! A path of ingress-nginx that no request can reach, because a pattern that is tried before takes all of them.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::ingress::{by_nginx, shown_host};
use crate::model::evidence::Evidence;
use crate::model::ingress::Ingress;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::{View, as_ingress};
use crate::semantics::ingress::class_of;
use crate::semantics::nginx::annotation::is_canary;
use crate::semantics::nginx::location::{Location, in_order, server};
use crate::semantics::nginx::rewrite::pattern;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING014",
    slug: "path-unreachable",
    title: "path that no request reaches",
    on: &[Kind::Ingress],
    page: include_str!("path_unreachable.md"),
    check,
};

/// What gives a pattern another meaning at the end of the text or between characters.
const LOOKS_AROUND: &[&str] = &["$", "\\b", "\\B", "\\z", "\\Z", "(?"];

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = by_nginx(view, key).filter(|ingress| !is_canary(ingress)) else {
        return;
    };
    let name = class_of(view, ingress).name().cloned();
    let mut hosts: Vec<&str> = ingress.rules.iter().map(|rule| &*rule.host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let on_host = |host: &str| {
        let all = view.advisory(|view| view.all(Kind::Ingress).filter_map(as_ingress));
        let there: Vec<&Ingress> = all
            .filter(|one| one.rules.iter().any(|rule| rule.host == host))
            .filter(|one| class_of(view, one).name() == name.as_ref())
            .collect();
        there
    };
    for host in hosts {
        let sorted = in_order(&on_host(host));
        let server = server(&sorted, host);
        if server.patterns.is_none() {
            continue;
        }
        for (at, mine) in server.locations.iter().enumerate() {
            let own = mine.ingress.meta.key == *key && mine.rule.is_some();
            let before = server.locations.iter().take(at);
            if let Some(first) = before
                .into_iter()
                .find(|first| own && takes_all(first, mine))
            {
                report(key, host, mine, first, sink);
            }
        }
    }
}

/// Whether whatever matches a literal path also matches a pattern that is tried before it: the pattern matches the
/// beginning of the path, and nothing in it depends on what follows.
fn takes_all(first: &Location<'_>, literal: &Location<'_>) -> bool {
    let plain = |path: &str| {
        path.chars()
            .all(|one| one.is_ascii_alphanumeric() || "/-_~%".contains(one))
    };
    if !plain(&literal.path)
        || first.backend == literal.backend && first.ingress.meta.key == literal.ingress.meta.key
        || LOOKS_AROUND.iter().any(|mark| first.path.contains(mark))
    {
        return false;
    }
    pattern(&format!("^{}", first.path)).is_some_and(|first| first.is_match(&literal.path))
}

fn report(key: &Key, host: &str, mine: &Location<'_>, first: &Location<'_>, sink: &mut Sink) {
    let place = format!("{}{}", shown_host(host), mine.path);
    let other = &first.ingress.meta.key;
    let whose = if other == key {
        "the same Ingress".to_owned()
    } else {
        format!("Ingress {}", other.short())
    };
    sink.report(
        Draft::warning(key, format!("no request reaches {place}"))
            .detail(place.as_str())
            .at("spec.rules")
            .says(format!("The paths of {} are patterns, which ingress-nginx tries from the longest text on. {} of {whose} comes before {} and matches whatever begins with it, so no request reaches {}.", shown_host(host), first.path, mine.path, mine.path))
            .evidence(Evidence::new(key, "spec.rules", place.as_str(), "a path that no earlier pattern takes"))
            .evidence(Evidence::new(other, "spec.rules", format!("{}{}", shown_host(host), first.path), "a pattern that leaves the path out"))
            .confirm(kubectl::list(Kind::Ingress).everywhere())
            .fix("Write the pattern so that it leaves the path out, or the path so that its text is longer than the pattern's, or give one of them another host."),
    );
}
