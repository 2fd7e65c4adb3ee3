//! What is said where there is nothing to show: why, and where to go.

use crate::diagnosis::finding::Severity;
use crate::model::coverage::Gap;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::world::Origin;
use crate::output::span::ago;
use crate::output::table::Sheet;
use crate::ui::msg::Link;
use crate::ui::page::TablePage;
use crate::ui::place::Place;
use crate::ui::rich::Line;
use crate::ui::state::State;
use crate::ui::theme::Role;
use crate::ui::view::pen::{Pen, beside};
use crate::ui::view::wrap::wrap;
use ratatui::layout::Rect;

fn say(pen: &mut Pen<'_>, area: Rect, lines: &[Line]) {
    let area = beside(area, 3);
    let rows = lines.iter().flat_map(|line| wrap(line, area.width));
    for (y, row) in (area.top()..area.bottom()).zip(rows) {
        pen.line(area, y, &row);
    }
}

/// An empty table.
pub(super) fn table(pen: &mut Pen<'_>, area: Rect, state: &State, page: &TablePage) {
    let lines = if page.filter.is_some() {
        let words = format!("Nothing matches among {}.", page.total);
        vec![Line::of(Role::Text, words).and(Role::Dim, "  esc clears the filter")]
    } else if state.show.faults_only && page.total > 0 {
        let words = format!("Nothing broken among {}.", page.total);
        vec![Line::of(Role::Pass, words).and(Role::Dim, "  ctrl-z shows all")]
    } else {
        nothing(state, page)
    };
    say(pen, area, &lines);
}

fn nothing(state: &State, page: &TablePage) -> Vec<Line> {
    let kinds = page.place.kinds();
    let coverage = state.snapshot.world.coverage();
    let scope = state.scope.one().filter(|_| page.place.is_namespaced());
    let gaps = kinds
        .iter()
        .filter_map(|kind| coverage.gap(*kind, scope.map(Name::as_str)));
    let mut lines: Vec<Line> = gaps
        .map(|gap| Line::of(Role::Unknown, "? ").and(Role::Text, format!("{}.", gap.why)))
        .collect();
    if !lines.is_empty() {
        lines.truncate(4);
        return lines;
    }
    let words = match &page.place {
        Place::Forwards => "No port-forward, and no saved group of this context. shift-f on a route, Service or pod opens one.".into(),
        Place::ForwardsTo(key) => format!("No port-forward to {}.", key.short()),
        Place::Contexts => "Reading the kubeconfig…".into(),
        Place::UsedBy(key) => format!("Nothing leads to {} {}.", key.kind, key.short()),
        Place::EndpointsOf(key) => format!("{} has no endpoint: its path says why.", key.short()),
        Place::Sheet(Sheet::Changes) => changes(state).into(),
        Place::PodsOn(node) => format!("No pod on {node}."),
        place => match scope {
            None => format!("No {} in this world.", place.title().to_lowercase()),
            Some(name) => {
                let others: usize = kinds
                    .iter()
                    .map(|kind| state.snapshot.world.count(*kind))
                    .sum();
                let elsewhere = if others > 0 {
                    format!(" {others} in other namespaces (0 = all).")
                } else {
                    String::new()
                };
                format!("No {} in {name}.{elsewhere}", place.title().to_lowercase())
            }
        },
    };
    vec![Line::of(Role::Text, words)]
}

fn changes(state: &State) -> &'static str {
    if *state.snapshot.world.origin() == Origin::Files {
        "Files do not change while they are looked at."
    } else {
        "Nothing has changed since everything was read."
    }
}

/// Home without a problem: what was checked, what could not be read, and the ways in.
pub(super) fn home(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let mut lines = vec![Line::new()];
    if let Link::Down { why, .. } = &state.link {
        lines.push(
            Line::of(Role::Fail, "✗ ")
                .and(Role::Text, why.as_str())
                .hang(2),
        );
        lines.push(Line::new());
    }
    let progress = state.snapshot.progress();
    if progress.syncing.is_empty() {
        lines.extend(healthy(state));
    } else {
        lines.push(Line::of(
            Role::Text,
            "Reading the cluster. Problems appear as soon as what they rest on is read.",
        ));
        lines.push(Line::new());
        for (kind, seen) in &progress.syncing {
            let line = Line::of(Role::Warning, "◐ ")
                .and(Role::Text, format!("{:<32}", kind.qualified_name()))
                .and(
                    Role::Dim,
                    if *seen > 0 {
                        format!("{seen} so far")
                    } else {
                        String::new()
                    },
                );
            lines.push(line);
        }
    }
    say(pen, area, &lines);
}

/// The kinds without which nothing can be said of traffic, as they are counted.
const LOOKED_AT: &[(Kind, &str, &str)] = &[
    (Kind::Ingress, "Ingress", "Ingresses"),
    (Kind::Service, "Service", "Services"),
    (Kind::EndpointSlice, "EndpointSlice", "EndpointSlices"),
    (Kind::Pod, "pod", "pods"),
];

/// The namespace looked at, where no object is in it and none tells of it: that nothing is wrong there would be no
/// good news, but most likely a slip of the pen.
fn unheard_of(state: &State) -> Option<&Name> {
    let name = state.scope.one()?;
    let known = state.snapshot.world.namespaces().contains(name);
    (!known).then_some(name)
}

/// How many things are worth knowing of what is looked at, and no problems.
fn notes(state: &State) -> usize {
    let here = |subject: &Key| match state.scope.one() {
        Some(name) if subject.kind == Kind::Namespace => subject.name == *name,
        Some(name) => subject.namespace.as_ref() == Some(name),
        None => true,
    };
    let roots = state.snapshot.report.roots();
    roots
        .filter(|finding| finding.severity == Severity::Info && here(&finding.id.subject))
        .count()
}

/// What is said first where no problem was found.
fn verdict(state: &State, all_read: bool) -> Line {
    let scope = state
        .scope
        .one()
        .map(|name| format!(" in {name}"))
        .unwrap_or_default();
    if let Link::Down { since, .. } = &state.link {
        let age = ago(state.now, *since);
        let words =
            format!("! No problem was found{scope} when the cluster was last seen, {age} ago.");
        Line::of(Role::Warning, words)
    } else if let Some(name) = unheard_of(state) {
        Line::of(
            Role::Warning,
            format!("! Nothing is known of namespace {name}."),
        )
    } else if all_read {
        Line::of(Role::Pass, format!("✓ No problem found{scope}."))
    } else {
        Line::of(
            Role::Unknown,
            format!("? No problem found{scope} in what could be read."),
        )
    }
}

fn healthy(state: &State) -> Vec<Line> {
    let world = &state.snapshot.world;
    let infos = notes(state);
    let gaps = state.snapshot.report.gaps();
    // Where nothing of a kind may be read there is no subject, so the report itself has no gap to tell of.
    let unread: Vec<Gap> = LOOKED_AT
        .iter()
        .filter_map(|(kind, ..)| {
            world
                .coverage()
                .gap(*kind, state.scope.one().map(|name| &**name))
        })
        .filter(|gap| !gaps.contains_key(gap))
        .collect();
    let counts: Vec<String> = LOOKED_AT
        .iter()
        .map(|(kind, one, many)| {
            let count = match state.scope.one() {
                Some(name) => world.in_namespace(*kind, name).count(),
                None => world.count(*kind),
            };
            format!("{count} {}", if count == 1 { one } else { many })
        })
        .collect();
    let all_read = gaps.is_empty() && unread.is_empty();
    let mut lines = vec![
        verdict(state, all_read),
        Line::of(Role::Dim, format!("  Looked at {}.", counts.join(", "))),
    ];
    let words = match infos {
        0 => None,
        1 => Some("1 note that is no problem".to_owned()),
        infos => Some(format!("{infos} notes that are no problems")),
    };
    lines.extend(words.map(|words| {
        Line::of(
            Role::Dim,
            format!("  {words}: `portolan check` lists them."),
        )
    }));
    for gap in &unread {
        lines.push(
            Line::of(Role::Unknown, "? ")
                .and(Role::Text, gap.why.to_string())
                .hang(2),
        );
    }
    for (gap, count) in gaps.iter().take(6) {
        let line = Line::of(Role::Unknown, "? ")
            .and(
                Role::Text,
                format!("{}: {count} verdicts are unknown", gap.why),
            )
            .hang(2);
        lines.push(line);
    }
    lines.push(Line::new());
    for (key, words) in [
        (":routes", "every way in, each with its path"),
        (":svc", "Services and who backs them"),
        (":trace", "follow a request from one end to the other"),
        ("?", "the keys"),
    ] {
        lines.push(Line::of(Role::Key, format!("  {key:<10}")).and(Role::Dim, words));
    }
    lines
}
