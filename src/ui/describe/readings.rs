//! A rule that can be read in two ways, both side by side: what is written and the other, each with whom it means now.
//!
//! ```text
//!   as it is written: two items            in one item it would be
//!   - namespaceSelector: team=front        - namespaceSelector: team=front
//!   - podSelector: app=web                   podSelector: app=web
//!   2 pods now                             1 pod now
//!     front/web-1                            front/web-1
//!     shop/web-1  only so
//! ```

use super::facts::Sheet;
use crate::model::kind::Kind;
use crate::model::labels::Selector;
use crate::model::policy::{Peer, Places, Policy, Rule, Subject, Tier};
use crate::model::view::as_pod;
use crate::output::width::width;
use crate::semantics::policy::end::End;
use crate::semantics::policy::matching::{Match, Surroundings, pod_end};
use crate::semantics::policy::trap::{Choice, Written, choices};
use crate::semantics::policy::words;
use crate::ui::rich::{Line, Span};
use crate::ui::theme::Role;
use crate::ui::view::wrap::wrap;

/// How many pods of a reading are named before the rest is counted.
const NAMED: usize = 8;

/// The narrowest page on which both readings stand side by side.
const SIDE_BY_SIDE: u16 = 76;

/// Cells before the readings, and between them.
const INDENT: u16 = 2;

/// Both readings of each part of a rule that has two. Administrators' policies have one form only.
pub(super) fn of(
    sheet: &mut Sheet,
    around: &Surroundings<'_, '_>,
    policy: &Policy,
    rule: &Rule,
    cells: u16,
) {
    if policy.tier != Tier::Namespaced {
        return;
    }
    for choice in choices(rule) {
        let (apart, together) = columns(around, policy, &choice);
        let (written, other) = match choice.written {
            Written::Apart => (apart, together),
            Written::Together => (together, apart),
        };
        sheet.lines.push(Line::new());
        if cells >= SIDE_BY_SIDE {
            beside(sheet, &written, &other, cells);
        } else {
            sheet.lines.extend(written.into_iter().map(indented));
            sheet.lines.push(Line::new());
            sheet.lines.extend(other.into_iter().map(indented));
        }
        sheet.lines.push(Line::new());
    }
}

fn indented(mut line: Line) -> Line {
    line.spans.insert(
        0,
        Span {
            role: Role::Text,
            text: " ".repeat(usize::from(INDENT)),
        },
    );
    line.hang += INDENT;
    line
}

/// The pods that some peers mean now: by name, and how many perhaps besides.
struct Meant {
    pods: Vec<String>,
    perhaps: usize,
}

fn meant(around: &Surroundings<'_, '_>, policy: &Policy, subjects: &[&Subject]) -> Meant {
    let view = around.view();
    let peers: Vec<Peer> = subjects
        .iter()
        .map(|subject| Peer::Pods((*subject).clone()))
        .collect();
    let mut found = Meant {
        pods: Vec::new(),
        perhaps: 0,
    };
    let pods = view.all(Kind::Pod).filter_map(as_pod);
    for pod in pods.filter(|pod| !pod.is_terminal()) {
        let end = End::Pod(pod_end(view, pod));
        let matched = peers
            .iter()
            .map(|peer| around.peer(policy, peer, &end))
            .fold(Match::No, Match::or);
        match matched {
            Match::Yes => found.pods.push(pod.meta.key.short()),
            Match::Maybe(_) => found.perhaps += 1,
            Match::No => {}
        }
    }
    found
}

/// The reading as two items, and as one.
fn columns(
    around: &Surroundings<'_, '_>,
    policy: &Policy,
    choice: &Choice,
) -> (Vec<Line>, Vec<Line>) {
    let read = &choice.readings;
    let two = meant(around, policy, &[&read.places, &read.pods]);
    let one = meant(around, policy, &[&read.both]);
    let places = match &read.places.namespaces {
        Places::Selected(selector) => selector.clone(),
        Places::Own => Selector::default(),
    };
    let places = format!("- namespaceSelector: {}", braces(&places));
    let pods = format!("podSelector: {}", braces(&read.pods.pods));
    let items = |pods: String| [places.clone(), pods];
    let sentence = format!(
        "{}, or {}",
        words::subject(&read.places),
        words::subject(&read.pods)
    );
    let (is, would) = ("as it is written", "would be");
    let (first, second) = match choice.written {
        Written::Apart => (
            format!("{is}: two items"),
            format!("in one item it {would}"),
        ),
        Written::Together => (
            format!("in two items it {would}"),
            format!("{is}: one item"),
        ),
    };
    let written = choice.written;
    let apart = column(
        (&first, written == Written::Apart),
        &items(format!("- {pods}")),
        &sentence,
        &two,
        &one,
    );
    let together = column(
        (&second, written == Written::Together),
        &items(format!("  {pods}")),
        &words::subject(&read.both),
        &one,
        &two,
    );
    (apart, together)
}

fn braces(selector: &Selector) -> String {
    if selector.is_empty() {
        "{}".to_owned()
    } else {
        selector.to_string()
    }
}

fn column(
    (title, written): (&str, bool),
    items: &[String; 2],
    sentence: &str,
    meant: &Meant,
    other: &Meant,
) -> Vec<Line> {
    let (mark, role) = if written {
        ("▌ ", Role::Strong)
    } else {
        ("  ", Role::Dim)
    };
    let mut lines = vec![Line::of(Role::Key, mark).and(role, title)];
    let body = |role, text: &str| Line::of(Role::Text, "  ").and(role, text).hang(4);
    lines.extend(items.iter().map(|item| body(Role::Text, item)));
    lines.push(body(Role::Dim, sentence));
    let mut count = match meant.pods.len() {
        0 => "no pod now".to_owned(),
        1 => "1 pod now".to_owned(),
        count => format!("{count} pods now"),
    };
    if meant.perhaps > 0 {
        count = format!("{count}, perhaps {} more", meant.perhaps);
    }
    let role = if meant.pods.is_empty() && meant.perhaps == 0 {
        Role::Warning
    } else {
        Role::Text
    };
    lines.push(body(role, &count));
    // Those that make the difference come first.
    let (both, only): (Vec<&String>, Vec<&String>) =
        meant.pods.iter().partition(|pod| other.pods.contains(pod));
    let differing = only.len();
    for (at, pod) in only.into_iter().chain(both).take(NAMED).enumerate() {
        let line = Line::of(Role::Text, "    ").and(Role::Text, pod.as_str());
        lines.push(if at < differing {
            line.and(Role::Warning, "  only so").hang(6)
        } else {
            line.hang(6)
        });
    }
    let more = meant.pods.len().saturating_sub(NAMED);
    if more > 0 {
        lines.push(Line::of(Role::Dim, format!("    and {more} more")));
    }
    lines
}

/// Two columns of equal width.
fn beside(sheet: &mut Sheet, left: &[Line], right: &[Line], cells: u16) {
    let each = cells.saturating_sub(2 * INDENT) / 2;
    let wrapped = |column: &[Line]| -> Vec<Line> {
        let room = each.saturating_sub(1);
        column.iter().flat_map(|line| wrap(line, room)).collect()
    };
    let (left, right) = (wrapped(left), wrapped(right));
    for at in 0..left.len().max(right.len()) {
        let mut line = left.get(at).cloned().unwrap_or_default();
        let missing = usize::from(each).saturating_sub(width(&line.plain()));
        line = line.and(Role::Text, " ".repeat(missing));
        line = line.and(Role::Border, "│ ");
        if let Some(other) = right.get(at) {
            line.spans.extend(other.spans.iter().cloned());
        }
        sheet.lines.push(line.hang(0));
    }
}
