//! A terminal to run the real binary in: what it draws is read as a person would, what a person presses is sent.
//!
//! Nothing sleeps: whoever waits is woken by what the program writes or by its end.
#![expect(clippy::panic, reason = "a test whose terminal fails has failed")]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long anything may take that is not about speed: the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The real binary.
pub(crate) const PORTOLAN: &str = env!("CARGO_BIN_EXE_portolan");

/// What the program asked the terminal, answered in the order asked.
#[derive(Default)]
struct Answers {
    pending: Vec<u8>,
}

impl vt100::Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        _second: Option<u8>,
        params: &[&[u16]],
        end: char,
    ) {
        let param = params.first().and_then(|one| one.first()).copied();
        match (first, param, end) {
            // Where is the cursor?
            (None, Some(6), 'n') => {
                let (row, column) = screen.cursor_position();
                let answer = format!("\x1b[{};{}R", row + 1, column + 1);
                self.pending.extend_from_slice(answer.as_bytes());
            }
            // Are you well?
            (None, Some(5), 'n') => self.pending.extend_from_slice(b"\x1b[0n"),
            // What are you? A VT220 with colour.
            (None, None | Some(0), 'c') => self.pending.extend_from_slice(b"\x1b[?62;22c"),
            // Which keys can you tell apart? The usual ones.
            (Some(b'?'), _, 'u') => self.pending.extend_from_slice(b"\x1b[?0u"),
            _ => {}
        }
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        // Which colours are text and background?
        let answer: &[u8] = match params {
            [b"10", b"?"] => b"\x1b]10;rgb:dddd/dddd/dddd\x1b\\",
            [b"11", b"?"] => b"\x1b]11;rgb:1111/1111/1111\x1b\\",
            _ => b"",
        };
        self.pending.extend_from_slice(answer);
    }
}

struct Seen {
    parser: vt100::Parser<Answers>,
    /// Every byte that came, in order.
    raw: Vec<u8>,
    /// The program's end of the terminal is closed.
    closed: bool,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Option<Seen>>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program in a terminal; dropping it kills the program.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    writer: Arc<Mutex<Box<dyn std::io::Write + Send>>>,
    shared: Arc<Shared>,
    started: Instant,
    modes: String,
    ended: Option<u32>,
    /// Kept as long as the program may run.
    #[expect(dead_code, reason = "it is removed when it is dropped")]
    home: TempDir,
}

impl Terminal {
    /// Runs the binary with these arguments in a terminal of 140 columns and 45 rows.
    pub(crate) fn start<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Self {
        Self::start_in(140, 45, arguments)
    }

    /// Runs the binary in a terminal of this size.
    pub(crate) fn start_in<A: AsRef<std::ffi::OsStr>>(
        columns: u16,
        rows: u16,
        arguments: &[A],
    ) -> Self {
        let home = TempDir::new().unwrap_or_else(|error| panic!("no folder: {error}"));
        Self::start_at(home, (columns, rows), arguments)
    }

    /// Runs the binary with the files of a user who has `config` and `state` in this folder, for `$XDG_CONFIG_HOME` and
    /// `$XDG_STATE_HOME`: those of whoever runs the tests are no business of theirs.
    pub(crate) fn start_at<A: AsRef<std::ffi::OsStr>>(
        home: TempDir,
        (columns, rows): (u16, u16),
        arguments: &[A],
    ) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows,
                cols: columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap_or_else(|error| panic!("no terminal: {error}"));
        let mut command = CommandBuilder::new(PORTOLAN);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env_remove("LC_ALL");
        command.env_remove("LC_CTYPE");
        for name in ["KUBECONFIG", "NO_COLOR", "CI"] {
            command.env_remove(name);
        }
        command.env("XDG_CONFIG_HOME", home.path().join("config"));
        command.env("XDG_STATE_HOME", home.path().join("state"));
        let modes = modes(pair.master.as_ref());
        let reader = pair
            .master
            .try_clone_reader()
            .unwrap_or_else(|error| panic!("no terminal: {error}"));
        let writer = pair
            .master
            .take_writer()
            .unwrap_or_else(|error| panic!("no terminal: {error}"));
        let size = |cells: u16| NonZeroU16::new(cells).unwrap_or(NonZeroU16::MIN);
        let shared = Arc::new(Shared::default());
        *shared.lock() = Some(Seen {
            parser: vt100::Parser::new_with_callbacks(
                size(rows),
                size(columns),
                0,
                Answers::default(),
            ),
            raw: Vec::new(),
            closed: false,
        });
        let writer = Arc::new(Mutex::new(writer));
        let started = Instant::now();
        let child = pair
            .slave
            .spawn_command(command)
            .unwrap_or_else(|error| panic!("{PORTOLAN}: {error}"));
        drop(pair.slave);
        read_along(reader, Arc::clone(&shared), Arc::clone(&writer));
        Self {
            master: pair.master,
            child,
            writer,
            shared,
            started,
            modes,
            ended: None,
            home,
        }
    }

    /// When the program was started.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// The program's process.
    pub(crate) fn pid(&self) -> u32 {
        self.child
            .process_id()
            .unwrap_or_else(|| panic!("the program has no process"))
    }

    /// What a person sees now, a line a row.
    pub(crate) fn screen(&self) -> String {
        self.look(|seen| seen.parser.screen().contents())
    }

    /// Every byte that the program wrote.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.look(|seen| seen.raw.clone())
    }

    fn look<T>(&self, read: impl FnOnce(&Seen) -> T) -> T {
        let guard = self.shared.lock();
        read(guard.as_ref().unwrap_or_else(|| panic!("no screen")))
    }

    /// Presses keys one after the other: characters, and `<enter>`, `<esc>`, `<tab>`, `<up>`, `<down>`,
    /// `<left>`, `<right>`, `<c-x>` for control with a letter. Spaces between are not sent; `<space>` is.
    pub(crate) fn press(&self, keys: &str) {
        let mut bytes = Vec::new();
        let mut rest = keys;
        while let Some(first) = rest.chars().next() {
            let named = (first == '<')
                .then(|| rest.split_once('>'))
                .flatten()
                .filter(|(name, _)| name.len() > 1);
            if let Some((name, behind)) = named {
                bytes.extend_from_slice(&code(name.trim_start_matches('<')));
                rest = behind;
            } else {
                if first != ' ' {
                    let mut buffer = [0; 4];
                    bytes.extend_from_slice(first.encode_utf8(&mut buffer).as_bytes());
                }
                rest = rest.split_at(first.len_utf8()).1;
            }
        }
        send(&self.writer, &bytes);
    }

    /// Waits until the screen shows this text, and returns how long after the start that was.
    pub(crate) fn wait_for(&self, text: &str, patience: Duration) -> Duration {
        self.wait_until(&format!("`{text}`"), patience, |screen| {
            screen.contains(text)
        })
    }

    /// Waits until the screen shows this text no more.
    pub(crate) fn wait_gone(&self, text: &str, patience: Duration) -> Duration {
        self.wait_until(&format!("`{text}` to go"), patience, |screen| {
            !screen.contains(text)
        })
    }

    /// Waits until the screen is as wanted, and returns how long after the start that was.
    pub(crate) fn wait_until(
        &self,
        what: &str,
        patience: Duration,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Duration {
        let deadline = Instant::now() + patience;
        let mut guard = self.shared.lock();
        loop {
            let seen = guard.as_ref().unwrap_or_else(|| panic!("no screen"));
            let screen = seen.parser.screen().contents();
            let closed = seen.closed;
            if wanted(&screen) {
                return self.started.elapsed();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || closed {
                let end = if closed {
                    "; the program has ended"
                } else {
                    ""
                };
                drop(guard);
                panic!("waited in vain for {what}{end}:\n{}", framed(&screen));
            }
            guard = self
                .shared
                .changed
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Lets the program be for a while; it must not end meanwhile.
    pub(crate) fn watch(&self, time: Duration) {
        let deadline = Instant::now() + time;
        let mut guard = self.shared.lock();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(guard.as_ref().is_some_and(|seen| !seen.closed), "it ended");
            if left.is_zero() {
                return;
            }
            guard = self
                .shared
                .changed
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Sends a signal: `TERM`, `INT`, `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Waits for the program's end and returns its exit code.
    pub(crate) fn wait_end(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        let mut guard = self.shared.lock();
        while !guard.as_ref().is_some_and(|seen| seen.closed) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let screen = guard.as_ref().map(|seen| seen.parser.screen().contents());
                drop(guard);
                panic!(
                    "the program does not end:\n{}",
                    framed(&screen.unwrap_or_default())
                );
            }
            guard = self
                .shared
                .changed
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        drop(guard);
        let status = self
            .child
            .wait()
            .unwrap_or_else(|error| panic!("the program's end: {error}"));
        self.ended = Some(status.exit_code());
        status.exit_code()
    }

    /// Asserts that the terminal is as it was before the program: its modes, its screen, its cursor.
    pub(crate) fn assert_restored(&self) {
        assert_eq!(
            modes(self.master.as_ref()),
            self.modes,
            "the terminal's modes"
        );
        self.look(|seen| {
            let screen = seen.parser.screen();
            assert!(!screen.alternate_screen(), "the alternate screen is left");
            assert!(!screen.hide_cursor(), "the cursor is shown");
            assert!(!screen.bracketed_paste(), "pastes are plain");
            assert!(!screen.application_keypad() && !screen.application_cursor());
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        });
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.ended.is_none() {
            // Nothing can be done about a process that cannot be killed.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Sends a signal to a process of the test's own.
pub(crate) fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status()
        .unwrap_or_else(|error| panic!("kill: {error}"));
    assert!(status.success(), "kill -{name} {pid}");
}

/// A screen in a frame, for messages.
pub(crate) fn framed(screen: &str) -> String {
    let mut text = String::new();
    for line in screen.lines() {
        let _ = writeln!(text, "│ {line}");
    }
    text
}

fn read_along(
    mut reader: Box<dyn std::io::Read + Send>,
    shared: Arc<Shared>,
    writer: Arc<Mutex<Box<dyn std::io::Write + Send>>>,
) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            // A terminal whose other end is closed reads as an error here.
            let count = reader.read(&mut buffer).unwrap_or(0);
            let mut guard = shared.lock();
            let Some(seen) = guard.as_mut() else { return };
            let bytes = buffer.get(..count).unwrap_or_default();
            seen.raw.extend_from_slice(bytes);
            seen.parser.process(bytes);
            seen.closed = count == 0;
            let answers = std::mem::take(&mut seen.parser.callbacks_mut().pending);
            drop(guard);
            shared.changed.notify_all();
            if count == 0 {
                return;
            }
            if !answers.is_empty() {
                send(&writer, &answers);
            }
        }
    });
}

fn send(writer: &Mutex<Box<dyn std::io::Write + Send>>, bytes: &[u8]) {
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    // A program that has ended reads nothing; who waits for it will see that.
    let _ = writer.write_all(bytes).and_then(|()| writer.flush());
}

/// The bytes a terminal sends for a key with a name.
fn code(name: &str) -> Vec<u8> {
    let code: &[u8] = match name {
        "enter" => b"\r",
        "esc" => b"\x1b",
        "tab" => b"\t",
        "space" => b" ",
        "backspace" => b"\x7f",
        "up" => b"\x1b[A",
        "down" => b"\x1b[B",
        "right" => b"\x1b[C",
        "left" => b"\x1b[D",
        _ => match name.strip_prefix("c-").map(str::as_bytes) {
            Some([letter]) => return vec![letter & 0x1f],
            _ => panic!("no such key: {name}"),
        },
    };
    code.to_vec()
}

/// The terminal's modes as text, to be compared.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// Each test binary uses a part of this; what others use is not dead code.
const _: fn(&mut Terminal) = |terminal| {
    let _ = (
        terminal.started(),
        terminal.pid(),
        terminal.screen(),
        terminal.raw(),
    );
    let _ = (
        terminal.wait_for("", PATIENCE),
        terminal.wait_gone("", PATIENCE),
        terminal.wait_end(),
    );
    terminal.watch(PATIENCE);
    terminal.press("");
    terminal.signal("");
    terminal.assert_restored();
    let _ = Terminal::start(&[""]);
};
