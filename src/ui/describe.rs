//! Our own reading of an object: what was found on it, what it says about traffic, who leads to it, and what the
//! cluster said about it.

mod certificate;
mod config_map;
mod facts;
mod outside;
mod policies;
mod readings;

use crate::diagnosis::finding::Finding;
use crate::diagnosis::journal::What;
use crate::forward::target::Local;
use crate::model::key::{Key, Name};
use crate::model::object::Object;
use crate::output::glyph::Mark;
use crate::output::span::ago;
use crate::ui::msg::{ForwardRow, GroupRow};
use crate::ui::rich::Line;
use crate::ui::snapshot::Snapshot;
use crate::ui::table::forwards::{bytes_words, mark_of, short, target_words};
use crate::ui::table::{role_of_mark, used_by};
use crate::ui::theme::Role;
use facts::Sheet;

/// What is to be said of an object, on a screen of so many cells.
pub fn object(snapshot: &Snapshot, key: &Key, cells: u16) -> Vec<Line> {
    let mut sheet = Sheet::default();
    let Some(object) = snapshot.world.get(key) else {
        return vec![Line::of(
            Role::Unknown,
            format!("{key} is not there (any more), or cannot be read."),
        )];
    };
    findings(&mut sheet, snapshot, key);
    facts::of(&mut sheet, snapshot, object, cells);
    leading_here(&mut sheet, snapshot, key);
    changed(&mut sheet, snapshot, key);
    warnings(&mut sheet, snapshot, key);
    metadata(&mut sheet, snapshot, object);
    sheet.lines
}

fn findings(sheet: &mut Sheet, snapshot: &Snapshot, key: &Key) {
    for finding in snapshot.report.on(key) {
        sheet.lines.extend(finding_lines(finding));
        sheet.lines.push(Line::new());
    }
}

/// A finding: what, why, what to do.
pub fn finding_lines(finding: &Finding) -> Vec<Line> {
    let mark = Mark::of_severity(finding.severity);
    let role = role_of_mark(mark);
    let glyph = mark.glyph(crate::output::glyph::Charset::Unicode);
    let mut lines = vec![
        Line::of(role, format!("{glyph} "))
            .and(Role::Strong, finding.title.as_str())
            .and(Role::Link, format!("  {}", finding.id.code)),
    ];
    lines.extend(remedy_lines(finding));
    lines
}

/// Why, with its grounds, and what to do.
pub fn remedy_lines(finding: &Finding) -> Vec<Line> {
    let said = |name: &str, role, words: &str| {
        Line::of(Role::Title, format!("{name:<8}"))
            .and(role, words)
            .hang(8)
    };
    let mut lines = vec![said("Why", Role::Text, &finding.message)];
    for ground in &finding.evidence {
        let mut line = Line::of(Role::Dim, "        ")
            .and(Role::Dim, format!("{} ", ground.object.short()))
            .and(Role::Dim, format!("{}: ", ground.field))
            .and(Role::Text, ground.observed.as_str())
            .hang(10);
        if !ground.expected.is_empty() {
            line = line.and(Role::Dim, format!("  needed: {}", ground.expected));
        }
        lines.push(line);
    }
    lines.push(said("Fix", Role::Strong, &finding.fix));
    if let Some(patch) = &finding.patch {
        lines.push(said("Patch", Role::Text, patch));
    }
    if !finding.confirm.is_empty() {
        lines.push(said("Confirm", Role::Dim, &finding.confirm));
    }
    lines
}

fn leading_here(sheet: &mut Sheet, snapshot: &Snapshot, key: &Key) {
    let view = crate::model::view::View::new(&snapshot.world);
    let leading = used_by::leading_to(&view, key);
    if leading.is_empty() {
        return;
    }
    sheet.heading("Led to by");
    for other in leading {
        let kind = other.kind.to_string();
        sheet.pair(&kind, Role::Text, other.short());
    }
}

fn warnings(sheet: &mut Sheet, snapshot: &Snapshot, key: &Key) {
    let view = crate::model::view::View::new(&snapshot.world);
    let events = view.warnings_on(key);
    if events.is_empty() {
        return;
    }
    sheet.heading("What the cluster said");
    for event in events {
        let when = event
            .last
            .map(|last| ago(snapshot.now(), last))
            .unwrap_or_default();
        let times = if event.count > 1 {
            format!("  ×{}", event.count)
        } else {
            String::new()
        };
        let line = Line::of(Role::Dim, format!("  {when:<7}"))
            .and(Role::Warning, event.reason.as_str())
            .and(Role::Text, format!("  {}", event.message))
            .and(Role::Dim, times)
            .hang(9);
        sheet.lines.push(line);
    }
}

/// The latest changes of an object that are told.
const CHANGES: usize = 6;

fn changed(sheet: &mut Sheet, snapshot: &Snapshot, key: &Key) {
    let mut rows = snapshot.journal.about(key).take(CHANGES).peekable();
    if rows.peek().is_some() {
        sheet.heading("What changed while it was watched");
    }
    for row in rows {
        let when = ago(snapshot.now(), row.at);
        let (role, words) = match &row.what {
            What::Came => (Role::Text, "is there".to_owned()),
            What::Went => (Role::Text, "is gone".to_owned()),
            What::Field { path, from, to } => {
                let or_none = |text: &str| match text {
                    "" => "nothing".to_owned(),
                    text => text.to_owned(),
                };
                (
                    Role::Text,
                    format!("{path}: {} → {}", or_none(from), or_none(to)),
                )
            }
            What::Appeared(problem) => (
                Role::Fail,
                format!("{} appears: {}", problem.id.code, problem.title),
            ),
            What::Vanished(problem) => (
                Role::Pass,
                format!("{} is over: {}", problem.id.code, problem.title),
            ),
        };
        let line = Line::of(Role::Dim, format!("  {when:<7}")).and(role, words);
        sheet.lines.push(line.hang(9));
    }
}

fn metadata(sheet: &mut Sheet, snapshot: &Snapshot, object: &Object) {
    let meta = object.meta();
    sheet.heading("Object");
    if let Some(created) = meta.created {
        let when = format!("{created} ({} ago)", ago(snapshot.now(), created));
        sheet.pair("created", Role::Text, when);
    }
    if let Some(owner) = &meta.owner {
        sheet.pair(
            "owner",
            Role::Text,
            format!("{} {}", owner.kind, owner.name),
        );
    }
    if let Some(place) = &object.place {
        let at = format!(
            "{}, document {}, line {}",
            place.file, place.document, place.line
        );
        sheet.pair("file", Role::Text, at);
    }
    for (name, value) in meta.labels.iter() {
        sheet.pair("label", Role::Text, format!("{name}={value}"));
    }
    for defect in &object.defects {
        let words = format!(
            "{}: {}, expected {}",
            defect.field, defect.observed, defect.expected
        );
        sheet.pair("defect", Role::Warning, words);
    }
}

/// A saved set of forwards: each of its ports, and what is in its way.
pub fn group(groups: &[GroupRow], forwards: &[ForwardRow], name: &Name) -> Vec<Line> {
    let mut sheet = Sheet::default();
    let Some(group) = groups.iter().find(|group| group.name == *name) else {
        return vec![Line::of(Role::Dim, "It is no longer in forwards.toml.")];
    };
    sheet.heading("Group");
    sheet.pair("name", Role::Strong, name.as_str());
    let auto = if group.autostart {
        "by itself, with this context"
    } else {
        "by s"
    };
    sheet.pair("started", Role::Text, auto);
    sheet.pair(
        "in the way",
        Role::Warning,
        group.defect.as_deref().unwrap_or_default(),
    );
    sheet.heading("Forwards");
    for wanted in &group.wanted {
        let target = format!("{}:{}", short(&wanted.target.object), wanted.target.remote);
        let mut own = forwards.iter().filter(|row| row.is_of(name));
        let row = own.find(|row| row.target == wanted.target);
        let local = match (row, wanted.target.local) {
            (Some(row), _) => row.local.clone(),
            (None, Local::Exactly(port)) => format!("{}:{port}", wanted.address),
            (None, Local::Any) => format!("{}, any port", wanted.address),
            (None, Local::Proposed) => wanted.address.to_string(),
        };
        let (role, state) = row.map_or((Role::Dim, "not started"), |row| {
            let state = row.status.state;
            (role_of_mark(mark_of(state)), state.word())
        });
        let line = Line::of(Role::Strong, format!("  {target}"))
            .and(Role::Link, format!("  {local}"))
            .and(role, format!("  {state}"));
        sheet.lines.push(line);
    }
    sheet.lines
}

/// What became of a forward.
pub fn forward(snapshot: &Snapshot, row: &ForwardRow) -> Vec<Line> {
    let mut sheet = Sheet::default();
    let status = &row.status;
    let role = role_of_mark(mark_of(status.state));
    sheet.heading("Forward");
    sheet.pair("target", Role::Strong, target_words(row));
    sheet.pair("port", Role::Text, row.mapping.as_str());
    sheet.pair("local", Role::Link, row.local.as_str());
    sheet.pair("state", role, status.state.word());
    sheet.pair("why", Role::Text, status.reason.as_str());
    sheet.pair("hint", Role::Text, status.hint);
    if let Some(serving) = &status.serving {
        let pod = format!("{} port {}", serving.pod.short(), serving.port);
        sheet.pair("pod", Role::Text, pod);
    }
    let counters = &status.counters;
    if let Some(latency) = counters.latency {
        let words = format!("{} ms", latency.as_millis().max(1));
        sheet.pair("dial", Role::Text, words);
    }
    let half_close = match status.half_close {
        Some(true) => "passed on both ways",
        Some(false) => "not passed on: the API server offers no tunnel",
        None => "",
    };
    sheet.pair("half-close", Role::Text, half_close);
    let plural = if counters.connections == 1 { "" } else { "s" };
    let carried = format!(
        "{} connection{plural}, {} open, {} in, {} out, {} failed, {} reconnected",
        counters.connections,
        counters.active,
        bytes_words(counters.bytes_in),
        bytes_words(counters.bytes_out),
        counters.failures,
        counters.reconnects
    );
    sheet.pair("carried", Role::Text, carried);
    if let Some((at, words)) = &counters.last_error {
        let when = ago(snapshot.now(), *at);
        sheet.pair("error", Role::Warning, format!("{words} ({when} ago)"));
    }
    sheet.heading("History");
    for transition in status.history.iter().rev() {
        let pod = transition.pod.as_ref().map(Key::short).unwrap_or_default();
        let role = role_of_mark(mark_of(transition.state));
        let line = Line::of(
            Role::Dim,
            format!("  {:<7}", ago(snapshot.now(), transition.at)),
        )
        .and(role, format!("{:<13}", transition.state.word()))
        .and(Role::Text, transition.reason.as_str())
        .and(Role::Dim, format!("  {pod}"))
        .hang(9);
        sheet.lines.push(line);
    }
    sheet.lines
}
