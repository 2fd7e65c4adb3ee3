//! Port-forwards, as truthful as their sessions.

use crate::forward::status::State;
use crate::forward::target::Local;
use crate::model::key::{Key, Name};
use crate::output::glyph::Mark;
use crate::output::span::ago;
use crate::output::table::{Align, Column};
use crate::ui::msg::{ForwardId, ForwardRow, Member};
use crate::ui::table::{Cell, Row, RowId, Source, role_of_mark};
use crate::ui::theme::Role;

/// The columns.
pub fn columns() -> Vec<Column> {
    let left = |id, title, rank| Column {
        id,
        title,
        align: Align::Left,
        rank,
    };
    let right = |id, title, rank| Column {
        align: Align::Right,
        ..left(id, title, rank)
    };
    vec![
        left("target", "TARGET", 0),
        left("local", "LOCAL", 0),
        left("state", "STATE", 0),
        left("why", "WHY", 2),
        left("group", "GROUP", 3),
        left("pod", "POD", 3),
        right("since", "SINCE", 4),
        right("reconnects", "RECONNECTS", 7),
        right("connections", "CONNS", 5),
        right("in", "IN", 6),
        right("out", "OUT", 6),
        left("context", "CONTEXT", 9),
        left("error", "LAST ERROR", 8),
    ]
}

/// Every forward in the order in which they were started, then the saved sets; or the forwards to an object.
pub fn rows(source: &Source<'_>, to: Option<&Key>) -> Vec<RowId> {
    let wanted = source
        .forwards
        .iter()
        .filter(|row| to.is_none_or(|key| leads_to(row, key)));
    let rows = wanted.map(|row| RowId::Forward(row.id));
    let groups = source.groups.iter().filter(|_| to.is_none());
    rows.chain(groups.map(|group| RowId::Group(group.name.clone())))
        .collect()
}

/// How many forwards of a saved set run.
pub fn running(forwards: &[ForwardRow], group: &Name) -> usize {
    forwards.iter().filter(|row| row.is_of(group)).count()
}

/// A saved set: how much of it runs, what is in its way, and how it is started.
pub fn group_row(source: &Source<'_>, name: &Name) -> Option<Row> {
    let group = source.groups.iter().find(|group| group.name == *name)?;
    let running = running(source.forwards, name);
    let all = group.wanted.len();
    let whole = running >= all && all > 0;
    let (mark, state) = match (&group.defect, running) {
        (Some(_), 0) => (Mark::Warning, "blocked".to_owned()),
        (_, 0) => (Mark::Quiet, "not started".to_owned()),
        (None, _) if whole => (Mark::Pass, "started".to_owned()),
        _ => (Mark::Warning, format!("{running} of {all}")),
    };
    let why = match &group.defect {
        Some(why) => why.clone(),
        None if whole => "s stops it".to_owned(),
        None => "s starts it".to_owned(),
    };
    let locals: Vec<String> = group
        .wanted
        .iter()
        .map(|one| match one.target.local {
            Local::Exactly(port) => port.to_string(),
            Local::Proposed | Local::Any => format!(":{}", one.target.remote),
        })
        .collect();
    let mut cells = vec![
        Cell::of(Role::Title, format!("group {name}")),
        Cell::of(Role::Dim, locals.join(" ")),
        Cell::of(role_of_mark(mark), state),
        Cell::of(Role::Text, why),
        Cell::of(
            Role::Dim,
            if group.autostart {
                "starts by itself"
            } else {
                ""
            },
        ),
    ];
    cells.resize_with(columns().len(), || Cell::of(Role::Dim, ""));
    Some(Row { mark, cells })
}

/// The saved set that a forward was started with.
fn member_words(row: &ForwardRow) -> String {
    let words = |member: &Member| {
        let auto = if member.auto { ", by itself" } else { "" };
        format!("{}{auto}", member.group)
    };
    row.member.as_ref().map_or_else(String::new, words)
}

/// Whether a forward leads to an object: it is its target, or its serving pod.
pub fn leads_to(row: &ForwardRow, key: &Key) -> bool {
    let serving = row.status.serving.as_ref();
    row.target.object == *key || serving.is_some_and(|choice| choice.pod == *key)
}

/// What is said of a state.
pub const fn mark_of(state: State) -> Mark {
    match state {
        State::Listening => Mark::Pass,
        State::Waiting | State::Reconnecting => Mark::Warning,
        State::Failed => Mark::Fail,
        State::Stopped => Mark::Quiet,
    }
}

/// A forward.
pub fn row(source: &Source<'_>, id: ForwardId) -> Option<Row> {
    let row = source.forwards.iter().find(|row| row.id == id)?;
    let status = &row.status;
    let counters = &status.counters;
    let mark = mark_of(status.state);
    let pod = status.serving.as_ref();
    let error = counters.last_error.as_ref();
    let number = |count: u64| {
        Cell::of(Role::Text, count.to_string()).ranked(i64::try_from(count).unwrap_or(i64::MAX))
    };
    let bytes = |count: u64| {
        Cell::of(Role::Text, bytes_words(count)).ranked(i64::try_from(count).unwrap_or(i64::MAX))
    };
    let local = if row.local.is_empty() {
        "-"
    } else {
        &row.local
    };
    Some(Row {
        mark,
        cells: vec![
            Cell::of(Role::Strong, target_words(row)),
            Cell::of(Role::Link, local),
            Cell::of(role_of_mark(mark), status.state.word()),
            Cell::of(Role::Text, status.reason.as_str()),
            Cell::of(Role::Dim, member_words(row)),
            Cell::of(
                Role::Dim,
                pod.map_or("-", |choice| choice.pod.name.as_str()),
            ),
            Cell::of(Role::Dim, ago(source.facts.world.now(), status.since))
                .ranked(-status.since.as_second()),
            number(counters.reconnects),
            number(counters.connections),
            bytes(counters.bytes_in),
            bytes(counters.bytes_out),
            Cell::of(Role::Dim, row.context.as_str()),
            Cell::of(Role::Warning, error.map_or("", |(_, words)| words.as_str())),
        ],
    })
}

/// The target in few words: `shop/svc/cart:80`.
pub fn target_words(row: &ForwardRow) -> String {
    format!("{}:{}", short(&row.target.object), row.target.remote)
}

/// An object in few words, as the command line takes it: `shop/svc/cart`.
pub fn short(key: &Key) -> String {
    let info = key.kind.info();
    let word = info.aliases.get(1).or(info.aliases.first());
    let word = word.copied().unwrap_or(info.plural);
    match &key.namespace {
        Some(namespace) => format!("{namespace}/{word}/{}", key.name),
        None => format!("{word}/{}", key.name),
    }
}

/// A number of bytes in few characters: `0`, `512 B`, `1.2 MB`.
pub fn bytes_words(bytes: u64) -> String {
    if bytes == 0 {
        return "0".into();
    }
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    for unit in ["kB", "MB", "GB", "TB", "PB"] {
        if tenths < 100 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        if tenths < 10_000 {
            return format!("{} {unit}", tenths / 10);
        }
        tenths /= 1000;
    }
    format!("{} EB", tenths / 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind::Kind;

    #[test]
    fn bytes_in_few_characters() {
        let table = [
            (0, "0"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (12_345, "12 kB"),
            (999_999, "999 kB"),
            (1_000_000, "1.0 MB"),
            (u64::MAX, "18 EB"),
        ];
        for (bytes, words) in table {
            assert_eq!(bytes_words(bytes), words);
        }
    }

    #[test]
    fn objects_are_written_as_the_command_line_takes_them() {
        assert_eq!(
            short(&Key::new(Kind::Service, "shop", "cart")),
            "shop/svc/cart"
        );
        assert_eq!(short(&Key::new(Kind::Pod, "shop", "a")), "shop/po/a");
        assert_eq!(short(&Key::cluster(Kind::Node, "n1")), "no/n1");
    }
}
