//! What lies over a page and takes its keys: help, a page of a finding, menus, dialogs.

mod forward;

pub use forward::{ForwardDialog, PortLine, Then};

use crate::model::key::{Key, Name};
use crate::ui::input::Input;
use crate::ui::rich::Line;

/// What lies over a page.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys that mean something here.
    Help {
        /// The first line that is shown.
        offset: usize,
    },
    /// The page of a finding.
    Explain {
        /// Its code and name.
        title: String,
        /// Its lines.
        lines: Vec<Line>,
        /// The first line that is shown.
        offset: usize,
    },
    /// Something to choose.
    Menu(Menu),
    /// Ports to forward.
    Forward(Box<ForwardDialog>),
    /// A request to follow.
    Trace(TraceDialog),
    /// Whether to quit although forwards are alive.
    Quit,
    /// Whether to stop forwards.
    StopForwards(Vec<crate::ui::msg::ForwardId>),
}

/// What choosing an item of a menu does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Copy this.
    Copy(String),
    /// Read this log.
    Log {
        /// The pod.
        pod: Key,
        /// The container.
        container: Name,
        /// The run before this one.
        previous: bool,
    },
}

/// An item of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub label: String,
    /// More about it, in less weight.
    pub detail: String,
    /// What it does.
    pub choice: Choice,
}

/// Something to choose from.
#[derive(Clone, Debug)]
pub struct Menu {
    /// The question.
    pub title: String,
    /// The items.
    pub items: Vec<Item>,
    /// The one that Enter takes.
    pub at: usize,
}

/// Which field of the trace dialog has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field {
    /// FROM.
    #[default]
    From,
    /// TO.
    To,
}

/// A request to follow.
#[derive(Clone, Debug)]
pub struct TraceDialog {
    /// Who asks.
    pub from: Input,
    /// For what.
    pub to: Input,
    /// Which field has the keys.
    pub field: Field,
    /// What is wrong with what was typed.
    pub defect: Option<String>,
}

impl TraceDialog {
    /// The field that has the keys.
    pub fn input(&mut self) -> &mut Input {
        match self.field {
            Field::From => &mut self.from,
            Field::To => &mut self.to,
        }
    }
}
