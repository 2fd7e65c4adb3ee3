//! What a change makes of the map: which connections it opens, which it cuts, and of which it can no longer be told.

use crate::semantics::policy::address::{before as address_before, next};
use crate::semantics::policy::end::Span;
use crate::semantics::policy::ports::PortSet;
use crate::semantics::policy::reach::{Connection, Focus, Part, Reach};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::IpAddr;

/// What becomes of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The sender.
    pub src: String,
    /// The receiver.
    pub dst: String,
    /// What was not admitted and now is.
    pub opened: PortSet,
    /// What was admitted and now is not.
    pub cut: PortSet,
    /// What could be told and now cannot.
    pub uncertain: PortSet,
}

/// What is said of a pair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Said {
    admitted: PortSet,
    unknown: PortSet,
}

type Pairs = BTreeMap<(String, String), Said>;
type Groups = BTreeMap<(String, String), Pairs>;

/// What the second map says that the first does not, by sender, then receiver.
pub fn difference(before: &mut Reach<'_>, after: &mut Reach<'_>, focus: &Focus) -> Vec<Change> {
    let owners = members(before, after);
    let of_pod: BTreeMap<&str, &str> = owners
        .iter()
        .flat_map(|(owner, pods)| pods.iter().map(move |pod| (pod.as_str(), owner.as_str())))
        .collect();
    let (was, is) = (
        grouped(before, focus, &of_pod),
        grouped(after, focus, &of_pod),
    );
    let none = Pairs::new();
    let groups: BTreeSet<&(String, String)> = was.keys().chain(is.keys()).collect();
    let mut changes: Vec<Change> = groups
        .into_iter()
        .flat_map(|group| {
            let (was, is) = (
                was.get(group).unwrap_or(&none),
                is.get(group).unwrap_or(&none),
            );
            of_group(group, was, is, &owners)
        })
        .collect();
    changes.sort_by(|a, b| (&a.src, &a.dst).cmp(&(&b.src, &b.dst)));
    changes
}

/// The pods of each owner of either world.
fn members(before: &Reach<'_>, after: &Reach<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for owner in before.owners().chain(after.owners()) {
        let pods = owner
            .parts
            .iter()
            .flat_map(|(_, pods)| pods.iter().cloned());
        owners.entry(owner.name.clone()).or_default().extend(pods);
    }
    owners
}

const OUTSIDE: &str = "external:";

/// All pairs, by the owners of their ends; everything outside is one.
fn grouped(reach: &mut Reach<'_>, focus: &Focus, of_pod: &BTreeMap<&str, &str>) -> Groups {
    let mut groups = Groups::new();
    let owner = |end: &str| {
        if end.starts_with(OUTSIDE) {
            return OUTSIDE.to_owned();
        }
        of_pod
            .get(end)
            .map_or_else(|| end.to_owned(), ToString::to_string)
    };
    for part in [Part::Connections, Part::Unknown] {
        let told: Result<(), Infallible> = reach.tell(part, focus, &mut |it: Connection<'_>| {
            let group = groups.entry((owner(it.src), owner(it.dst))).or_default();
            let said = group
                .entry((it.src.to_owned(), it.dst.to_owned()))
                .or_default();
            match part {
                Part::Connections => said.admitted = it.ports.clone(),
                Part::Unknown => said.unknown = it.ports.clone(),
            }
            Ok(())
        });
        let Ok(()) = told;
    }
    groups
}

fn of_group(
    group: &(String, String),
    was: &Pairs,
    is: &Pairs,
    owners: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<Change> {
    if was == is {
        return Vec::new();
    }
    let outside = group.0 == OUTSIDE || group.1 == OUTSIDE;
    let own = if group.0 == OUTSIDE {
        &group.1
    } else {
        &group.0
    };
    let split = was.keys().chain(is.keys()).any(|(src, dst)| {
        let whole = |end: &String, name: &String| end == name || end.starts_with(OUTSIDE);
        !(whole(src, &group.0) && whole(dst, &group.1))
    });
    let expand = |pairs: &Pairs| {
        if split {
            by_pod(pairs, owners)
        } else {
            pairs.clone()
        }
    };
    let (was, is) = (expand(was), expand(is));
    if !outside {
        let pairs: BTreeSet<&(String, String)> = was.keys().chain(is.keys()).collect();
        let said = |map: &Pairs, pair| map.get(pair).cloned().unwrap_or_default();
        return pairs
            .into_iter()
            .filter_map(|pair| change(pair.clone(), &said(&was, pair), &said(&is, pair)))
            .collect();
    }
    let inbound = group.0 == OUTSIDE;
    let names: BTreeSet<String> = if split {
        owners.get(own).cloned().unwrap_or_default()
    } else {
        BTreeSet::from([own.clone()])
    };
    names
        .iter()
        .flat_map(|name| {
            ranges(
                name,
                inbound,
                &spans(&was, name, inbound),
                &spans(&is, name, inbound),
            )
        })
        .collect()
}

/// Owners replaced by their pods.
fn by_pod(pairs: &Pairs, owners: &BTreeMap<String, BTreeSet<String>>) -> Pairs {
    let expand = |end: &String| match owners.get(end) {
        Some(pods) => pods.iter().cloned().collect::<Vec<_>>(),
        None => vec![end.clone()],
    };
    let mut expanded = Pairs::new();
    for ((src, dst), said) in pairs {
        for from in expand(src) {
            for to in expand(dst) {
                let held = expanded.entry((from.clone(), to)).or_default();
                held.admitted = held.admitted.or(&said.admitted);
                held.unknown = held.unknown.or(&said.unknown);
            }
        }
    }
    expanded
}

fn change((src, dst): (String, String), was: &Said, is: &Said) -> Option<Change> {
    let opened = is.admitted.minus(&was.admitted).minus(&was.unknown);
    let cut = was.admitted.minus(&is.admitted).minus(&is.unknown);
    let uncertain = is.unknown.minus(&was.unknown);
    let nothing = opened.is_empty() && cut.is_empty() && uncertain.is_empty();
    (!nothing).then_some(Change {
        src,
        dst,
        opened,
        cut,
        uncertain,
    })
}

/// The ranges of one end.
fn spans(pairs: &Pairs, name: &str, inbound: bool) -> Vec<(Span, Said)> {
    let own = |pair: &(String, String)| {
        if inbound {
            pair.1 == name
        } else {
            pair.0 == name
        }
    };
    let mine = pairs.iter().filter(|(pair, _)| own(pair));
    mine.filter_map(|((src, dst), said)| {
        let text = if inbound { src } else { dst }.strip_prefix(OUTSIDE)?;
        let (first, last) = text.split_once('-')?;
        let span = Span {
            first: first.parse().ok()?,
            last: last.parse().ok()?,
        };
        Some((span, said.clone()))
    })
    .collect()
}

/// The ranges in which something changes.
fn ranges(name: &str, inbound: bool, was: &[(Span, Said)], is: &[(Span, Said)]) -> Vec<Change> {
    let mut starts: BTreeSet<IpAddr> = BTreeSet::new();
    for (span, _) in was.iter().chain(is) {
        starts.insert(span.first);
        starts.extend(next(span.last));
    }
    let said = |all: &[(Span, Said)], ip: IpAddr| {
        let mut found = Said::default();
        for (_, said) in all.iter().filter(|(span, _)| {
            span.first <= ip && ip <= span.last && span.first.is_ipv4() == ip.is_ipv4()
        }) {
            found.admitted = found.admitted.or(&said.admitted);
            found.unknown = found.unknown.or(&said.unknown);
        }
        found
    };
    let mut changes: Vec<(Span, Change)> = Vec::new();
    for start in &starts {
        let following = starts
            .range((
                std::ops::Bound::Excluded(*start),
                std::ops::Bound::Unbounded,
            ))
            .next();
        let last = following
            .filter(|ip| ip.is_ipv4() == start.is_ipv4())
            .and_then(|ip| address_before(*ip))
            .unwrap_or_else(|| crate::semantics::policy::address::space(start.is_ipv4()).last);
        let Some(found) = change(
            (String::new(), String::new()),
            &said(was, *start),
            &said(is, *start),
        ) else {
            continue;
        };
        match changes.last_mut() {
            Some((span, held)) if *held == found && next(span.last) == Some(*start) => {
                span.last = last;
            }
            _ => changes.push((
                Span {
                    first: *start,
                    last,
                },
                found,
            )),
        }
    }
    changes
        .into_iter()
        .map(|(span, change)| {
            let range = format!("{OUTSIDE}{span}");
            let (src, dst) = if inbound {
                (range, name.to_owned())
            } else {
                (name.to_owned(), range)
            };
            Change { src, dst, ..change }
        })
        .collect()
}
