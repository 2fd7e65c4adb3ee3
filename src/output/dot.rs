//! Who may talk to whom, as a graph for Graphviz.

use crate::model::text::visible;
use crate::semantics::policy::reach::difference::Change;
use crate::semantics::policy::reach::{Connection, Focus, Part, Reach};
use std::io::{self, Write};

/// Writes the map; what cannot be told is dashed.
pub fn write(out: &mut dyn Write, reach: &mut Reach<'_>, focus: &Focus) -> io::Result<()> {
    begin(
        out,
        reach.unenforced(),
        "what is not drawn is denied if enforced",
    )?;
    reach.tell(Part::Connections, focus, &mut |connection: Connection<
        '_,
    >| {
        edge(out, &connection, "")
    })?;
    reach.tell(Part::Unknown, focus, &mut |connection: Connection<'_>| {
        edge(out, &connection, ", style=dashed")
    })?;
    writeln!(out, "}}")
}

/// Writes what a change makes of the map: opened green, cut red, what can then not be told dashed.
pub fn write_difference(
    out: &mut dyn Write,
    changes: &[Change],
    unenforced: Option<&str>,
) -> io::Result<()> {
    begin(out, unenforced, "what is cut is cut if enforced")?;
    for change in changes {
        let parts = [
            (&change.opened, ", color=green"),
            (&change.cut, ", color=red"),
            (&change.uncertain, ", style=dashed"),
        ];
        for (ports, style) in parts.into_iter().filter(|(ports, _)| !ports.is_empty()) {
            let (src, dst) = (change.src.as_str(), change.dst.as_str());
            let connection = Connection {
                src,
                dst,
                ports,
                reason: None,
                families: None,
            };
            edge(out, &connection, style)?;
        }
    }
    writeln!(out, "}}")
}

/// The graph's first lines; where nobody is seen to enforce policies, that stands beneath it.
fn begin(out: &mut dyn Write, unenforced: Option<&str>, what: &str) -> io::Result<()> {
    writeln!(out, "digraph reach {{\n  rankdir=LR;\n  node [shape=box];")?;
    match unenforced {
        Some(why) => writeln!(out, "  label={};", quoted(&format!("{what}: {why}"))),
        None => Ok(()),
    }
}

fn edge(out: &mut dyn Write, connection: &Connection<'_>, style: &str) -> io::Result<()> {
    let label = if connection.ports.is_all() {
        String::new()
    } else {
        connection.ports.to_string()
    };
    writeln!(
        out,
        "  {} -> {} [label={}{style}];",
        quoted(connection.src),
        quoted(connection.dst),
        quoted(&label)
    )
}

fn quoted(text: &str) -> String {
    let safe = visible(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{safe}\"")
}
