//! What the user can want.

/// By what a table is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// Name.
    Name,
    /// Age.
    Age,
    /// Namespace.
    Namespace,
    /// Verdict, the worst first.
    Verdict,
    /// The next column of the table, one after the other.
    NextColumn,
}

/// A wish of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Leave; asks where forwards are alive.
    Quit,
    /// Back to where one came from; closes what is open; never leaves.
    Back,
    /// The keys.
    Help,
    /// Open the `:` line.
    CommandLine,
    /// Open the `/` line.
    FilterLine,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// One column to the left.
    ColumnLeft,
    /// One column to the right.
    ColumnRight,
    /// The columns before those that are shown.
    ColumnsLeft,
    /// The columns after those that are shown.
    ColumnsRight,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
    /// Open the `/` line where a port is typed.
    PortLine,
    /// One of many with all its peers, or all again.
    Focus,
    /// Go into what is selected.
    Open,
    /// The other pane, or the next field.
    NextPane,
    /// The field before.
    PreviousPane,
    /// Our own reading of an object.
    Describe,
    /// The object as the API holds it.
    Yaml,
    /// The log of a pod.
    Logs,
    /// The log of a container's previous run.
    PreviousLogs,
    /// Copy the name.
    CopyName,
    /// Copy the namespace.
    CopyNamespace,
    /// Choose what to copy.
    CopyMenu,
    /// Who leads here.
    UsedBy,
    /// Who made this.
    Owner,
    /// Open a port-forward.
    Forward,
    /// The forwards of the selection.
    Forwards,
    /// Start or stop a saved set of forwards.
    Group,
    /// Show a forward in the browser.
    Browse,
    /// Copy the URL of a forward.
    CopyUrl,
    /// Delete (a forward).
    Delete,
    /// Look at a namespace: 0 is all, the others are the favourites.
    Namespace(u8),
    /// Look only at the namespace of the selected row.
    Warp,
    /// Mark a row.
    Mark,
    /// Clear all marks.
    ClearMarks,
    /// To the view before.
    HistoryBack,
    /// To the view after.
    HistoryForward,
    /// To the last view and back.
    HistoryLast,
    /// Ask again.
    Refresh,
    /// More columns.
    Wide,
    /// Show or hide the header.
    Header,
    /// Only what is broken.
    FaultsOnly,
    /// Save the table to a file.
    Save,
    /// Sort; a second time turns the order.
    Sort(SortBy),
    /// The page of a finding.
    Explain,
    /// Follow a request.
    Trace,
    /// Wrap long lines.
    Wrap,
    /// Show times.
    Timestamps,
    /// Use the whole screen.
    FullScreen,
    /// To the next match.
    NextMatch,
    /// To the match before.
    PreviousMatch,
    /// Keep to the end as lines arrive.
    Follow,
    /// Tick or untick.
    Toggle,
    /// To the address of the forward dialog.
    Address,
}
