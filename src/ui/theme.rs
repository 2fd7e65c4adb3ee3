//! What things mean, and how a terminal shows that: by colour where it has any, never by colour alone.

use crate::output::glyph::Charset;
use ratatui::style::{Color, Modifier, Style};

/// The meaning of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Ordinary.
    Text,
    /// Less important.
    Dim,
    /// More important.
    Strong,
    /// A heading.
    Title,
    /// Lines between things.
    Border,
    /// A key that can be pressed.
    Key,
    /// An identity: a code, an object that can be opened.
    Link,
    /// It works.
    Pass,
    /// It does not.
    Fail,
    /// A part of it does not.
    Warning,
    /// It cannot be told.
    Unknown,
    /// A marked row.
    Marked,
    /// What a search has found.
    Match,
    /// What is being typed.
    Input,
}

impl Role {
    /// Every role; its place in this list is its number in [`Theme::probe`].
    pub const ALL: &'static [Role] = &[
        Role::Text,
        Role::Dim,
        Role::Strong,
        Role::Title,
        Role::Border,
        Role::Key,
        Role::Link,
        Role::Pass,
        Role::Fail,
        Role::Warning,
        Role::Unknown,
        Role::Marked,
        Role::Match,
        Role::Input,
    ];
}

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// None: weight and reversal only.
    None,
    /// The terminal's own sixteen.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    True,
    /// Each role has a number of its own, for tests.
    Probe,
}

/// How meaning is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// The colours.
    pub colours: Colours,
    /// The characters.
    pub charset: Charset,
}

/// What a terminal says of itself, as its environment tells it.
#[derive(Clone, Debug, Default)]
pub struct Terminal {
    /// `NO_COLOR` is set and not empty (no-color.org).
    pub no_color: bool,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `TERM`.
    pub term: String,
    /// The locale of characters: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set and not empty.
    pub locale: String,
}

impl Terminal {
    /// Whether it shows more than ASCII. No locale at all is what containers have, whose terminals are UTF-8; a
    /// locale that is named, and names another encoding, is meant.
    fn shows_unicode(&self) -> bool {
        let locale = self.locale.to_ascii_lowercase();
        let utf8 = locale.is_empty() || locale.contains("utf-8") || locale.contains("utf8");
        utf8 && !matches!(self.term.as_str(), "linux" | "dumb" | "vt100" | "vt220")
    }
}

/// The number of the selected row's background in [`Theme::probe`].
pub const PROBE_SELECTED: u8 = 100;

impl Theme {
    /// The theme that suits a terminal.
    pub fn suited_to(terminal: &Terminal, charset: Charset) -> Self {
        let colours = if terminal.no_color || terminal.term == "dumb" {
            Colours::None
        } else if matches!(terminal.colorterm.as_str(), "truecolor" | "24bit") {
            Colours::True
        } else if terminal.term.contains("256") || terminal.term.contains("direct") {
            Colours::Indexed
        } else {
            Colours::Sixteen
        };
        let charset = if terminal.shows_unicode() {
            charset
        } else {
            Charset::Ascii
        };
        Self { colours, charset }
    }

    /// A theme from whose cells each role can be read back.
    pub const fn probe() -> Self {
        Self {
            colours: Colours::Probe,
            charset: Charset::Unicode,
        }
    }

    /// The style of a role.
    pub fn style(self, role: Role) -> Style {
        let style = match self.colours {
            Colours::None => Style::new(),
            Colours::Probe => {
                let at = Role::ALL.iter().position(|known| *known == role);
                Style::new().fg(Color::Indexed(
                    at.and_then(|at| u8::try_from(at).ok()).unwrap_or(0),
                ))
            }
            Colours::Sixteen => Style::new().fg(sixteen(role)),
            Colours::Indexed => Style::new().fg(indexed(role)),
            Colours::True => Style::new().fg(rgb(role)),
        };
        style.add_modifier(self.weight(role))
    }

    fn weight(self, role: Role) -> Modifier {
        match (role, self.colours) {
            (_, Colours::Probe) => Modifier::empty(),
            (Role::Strong | Role::Title | Role::Fail, _)
            | (Role::Key | Role::Warning | Role::Link, Colours::None) => Modifier::BOLD,
            (Role::Dim | Role::Border, Colours::None | Colours::Sixteen) => Modifier::DIM,
            (Role::Match, _) => Modifier::REVERSED,
            (Role::Marked, Colours::None) => Modifier::UNDERLINED,
            _ => Modifier::empty(),
        }
    }

    /// The style of a cell on the selected row.
    pub fn selected(self, style: Style) -> Style {
        let on = |background: Color, plain: Color| {
            let shown = style.bg(background);
            if matches!(style.fg, None | Some(Color::Reset)) {
                shown.fg(plain)
            } else {
                shown
            }
        };
        match self.colours {
            Colours::None | Colours::Sixteen => style.add_modifier(Modifier::REVERSED),
            Colours::Probe => style.bg(Color::Indexed(PROBE_SELECTED)),
            Colours::Indexed => on(Color::Indexed(238), Color::Indexed(255)),
            Colours::True => on(Color::Rgb(45, 57, 79), Color::Rgb(240, 243, 246)),
        }
    }

    /// The text with nothing but what the character set has; every character keeps its width.
    pub fn spell(self, text: &str) -> std::borrow::Cow<'_, str> {
        if self.charset == Charset::Unicode || text.is_ascii() {
            return std::borrow::Cow::Borrowed(text);
        }
        let mut spelt = String::with_capacity(text.len());
        for c in text.chars() {
            let width = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
            if c.is_ascii() {
                spelt.push(c);
            } else {
                spelt.extend(std::iter::repeat_n(ascii(c), width));
            }
        }
        std::borrow::Cow::Owned(spelt)
    }
}

/// The ASCII stand-in of a character of ours; `?` for anybody else's.
const fn ascii(c: char) -> char {
    match c {
        '✓' | '├' | '└' | '┌' | '┐' | '┘' | '┤' | '┬' | '┴' | '┼' => '+',
        '✗' | '×' => 'x',
        '·' => '.',
        '●' | '◆' => '*',
        '◐' => 'o',
        '▸' | '▌' | '→' | '▶' | '≥' => '>',
        '←' | '≤' => '<',
        '↑' => '^',
        '↓' => 'v',
        '│' | '┃' | '█' | '▐' => '|',
        '○' | '─' | '—' | '–' => '-',
        '…' => '~',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        _ => '?',
    }
}

const fn sixteen(role: Role) -> Color {
    match role {
        Role::Text | Role::Strong | Role::Dim | Role::Border | Role::Input => Color::Reset,
        Role::Title | Role::Link => Color::Cyan,
        Role::Key => Color::Blue,
        Role::Pass => Color::Green,
        Role::Fail => Color::Red,
        Role::Warning | Role::Match => Color::Yellow,
        Role::Unknown | Role::Marked => Color::Magenta,
    }
}

const fn indexed(role: Role) -> Color {
    match role {
        Role::Text | Role::Strong | Role::Input => Color::Reset,
        Role::Dim => Color::Indexed(244),
        Role::Border => Color::Indexed(240),
        Role::Title | Role::Link => Color::Indexed(73),
        Role::Key => Color::Indexed(75),
        Role::Pass => Color::Indexed(71),
        Role::Fail => Color::Indexed(203),
        Role::Warning | Role::Match => Color::Indexed(178),
        Role::Unknown => Color::Indexed(140),
        Role::Marked => Color::Indexed(176),
    }
}

const fn rgb(role: Role) -> Color {
    match role {
        Role::Text | Role::Strong | Role::Input => Color::Reset,
        Role::Dim => Color::Rgb(128, 136, 148),
        Role::Border => Color::Rgb(88, 96, 108),
        Role::Title | Role::Link => Color::Rgb(86, 168, 178),
        Role::Key => Color::Rgb(92, 152, 230),
        Role::Pass => Color::Rgb(84, 166, 96),
        Role::Fail => Color::Rgb(228, 92, 84),
        Role::Warning | Role::Match => Color::Rgb(210, 158, 48),
        Role::Unknown => Color::Rgb(160, 132, 214),
        Role::Marked => Color::Rgb(204, 130, 190),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_what_it_can_show() {
        let suited = |no_color, colorterm: &str, term: &str| {
            let terminal = Terminal {
                no_color,
                colorterm: colorterm.into(),
                term: term.into(),
                locale: String::new(),
            };
            Theme::suited_to(&terminal, Charset::Unicode).colours
        };
        assert_eq!(suited(true, "truecolor", "xterm-256color"), Colours::None);
        assert_eq!(suited(false, "truecolor", "xterm"), Colours::True);
        assert_eq!(suited(false, "", "screen-256color"), Colours::Indexed);
        assert_eq!(suited(false, "", "linux"), Colours::Sixteen);
        assert_eq!(suited(false, "", "dumb"), Colours::None);
    }

    #[test]
    fn a_terminal_of_another_encoding_gets_ascii() {
        let suited = |term: &str, locale: &str| {
            let terminal = Terminal {
                term: term.into(),
                locale: locale.into(),
                ..Terminal::default()
            };
            Theme::suited_to(&terminal, Charset::Unicode).charset
        };
        for locale in ["", "en_GB.UTF-8", "de_DE.utf8", "C.UTF-8"] {
            assert_eq!(suited("xterm-256color", locale), Charset::Unicode);
        }
        for locale in ["C", "POSIX", "de_DE", "de_DE.ISO-8859-1", "ja_JP.eucJP"] {
            assert_eq!(suited("xterm-256color", locale), Charset::Ascii);
        }
        // The kernel's own console has no glyphs for marks and rounded corners.
        assert_eq!(suited("linux", "en_GB.UTF-8"), Charset::Ascii);
        assert_eq!(suited("dumb", ""), Charset::Ascii);
    }

    #[test]
    fn ascii_keeps_every_width() {
        let theme = Theme {
            colours: Colours::None,
            charset: Charset::Ascii,
        };
        assert_eq!(theme.spell("✓ a → b ×3 …"), "+ a > b x3 ~");
        assert_eq!(theme.spell("日本"), "????");
    }

    #[test]
    fn without_colour_no_style_has_any() {
        let theme = Theme {
            colours: Colours::None,
            charset: Charset::Unicode,
        };
        for role in Role::ALL {
            let style = theme.selected(theme.style(*role));
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
    }
}
