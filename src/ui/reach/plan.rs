//! What a planned policy would make of the map: which connections it cuts, which it opens.

use super::map::MOST;
use super::short;
use crate::model::delta::Delta;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::policy::ports::PortSet;
use crate::semantics::policy::reach::difference::{Change, difference};
use crate::semantics::policy::reach::planned::with_policies;
use crate::semantics::policy::reach::{Focus, Reach};
use crate::ui::rich::Line;
use crate::ui::snapshot::Snapshot;
use crate::ui::theme::Role;

/// What the policies of a file would change; why that cannot be told, where it cannot.
pub fn lines(snapshot: &Snapshot, deltas: Vec<Delta>) -> Result<Vec<Line>, String> {
    let pods = snapshot.world.count(Kind::Pod);
    if pods > MOST {
        return Err(format!(
            "a map of {pods} pods is too large for the screen: portolan reach --with FILE"
        ));
    }
    let Some(planned) = with_policies(&snapshot.world, deltas) else {
        return Err("the file holds no network policy".to_owned());
    };
    let (now, then) = (View::new(&snapshot.world), View::new(&planned));
    let mut reach = Reach::new(&now);
    let changes = difference(&mut reach, &mut Reach::new(&then), &Focus::All);
    let mut lines = Vec::new();
    if let Some(why) = reach.unenforced() {
        let words = format!("What is cut is cut if enforced: {why}.");
        lines.push(Line::of(Role::Warning, "! ").and(Role::Text, words).hang(2));
        lines.push(Line::new());
    }
    if changes.is_empty() {
        lines.push(Line::of(Role::Text, "Nothing changes."));
    }
    part(&mut lines, &changes, "It cuts", (Role::Fail, "- "), |one| {
        &one.cut
    });
    part(
        &mut lines,
        &changes,
        "It opens",
        (Role::Pass, "+ "),
        |one| &one.opened,
    );
    let words = "Of these it could no longer be told";
    part(&mut lines, &changes, words, (Role::Unknown, "? "), |one| {
        &one.uncertain
    });
    Ok(lines)
}

fn part(
    lines: &mut Vec<Line>,
    changes: &[Change],
    title: &str,
    (role, mark): (Role, &str),
    of: fn(&Change) -> &PortSet,
) {
    let found: Vec<&Change> = changes.iter().filter(|one| !of(one).is_empty()).collect();
    if found.is_empty() {
        return;
    }
    if lines.last().is_some_and(|line| !line.spans.is_empty()) {
        lines.push(Line::new());
    }
    lines.push(Line::of(Role::Title, title).and(Role::Dim, format!("  {}", found.len())));
    for change in found {
        let line = Line::of(role, format!("  {mark}"))
            .and(Role::Text, short(&change.src))
            .and(Role::Dim, " → ")
            .and(Role::Text, short(&change.dst))
            .and(Role::Dim, format!("  {}", of(change)));
        lines.push(line.hang(6));
    }
}
