//! The order of tables.

use crate::ui::command::SortBy;
use crate::ui::page::{Page, Sort};
use crate::ui::state::State;
use crate::ui::table;
use crate::ui::theme::Role;
use crate::ui::update::world;

pub(super) fn sort(state: &mut State, by: SortBy) {
    let Page::Table(page) = &mut state.page else {
        return;
    };
    let columns = table::columns(&page.place);
    let one_of = |ids: &[&str]| columns.iter().map(|c| c.id).find(|id| ids.contains(id));
    let column = match by {
        SortBy::Name => one_of(&["name", "object", "host", "service", "target", "kind"]),
        SortBy::Age => one_of(&["age", "since", "last"]),
        SortBy::Namespace => one_of(&["namespace"]),
        SortBy::Verdict => None,
        SortBy::NextColumn => {
            let now = page.sort.and_then(|sort| sort.column);
            let at = columns.iter().position(|c| Some(c.id) == now);
            let next = at.map_or(0, |at| at + 1);
            columns.get(next).or(columns.first()).map(|c| c.id)
        }
    };
    if column.is_none() && by != SortBy::Verdict {
        state.say(Role::Warning, "this table has no such column");
        return;
    }
    page.sort = Some(match page.sort {
        Some(sort) if sort.column == column => Sort {
            reversed: !sort.reversed,
            ..sort
        },
        _ => Sort {
            column,
            reversed: false,
        },
    });
    let title = columns
        .iter()
        .find(|c| Some(c.id) == column)
        .map_or("verdict".to_owned(), |c| c.title.to_lowercase());
    state.say(Role::Dim, format!("sorted by {title}"));
    world::renew(state);
}
