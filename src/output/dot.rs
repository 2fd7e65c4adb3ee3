//! Who may talk to whom, as a graph for Graphviz.

use crate::model::text::visible;
use crate::semantics::policy::reach::{Connection, Focus, Part, Reach};
use std::io::{self, Write};

/// Writes the map; what cannot be told is dashed.
pub fn write(out: &mut dyn Write, reach: &mut Reach<'_>, focus: &Focus) -> io::Result<()> {
    writeln!(out, "digraph reach {{\n  rankdir=LR;\n  node [shape=box];")?;
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
