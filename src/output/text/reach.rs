//! Who may talk to whom, as lines.

use crate::model::text::visible;
use crate::output::glyph::{Charset, in_charset};
use crate::semantics::policy::reach::difference::Change;
use crate::semantics::policy::reach::{Connection, Focus, Part, Reach};
use std::io::{self, Write};

/// Writes the map: a line for each sender with its receivers beneath.
pub fn write(
    out: &mut dyn Write,
    reach: &mut Reach<'_>,
    focus: &Focus,
    charset: Charset,
) -> io::Result<()> {
    let mut page = Page { out, charset };
    if let Some(why) = reach.unenforced() {
        page.line(&format!(
            "what is not listed is denied if enforced: {why}\n"
        ))?;
    }
    if !reach.owners().any(|owner| focus.has(owner)) {
        let place = match focus {
            Focus::Namespace(namespace) => format!(" in namespace {}", visible(namespace)),
            Focus::All | Focus::Owner(_) => String::new(),
        };
        return page.line(&format!("no running pod{place}: nobody to ask about"));
    }
    let (mut src, mut some) = (String::new(), false);
    reach.tell(Part::Connections, focus, &mut |connection: Connection<
        '_,
    >| {
        page.heading(&mut src, &connection)?;
        some = true;
        page.line(&format!(
            "  → {}  {}",
            visible(connection.dst),
            connection.ports
        ))
    })?;
    if !some {
        page.line("nobody may talk to anybody")?;
    }
    let (mut src, mut some) = (String::new(), false);
    reach.tell(Part::Unknown, focus, &mut |connection: Connection<'_>| {
        if !some {
            some = true;
            page.line("\nunknown")?;
        }
        page.heading(&mut src, &connection)?;
        let reason = visible(connection.reason.unwrap_or_default());
        page.line(&format!(
            "  ? {}  {}: {reason}",
            visible(connection.dst),
            connection.ports
        ))
    })
}

struct Page<'o> {
    out: &'o mut dyn Write,
    charset: Charset,
}

impl Page<'_> {
    fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", in_charset(text, self.charset))
    }

    fn heading(&mut self, src: &mut String, connection: &Connection<'_>) -> io::Result<()> {
        if *src != connection.src {
            connection.src.clone_into(src);
            self.line(&visible(connection.src))?;
        }
        Ok(())
    }
}

/// Writes what a change makes of the map: `+` what it opens, `-` what it cuts, `?` what can then not be told.
pub fn write_difference(
    out: &mut dyn Write,
    changes: &[Change],
    unenforced: Option<&str>,
    charset: Charset,
) -> io::Result<()> {
    let mut page = Page { out, charset };
    if let Some(why) = unenforced {
        page.line(&format!("what is cut is cut if enforced: {why}\n"))?;
    }
    if changes.is_empty() {
        return page.line("nothing changes");
    }
    for change in changes {
        let parts = [
            ('+', &change.opened),
            ('-', &change.cut),
            ('?', &change.uncertain),
        ];
        for (mark, ports) in parts.into_iter().filter(|(_, ports)| !ports.is_empty()) {
            page.line(&format!(
                "{mark} {} → {}  {ports}",
                visible(&change.src),
                visible(&change.dst)
            ))?;
        }
    }
    Ok(())
}
