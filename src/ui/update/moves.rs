//! Moving about on a page.

use crate::ui::command::Command;
use crate::ui::effect::Effect;
use crate::ui::layout::{body, page_height};
use crate::ui::page::{Page, Pane};
use crate::ui::reach::frame::frame;
use crate::ui::state::State;
use crate::ui::theme::Role;
use crate::ui::update::{act, world};
use std::sync::Arc;

/// Where a step leads from a position among so many, on a page of so many lines.
fn target(command: Command, from: usize, count: usize, page: usize) -> usize {
    let last = count.saturating_sub(1);
    let to = match command {
        Command::Up => from.saturating_sub(1),
        Command::Down => from.saturating_add(1),
        Command::PageUp => from.saturating_sub(page),
        Command::PageDown => from.saturating_add(page),
        Command::Top => 0,
        Command::Bottom => last,
        _ => from,
    };
    to.min(last)
}

/// One step.
pub(super) fn step(state: &mut State, command: Command) {
    let height = page_height(state);
    let body = body(state);
    match &mut state.page {
        Page::Reach(page) => {
            let frame = frame(page, body);
            page.step(command, &frame);
        }
        Page::Table(table) if table.focus == Pane::Detail => {
            if let Some(detail) = &mut table.detail {
                step_path(Arc::make_mut(detail), command, height);
            }
            return;
        }
        Page::Table(table) => {
            let from = table.position().unwrap_or(0);
            table.select_at(target(command, from, table.rows.len(), height));
        }
        Page::Path(path) => step_path(path, command, height),
        Page::Text(text) => {
            let count = text.lines.len().saturating_sub(height / 2).max(1);
            text.offset = target(command, text.offset, count, height);
            text.at_match = None;
        }
        Page::Log(log) => {
            let from = log.shown_from(height).saturating_sub(log.first);
            let to = target(command, from, log.lines.len(), height);
            let to = log.first + to;
            log.scroll_to(to, height);
        }
    }
    reveal(state);
    world::renew_detail(state);
}

fn step_path(path: &mut crate::ui::page::PathPage, command: Command, height: usize) {
    let spots = path.spots();
    let from = path.position().unwrap_or(0);
    let to = target(command, from, spots.len(), height);
    // Beyond the last hop the page itself moves, so that what stands under it can be read.
    if to == from && matches!(command, Command::Down | Command::PageDown | Command::Bottom) {
        path.offset = path.offset.saturating_add(1).min(spots.len() + 24);
    } else {
        path.offset = path.offset.min(to);
        if to >= path.offset + height {
            path.offset = to + 1 - height;
        }
    }
    path.selected = spots.get(to).cloned();
}

/// Moves the window to the selected row.
pub(super) fn reveal(state: &mut State) {
    let height = page_height(state);
    let body = body(state);
    match &mut state.page {
        Page::Table(table) => table.reveal(height),
        Page::Reach(page) => {
            let frame = frame(page, body);
            page.reveal(&frame);
        }
        Page::Path(_) | Page::Text(_) | Page::Log(_) => {}
    }
}

/// The other pane; in a log, the next container.
pub(super) fn pane(state: &mut State) -> Vec<Effect> {
    match &mut state.page {
        Page::Table(table) if table.detail.is_some() => {
            table.focus = match table.focus {
                Pane::List => Pane::Detail,
                Pane::Detail => Pane::List,
            };
            Vec::new()
        }
        Page::Log(log) => {
            let pod = log.pod.clone();
            let previous = log.previous;
            let names = act::containers(&state.snapshot, &pod);
            let at = names.iter().position(|name| *name == log.container);
            let next = at.and_then(|at| names.get(at + 1)).or(names.first());
            match next.cloned() {
                Some(next) => act::read_log(state, pod, next, previous),
                None => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// To the next match.
pub(super) fn seek(state: &mut State, backwards: bool) {
    let height = page_height(state);
    match &mut state.page {
        Page::Text(text) => {
            text.seek(backwards);
            if text.search.is_some() && text.at_match.is_none() {
                state.say(Role::Warning, "no match");
            }
        }
        Page::Log(log) => {
            let from = log.shown_from(height);
            match log.find(from, backwards) {
                Some(at) => {
                    log.scroll_to(at, height);
                    log.top = at;
                    log.follow = false;
                }
                None if log.search.is_some() => state.say(Role::Warning, "no match"),
                None => {}
            }
        }
        Page::Table(_) | Page::Path(_) | Page::Reach(_) => {}
    }
}

/// Switches of texts and logs.
pub(super) fn toggle(state: &mut State, command: Command) {
    let height = page_height(state);
    match (&mut state.page, command) {
        (Page::Text(_) | Page::Log(_), Command::FullScreen) => state.show.full = !state.show.full,
        (Page::Text(text), Command::Wrap) => text.wrap = !text.wrap,
        (Page::Log(log), Command::Wrap) => log.wrap = !log.wrap,
        (Page::Log(log), Command::Timestamps) => log.timestamps = !log.timestamps,
        (Page::Log(log), Command::Follow) => {
            log.top = log.shown_from(height);
            log.follow = !log.follow;
        }
        _ => {}
    }
}

/// Marks a row, and goes to the next.
pub(super) fn mark(state: &mut State) {
    if let Page::Table(table) = &mut state.page
        && let Some(row) = table.selected.clone()
    {
        if !table.marked.remove(&row) {
            table.marked.insert(row);
        }
        step(state, Command::Down);
    }
}

pub(super) fn clear_marks(state: &mut State) {
    if let Page::Table(table) = &mut state.page {
        table.marked.clear();
    }
}
