//! Scenarios: what is to be said of a cluster, compared as exact sets, however the cluster arrives.
#![expect(clippy::expect_used, reason = "a test that cannot run fails")]

#[path = "support/scenario.rs"]
mod scenario;

use portolan::diagnosis::cite;
use portolan::diagnosis::engine::diagnose;
use portolan::diagnosis::finding::{Finding, FindingId, Severity};
use portolan::diagnosis::registry;
use portolan::diagnosis::report::Report;
use portolan::model::delta::Delta;
use portolan::model::kind::Kind;
use portolan::model::text::visible;
use portolan::trace::hop::{Verdict, Weight};
use scenario::{Scenario, all};
use std::collections::{BTreeMap, BTreeSet};

/// Runs a check on every scenario and fails with everything that is wrong with any.
fn each(check: impl Fn(&Scenario) -> Vec<String>) {
    let scenarios = all();
    assert!(!scenarios.is_empty(), "there are scenarios");
    let wrong: Vec<String> = scenarios
        .iter()
        .flat_map(|scenario| {
            let wrong = check(scenario);
            wrong
                .into_iter()
                .map(|what| format!("{}: {what}", scenario.name))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The same items in another order, the same for each seed.
fn shuffled<T: Clone>(items: &[T], seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut keyed: Vec<(u64, &T)> = items
        .iter()
        .map(|item| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state, item)
        })
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, item)| item.clone()).collect()
}

/// Whether a code is cited by traces alone.
fn of_request(code: &str) -> bool {
    registry::REQUESTS
        .iter()
        .any(|request| request.code == code)
}

fn severities(report: &Report) -> BTreeMap<&FindingId, Severity> {
    report
        .findings()
        .iter()
        .map(|finding| (&finding.id, finding.severity))
        .collect()
}

#[test]
fn every_scenario_finds_exactly_what_is_expected() {
    each(|scenario| scenario.differences(&scenario.report()));
}

#[test]
fn every_path_is_judged_as_expected() {
    each(|scenario| {
        let world = scenario.world(scenario.deltas());
        let mut wrong = Vec::new();
        for expected in &scenario.expected.paths {
            let path = scenario.follow(&world, expected);
            let name = format!("{} → {}", expected.from, expected.to);
            if path.verdict().word() != expected.verdict {
                let told: Vec<String> = path
                    .hops
                    .iter()
                    .map(|hop| format!("{} {} {}", hop.stage, hop.verdict.word(), hop.reason))
                    .collect();
                let told = told.join("\n    ");
                wrong.push(format!("{name}: not {}:\n    {told}", expected.verdict));
            }
            if path.http.as_ref().and_then(|http| http.status) != expected.http {
                wrong.push(format!("{name}: http {:?}", path.http));
            }
            for (stage, verdict) in &expected.hops {
                let is: Vec<&str> = path
                    .hops
                    .iter()
                    .filter(|hop| hop.stage.word() == stage)
                    .map(|hop| hop.verdict.word())
                    .collect();
                if is != [verdict] {
                    wrong.push(format!("{name}: {stage} is {is:?}, not {verdict}"));
                }
            }
            let cited = path
                .deciding_hop()
                .and_then(|hop| hop.cause.as_ref())
                .map(cite::cite);
            if let Some(code) = &expected.code
                && !cited.is_some_and(|codes| codes.contains(&&**code))
            {
                wrong.push(format!("{name}: cites {cited:?}, not {code}"));
            }
        }
        wrong
    });
}

#[test]
fn every_failing_hop_cites_a_finding() {
    each(|scenario| {
        let world = scenario.world(scenario.deltas());
        let report = scenario.report();
        let pages: BTreeSet<&str> = codes_with_a_page();
        let found: BTreeSet<&str> = report.findings().iter().map(|it| it.id.code).collect();
        let mut wrong = Vec::new();
        for expected in &scenario.expected.paths {
            let path = scenario.follow(&world, expected);
            let failing = path
                .hops
                .iter()
                .filter(|hop| hop.verdict == Verdict::Fail && hop.weight == Weight::Counts);
            for hop in failing {
                let codes = hop.cause.as_ref().map(cite::cite).unwrap_or_default();
                let known = |code: &&str| {
                    pages.contains(*code) && (of_request(code) || found.contains(*code))
                };
                if !codes.iter().any(known) {
                    wrong.push(format!("{} {} cites {codes:?}", hop.stage, hop.reason));
                }
            }
        }
        wrong
    });
}

#[test]
fn the_order_of_deltas_does_not_matter() {
    each(|scenario| {
        let (first, rest) = scenario
            .deltas()
            .split_first()
            .map(|(a, b)| (a.clone(), b.to_vec()))
            .unwrap();
        let world = scenario.world(scenario.deltas());
        let mut wrong = Vec::new();
        for seed in 1..=4 {
            let order = shuffled(&rest, seed);
            let other = scenario.world(std::iter::once(first.clone()).chain(order));
            if other != world {
                wrong.push(format!("another world with order {seed}"));
            }
            wrong.extend(scenario.differences(&diagnose(&other)));
        }
        wrong
    });
}

#[test]
fn the_incremental_report_equals_the_one_from_scratch_after_every_delta() {
    each(|scenario| {
        let mut wrong = Vec::new();
        let deltas = scenario.deltas();
        for seed in 1..=2 {
            let mut engine = scenario.engine();
            let order = shuffled(&deltas, seed);
            let upserted = order.iter().filter_map(|delta| match delta {
                Delta::Upsert(object) => Some(object.clone()),
                _ => None,
            });
            // Each object comes, goes and comes again.
            let gone = upserted
                .clone()
                .map(|object| Delta::Delete(object.key().clone()));
            let again = upserted.map(Delta::Upsert);
            let there_and_back = gone.zip(again).flat_map(|(gone, again)| [gone, again]);
            for delta in order.iter().cloned().chain(there_and_back) {
                let told = format!("{delta:?}");
                engine.apply(delta);
                if *engine.judge() != diagnose(engine.world()) {
                    wrong.push(format!("differs after {told}"));
                }
            }
            wrong.extend(scenario.differences(&engine.judge()));
            // The last ones: a clock may be set back.
            for seconds in [20, 70, 600, 86_400, -86_400, -500, -180] {
                let later = engine.world().now() + jiff::SignedDuration::from_secs(seconds);
                engine.apply(Delta::Clock(later));
                if *engine.judge() != diagnose(engine.world()) {
                    wrong.push(format!("differs at {later}"));
                }
            }
        }
        wrong
    });
}

/// The kinds without which a code cannot be claimed at all, besides its subject's own.
fn rests_on(code: &str) -> &'static [Kind] {
    match code {
        "SVC001" | "SVC002" | "SVC005" | "SVC006" | "SVC007" | "SVC008" => &[Kind::Pod],
        "SVC003" | "SVC004" => &[Kind::EndpointSlice],
        "ING001" | "ING002" => &[Kind::Service],
        "ING003" => &[Kind::Service, Kind::EndpointSlice],
        "ING004" | "ING005" => &[Kind::IngressClass],
        "ING006" => &[Kind::IngressClass, Kind::Pod],
        "TLS001" | "TLS006" | "TLS009" => &[Kind::Secret],
        "TLS002" | "TLS003" | "TLS004" | "TLS005" | "TLS007" | "TLS008" | "TLS010" => {
            &[Kind::Ingress]
        }
        _ => &[],
    }
}

#[test]
fn what_rests_on_a_forbidden_kind_is_not_claimed() {
    each(|scenario| {
        let whole = scenario.report();
        let before = severities(&whole);
        let mut wrong = Vec::new();
        for kind in Kind::ALL {
            let report = diagnose(&scenario.world(scenario.without(*kind)));
            for (id, severity) in severities(&report) {
                // A pod's own fault is certain, how bad it is hangs on the Services; and that a namespace goes away
                // excuses only where it is seen.
                let milder = before.get(id).is_some_and(|was| severity >= *was);
                let unweighed = *kind == Kind::Namespace
                    || *kind == Kind::Service && id.subject.kind == Kind::Pod;
                // A default certificate excuses only where the controller's arguments are seen.
                let unexcused = *kind == Kind::Pod
                    && matches!(id.code, "TLS001" | "TLS006")
                    && severity == Severity::Warning;
                let unweighed = unweighed || unexcused;
                // Snippets are allowed by settings that have to be seen.
                let excused = id.code == "ING015" && severity == Severity::Info;
                if !(milder || excused || unweighed && before.contains_key(id)) {
                    wrong.push(format!("new without {kind}: {} {id}", severity.word()));
                }
                if id.subject.kind == *kind || rests_on(id.code).contains(kind) {
                    wrong.push(format!("still claimed without {kind}: {id}"));
                }
            }
        }
        wrong
    });
}

#[test]
fn every_rule_fires_in_a_scenario_and_has_a_near_miss() {
    let scenarios = all();
    for rule in registry::RULES {
        let fires = |scenario: &&Scenario| {
            let mut expected = scenario.expected.findings.iter();
            expected.any(|finding| finding.code == rule.code)
        };
        assert!(
            scenarios.iter().any(|one| fires(&one)),
            "{} fires nowhere",
            rule.code
        );
        let prefix = format!("{}-near-miss-", rule.code.to_lowercase());
        let mut near = scenarios
            .iter()
            .filter(|one| one.name.starts_with(&prefix))
            .peekable();
        assert!(near.peek().is_some(), "{} has no near miss", rule.code);
        for one in near {
            assert!(!fires(&one), "{}: {} fires", one.name, rule.code);
        }
    }
}

#[test]
fn a_healthy_cluster_has_neither_error_nor_warning() {
    let healthy: Vec<Scenario> = all()
        .into_iter()
        .filter(|one| one.name.starts_with("healthy-"))
        .collect();
    assert!(
        healthy.len() >= 6,
        "only {} healthy clusters",
        healthy.len()
    );
    for scenario in healthy {
        let report = scenario.report();
        let bad: Vec<String> = report
            .findings()
            .iter()
            .filter(|finding| finding.severity != Severity::Info)
            .map(|finding| format!("{}: {}", finding.id, finding.message))
            .collect();
        assert!(bad.is_empty(), "{}: {bad:#?}", scenario.name);
    }
}

#[test]
fn every_finding_has_its_grounds_a_confirming_line_and_a_fix() {
    each(|scenario| {
        let report = scenario.report();
        report
            .findings()
            .iter()
            .flat_map(|finding| incomplete(finding))
            .collect()
    });
}

fn incomplete(finding: &Finding) -> Vec<String> {
    let id = &finding.id;
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{id}: {what}"));
        }
    };
    must(!finding.evidence.is_empty(), "no evidence");
    must(!finding.title.is_empty(), "no title");
    must(
        !finding.title.contains(&*id.subject.to_string()),
        "the title repeats the subject",
    );
    must(finding.message.ends_with('.'), "the message is no sentence");
    must(!finding.message.contains("  "), "the message has gaps");
    must(!finding.field.is_empty(), "no field");
    must(
        finding.confirm.starts_with("kubectl "),
        "no confirming line",
    );
    must(finding.fix.ends_with('.'), "the fix is no sentence");
    let lines = std::iter::once(&finding.confirm).chain(&finding.patch);
    for line in lines {
        must(
            *visible(line) == **line,
            "a command line holds what cannot be seen",
        );
        must(bash_reads(line), "a command line is not one command");
    }
    wrong
}

/// Whether bash takes the line as one call of kubectl and nothing else.
fn bash_reads(line: &str) -> bool {
    let script = format!("PATH=\nkubectl() {{ echo called >&2; }}\n{line}\n");
    let ran = std::process::Command::new("bash")
        .args(["--norc", "-c", &script])
        .output()
        .expect("bash runs");
    ran.status.success() && ran.stdout.is_empty() && ran.stderr == b"called\n"
}

fn codes_with_a_page() -> BTreeSet<&'static str> {
    let rules = registry::RULES.iter().map(|rule| rule.code);
    rules
        .chain(registry::REQUESTS.iter().map(|request| request.code))
        .collect()
}

#[test]
fn every_page_has_the_fixed_headings() {
    let headings = [
        "What it sees",
        "Why traffic fails",
        "Confirm",
        "Fix",
        "Not covered",
        "References",
    ];
    let rules = registry::RULES
        .iter()
        .map(|rule| (rule.code, rule.slug, rule.page));
    let requests = registry::REQUESTS
        .iter()
        .map(|it| (it.code, it.slug, it.page));
    for (code, slug, page) in rules.chain(requests) {
        let found: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert_eq!(found, headings, "{code}");
        assert_eq!(page.lines().next(), Some(&*format!("# {code} {slug}")));
        let empty = page.split("## ").skip(1).filter(|part| {
            part.split_once('\n')
                .is_none_or(|(_, body)| body.trim().is_empty())
        });
        assert_eq!(empty.count(), 0, "{code} has an empty section");
    }
}

#[test]
fn codes_and_slugs_are_unique_and_in_order() {
    let codes: Vec<&str> = registry::RULES.iter().map(|rule| rule.code).collect();
    assert!(codes.is_sorted(), "{codes:?}");
    let slugs: BTreeSet<&str> = registry::RULES
        .iter()
        .map(|rule| rule.slug)
        .chain(registry::REQUESTS.iter().map(|request| request.slug))
        .collect();
    assert_eq!(slugs.len(), codes_with_a_page().len());
    assert_eq!(
        slugs.len(),
        registry::RULES.len() + registry::REQUESTS.len()
    );
}
