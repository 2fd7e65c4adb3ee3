//! All that the screen knows: the latest snapshot, and where one is.

use crate::model::key::Name;
use crate::ui::dialog::Overlay;
use crate::ui::effect::Effect;
use crate::ui::input::Input;
use crate::ui::keymap::Context;
use crate::ui::msg::{
    ContextRow, ForwardRow, GroupRow, Link, PortsBefore, QuestionId, StreamId, Vitals,
};
use crate::ui::page::{Page, TablePage, Topic};
use crate::ui::place::{Place, Scope};
use crate::ui::snapshot::Snapshot;
use crate::ui::table::Source;
use crate::ui::theme::Role;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// What can be done besides looking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Can {
    /// It can.
    Yes,
    /// It cannot, and is not offered.
    #[default]
    No,
}

impl Can {
    /// Whether it can.
    pub const fn is(self) -> bool {
        matches!(self, Self::Yes)
    }
}

/// What the world is and what can be done with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// The name in the header: a context, `demo`, or what the files are called.
    pub name: Name,
    /// Open port-forwards.
    pub forward: Can,
    /// Why the user has forbidden them, where that is so.
    pub no_forwards: Option<String>,
    /// Read logs.
    pub logs: Can,
    /// Read objects as the API holds them.
    pub yaml: Can,
    /// List and switch contexts.
    pub contexts: Can,
}

/// What is being typed at the bottom of the screen, and what for.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What for.
    pub purpose: Purpose,
    /// The line.
    pub input: Input,
    /// Which of the past lines is shown, from the latest; none: what was typed.
    pub recalled: Option<usize>,
}

/// What a line is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A `:` command.
    Command,
    /// The filter of a table.
    Filter,
    /// A search in a text.
    Search,
}

/// Something said at the bottom of the screen, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Good or bad.
    pub role: Role,
    /// The words.
    pub text: String,
}

/// Where one was: enough to go there again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The table.
    pub place: Place,
    /// The namespaces.
    pub scope: Scope,
    /// The filter, as typed.
    pub filter: String,
}

/// The visits, and which of them is the current one.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The visits, oldest first.
    pub visits: Vec<Visit>,
    /// The current one.
    pub at: usize,
    /// The one before, for `-`.
    pub last: Option<usize>,
}

/// What is shown of everything.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, with its own key"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Show {
    /// All columns.
    pub wide: bool,
    /// The header.
    pub header: bool,
    /// Only what is broken.
    pub faults_only: bool,
    /// A text fills the whole screen.
    pub full: bool,
}

/// All that the screen knows.
#[derive(Clone, Debug)]
pub struct State {
    /// What the world is.
    pub session: Session,
    /// The latest world.
    pub snapshot: Arc<Snapshot>,
    /// All forwards.
    pub forwards: Vec<ForwardRow>,
    /// The saved sets of the context, once they were asked for.
    pub groups: Vec<GroupRow>,
    /// The local ports of last time.
    pub ports_before: PortsBefore,
    /// The number of the latest question to the shell.
    pub latest_question: QuestionId,
    /// The contexts, once they were asked for.
    pub contexts: Vec<ContextRow>,
    /// The connection.
    pub link: Link,
    /// What Portolan itself is doing.
    pub vitals: Vitals,
    /// The time.
    pub now: Timestamp,
    /// In which the clock is shown.
    pub zone: TimeZone,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// The namespaces that are looked at.
    pub scope: Scope,
    /// The namespaces of the keys 1 to 9: those that were looked at, the first first.
    pub favourites: Vec<Name>,
    /// The page on top.
    pub page: Page,
    /// The pages beneath it, the topmost last.
    pub beneath: Vec<Page>,
    /// Where one was.
    pub history: History,
    /// What lies over the page.
    pub overlay: Option<Overlay>,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// What is said.
    pub notice: Option<Notice>,
    /// What is shown.
    pub show: Show,
    /// The `:` lines so far, the latest last.
    pub past_commands: Vec<String>,
    /// The number of the latest log.
    pub latest_stream: StreamId,
    /// Whether the program is ending.
    pub quitting: bool,
}

impl State {
    /// The screen of a world, at home.
    pub fn new(session: Session, snapshot: Arc<Snapshot>, zone: TimeZone) -> Self {
        let now = snapshot.now();
        let mut state = Self {
            session,
            snapshot,
            forwards: Vec::new(),
            groups: Vec::new(),
            ports_before: PortsBefore::new(),
            latest_question: QuestionId(0),
            contexts: Vec::new(),
            link: Link::Up,
            vitals: Vitals::default(),
            now,
            zone,
            size: (80, 24),
            scope: Scope::All,
            favourites: Vec::new(),
            page: Page::Table(Box::new(TablePage::new(Place::HOME))),
            beneath: Vec::new(),
            history: History::default(),
            overlay: None,
            prompt: None,
            notice: None,
            show: Show {
                wide: false,
                header: true,
                faults_only: false,
                full: false,
            },
            past_commands: Vec::new(),
            latest_stream: StreamId(0),
            quitting: false,
        };
        crate::ui::update::world::renew(&mut state);
        state
    }

    /// Goes where a `:` line leads, for the view that the command line names.
    pub fn open(&mut self, line: &str) -> Vec<Effect> {
        crate::ui::update::prompt::command_line(self, line)
    }

    /// What rows are made from.
    pub fn source(&self) -> Source<'_> {
        Source {
            facts: self.snapshot.facts(),
            forwards: &self.forwards,
            groups: &self.groups,
            contexts: &self.contexts,
            zone: &self.zone,
        }
    }

    /// Where a key is pressed.
    pub fn context(&self) -> Context {
        if self.overlay.is_some() {
            return Context::Dialog;
        }
        self.page_context()
    }

    /// Where a key would be pressed if nothing lay over the page.
    pub fn page_context(&self) -> Context {
        match &self.page {
            Page::Table(table) if table.is_home() => Context::Problems,
            Page::Table(table) if matches!(table.place, Place::Forwards | Place::ForwardsTo(_)) => {
                Context::ForwardTable
            }
            Page::Table(_) => Context::Table,
            Page::Path(_) => Context::Path,
            Page::Text(text) if matches!(text.topic, Topic::Between(_)) => Context::Reason,
            Page::Text(_) => Context::Text,
            Page::Reach(_) => Context::Reach,
            Page::Log(_) => Context::Log,
        }
    }

    /// Says something.
    pub fn say(&mut self, role: Role, text: impl Into<String>) {
        self.notice = Some(Notice {
            role,
            text: text.into(),
        });
    }

    /// The number of a new question to the shell.
    pub fn ask(&mut self) -> QuestionId {
        self.latest_question = QuestionId(self.latest_question.0 + 1);
        self.latest_question
    }

    /// Puts a page upon the current one.
    pub fn push(&mut self, page: Page) {
        let under = std::mem::replace(&mut self.page, page);
        self.beneath.push(under);
    }

    /// The forwards that are not over.
    pub fn live_forwards(&self) -> usize {
        use crate::forward::status::State as Forwarding;
        let alive = self
            .forwards
            .iter()
            .filter(|row| row.status.state != Forwarding::Stopped);
        alive.count()
    }
}
