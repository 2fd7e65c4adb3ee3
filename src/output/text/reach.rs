//! Who may talk to whom, as lines.

use crate::model::text::visible;
use crate::semantics::policy::reach::difference::Change;
use crate::semantics::policy::reach::{Connection, Focus, Part, Reach};
use std::io::{self, Write};

/// Writes the map: a line for each sender with its receivers beneath.
pub fn write(out: &mut dyn Write, reach: &mut Reach<'_>, focus: &Focus) -> io::Result<()> {
    if let Some(why) = reach.unenforced() {
        writeln!(out, "what is not listed is denied if enforced: {why}\n")?;
    }
    let (mut src, mut some) = (String::new(), false);
    reach.tell(Part::Connections, focus, &mut |connection: Connection<
        '_,
    >| {
        heading(out, &mut src, &connection)?;
        some = true;
        writeln!(out, "  → {}  {}", visible(connection.dst), connection.ports)
    })?;
    if !some {
        writeln!(out, "nobody may talk to anybody")?;
    }
    let (mut src, mut some) = (String::new(), false);
    reach.tell(Part::Unknown, focus, &mut |connection: Connection<'_>| {
        if !some {
            some = true;
            writeln!(out, "\nunknown")?;
        }
        heading(out, &mut src, &connection)?;
        let reason = visible(connection.reason.unwrap_or_default());
        writeln!(
            out,
            "  ? {}  {}: {reason}",
            visible(connection.dst),
            connection.ports
        )
    })
}

fn heading(out: &mut dyn Write, src: &mut String, connection: &Connection<'_>) -> io::Result<()> {
    if *src != connection.src {
        connection.src.clone_into(src);
        writeln!(out, "{}", visible(connection.src))?;
    }
    Ok(())
}

/// Writes what a change makes of the map: `+` what it opens, `-` what it cuts, `?` what can then not be told.
pub fn write_difference(
    out: &mut dyn Write,
    changes: &[Change],
    unenforced: Option<&str>,
) -> io::Result<()> {
    if let Some(why) = unenforced {
        writeln!(out, "what is cut is cut if enforced: {why}\n")?;
    }
    if changes.is_empty() {
        return writeln!(out, "nothing changes");
    }
    for change in changes {
        let parts = [
            ('+', &change.opened),
            ('-', &change.cut),
            ('?', &change.uncertain),
        ];
        for (mark, ports) in parts.into_iter().filter(|(_, ports)| !ports.is_empty()) {
            writeln!(
                out,
                "{mark} {} → {}  {ports}",
                visible(&change.src),
                visible(&change.dst)
            )?;
        }
    }
    Ok(())
}
