//! The screen: what the flags say becomes a session.

use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::cli::live;
use crate::client::Environment;
use crate::model::key::Name;
use crate::runtime::{self, SessionConfig, World};
use crate::source::cluster::Scope;
use crate::source::files;
use crate::ui::place::Place;
use crate::ui::theme::{Terminal, Theme};
use crate::ui::update::prompt::QUESTIONS;
use jiff::tz::TimeZone;
use std::io::{self, IsTerminal as _};

/// Commands of a later version whose names are views too: the bare word will be the command.
const RESERVED: &[&str] = &["routes", "resolve"];

/// Shows the screen, beginning with a view; returns the exit code.
pub fn run(invocation: &Invocation, view: &[String]) -> Result<u8, Failure> {
    if let Some(word) = view
        .first()
        .filter(|word| RESERVED.contains(&word.as_str()))
    {
        let words =
            format!("there is no command `{word}` in this version; for the view write `:{word}`");
        return Err(Failure::new(words));
    }
    let line = view.join(" ");
    let line = line.trim().trim_start_matches(':');
    let word = line.split_whitespace().next().unwrap_or_default();
    let question = QUESTIONS.iter().any(|(name, _)| *name == word);
    if !(word.is_empty() || question || Place::of_word(word).is_some()) {
        return Err(Failure::new(format!(
            "no view or command is called {word}; see portolan --help, and ? on the screen"
        )));
    }
    // Where the world comes from standard input, keys are read from the terminal itself.
    let from_stdin = invocation
        .global
        .from
        .iter()
        .any(|path| path.as_os_str() == files::STDIN);
    let answers = from_stdin || io::stdin().is_terminal();
    if !answers || !io::stdout().is_terminal() {
        return Err(Failure::new(
            "the screen needs a terminal; elsewhere use `portolan check`, `portolan list VIEW` or `portolan trace FROM TO`",
        ));
    }
    let (world, notice) = world(invocation)?;
    let config = SessionConfig {
        world,
        namespace: invocation.reported_namespace(),
        theme: Theme::suited_to(&terminal(), invocation.charset()),
        zone: TimeZone::system(),
        notice,
        no_forwards: live::forwards_allowed(invocation).err(),
    };
    let view = (!line.is_empty()).then(|| line.to_owned());
    match runtime::run(config, view) {
        Ok(()) => Ok(0),
        Err(error) => Err(Failure::new(error)),
    }
}

/// The world, and what is to be said of how it was read.
fn world(invocation: &Invocation) -> Result<(World, Option<String>), Failure> {
    if invocation.global.demo {
        return Ok((World::Demo, None));
    }
    let paths = &invocation.global.from;
    if paths.is_empty() {
        let named = invocation.named_namespace().map(Name::from);
        let world = World::Live {
            settings: live::settings(invocation),
            environment: Environment::read(),
            scope: Scope {
                namespaces: named.into_iter().collect(),
                default: None,
                secrets: live::secrets(invocation),
            },
        };
        return Ok((world, None));
    }
    let namespace = invocation.offline_namespace();
    let loaded = files::load(paths, &mut io::stdin().lock(), &namespace).map_err(Failure::new)?;
    let mut unreadable = loaded.unreadable.iter();
    let notice = unreadable.next().map(|first| {
        let place = format!("{}, document {}", first.file, first.document);
        let rest = unreadable.count();
        let more = if rest > 0 {
            format!(" (and {rest} more: `portolan check` lists them)")
        } else {
            String::new()
        };
        format!("{place} cannot be read: {}{more}", first.message)
    });
    let first = paths.first().map(|path| path.display().to_string());
    let more = paths.len().saturating_sub(1);
    let name = first.unwrap_or_default()
        + &if more > 0 {
            format!(" +{more}")
        } else {
            String::new()
        };
    let world = World::Files {
        deltas: loaded.deltas,
        origin: loaded.origin,
        name: Name::from(name),
    };
    Ok((world, notice))
}

fn terminal() -> Terminal {
    let read = |name| std::env::var(name).unwrap_or_default();
    let locales = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().map(read);
    let locale = locales.into_iter().find(|locale| !locale.is_empty());
    Terminal {
        no_color: !read("NO_COLOR").is_empty(),
        colorterm: read("COLORTERM"),
        term: read("TERM"),
        locale: locale.unwrap_or_default(),
    }
}
