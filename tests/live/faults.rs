//! No cluster to be had: one sentence with the remedy, exit code 2, on standard output nothing; the screen the same.

use crate::cluster::Cluster;
use crate::terminal::Terminal;
use crate::world::{Answer, command, portolan};
use std::fs;
use std::net::TcpListener;
use std::path::Path;

/// Asserts that a command ended with one sentence that holds these words.
fn assert_refused(answer: &Answer, words: &[&str]) {
    assert_eq!(answer.code, Some(2), "{} {}", answer.out, answer.err);
    assert_eq!(answer.out, "");
    assert_eq!(answer.err.lines().count(), 1, "one line: {}", answer.err);
    for word in words {
        assert!(answer.err.contains(word), "`{word}` in {}", answer.err);
    }
}

/// Asserts that the screen does not come up but says these words, and that the terminal is as it was.
fn assert_no_screen(kubeconfig: &Path, words: &[&str]) {
    let mut terminal = Terminal::start(&["--kubeconfig".as_ref(), kubeconfig.as_os_str()]);
    assert_eq!(terminal.wait_end(), 2, "{}", terminal.screen());
    terminal.assert_restored();
    let said = terminal.screen();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(said.contains(word), "`{word}` in {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_kubeconfig_that_is_missing_or_broken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("absent");
    assert_refused(&portolan(&missing, &["check"]), &["absent"]);
    assert_no_screen(&missing, &["absent", "--demo"]);

    let broken = folder.path().join("broken");
    fs::write(
        &broken,
        "apiVersion: v1\nkind: Config\nclusters: [{name: x\n",
    )
    .unwrap();
    assert_refused(&portolan(&broken, &["check"]), &["broken"]);
    assert_no_screen(&broken, &["broken"]);
}

#[test]
fn no_kubeconfig_at_all_offers_the_demo() {
    let home = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(crate::terminal::PORTOLAN)
        .args(["check"])
        .env_remove("KUBECONFIG")
        .env_remove("KUBERNETES_SERVICE_HOST")
        .env("HOME", home.path())
        .output()
        .unwrap();
    assert_refused(&output.into(), &["--demo"]);
}

#[test]
fn a_context_that_is_not_there_is_answered_with_those_that_are() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let kubeconfig = cluster.kubeconfig();
    let output = command(&kubeconfig)
        .args(["--context", "nowhere", "check"])
        .output()
        .unwrap();
    let there = cluster.ask(&["config", "current-context"]);
    assert_refused(&output.into(), &["nowhere", there.trim()]);
}

#[test]
fn a_server_that_is_not_there_is_named_with_its_address() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    // A port that was free a moment ago, and that nobody listens on.
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap()
        .port();
    let text = fs::read_to_string(cluster.kubeconfig()).unwrap();
    let server = text
        .split_whitespace()
        .find(|word| word.contains("https://"))
        .unwrap();
    let server = server.split_once("https://").unwrap().1;
    let server = server.trim_end_matches(|end: char| !end.is_ascii_digit());
    let dead = format!("127.0.0.1:{port}");
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    fs::write(&kubeconfig, text.replace(server, &dead)).unwrap();
    assert_refused(&portolan(&kubeconfig, &["check"]), &[&dead]);
    assert_no_screen(&kubeconfig, &[&dead]);
}

#[test]
fn credentials_that_are_not_accepted_are_told_from_a_dead_server() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let text = fs::read_to_string(cluster.kubeconfig()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    fs::write(&kubeconfig, text).unwrap();
    let user = cluster.ask(&["config", "view", "--output=jsonpath={.users[0].name}"]);
    let mended = cluster.kubectl(&[
        "config".as_ref(),
        "set-credentials".as_ref(),
        "guest".as_ref(),
        "--token=not-a-token".as_ref(),
        "--kubeconfig".as_ref(),
        kubeconfig.as_os_str(),
    ]);
    assert!(mended.status.success(), "{user}");
    let mended = cluster.kubectl(&[
        "config".as_ref(),
        "set-context".as_ref(),
        "--current".as_ref(),
        "--user=guest".as_ref(),
        "--kubeconfig".as_ref(),
        kubeconfig.as_os_str(),
    ]);
    assert!(mended.status.success());
    assert_refused(&portolan(&kubeconfig, &["check"]), &["credentials"]);
}
