//! What a client outside meets at a Service: which nodes answer on its ports, and whom its load balancer lets in.

use super::facts::Sheet;
use crate::model::service::{Service, TrafficPolicy};
use crate::model::view::View;
use crate::trace::hop::{Note, Verdict};
use crate::trace::nodes;
use crate::ui::rich::Line;
use crate::ui::theme::Role;

/// The heading and its lines; nothing where nothing leads in.
pub(super) fn of(sheet: &mut Sheet, view: &View<'_>, service: &Service) {
    let open = service.ports.iter().any(|port| port.node_port.is_some());
    let local = service.external_policy == TrafficPolicy::Local;
    let guarded = !service.source_ranges.is_empty();
    if !(open && local || guarded || service.health_check_node_port.is_some()) {
        return;
    }
    sheet.heading("From outside");
    if guarded {
        let ranges: Vec<String> = service
            .source_ranges
            .iter()
            .map(ToString::to_string)
            .collect();
        sheet.pair(
            "let in",
            Role::Text,
            format!(
                "{} (by the load balancer; node ports and external IPs do not ask)",
                ranges.join(", ")
            ),
        );
    }
    if let Some(check) = service.health_check_node_port {
        sheet.pair(
            "health check",
            Role::Text,
            format!("port {check} of every node, asked by the load balancer"),
        );
    }
    for port in service.ports.iter().filter(|_| local) {
        let Some(number) = port.node_port else {
            continue;
        };
        let (_, notes) = nodes::doors(view, service, Some(port));
        sheet.pair(
            &format!("port {number}"),
            Role::Strong,
            "leads to endpoints of the node that is asked",
        );
        sheet.lines.extend(notes.iter().map(line));
    }
}

fn line(note: &Note) -> Line {
    let (role, glyph) = match note.verdict {
        Verdict::Pass => (Role::Pass, "✓"),
        Verdict::Fail => (Role::Fail, "✗"),
        Verdict::Unknown => (Role::Unknown, "?"),
        Verdict::Skipped => (Role::Dim, "·"),
    };
    Line::of(Role::Dim, "               ")
        .and(role, format!("{glyph} "))
        .and(Role::Text, note.text.as_str())
        .hang(17)
}
