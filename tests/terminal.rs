//! The real binary in a real terminal, on worlds that need no cluster.

#[path = "support/terminal.rs"]
mod terminal;

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};
use terminal::{PATIENCE, Terminal};

/// Leaves by these keys, and sees that nothing of the screen is left.
fn leave(mut terminal: Terminal, keys: &str) {
    terminal.press(keys);
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_restored();
}

#[test]
fn the_demo_opens_at_home_and_is_left_as_it_was_found() {
    for keys in [":q<enter>", "<c-c>"] {
        let terminal = Terminal::start(&["--demo"]);
        terminal.wait_for("Problems", PATIENCE);
        terminal.wait_for("SVC003", PATIENCE);
        terminal.press("<esc>");
        terminal.wait_for("ctrl-c quits", PATIENCE);
        leave(terminal, keys);
    }
}

#[test]
fn signals_give_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT", "QUIT"] {
        let mut terminal = Terminal::start(&["--demo", ":svc"]);
        terminal.wait_for("CLUSTER-IP", PATIENCE);
        terminal.signal(signal);
        assert_eq!(terminal.wait_end(), 0);
        terminal.assert_restored();
    }
}

/// Asks again and again until something is so.
fn until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::yield_now();
    }
}

/// Whether a process is stopped, as Linux tells it, or else `ps`.
fn is_stopped(pid: u32) -> bool {
    if let Ok(told) = fs::read_to_string(format!("/proc/{pid}/stat")) {
        return told.contains(") T ");
    }
    let told = Command::new("ps")
        .args(["-o", "stat=", "-p", &pid.to_string()])
        .output();
    told.is_ok_and(|told| told.stdout.starts_with(b"T"))
}

#[test]
fn a_screen_that_is_stopped_leaves_the_terminal_to_others_and_draws_itself_anew() {
    let terminal = Terminal::start(&["--demo", ":svc"]);
    terminal.wait_for("CLUSTER-IP", PATIENCE);
    let times = |what: &str| {
        let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
        raw.matches(what).count()
    };
    terminal.signal("TSTP");
    until("it to stop", || is_stopped(terminal.pid()));
    until("the screen to be left", || times("\x1b[?1049l") == 1);
    terminal.signal("CONT");
    terminal.wait_for("CLUSTER-IP", PATIENCE);
    let taken = times("\x1b[?1049h");
    // Stopped without being asked, it cannot know what became of the terminal.
    terminal.signal("STOP");
    until("it to stop", || is_stopped(terminal.pid()));
    terminal.signal("CONT");
    until("the screen to be taken again", || {
        times("\x1b[?1049h") > taken
    });
    terminal.wait_for("CLUSTER-IP", PATIENCE);
    leave(terminal, "<c-c>");
}

#[test]
fn the_terminal_is_asked_nothing_that_it_may_not_answer() {
    let terminal = Terminal::start(&["--demo"]);
    terminal.wait_for("Problems", PATIENCE);
    let written = String::from_utf8_lossy(&terminal.raw()).into_owned();
    for question in ["\x1b[6n", "\x1b[5n", "\x1b[c", "\x1b[0c", "\x1b[?u"] {
        assert!(!written.contains(question), "{question:?}");
    }
    leave(terminal, "<c-c>");
}

#[test]
fn a_small_terminal_gets_what_fits() {
    for (columns, rows) in [(60, 20), (20, 5)] {
        let terminal = Terminal::start_in(columns, rows, &["--demo"]);
        terminal.wait_until("something drawn", PATIENCE, |screen| {
            !screen.trim().is_empty()
        });
        leave(terminal, "<c-c>");
    }
    let terminal = Terminal::start_in(1, 1, &["--demo"]);
    terminal.watch(Duration::from_secs(2));
    leave(terminal, "<c-c>");
}

#[test]
fn plain_terminals_get_plain_characters() {
    let terminal = Terminal::start(&["--demo", "--ascii"]);
    terminal.wait_for("Problems", PATIENCE);
    terminal.press("?");
    terminal.wait_for("Everywhere", PATIENCE);
    assert!(terminal.screen().is_ascii(), "{}", terminal.screen());
    leave(terminal, "<c-c>");
}

#[test]
fn files_are_judged_although_one_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {selector: {app: a}, ports: [{port: 80}]}\n";
    fs::write(folder.path().join("a.yaml"), service).unwrap();
    fs::write(folder.path().join("b.yaml"), "kind: [\n").unwrap();
    let path = folder.path().to_str().unwrap();
    let terminal = Terminal::start(&["--from", path]);
    terminal.wait_for("b.yaml, document 1 cannot be read", PATIENCE);
    terminal.wait_for("SVC001", PATIENCE);
    terminal.press("y");
    terminal.wait_for("kind: Service", PATIENCE);
    leave(terminal, "<c-c>");
}

#[test]
fn a_frame_is_shown_in_one_piece() {
    let terminal = Terminal::start(&["--demo"]);
    terminal.wait_for("Problems", PATIENCE);
    leave_and_check(terminal);
}

fn leave_and_check(mut terminal: Terminal) {
    terminal.press("<c-c>");
    terminal.wait_end();
    let raw = terminal.raw();
    let count = |needle: &[u8]| {
        raw.windows(needle.len())
            .filter(|part| *part == needle)
            .count()
    };
    let begun = count(b"\x1b[?2026h");
    assert!(begun > 0 && count(b"\x1b[?2026l") >= begun);
}
