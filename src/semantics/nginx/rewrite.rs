//! `rewrite-target`: the path that the backend gets.
//!
//! The controller writes `rewrite "(?i)PATH" TARGET break;`: the pattern is the location's path, looked for anywhere in
//! the request's path, which as a whole becomes the target.

use crate::semantics::nginx::annotation::text;
use crate::semantics::nginx::location::Location;
use regex::{Regex, RegexBuilder};

/// The name of the annotation.
pub const TARGET: &str = "rewrite-target";

/// What becomes of a request's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewritten {
    /// Another path.
    To(String),
    /// It stays: there is no target, or it is the path itself.
    Stays,
    /// Only the controller can tell: a pattern of its own dialect, or a variable in the target.
    Unclear,
}

/// A pattern as nginx would read it, without regard to case; none where it is of a dialect that is not known here.
pub fn pattern(text: &str) -> Option<Regex> {
    let built = RegexBuilder::new(text)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build();
    built.ok()
}

/// The same with regard to case.
pub fn exact_pattern(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).size_limit(1 << 20).build().ok()
}

/// The path that the backend gets for a request's path.
pub fn rewritten(location: &Location<'_>, request: &str) -> Rewritten {
    let target = text(location.ingress, TARGET);
    let Some(target) = target.filter(|target| *target != location.path) else {
        return Rewritten::Stays;
    };
    let Some(pattern) = pattern(&location.path) else {
        return Rewritten::Unclear;
    };
    let Some(found) = pattern.captures(request) else {
        return Rewritten::Stays;
    };
    let group = |at: usize| found.get(at).map_or("", |part| part.as_str());
    match filled(target, group) {
        Some(path) => Rewritten::To(path),
        None => Rewritten::Unclear,
    }
}

/// A target with its `$1` … `$9` filled in; none where it has a variable.
fn filled<'g>(target: &str, group: impl Fn(usize) -> &'g str) -> Option<String> {
    let mut path = String::new();
    let mut rest = target.chars();
    while let Some(one) = rest.next() {
        if one != '$' {
            path.push(one);
            continue;
        }
        let digit = rest.next()?.to_digit(10).filter(|digit| *digit > 0)?;
        path.push_str(group(usize::try_from(digit).ok()?));
    }
    Some(path)
}

/// The highest group that a target asks for and the path does not have, with how many it has.
pub fn missing_group(path: &str, target: &str) -> Option<(usize, usize)> {
    let has = pattern(path)?.captures_len().saturating_sub(1);
    let asked = target.split('$').skip(1);
    let asked = asked.filter_map(|after| after.chars().next()?.to_digit(10));
    let highest = usize::try_from(asked.max()?).ok()?;
    (highest > has).then_some((highest, has))
}
