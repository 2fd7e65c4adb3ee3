//! A forward's transitions, for people: one line each.

use crate::forward::status::{State, Transition};
use crate::forward::target::Target;
use crate::model::text::visible;
use crate::output::glyph::{Charset, in_charset};
use std::io::{self, Write};
use std::net::SocketAddr;

/// Writes `2026-11-22T16:20:13Z  127.0.0.1:8080 → shop/Service/api:80  waiting: no endpoint is ready (SVC003)`.
pub fn write_line(
    out: &mut dyn Write,
    target: &Target,
    local: SocketAddr,
    transition: &Transition,
    charset: Charset,
) -> io::Result<()> {
    let at = transition.at.strftime("%Y-%m-%dT%H:%M:%SZ");
    let state = transition.state.word();
    let more = match (transition.state, &transition.pod) {
        (State::Listening, Some(pod)) => format!(", served by {pod}"),
        (State::Listening | State::Stopped, _) => String::new(),
        _ => format!(": {}", transition.reason),
    };
    let codes = if transition.codes.is_empty() {
        String::new()
    } else {
        format!(" ({})", transition.codes.join(", "))
    };
    let line = format!("{at}  {local} → {target}  {state}{more}{codes}");
    writeln!(out, "{}", in_charset(&visible(&line), charset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::Key;
    use crate::model::kind::Kind;

    fn line(state: State, pod: Option<&str>, reason: &str, codes: Vec<&'static str>) -> String {
        let target = Target::parse("svc/api", &"shop".into(), &["80"])
            .unwrap()
            .remove(0);
        let transition = Transition {
            seq: 1,
            at: "2026-11-22T16:20:13.5Z".parse().unwrap(),
            state,
            reason: reason.to_owned(),
            codes,
            pod: pod.map(|name| Key::new(Kind::Pod, "shop", name)),
        };
        let mut out = Vec::new();
        let local = "127.0.0.1:8080".parse().unwrap();
        write_line(&mut out, &target, local, &transition, Charset::Ascii).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_line_a_transition() {
        let head = "2026-11-22T16:20:13Z  127.0.0.1:8080 -> shop/Service/api:80  ";
        assert_eq!(
            line(State::Listening, None, "no connection yet", vec![]),
            format!("{head}listening\n")
        );
        assert_eq!(
            line(State::Listening, Some("api-1"), "", vec![]),
            format!("{head}listening, served by shop/Pod/api-1\n")
        );
        assert_eq!(
            line(
                State::Waiting,
                Some("api-1"),
                "no endpoint is ready",
                vec!["SVC003"]
            ),
            format!("{head}waiting: no endpoint is ready (SVC003)\n")
        );
        assert_eq!(
            line(State::Stopped, None, "it was told to stop", vec![]),
            format!("{head}stopped\n")
        );
    }

    #[test]
    fn what_a_server_said_cannot_move_the_cursor() {
        let said = line(State::Failed, None, "\u{1b}[2J\nroot", vec![]);
        assert!(said.ends_with("failed: \\x1b[2J\\nroot\n"), "{said}");
    }
}
