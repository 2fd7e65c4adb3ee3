//! What a panic leaves behind, seen from the other end of a real terminal: this test binary runs itself in one.

use super::Guard;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::Read as _;
use std::thread;

/// Names the part that the child plays; unset in an ordinary run.
const PART: &str = "PORTOLAN_TEST_PANIC";

#[test]
fn a_child_that_panics() {
    let Some(part) = std::env::var_os(PART) else {
        return;
    };
    let _guard = Guard::take().expect("a terminal");
    if part == "elsewhere" {
        let worker = thread::spawn(|| panic!("a worker's fault"));
        assert!(worker.join().is_err());
    } else {
        panic!("the screen's fault");
    }
}

/// What a child that panics wrote to its terminal, and the terminal's modes before and after.
fn play(part: &str) -> (String, String, String) {
    let pair = native_pty_system()
        .openpty(PtySize::default())
        .expect("a terminal");
    let mut command = CommandBuilder::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "runtime::terminal::tests::a_child_that_panics"]);
    command.args(["--nocapture", "--test-threads=1"]);
    command.env(PART, part);
    let modes = || format!("{:?}", pair.master.get_termios());
    let before = modes();
    let mut reader = pair.master.try_clone_reader().expect("its output");
    let mut child = pair.slave.spawn_command(command).expect("a child");
    let gather = thread::spawn(move || {
        let mut written = Vec::new();
        // A terminal whose other end is closed reads as an error here.
        let _ = reader.read_to_end(&mut written);
        String::from_utf8_lossy(&written).into_owned()
    });
    child.wait().expect("the child's end");
    let after = modes();
    drop(pair);
    (gather.join().expect("what was written"), before, after)
}

#[test]
fn a_panic_of_the_screen_is_reported_on_the_terminal_as_it_was() {
    let (written, before, after) = play("screen");
    let (screen, left) = written.split_once("\x1b[?1049l").expect("it is left");
    assert!(screen.contains("\x1b[?1049h"), "{written:?}");
    assert!(!screen.contains("the screen's fault"), "{written:?}");
    let (shown, _) = left.split_once("the screen's fault").expect("the report");
    assert!(shown.contains("\x1b[?25h"), "{written:?}");
    assert_eq!(before, after);
}

#[test]
fn a_panic_elsewhere_is_not_drawn_across_the_screen() {
    let (written, before, after) = play("elsewhere");
    assert!(written.contains("\x1b[?1049l"), "{written:?}");
    assert!(!written.contains("a worker's fault"), "{written:?}");
    assert_eq!(before, after);
}
