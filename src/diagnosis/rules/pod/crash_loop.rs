//! A pod with a container that ends again and again.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::pod::case::{Case, short, state_word, status_path};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::readiness::NotReady;

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD002",
    slug: "crash-loop",
    title: "container crashes",
    on: &[Kind::Pod],
    page: include_str!("crash_loop.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(case) = Case::of(view, key, RULE.code) else {
        return;
    };
    let NotReady::CrashLoop {
        container,
        exit_code,
        reason,
        restarts,
    } = &case.reason
    else {
        return;
    };
    let exit = exit_code.map_or_else(
        || "for an unknown reason".to_owned(),
        |code| format!("with exit code {code}{}", named(reason)),
    );
    let title = exit_code.map_or_else(
        || "container crashes".to_owned(),
        |code| format!("container crashes, exit code {code}{}", named(reason)),
    );
    let again = match restarts {
        0 => String::new(),
        1 => " and was restarted once".to_owned(),
        times => format!(" and was restarted {times} times"),
    };
    let mut draft = case.draft(title).says(format!(
        "Container {container} ended {exit}{again}; while it is down the pod is not ready. {}",
        case.outcome()
    ));
    if let Some(crashed) = case.container(container) {
        draft = draft
            .at(status_path(crashed, "state"))
            .evidence(Evidence::new(
                key,
                &status_path(crashed, "state"),
                state_word(crashed),
                "running",
            ))
            .evidence(Evidence::new(
                key,
                &status_path(crashed, "restartCount"),
                restarts.to_string(),
                "",
            ));
        if let Some(end) = &crashed.last_end {
            let words = short(&end.message);
            let observed = format!("{}, exit code {} {words}", end.reason, end.exit_code);
            draft = draft.evidence(Evidence::new(
                key,
                &status_path(crashed, "lastState.terminated"),
                observed.trim_end(),
                "",
            ));
        }
    }
    let logs = kubectl::logs(key, container);
    let logs = if *restarts > 0 {
        logs.flag("--previous")
    } else {
        logs
    };
    sink.report(
        draft
            .confirm(logs)
            .fix(remedy(*exit_code, reason, container)),
    );
}

/// The reason, where it says more than that there was an error.
fn named(reason: &str) -> String {
    if reason.is_empty() || reason == "Error" {
        String::new()
    } else {
        format!(" ({reason})")
    }
}

fn remedy(exit_code: Option<i32>, reason: &str, container: &str) -> String {
    match (reason, exit_code) {
        ("OOMKilled", _) => format!(
            "Container {container} used more memory than its limit: raise resources.limits.memory in the workload's \
             template, or find what eats it."
        ),
        (_, Some(0)) => format!(
            "Container {container} ends by itself without an error: give it a command that stays in the foreground."
        ),
        (_, Some(126 | 127)) => format!(
            "The command of container {container} cannot be run: check command and args against what the image holds."
        ),
        (_, Some(137)) => format!(
            "Container {container} was killed: look for a failing liveness probe in the pod's events, or for memory \
             pressure on the node."
        ),
        _ => format!(
            "Read the last words of container {container} in its log and mend what they name; often a missing \
             setting, or something it needs that does not answer."
        ),
    }
}
