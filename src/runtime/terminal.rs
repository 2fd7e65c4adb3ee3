//! The terminal: taken when the screen begins, given back as it was whatever ends it.

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use std::io::{self, IsTerminal as _, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};

static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOKED: Once = Once::new();

/// Gathers a frame, so that it goes out in one piece; and not at all once the terminal was given back.
#[derive(Debug, Default)]
struct Frame(Vec<u8>);

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let frame = std::mem::take(&mut self.0);
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(&frame)?;
        out.flush()
    }
}

/// The terminal while the screen has it.
pub(super) struct Guard {
    terminal: Terminal<CrosstermBackend<Frame>>,
}

impl Guard {
    /// Takes the terminal. A panic gives it back before it is reported.
    pub(super) fn take() -> io::Result<Self> {
        if !io::stdout().is_terminal() {
            return Err(io::Error::other("standard output is not a terminal"));
        }
        let screen = thread::current().id();
        HOOKED.call_once(|| hook(screen));
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let backend = CrosstermBackend::new(Frame::default());
        let terminal = Terminal::new(backend).inspect_err(|_| restore())?;
        // From here on whatever fails is undone by dropping the guard.
        let mut guard = Self { terminal };
        guard.enter()?;
        Ok(guard)
    }

    /// Begins with an empty screen, all of which the next frame draws. The terminal is asked nothing: some never
    /// answer, and far ones take their time.
    fn enter(&mut self) -> io::Result<()> {
        execute!(
            self.terminal.backend_mut(),
            EnterAlternateScreen,
            EnableBracketedPaste,
            cursor::Hide
        )?;
        let size = self.terminal.size()?;
        self.terminal
            .resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws a frame, shown at once where the terminal can.
    pub(super) fn draw(&mut self, render: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(render)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Puts a text into the clipboard of whoever sits before the terminal (OSC 52).
    pub(super) fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(
            self.terminal.backend_mut(),
            CopyToClipboard::to_clipboard_from(text)
        )
    }
}

impl Guard {
    /// Gives the terminal to somebody else for a while.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        Write::flush(self.terminal.backend_mut())?;
        restore();
        Ok(())
    }

    /// Takes it back.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        self.enter()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back; does nothing where it was given back already.
fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Each step is tried, whatever became of the ones before.
    let mut out = io::stdout();
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

/// A panic of the screen's own thread gives the terminal back before it is reported; one of any other thread is
/// logged, because a report would be drawn across the screen.
fn hook(screen: ThreadId) {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if thread::current().id() == screen || !TAKEN.load(Ordering::SeqCst) {
            restore();
            report(panic);
        } else {
            tracing::error!("{panic}");
        }
    }));
}

#[cfg(test)]
mod tests;
