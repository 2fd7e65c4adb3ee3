//! One line of input.

use crate::ui::key::{Code, Key};

/// The longest line that is kept; what a paste brings beyond it is dropped.
const LONGEST: usize = 512;

/// A line being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    chars: Vec<char>,
    cursor: usize,
}

impl Input {
    /// A line that already holds a text, with the cursor behind it.
    pub fn of(text: &str) -> Self {
        let chars: Vec<char> = text
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST)
            .collect();
        Self {
            cursor: chars.len(),
            chars,
        }
    }

    /// The text.
    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// The text before the cursor.
    pub fn before(&self) -> String {
        self.chars.iter().take(self.cursor).collect()
    }

    /// Whether the cursor is behind the last character.
    pub fn at_end(&self) -> bool {
        self.cursor == self.chars.len()
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.chars.is_empty()
    }

    /// Types a text; control characters are dropped.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.chars.len() >= LONGEST {
                return;
            }
            self.chars.insert(self.cursor, c);
            self.cursor += 1;
        }
    }

    /// Acts on a key; says whether it was one of a line's.
    pub fn press(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl) {
            (Code::Char('u'), true) => {
                self.chars.drain(..self.cursor);
                self.cursor = 0;
            }
            (Code::Char('k'), true) => self.chars.truncate(self.cursor),
            (Code::Char('w'), true) => self.delete_word(),
            (Code::Char('a'), true) | (Code::Home, _) => self.cursor = 0,
            (Code::Char('e'), true) | (Code::End, _) => self.cursor = self.chars.len(),
            (Code::Char(c), false) => self.insert(c.encode_utf8(&mut [0; 4])),
            (Code::Backspace, _) if self.cursor > 0 => {
                self.cursor -= 1;
                self.chars.remove(self.cursor);
            }
            (Code::Delete, _) if self.cursor < self.chars.len() => {
                self.chars.remove(self.cursor);
            }
            (Code::Left, _) => self.cursor = self.cursor.saturating_sub(1),
            (Code::Right, _) => self.cursor = (self.cursor + 1).min(self.chars.len()),
            (Code::Backspace | Code::Delete, _) => {}
            _ => return false,
        }
        true
    }

    fn delete_word(&mut self) {
        let before = self.chars.iter().take(self.cursor).rev();
        let blanks = before.clone().take_while(|c| c.is_whitespace()).count();
        let word = before
            .skip(blanks)
            .take_while(|c| !c.is_whitespace())
            .count();
        let start = self.cursor - blanks - word;
        self.chars.drain(start..self.cursor);
        self.cursor = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited() {
        let mut line = Input::of("svc shop");
        line.press(Key::ctrl('w'));
        assert_eq!(line.text(), "svc ");
        line.insert("größe\u{1b}[0m\n");
        assert_eq!(line.text(), "svc größe[0m");
        line.press(Key::of(Code::Home));
        line.press(Key::of(Code::Delete));
        line.press(Key::of(Code::Backspace));
        assert_eq!(line.text(), "vc größe[0m");
        line.press(Key::ctrl('k'));
        assert!(line.is_empty());
        assert!(!line.press(Key::of(Code::Enter)));
    }

    #[test]
    fn a_paste_is_bounded() {
        let mut line = Input::default();
        line.insert(&"x".repeat(10_000));
        assert_eq!(line.text().len(), LONGEST);
    }
}
