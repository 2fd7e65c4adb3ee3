//! Who may talk to whom, as a page: a grid of workloads with a cursor, or one workload with all its peers. Each cell
//! opens its reason. The map is made when the world changes in a way that policies can see, never while drawing.

pub mod frame;
pub mod map;
pub mod plan;
pub mod query;
pub mod reason;

use crate::model::key::Key;
use crate::ui::command::Command;
use crate::ui::place::Scope;
use crate::ui::rich::Line;
use crate::ui::snapshot::Snapshot;
use frame::Frame;
use map::Map;
use query::Query;
use std::sync::Arc;

/// A cell: who sends and who receives, by name.
pub type Pair = (String, String);

/// The map on the screen.
#[derive(Clone, Debug)]
pub struct ReachPage {
    /// What was written behind `:reach`, until there are workloads.
    asked: Option<String>,
    /// Which workloads, and on which port.
    pub query: Query,
    /// The one workload that is looked at with all its peers; none: the grid.
    pub focus: Option<String>,
    /// What is shown.
    pub map: Arc<Map>,
    /// The cell under the cursor.
    pub selected: Option<Pair>,
    /// Where it was last, by row and column: where to go when it is no longer there.
    at: (usize, usize),
    /// The first row that is shown.
    pub top: usize,
    /// The first column that is shown.
    pub left: usize,
    /// Why the cell is as it is.
    pub detail: Arc<[Line]>,
    /// The policy that decides it.
    pub policy: Option<Key>,
    made_of: Option<(Arc<Snapshot>, Scope)>,
}

impl ReachPage {
    /// The map of a world, of what was asked for behind `:reach`.
    pub fn new(snapshot: &Arc<Snapshot>, scope: &Scope, words: &str) -> Self {
        let mut page = Self {
            asked: Some(words.to_owned()),
            query: Query::default(),
            focus: None,
            map: Arc::default(),
            selected: None,
            at: (0, 0),
            top: 0,
            left: 0,
            detail: Arc::from([]),
            policy: None,
            made_of: None,
        };
        page.renew(snapshot, scope);
        page
    }

    /// Reads what was asked for, once there are workloads to read it by; then the cursor goes where there is something
    /// to tell.
    fn begin(&mut self, snapshot: &Snapshot) -> bool {
        let owners = map::owners(snapshot);
        let Some(words) = self.asked.take_if(|_| !owners.is_empty()) else {
            return false;
        };
        let asked = Query::parse(&words);
        match asked.one_of(&owners) {
            Some(owner) => {
                self.focus = Some(owner);
                self.query = asked.port_only();
            }
            None => self.query = asked,
        }
        true
    }

    /// The same in a newer world, or looking at other namespaces.
    pub fn renew(&mut self, snapshot: &Arc<Snapshot>, scope: &Scope) {
        let known = self
            .made_of
            .as_ref()
            .is_some_and(|(old, held)| held == scope && map::alike(old, snapshot));
        if known {
            return;
        }
        self.made_of = Some((Arc::clone(snapshot), scope.clone()));
        let begins = self.asked.is_some() && self.begin(snapshot);
        self.remake();
        if begins {
            let (row, column) = self.map.telling();
            self.select(row, column);
            self.look();
        }
    }

    /// Makes the map anew from the world that it was made of: after another filter or focus.
    pub fn remake(&mut self) {
        let Some((snapshot, scope)) = &self.made_of else {
            return;
        };
        self.map = Arc::new(Map::new(
            snapshot,
            scope,
            &self.query,
            self.focus.as_deref(),
        ));
        if self.position().is_none() {
            let (row, column) = self.at;
            self.select(row, column);
        }
        self.look();
    }

    /// Where the cursor is.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.map.position(self.selected.as_ref()?)
    }

    fn select(&mut self, row: usize, column: usize) {
        let row = row.min(self.map.rows.len().saturating_sub(1));
        let column = column.min(self.map.columns().saturating_sub(1));
        self.selected = self.map.ends(row, column);
        self.at = (row, column);
    }

    /// Reads the reason of the cell anew.
    fn look(&mut self) {
        let (Some(pair), Some((snapshot, _))) = (&self.selected, &self.made_of) else {
            self.detail = Arc::from([]);
            self.policy = None;
            return;
        };
        if let Some(at) = self.map.position(pair) {
            self.at = at;
        }
        let reason = reason::of(snapshot, &self.map, pair, self.query.port);
        self.detail = reason.lines.into();
        self.policy = reason.policy;
    }

    /// One step of the cursor.
    pub fn step(&mut self, command: Command, frame: &Frame) {
        let (row, column) = self.at;
        let page = usize::from(frame.rows.height).max(1);
        let across = frame.columns.max(1);
        let (row, column) = match command {
            Command::Up => (row.saturating_sub(1), column),
            Command::Down => (row + 1, column),
            Command::PageUp => (row.saturating_sub(page), column),
            Command::PageDown => (row + page, column),
            Command::Top => (0, column),
            Command::Bottom => (usize::MAX, column),
            Command::ColumnLeft => (row, column.saturating_sub(1)),
            Command::ColumnRight => (row, column + 1),
            Command::ColumnsLeft => (row, column.saturating_sub(across)),
            Command::ColumnsRight => (row, column + across),
            _ => (row, column),
        };
        self.select(row, column);
        self.look();
    }

    /// Moves the window so that the cursor is in it.
    pub fn reveal(&mut self, frame: &Frame) {
        let (row, column) = self.at;
        let height = usize::from(frame.rows.height).max(1);
        self.top = into_view(self.top, row, height, self.map.rows.len());
        self.left = into_view(self.left, column, frame.columns.max(1), self.map.columns());
    }

    /// Narrows to what is typed.
    pub fn ask(&mut self, text: &str) {
        self.query = Query::parse(text);
        self.remake();
    }

    /// Takes away what narrows, the last first; whether there was any.
    pub fn widen(&mut self) -> bool {
        if !self.query.is_empty() {
            self.ask("");
            return true;
        }
        if self.focus.is_some() {
            self.toggle_focus();
            return true;
        }
        false
    }

    /// Looks at the sender under the cursor with all its peers, or at the grid again.
    pub fn toggle_focus(&mut self) {
        self.focus = match (self.focus.take(), &self.selected) {
            (None, Some((src, dst))) => Some(if src == map::OUTSIDE { dst } else { src }.clone()),
            _ => None,
        };
        // Other axes: what was typed for the old ones says nothing of them.
        self.query = self.query.port_only();
        self.remake();
    }
}

fn into_view(first: usize, at: usize, room: usize, count: usize) -> usize {
    let first = if at < first {
        at
    } else if at >= first + room {
        at + 1 - room
    } else {
        first
    };
    first.min(count.saturating_sub(room))
}

/// `shop/Deployment/web` as `shop/web`.
pub fn short(owner: &str) -> String {
    let mut parts = owner.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(namespace), Some(_), Some(name)) => format!("{namespace}/{name}"),
        _ => owner.to_owned(),
    }
}
