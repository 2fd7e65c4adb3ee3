//! Who may talk to whom, as a text: a grid of workloads, then every connection, and for what is denied who decides.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::policy::Direction;
use crate::model::port::Protocol;
use crate::model::view::View;
use crate::output::glyph::{Charset, Mark};
use crate::semantics::network::unenforced;
use crate::semantics::policy::addition::addition;
use crate::semantics::policy::end::End;
use crate::semantics::policy::evaluate::Effect;
use crate::semantics::policy::judge::{Answer, Asked, Decision, Judge};
use crate::semantics::policy::matching::pod_end;
use crate::semantics::policy::reach::{Connection, Focus, Part, Reach};
use crate::semantics::policy::words;
use crate::ui::rich::Line;
use crate::ui::snapshot::Snapshot;
use crate::ui::theme::Role;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Above so many workloads the grid is left out: nobody reads it.
const MOST: usize = 60;
/// Cells of a workload's name beside the grid.
const LABEL: usize = 30;
/// How many denied pairs are looked into.
const EXPLAINED: usize = 100;

/// What is said of a pair of workloads.
#[derive(Clone, Debug, Default)]
struct Pair {
    admitted: Vec<String>,
    unknown: Vec<String>,
    whole: bool,
}

struct Map {
    owners: Vec<String>,
    /// The first pod of each owner.
    pods: BTreeMap<String, String>,
    pairs: BTreeMap<(String, String), Pair>,
}

/// The map, of a namespace where one is looked at, or of the workloads whose name holds a word.
pub fn lines(snapshot: &Snapshot, namespace: Option<&Name>, word: &str, width: u16) -> Vec<Line> {
    let view = View::new(&snapshot.world);
    let map = map(&view, namespace, word);
    let mut lines = Vec::new();
    if let Some(why) = unenforced(&view) {
        lines.push(Line::of(
            Role::Warning,
            format!("What is denied here is denied if enforced: {why}."),
        ));
        lines.push(Line::new());
    }
    if map.owners.is_empty() {
        lines.push(Line::of(Role::Dim, "No running pod is looked at."));
        return lines;
    }
    if map.owners.len() <= MOST {
        grid(&mut lines, &map, usize::from(width));
    }
    connections(&mut lines, &map);
    denied(&mut lines, &view, &map, &word.to_lowercase());
    lines
}

fn map(view: &View<'_>, namespace: Option<&Name>, word: &str) -> Map {
    let mut reach = Reach::new(view);
    let in_scope = |name: &str| {
        namespace.is_none_or(|namespace| {
            name.strip_prefix(&**namespace)
                .is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let (mut of_pod, mut pods, mut owners) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for owner in reach.owners() {
        for pod in owner.parts.iter().flat_map(|(_, pods)| pods.iter()) {
            of_pod.insert(pod.clone(), owner.name.clone());
            pods.entry(owner.name.clone())
                .or_insert_with(|| pod.clone());
        }
        if in_scope(&owner.name) {
            owners.push(owner.name.clone());
        }
    }
    let focus = namespace.map_or(Focus::All, |name| Focus::Namespace(name.to_string()));
    let mut pairs: BTreeMap<(String, String), Pair> = BTreeMap::new();
    for part in [Part::Connections, Part::Unknown] {
        let told: Result<(), Infallible> = reach.tell(part, &focus, &mut |it: Connection<'_>| {
            let whole = |end: &str| of_pod.get(end).cloned().unwrap_or_else(|| end.to_owned());
            let (src, dst) = (whole(it.src), whole(it.dst));
            let both = src == it.src && dst == it.dst;
            let pair = pairs.entry((src, dst)).or_default();
            let split = if both {
                String::new()
            } else {
                format!(" ({} → {})", it.src, it.dst)
            };
            match part {
                Part::Connections => {
                    pair.whole = both && it.ports.is_all();
                    pair.admitted.push(format!("{}{split}", it.ports));
                }
                Part::Unknown => {
                    let reason = it.reason.unwrap_or_default();
                    pair.unknown.push(format!("{}{split}: {reason}", it.ports));
                }
            }
            Ok(())
        });
        let Ok(()) = told;
    }
    if !word.is_empty() {
        let word = word.to_lowercase();
        pairs.retain(|(src, dst), _| {
            src.to_lowercase().contains(&word) || dst.to_lowercase().contains(&word)
        });
    }
    Map {
        owners,
        pods,
        pairs,
    }
}

/// `shop/Deployment/web` as `shop/web`.
fn short(owner: &str) -> String {
    let mut parts = owner.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(namespace), Some(_), Some(name)) => format!("{namespace}/{name}"),
        _ => owner.to_owned(),
    }
}

/// Senders down, receivers across by number, as many at a time as there is room for.
fn grid(lines: &mut Vec<Line>, map: &Map, width: usize) {
    let room = (width.saturating_sub(LABEL + 8) / 3).max(4);
    for (block, receivers) in map.owners.chunks(room).enumerate() {
        let first = block * room;
        let mut head = Line::of(Role::Dim, format!("{:<1$}", "from \\ to", LABEL + 5));
        for at in 0..receivers.len() {
            head = head.and(Role::Dim, format!("{:>3}", first + at + 1));
        }
        lines.push(head);
        for (at, src) in map.owners.iter().enumerate() {
            let label: String = short(src).chars().take(LABEL).collect();
            let mut line = Line::of(Role::Dim, format!("{:>3}  ", at + 1))
                .and(Role::Text, format!("{label:<LABEL$}"));
            for dst in receivers {
                let (role, glyph) = cell(map, src, dst);
                line = line.and(role, format!("  {glyph}"));
            }
            lines.push(line);
        }
        lines.push(Line::new());
    }
    let key = Line::of(Role::Pass, Mark::Pass.glyph(Charset::Unicode))
        .and(Role::Dim, " every port   ")
        .and(Role::Pass, "+")
        .and(Role::Dim, " some   ")
        .and(Role::Unknown, "?")
        .and(Role::Dim, " not known   ")
        .and(Role::Fail, Mark::Fail.glyph(Charset::Unicode))
        .and(Role::Dim, " denied");
    lines.push(key);
    lines.push(Line::new());
}

fn cell(map: &Map, src: &str, dst: &str) -> (Role, &'static str) {
    if src == dst {
        return (Role::Dim, " ");
    }
    match map.pairs.get(&(src.to_owned(), dst.to_owned())) {
        Some(pair) if pair.whole => (Role::Pass, Mark::Pass.glyph(Charset::Unicode)),
        Some(pair) if !pair.admitted.is_empty() => (Role::Pass, "+"),
        Some(pair) if !pair.unknown.is_empty() => (Role::Unknown, "?"),
        _ => (Role::Fail, Mark::Fail.glyph(Charset::Unicode)),
    }
}

fn connections(lines: &mut Vec<Line>, map: &Map) {
    let mut from = "";
    for ((src, dst), pair) in &map.pairs {
        if from != src {
            lines.push(Line::of(Role::Title, src.as_str()));
            from = src;
        }
        let arrow = |role, mark: &str, said: &str| {
            Line::of(role, format!("  {mark} "))
                .and(Role::Text, dst.as_str())
                .and(Role::Dim, format!("  {said}"))
                .hang(6)
        };
        for said in &pair.admitted {
            lines.push(arrow(Role::Pass, "→", said));
        }
        for said in &pair.unknown {
            lines.push(arrow(Role::Unknown, "?", said));
        }
    }
}

/// Pairs that may not talk at all: who decides, and what would admit them.
fn denied(lines: &mut Vec<Line>, view: &View<'_>, map: &Map, word: &str) {
    let judge = Judge::new(view);
    let about = |name: &str| name.to_lowercase().contains(word);
    let mut none = true;
    let mut left = EXPLAINED;
    for src in &map.owners {
        for dst in map.owners.iter().filter(|dst| *dst != src) {
            let known = (src.clone(), dst.clone());
            if map.pairs.contains_key(&known) || !(about(src) || about(dst)) {
                continue;
            }
            let (Some(from), Some(to)) = (end(view, map, src), end(view, map, dst)) else {
                continue;
            };
            if none {
                lines.push(Line::new());
                lines.push(Line::of(Role::Title, "Denied on every port"));
                none = false;
            }
            left = left.saturating_sub(1);
            if left == 0 {
                lines.push(Line::of(
                    Role::Dim,
                    "  and more: :reach NAME shows those of a workload",
                ));
                return;
            }
            one_denied(
                lines,
                view,
                &judge,
                (src, dst),
                (&from, &to),
                !word.is_empty(),
            );
        }
    }
}

fn end<'w>(view: &View<'w>, map: &Map, owner: &str) -> Option<End<'w>> {
    let mut parts = map.pods.get(owner)?.split('/');
    let (namespace, _, name) = (parts.next()?, parts.next()?, parts.next()?);
    let pod = view.pod(&Key::new(Kind::Pod, namespace, name))?;
    Some(End::Pod(pod_end(view, pod)))
}

fn one_denied(
    lines: &mut Vec<Line>,
    view: &View<'_>,
    judge: &Judge<'_, '_>,
    names: (&str, &str),
    ends: (&End<'_>, &End<'_>),
    asked: bool,
) {
    let port = port_of(ends.1);
    let line = Line::of(
        Role::Fail,
        format!("  {} ", Mark::Fail.glyph(Charset::Unicode)),
    )
    .and(
        Role::Text,
        format!("{} → {}", short(names.0), short(names.1)),
    );
    let mut said = Vec::new();
    let mut additions = Vec::new();
    for direction in [Direction::Egress, Direction::Ingress] {
        let question = Asked {
            protocol: port.0,
            port: port.1,
            via: None,
        };
        let decision = judge.judge(direction, ends.0, ends.1, question);
        if decision.answer == Answer::Deny {
            said.push(why(direction, &decision));
            additions.extend(addition(view, judge, direction, ends, port, &decision));
        }
    }
    lines.push(
        line.and(Role::Dim, format!("  {}", said.join("; ")))
            .hang(6),
    );
    if asked && !additions.is_empty() && additions.len() == said.len() {
        let admits = format!("    what would admit {}/{}:", port.1, port.0);
        lines.push(Line::of(Role::Dim, admits));
        let yaml = additions.join("---\n");
        lines.extend(
            yaml.lines()
                .map(|line| Line::of(Role::Text, format!("    {line}"))),
        );
    }
}

fn port_of(end: &End<'_>) -> (Protocol, u16) {
    let first = match end {
        End::Pod(pod) => pod
            .pod
            .serving_containers()
            .flat_map(|container| container.ports.iter())
            .next(),
        End::Node(_) | End::Outside(_) => None,
    };
    first.map_or((Protocol::Tcp, 80), |port| (port.protocol, port.port))
}

/// Who denies, with the rule where there is one.
fn why(direction: Direction, decision: &Decision<'_>) -> String {
    let deciding = decision.deciding();
    let by_rule = deciding.iter().find_map(|step| {
        let at = step.rule.filter(|_| step.effect != Effect::Isolates)?;
        let rule = step.chosen.rules(direction).get(at)?;
        let place = words::place(step.chosen.policy, direction, at);
        let name = words::name(step.chosen.policy);
        Some(format!(
            "{place} of {name}: {}",
            words::rule(direction, rule)
        ))
    });
    by_rule.unwrap_or_else(|| {
        let names: Vec<String> = deciding
            .iter()
            .map(|step| words::name(step.chosen.policy))
            .collect();
        let whom = match direction {
            Direction::Egress => "the sender",
            Direction::Ingress => "the receiver",
        };
        format!(
            "{whom} is isolated by {}, and no rule admits it",
            names.join(", ")
        )
    })
}
