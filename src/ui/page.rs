//! What fills the screen: a table, a path, a text or a log. Pages lie upon each other; `esc` takes the topmost away.

use crate::diagnosis::finding::Finding;
use crate::model::delta::Delta;
use crate::model::key::{Key, Name};
use crate::model::port::Protocol;
use crate::output::path::{self, Line as PathLine};
use crate::trace::path::Path;
use crate::ui::filter::Filter;
use crate::ui::log::LogPage;
use crate::ui::msg::ForwardId;
use crate::ui::paths::Subject;
use crate::ui::place::Place;
use crate::ui::reach::{Pair, ReachPage};
use crate::ui::rich::Line;
use crate::ui::snapshot::Snapshot;
use crate::ui::table::RowId;
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What fills the screen.
#[derive(Clone, Debug)]
pub enum Page {
    /// Rows.
    Table(Box<TablePage>),
    /// A request, hop by hop.
    Path(Box<PathPage>),
    /// Lines to read.
    Text(Box<TextPage>),
    /// A log.
    Log(Box<LogPage>),
    /// Who may talk to whom.
    Reach(Box<ReachPage>),
}

/// The order of a table that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By which column; none: by verdict.
    pub column: Option<&'static str>,
    /// The other way round.
    pub reversed: bool,
}

/// Which of two panes has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The list.
    #[default]
    List,
    /// What is said of the selected row.
    Detail,
}

/// A table.
#[derive(Clone, Debug)]
pub struct TablePage {
    /// What it shows.
    pub place: Place,
    /// Which rows.
    pub filter: Option<Filter>,
    /// In which order, where not in its own.
    pub sort: Option<Sort>,
    /// The rows that pass, in order: made when the world, filter or order changes, never while drawing.
    pub rows: Arc<[RowId]>,
    /// How many there are before filtering.
    pub total: usize,
    /// The natural width of each column, over all rows (a sample of very many).
    pub widths: Vec<u16>,
    /// The selected row.
    pub selected: Option<RowId>,
    /// The first row that is shown.
    pub offset: usize,
    /// Marked rows.
    pub marked: BTreeSet<RowId>,
    /// Which pane has the keys.
    pub focus: Pane,
    /// On home: the path of the selected problem.
    pub detail: Option<Arc<PathPage>>,
}

impl TablePage {
    /// A table whose rows are not made yet.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            filter: None,
            sort: None,
            rows: Arc::from([]),
            total: 0,
            widths: Vec::new(),
            selected: None,
            offset: 0,
            marked: BTreeSet::new(),
            focus: Pane::List,
            detail: None,
        }
    }

    /// Whether it is home.
    pub fn is_home(&self) -> bool {
        self.place == Place::HOME
    }

    /// Where the selected row is.
    pub fn position(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.rows.iter().position(|row| row == selected)
    }

    /// Selects the row at a position, or the last one before it.
    pub fn select_at(&mut self, position: usize) {
        let last = self.rows.len().saturating_sub(1);
        self.selected = self.rows.get(position.min(last)).cloned();
    }

    /// Moves the window so that the selected row is in it.
    pub fn reveal(&mut self, height: usize) {
        let height = height.max(1);
        let at = self.position().unwrap_or(0);
        if at < self.offset {
            self.offset = at;
        } else if at >= self.offset + height {
            self.offset = at + 1 - height;
        }
        self.offset = self.offset.min(self.rows.len().saturating_sub(height));
    }
}

/// The path of a request.
#[derive(Clone, Debug)]
pub struct PathPage {
    /// What it is of.
    pub subject: Subject,
    /// The path; none where the subject is gone or has none.
    pub path: Option<Path>,
    /// Its lines.
    pub lines: Vec<PathLine>,
    /// The finding behind the hop that decides, or the one that was asked for.
    pub finding: Option<Arc<Finding>>,
    /// The selected line, by what it is.
    pub selected: Option<Spot>,
    /// The first line that is shown.
    pub offset: usize,
}

/// A line of a path, whatever else happens to the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The stage of its hop.
    pub stage: &'static str,
    /// What it is about.
    pub object: Option<Key>,
    /// Which of several lines about the same, from 0.
    pub nth: usize,
}

impl PathPage {
    /// The path of a subject in a world.
    pub fn new(snapshot: &Snapshot, subject: Subject) -> Self {
        let mut page = Self {
            subject,
            path: None,
            lines: Vec::new(),
            finding: None,
            selected: None,
            offset: 0,
        };
        page.renew(snapshot);
        page.selected = page.deciding().or_else(|| page.spots().into_iter().next());
        page
    }

    /// The same path in a newer world.
    pub fn renew(&mut self, snapshot: &Snapshot) {
        self.path = crate::ui::paths::follow(snapshot, &self.subject);
        self.lines = self.path.as_ref().map(path::lines).unwrap_or_default();
        let asked = match &self.subject {
            Subject::Finding(id) => snapshot.report.find(id).cloned(),
            _ => None,
        };
        self.finding = asked.or_else(|| {
            let found = path::finding(self.path.as_ref()?, &snapshot.report)?;
            snapshot.report.find(&found.id).cloned()
        });
        let spots = self.spots();
        if let Some(selected) = &self.selected
            && !spots.contains(selected)
        {
            let stage = selected.stage;
            self.selected = spots.into_iter().find(|spot| spot.stage == stage);
        }
    }

    /// The identity of each line.
    pub fn spots(&self) -> Vec<Spot> {
        let mut spots: Vec<Spot> = Vec::with_capacity(self.lines.len());
        let mut stage = "";
        for line in &self.lines {
            if !line.stage.is_empty() {
                stage = line.stage;
            }
            let same = |spot: &&Spot| spot.stage == stage && spot.object == line.object;
            let nth = spots.iter().filter(same).count();
            spots.push(Spot {
                stage,
                object: line.object.clone(),
                nth,
            });
        }
        spots
    }

    fn deciding(&self) -> Option<Spot> {
        let path = self.path.as_ref()?;
        let hop = path.deciding_hop()?;
        let at = path
            .hops
            .iter()
            .position(|known| std::ptr::eq(known, hop))?;
        let line = self.lines.iter().position(|line| line.hop == at)?;
        self.spots().into_iter().nth(line)
    }

    /// Where the selected line is.
    pub fn position(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.spots().iter().position(|spot| spot == selected)
    }

    /// The object of the selected line, else of the whole path.
    pub fn object(&self) -> Option<&Key> {
        let line = self.selected.as_ref().and_then(|spot| spot.object.as_ref());
        line.or_else(|| self.subject.object())
    }
}

/// Two ends of the map.
#[derive(Clone, Debug)]
pub struct Between {
    /// The sender and the receiver, as the map names them.
    pub pair: Pair,
    /// The port that is asked for.
    pub port: Option<(Protocol, u16)>,
    /// The policy that decides first of all.
    pub policy: Option<Key>,
    /// The world in which the reason was read.
    pub made_of: Arc<Snapshot>,
}

impl PartialEq for Between {
    fn eq(&self, other: &Self) -> bool {
        self.pair == other.pair && self.port == other.port
    }
}

impl Eq for Between {}

/// Policies that are not there yet.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The file that holds them.
    pub file: String,
    /// What was read of it.
    pub deltas: Arc<[Delta]>,
    /// The world that they would change.
    pub made_of: Arc<Snapshot>,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file && self.deltas == other.deltas
    }
}

impl Eq for Planned {}

/// What a text is about; it is written anew when the world changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Our own reading of an object.
    Describe(Key),
    /// An object as the API holds it.
    Yaml(Key),
    /// What became of a forward.
    Forward(ForwardId),
    /// What the policies of a file would change.
    Plan(Box<Planned>),
    /// A saved set of forwards.
    Group(Name),
    /// Why one may talk to another, or may not.
    Between(Box<Between>),
}

/// Lines to read.
#[derive(Clone, Debug)]
pub struct TextPage {
    /// What it is about.
    pub topic: Topic,
    /// The title.
    pub title: String,
    /// The lines.
    pub lines: Vec<Line>,
    /// The first line that is shown.
    pub offset: usize,
    /// Wrap long lines.
    pub wrap: bool,
    /// What is searched for.
    pub search: Option<Regex>,
    /// The match that one stands on.
    pub at_match: Option<usize>,
}

impl TextPage {
    /// A text with these lines.
    pub fn new(topic: Topic, title: impl Into<String>, lines: Vec<Line>) -> Self {
        let wrap = !matches!(topic, Topic::Yaml(_));
        Self {
            topic,
            title: title.into(),
            lines,
            offset: 0,
            wrap,
            search: None,
            at_match: None,
        }
    }

    /// Goes to the next line that the search matches, forwards or backwards, going round.
    pub fn seek(&mut self, backwards: bool) {
        let Some(regex) = &self.search else { return };
        let found: Vec<usize> = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| regex.is_match(&line.plain()))
            .map(|(at, _)| at)
            .collect();
        let next = match (self.at_match, backwards) {
            (None, false) => found.iter().find(|at| **at >= self.offset),
            (None, true) => found.iter().rev().find(|at| **at < self.offset),
            (Some(from), false) => found.iter().find(|at| **at > from),
            (Some(from), true) => found.iter().rev().find(|at| **at < from),
        };
        let round = if backwards {
            found.last()
        } else {
            found.first()
        };
        self.at_match = next.or(round).copied();
        if let Some(at) = self.at_match {
            self.offset = at.saturating_sub(2);
        }
    }
}
