//! A cluster of one's own: what is asked of the API server while nothing happens, and what is shown when it is gone.

use crate::cluster::Cluster;
use crate::rights::{EVERYTHING, may_read};
use crate::screen::{leave, open};
use crate::terminal::{PATIENCE, Terminal};
use crate::world::{broken, mend};
use std::time::Duration;

/// How many LISTs the API server has answered, of the kinds that Portolan reads.
fn lists(cluster: &Cluster) -> u64 {
    let metrics = cluster.ask(&["get", "--raw", "/metrics"]);
    let counts = metrics.lines().filter(|line| {
        line.starts_with("apiserver_request_total{")
            && line.contains("verb=\"LIST\"")
            && [
                "pods",
                "services",
                "endpointslices",
                "ingresses",
                "namespaces",
                "nodes",
                "events",
                "deployments",
            ]
            .iter()
            .any(|resource| line.contains(&format!("resource=\"{resource}\"")))
    });
    counts
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}

#[test]
fn while_nothing_happens_nothing_is_listed_and_nothing_is_drawn() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    cluster.namespace("quiet");
    let before = lists(&cluster);
    let terminal = open(&cluster.kubeconfig(), "quiet", ":svc");
    terminal.wait_for("● live", PATIENCE);
    let listed = lists(&cluster);
    assert!(
        listed > before,
        "the counter counts: {before} then {listed}"
    );
    let drawn = terminal.raw().len();
    terminal.watch(Duration::from_secs(5));
    assert_eq!(lists(&cluster), listed, "LISTs while idle");
    // At most the clock, which shows minutes.
    let more = terminal.raw().len() - drawn;
    assert!(more < 500, "{more} bytes were drawn for nothing");
    leave(terminal);
}

#[test]
fn an_outage_keeps_the_data_counts_down_and_ends_by_itself() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    broken(&cluster, "outage");
    let terminal = open(&cluster.kubeconfig(), "outage", "");
    terminal.wait_for("SVC001", PATIENCE);
    terminal.wait_for("● live", PATIENCE);

    cluster.kill_apiserver();
    terminal.wait_until("the banner", PATIENCE, |screen| {
        screen.contains("offline") && screen.contains("retry in") && screen.contains("SVC001")
    });
    // The countdown counts: two different numbers are seen.
    let left = |screen: &str| {
        let (_, rest) = screen.split_once("retry in ")?;
        rest.split_whitespace().next()?.parse::<u64>().ok()
    };
    let first = left(&terminal.screen());
    terminal.wait_until("the countdown", PATIENCE, |screen| {
        left(screen).is_some_and(|now| Some(now) != first)
    });
    assert!(terminal.screen().contains("outage/api"), "the data stay");

    cluster.start_apiserver();
    terminal.wait_for("● live", PATIENCE);
    mend(&cluster, "outage");
    terminal.wait_for("No problem found in outage", PATIENCE);
    leave(terminal);
}

#[test]
fn the_screen_of_one_namespace_names_what_is_forbidden() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    broken(cluster, "onlymine");
    may_read(cluster, "onlymine", "onlymine-reader", EVERYTHING);
    let kubeconfig = cluster.user("onlymine-reader", &[]);
    let terminal = open(&kubeconfig, "onlymine", "");
    terminal.wait_for("SVC001", PATIENCE);
    terminal.wait_until("what is forbidden", PATIENCE, |screen| {
        screen.contains("● live") && screen.contains("forbidden (")
    });
    terminal.press(":no<enter>");
    terminal.wait_until("why no node is shown", PATIENCE, |screen| {
        screen.contains('?')
            && screen.contains("forbidden")
            && !screen.contains("No nodes in this world")
    });
    terminal.press(":svc<enter>");
    terminal.wait_for("CLUSTER-IP", PATIENCE);
    leave(terminal);

    // Nothing is claimed where nothing may be read.
    let blind = cluster.user("nobody", &[]);
    let terminal: Terminal = open(&blind, "onlymine", "");
    terminal.wait_for("forbidden (", PATIENCE);
    let screen = terminal.screen();
    assert!(!screen.contains("✓ No problem found"), "{screen}");
    leave(terminal);
}
