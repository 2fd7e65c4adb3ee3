//! What a terminal sends, as what has happened.

use crate::ui::key::{Code, Key};
use crate::ui::msg::Msg;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What an event means to the screen; none where it means nothing.
pub(super) fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => pressed(key).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        _ => None,
    }
}

fn pressed(key: KeyEvent) -> Option<Key> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let code = match key.code {
        // Control and \ arrives as control and 4 on terminals without an extended protocol.
        KeyCode::Char('4') if ctrl => Code::Char('\\'),
        KeyCode::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::SHIFT) => {
            Code::Char(c.to_uppercase().next().unwrap_or(c))
        }
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => Code::BackTab,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        _ => return None,
    };
    Some(Key { code, ctrl })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<String> {
        pressed(KeyEvent::new(code, modifiers)).map(|key| key.to_string())
    }

    #[test]
    fn keys_arrive_as_they_are_written() {
        let none = KeyModifiers::NONE;
        let shift = KeyModifiers::SHIFT;
        let ctrl = KeyModifiers::CONTROL;
        assert_eq!(key(KeyCode::Char('F'), shift).unwrap(), "shift-f");
        assert_eq!(key(KeyCode::Char('f'), shift).unwrap(), "shift-f");
        assert_eq!(key(KeyCode::Char('c'), ctrl).unwrap(), "ctrl-c");
        assert_eq!(key(KeyCode::Char('4'), ctrl).unwrap(), "ctrl-\\");
        assert_eq!(key(KeyCode::Tab, shift).unwrap(), "shift-tab");
        assert_eq!(key(KeyCode::Char(':'), none).unwrap(), ":");
        assert_eq!(key(KeyCode::F(1), none), None);
    }

    #[test]
    fn a_released_key_is_no_key() {
        let mut event = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::NONE);
        assert!(message(Event::Key(event)).is_some());
        event.kind = KeyEventKind::Release;
        assert!(message(Event::Key(event)).is_none());
    }
}
