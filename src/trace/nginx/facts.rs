//! What else the annotations of a location decide, a line each: facts that no single request shows.

use crate::model::ingress::Ingress;
use crate::semantics::nginx::annotation::{Form, number, own, text};
use crate::semantics::nginx::location::{Location, Server};
use crate::trace::hop::{Note, Verdict};

/// The lines beneath a rule.
pub(super) fn notes(server: &Server<'_>, location: &Location<'_>) -> Vec<Note> {
    let one = location.ingress;
    let mut lines: Vec<Line> = Vec::new();
    lines.extend(rates(one));
    lines.extend(protocol(one));
    lines.extend(snippets(one));
    let own = lines.into_iter().map(|(verdict, text)| Note {
        subject: Some(one.meta.key.clone()),
        verdict,
        text,
    });
    let set = limited(location).then(|| limits(location));
    let first = patterns(server, location).into_iter().chain(set);
    first.chain(own).collect()
}

type Line = (Verdict, String);

/// Sizes and times that are set.
const LIMITS: &[&str] = &[
    "proxy-body-size",
    "proxy-connect-timeout",
    "proxy-read-timeout",
    "proxy-send-timeout",
];

/// The line on sizes and times: what is set, and the controller's defaults else.
pub(super) fn limits(location: &Location<'_>) -> Note {
    let one = location.ingress;
    let size = text(one, "proxy-body-size").filter(|size| Form::Size.takes(size));
    let size = match size {
        Some("0") => "bodies of any size".to_owned(),
        size => format!("bodies over {} get 413", size.unwrap_or("1m")),
    };
    let read = number(one, "proxy-read-timeout").unwrap_or(60);
    let mut said = vec![size, format!("replies after {read} s 504")];
    let others = ["proxy-connect-timeout", "proxy-send-timeout"].into_iter();
    let others = others.filter_map(|name| Some((name, number(one, name)?)));
    said.extend(others.map(|(name, seconds)| format!("{name} {seconds} s")));
    Note {
        subject: Some(one.meta.key.clone()),
        verdict: Verdict::Skipped,
        text: said.join(", "),
    }
}

/// Whether sizes or times are set.
pub(super) fn limited(location: &Location<'_>) -> bool {
    LIMITS
        .iter()
        .any(|name| text(location.ingress, name).is_some())
}

fn rates(one: &Ingress) -> Option<Line> {
    let names = ["limit-connections", "limit-rps", "limit-rpm"];
    let set: Vec<String> = names
        .iter()
        .filter_map(|name| Some(format!("{name} {}", number(one, name)?)))
        .collect();
    let told = format!("{} for each client address: beyond it 503", set.join(", "));
    (!set.is_empty()).then_some((Verdict::Skipped, told))
}

fn protocol(one: &Ingress) -> Option<Line> {
    let value = text(one, "backend-protocol")?;
    let value = value.to_ascii_uppercase();
    if value == "HTTP" || !Form::Protocol.takes(&value) {
        return None;
    }
    Some((
        Verdict::Skipped,
        format!("the backend is asked with {value}"),
    ))
}

fn snippets(one: &Ingress) -> Option<Line> {
    let names: Vec<&str> = own(one)
        .map(|(name, _)| name)
        .filter(|name| name.ends_with("-snippet"))
        .collect();
    let told = format!(
        "{} may change this, where the controller allows snippets",
        names.join(", ")
    );
    (!names.is_empty()).then_some((Verdict::Unknown, told))
}

/// Another Ingress of the host makes a pattern of the path.
fn patterns(server: &Server<'_>, location: &Location<'_>) -> Option<Note> {
    let by = server.patterns?;
    (by.meta.key != location.ingress.meta.key).then(|| Note {
        subject: Some(by.meta.key.clone()),
        verdict: Verdict::Skipped,
        text: format!(
            "{} makes patterns of all paths of the host, without regard to case",
            by.meta.key.short()
        ),
    })
}
