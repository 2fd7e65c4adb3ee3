//! Which key means what, and where: one labelled table, from which help and docs/keys.md write themselves.

use crate::ui::command::{Command, SortBy};
use crate::ui::key::{Code, Key};
use std::fmt::Write as _;

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere but in a line of input.
    Anywhere,
    /// In every table.
    Table,
    /// On the list of problems.
    Problems,
    /// On the table of forwards.
    ForwardTable,
    /// On the map of who may talk to whom.
    Reach,
    /// On the reason of one cell of that map.
    Reason,
    /// On a path.
    Path,
    /// In a text: a description, YAML, a history.
    Text,
    /// In a log.
    Log,
    /// In a dialog or menu.
    Dialog,
}

impl Context {
    /// Every context, in the order of help.
    pub const ALL: &'static [Context] = &[
        Context::Anywhere,
        Context::Table,
        Context::Problems,
        Context::ForwardTable,
        Context::Reach,
        Context::Reason,
        Context::Path,
        Context::Text,
        Context::Log,
        Context::Dialog,
    ];

    /// The heading in help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Anywhere => "Everywhere",
            Self::Table => "Tables",
            Self::Problems => "Problems",
            Self::ForwardTable => "Forwards",
            Self::Reach => "Who may talk to whom",
            Self::Reason => "Why they may or may not",
            Self::Path => "Paths",
            Self::Text => "Texts",
            Self::Log => "Logs",
            Self::Dialog => "Dialogs",
        }
    }

    /// Where to look when a context does not know a key.
    const fn parent(self) -> Option<Context> {
        match self {
            Self::Anywhere | Self::Dialog => None,
            Self::Table | Self::Path | Self::Text | Self::Reach => Some(Self::Anywhere),
            Self::Problems | Self::ForwardTable => Some(Self::Table),
            Self::Log | Self::Reason => Some(Self::Text),
        }
    }

    /// This context and those it inherits keys from, itself first.
    pub fn chain(self) -> impl Iterator<Item = Context> {
        std::iter::successors(Some(self), |context| context.parent())
    }
}

/// Whether the line at the bottom of the screen shows a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// It does, as long as there is room.
    Shown,
    /// Only help does.
    HelpOnly,
}

/// One row of the table of keys.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The keys; the first is the one that hints name.
    pub keys: &'static [Key],
    /// What is wanted.
    pub command: Command,
    /// What it does, in a few words.
    pub words: &'static str,
    /// Whether it is hinted at.
    pub hint: Hint,
}

macro_rules! bindings {
    ($($context:ident { $([$($key:expr),+] $command:expr, $words:literal, $hint:ident;)* })*) => {
        &[$($(Binding {
            context: Context::$context, keys: &[$($key),+], command: $command, words: $words, hint: Hint::$hint,
        },)*)*]
    };
}

const fn c(c: char) -> Key {
    Key::char(c)
}

const fn ctrl(c: char) -> Key {
    Key::ctrl(c)
}

const fn k(code: Code) -> Key {
    Key::of(code)
}

/// Every binding.
pub const BINDINGS: &[Binding] = bindings! {
    Problems {
        [k(Code::Enter)] Command::Open, "path", Shown;
    }
    ForwardTable {
        [k(Code::Enter)] Command::Open, "history", Shown;
        [ctrl('d')] Command::Delete, "stop the forward", Shown;
        [c('s')] Command::Group, "start or stop the group", Shown;
        [c('o')] Command::Browse, "open in the browser", Shown;
        [c('c')] Command::CopyUrl, "copy the URL", Shown;
    }
    Table {
        [k(Code::Enter), k(Code::Right)] Command::Open, "open", Shown;
        [c('j'), k(Code::Down)] Command::Down, "down", HelpOnly;
        [c('k'), k(Code::Up)] Command::Up, "up", HelpOnly;
        [c('g'), k(Code::Home)] Command::Top, "first row", HelpOnly;
        [c('G'), k(Code::End)] Command::Bottom, "last row", HelpOnly;
        [ctrl('f'), k(Code::PageDown)] Command::PageDown, "page down", HelpOnly;
        [ctrl('b'), k(Code::PageUp)] Command::PageUp, "page up", HelpOnly;
        [c('/')] Command::FilterLine, "filter", Shown;
        [k(Code::Tab)] Command::NextPane, "other pane", HelpOnly;
        [c('X')] Command::Explain, "explain", Shown;
        [c('l')] Command::Logs, "logs", Shown;
        [c('F')] Command::Forward, "forward", Shown;
        [c('f')] Command::Forwards, "forwards of this", HelpOnly;
        [c('d')] Command::Describe, "describe", Shown;
        [c('y')] Command::Yaml, "YAML", Shown;
        [c('p')] Command::PreviousLogs, "previous logs", HelpOnly;
        [c('u')] Command::UsedBy, "used by: who leads here", HelpOnly;
        [c('J')] Command::Owner, "owner", HelpOnly;
        [c('t')] Command::Trace, "trace to here", Shown;
        [c('c')] Command::CopyName, "copy name", HelpOnly;
        [c('n')] Command::CopyNamespace, "copy namespace", HelpOnly;
        [c('C')] Command::CopyMenu, "copy", Shown;
        [c(' ')] Command::Mark, "mark", HelpOnly;
        [ctrl('\\')] Command::ClearMarks, "clear marks", HelpOnly;
        [c('w')] Command::Warp, "only this namespace", HelpOnly;
        [ctrl('w')] Command::Wide, "more columns", HelpOnly;
        [ctrl('z')] Command::FaultsOnly, "faults only", HelpOnly;
        [ctrl('s')] Command::Save, "save the table", HelpOnly;
        [c('N')] Command::Sort(SortBy::Name), "sort by name", HelpOnly;
        [c('A')] Command::Sort(SortBy::Age), "sort by age", HelpOnly;
        [c('P')] Command::Sort(SortBy::Namespace), "sort by namespace", HelpOnly;
        [c('S')] Command::Sort(SortBy::Verdict), "sort by verdict", HelpOnly;
        [c('O')] Command::Sort(SortBy::NextColumn), "sort by the next column", HelpOnly;
    }
    Reach {
        [k(Code::Enter)] Command::Open, "why", Shown;
        [k(Code::Left)] Command::ColumnLeft, "column to the left", HelpOnly;
        [k(Code::Right)] Command::ColumnRight, "column to the right", HelpOnly;
        [c('j'), k(Code::Down)] Command::Down, "down", HelpOnly;
        [c('k'), k(Code::Up)] Command::Up, "up", HelpOnly;
        [c('g'), k(Code::Home)] Command::Top, "first row", HelpOnly;
        [c('G'), k(Code::End)] Command::Bottom, "last row", HelpOnly;
        [ctrl('f'), k(Code::PageDown)] Command::PageDown, "page down", HelpOnly;
        [ctrl('b'), k(Code::PageUp)] Command::PageUp, "page up", HelpOnly;
        [c('<')] Command::ColumnsLeft, "columns before", HelpOnly;
        [c('>')] Command::ColumnsRight, "columns after", HelpOnly;
        [c('/')] Command::FilterLine, "filter", Shown;
        [c('p')] Command::PortLine, "port", Shown;
        [c('f')] Command::Focus, "one workload, or all", Shown;
        [c('t')] Command::Trace, "trace", Shown;
        [c('d')] Command::Describe, "the policy", Shown;
        [c('X')] Command::Explain, "explain the policy's finding", HelpOnly;
        [c('y')] Command::Yaml, "the policy's YAML", HelpOnly;
        [c('C')] Command::CopyMenu, "copy the reason", HelpOnly;
        [c('c')] Command::CopyName, "copy the policy's name", HelpOnly;
        [ctrl('s')] Command::Save, "save the map", HelpOnly;
    }
    Reason {
        [k(Code::Enter), k(Code::Right)] Command::Trace, "trace", Shown;
        [c('d')] Command::Describe, "the policy", Shown;
    }
    Path {
        [k(Code::Enter), k(Code::Right)] Command::Open, "open the hop", Shown;
        [c('j'), k(Code::Down)] Command::Down, "down", HelpOnly;
        [c('k'), k(Code::Up)] Command::Up, "up", HelpOnly;
        [c('g'), k(Code::Home)] Command::Top, "first line", HelpOnly;
        [c('G'), k(Code::End)] Command::Bottom, "last line", HelpOnly;
        [ctrl('f'), k(Code::PageDown)] Command::PageDown, "page down", HelpOnly;
        [ctrl('b'), k(Code::PageUp)] Command::PageUp, "page up", HelpOnly;
        [c('X')] Command::Explain, "explain", Shown;
        [c('l')] Command::Logs, "logs", Shown;
        [c('F')] Command::Forward, "forward", Shown;
        [c('f')] Command::Forwards, "forwards of this", HelpOnly;
        [c('d')] Command::Describe, "describe", Shown;
        [c('y')] Command::Yaml, "YAML", Shown;
        [c('p')] Command::PreviousLogs, "previous logs", HelpOnly;
        [c('u')] Command::UsedBy, "used by: who leads here", Shown;
        [c('J')] Command::Owner, "owner", HelpOnly;
        [c('t')] Command::Trace, "trace to here", HelpOnly;
        [c('c')] Command::CopyName, "copy name", HelpOnly;
        [c('n')] Command::CopyNamespace, "copy namespace", HelpOnly;
        [c('C')] Command::CopyMenu, "copy", Shown;
    }
    Log {
        [c('s')] Command::Follow, "follow", Shown;
        [c('p')] Command::PreviousLogs, "this run or the previous one", Shown;
        [k(Code::Tab)] Command::NextPane, "next container", HelpOnly;
    }
    Text {
        [c('/')] Command::FilterLine, "search", Shown;
        [c('n')] Command::NextMatch, "next match", Shown;
        [c('N')] Command::PreviousMatch, "match before", HelpOnly;
        [c('w')] Command::Wrap, "wrap", Shown;
        [c('t')] Command::Timestamps, "timestamps", HelpOnly;
        [c('f')] Command::FullScreen, "full screen", HelpOnly;
        [c('c')] Command::CopyMenu, "copy all", Shown;
        [ctrl('s')] Command::Save, "save", HelpOnly;
        [c('j'), k(Code::Down)] Command::Down, "down", HelpOnly;
        [c('k'), k(Code::Up)] Command::Up, "up", HelpOnly;
        [c('g'), k(Code::Home)] Command::Top, "to the start", HelpOnly;
        [c('G'), k(Code::End)] Command::Bottom, "to the end", HelpOnly;
        [ctrl('f'), k(Code::PageDown)] Command::PageDown, "page down", HelpOnly;
        [ctrl('b'), k(Code::PageUp)] Command::PageUp, "page up", HelpOnly;
    }
    Dialog {
        [k(Code::Enter)] Command::Open, "do it", Shown;
        [k(Code::Esc), c('q')] Command::Back, "close", Shown;
        [k(Code::Down), c('j')] Command::Down, "down", HelpOnly;
        [k(Code::Up), c('k')] Command::Up, "up", HelpOnly;
        [k(Code::PageDown), ctrl('f')] Command::PageDown, "page down", HelpOnly;
        [k(Code::PageUp), ctrl('b')] Command::PageUp, "page up", HelpOnly;
        [c('g'), k(Code::Home)] Command::Top, "to the start", HelpOnly;
        [c('G'), k(Code::End)] Command::Bottom, "to the end", HelpOnly;
        [k(Code::Tab)] Command::NextPane, "next field", HelpOnly;
        [k(Code::BackTab)] Command::PreviousPane, "field before", HelpOnly;
        [c(' ')] Command::Toggle, "tick", HelpOnly;
        [c('a')] Command::Address, "address of a forward", HelpOnly;
        [c('o')] Command::Browse, "start a forward and open it in the browser", HelpOnly;
        [c('c')] Command::CopyUrl, "start a forward and copy its URL", HelpOnly;
        [ctrl('c')] Command::Quit, "quit", HelpOnly;
    }
    Anywhere {
        [c(':')] Command::CommandLine, "view", Shown;
        [c('?')] Command::Help, "keys", Shown;
        [k(Code::Esc), c('q'), k(Code::Left)] Command::Back, "back", HelpOnly;
        [c('[')] Command::HistoryBack, "history back", HelpOnly;
        [c(']')] Command::HistoryForward, "history forward", HelpOnly;
        [c('-')] Command::HistoryLast, "last view", HelpOnly;
        [c('0')] Command::Namespace(0), "all namespaces", HelpOnly;
        [c('1'), c('2'), c('3'), c('4'), c('5'), c('6'), c('7'), c('8'), c('9')]
            Command::Namespace(1), "favourite namespaces", HelpOnly;
        [ctrl('r')] Command::Refresh, "ask the cluster again", HelpOnly;
        [ctrl('e')] Command::Header, "header", HelpOnly;
        [ctrl('c')] Command::Quit, "quit (also :q)", HelpOnly;
    }
};

/// What a key means in a context.
pub fn lookup(context: Context, key: Key) -> Option<Command> {
    let found = context.chain().find_map(|context| {
        BINDINGS
            .iter()
            .find(|binding| binding.context == context && binding.keys.contains(&key))
    })?;
    match (found.command, key.code) {
        (Command::Namespace(1), Code::Char(digit)) => digit
            .to_digit(10)
            .and_then(|digit| u8::try_from(digit).ok())
            .map(Command::Namespace),
        (command, _) => Some(command),
    }
}

/// docs/keys.md: every binding, by context.
pub fn document() -> String {
    let mut text = String::from(
        "# Keys\n\nWritten from the table of bindings; `?` shows those that mean something where you are.\n",
    );
    for context in Context::ALL {
        let title = context.title();
        // Writing to a String cannot fail.
        let _ = write!(text, "\n## {title}\n\n| key | does |\n|---|---|\n");
        for binding in BINDINGS.iter().filter(|b| b.context == *context) {
            let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
            let _ = writeln!(text, "| {} | {} |", keys.join(" "), binding.words);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let mut seen = HashSet::new();
        for binding in BINDINGS {
            for key in binding.keys {
                assert!(
                    seen.insert((binding.context, *key)),
                    "{key} in {:?}",
                    binding.context
                );
            }
        }
    }

    #[test]
    fn k9s_fingers_find_their_keys() {
        let at = |word| lookup(Context::Table, Key::parse(word).unwrap());
        assert_eq!(at("shift-f"), Some(Command::Forward));
        assert_eq!(at("d"), Some(Command::Describe));
        assert_eq!(at("0"), Some(Command::Namespace(0)));
        assert_eq!(at("7"), Some(Command::Namespace(7)));
        assert_eq!(at("q"), Some(Command::Back));
        assert_eq!(at("h"), None);
        assert_eq!(
            lookup(Context::Text, Key::char('t')),
            Some(Command::Timestamps)
        );
        assert_eq!(lookup(Context::Path, Key::char('t')), Some(Command::Trace));
    }
}
