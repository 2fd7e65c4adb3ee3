//! A pod whose readiness or startup probe fails.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::pod::case::{Case, short, spec_path, state_word, status_path};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::readiness::NotReady;

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD001",
    slug: "probe-failing",
    title: "probe fails",
    on: &[Kind::Pod],
    page: include_str!("probe_failing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(case) = Case::of(view, key, RULE.code) else {
        return;
    };
    let NotReady::ProbeFailing {
        container,
        probe,
        asks,
        words,
        times,
    } = &case.reason
    else {
        return;
    };
    let said = words
        .as_ref()
        .map(|words| format!(" The kubelet says: {}.", short(words)))
        .unwrap_or_default();
    let mut draft = case
        .draft(format!("{probe} probe {asks} fails"))
        .at(spec_path(case.pod, container, &format!("{probe}Probe")))
        .says(format!(
            "The {probe} probe ({asks}) of container {container} fails, so the pod is not ready.{said} {}",
            case.outcome()
        ));
    if let Some(running) = case.container(container) {
        draft = draft
            .evidence(Evidence::new(
                key,
                &status_path(running, "ready"),
                "false",
                "true",
            ))
            .evidence(Evidence::new(
                key,
                &status_path(running, "state"),
                state_word(running),
                "",
            ));
    }
    if let Some(words) = words {
        let observed = match times {
            0 | 1 => words.to_string(),
            _ => format!("{words} ×{times}"),
        };
        draft = draft.evidence(Evidence::new(key, "events[Unhealthy]", observed, ""));
    }
    sink.report(draft.confirm(kubectl::describe(key)).fix(format!(
        "Ask the container itself what the probe asks ({asks}) and mend what answers; if the probe asks the wrong \
         path or port, or gives it too little time, change {probe}Probe in the workload's template."
    )));
}
