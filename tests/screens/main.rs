//! Screens, drawn in process: each script of `tests/screens/` at three sizes, words and roles. `BLESS=1` rewrites
//! what is kept.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod keys;
mod reach;
#[path = "../support/screen.rs"]
mod screen;
#[path = "../support/svg.rs"]
mod svg;

use portolan::output::glyph::Charset;
use portolan::ui::keymap;
use portolan::ui::theme::{Colours, Theme};
use screen::{draw, roles, run, words};
use std::fs;
use std::path::{Path, PathBuf};

const SIZES: &[(u16, u16)] = &[(60, 20), (80, 24), (140, 45)];

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares with what is kept, or keeps it; says where they differ first.
fn compare(name: &str, drawn: &str) -> Result<(), String> {
    let path = kept(name);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, drawn).unwrap();
        return Ok(());
    }
    let before = fs::read_to_string(&path).unwrap_or_default();
    if before == drawn {
        return Ok(());
    }
    let lines = before.lines().zip(drawn.lines());
    let at = lines.clone().take_while(|(old, new)| old == new).count();
    let old = before.lines().nth(at).unwrap_or("(nothing)");
    let new = drawn.lines().nth(at).unwrap_or("(nothing)");
    Err(format!(
        "{name}, line {}:\n  was {old}\n  now {new}",
        at + 1
    ))
}

fn scripts() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = fs::read_dir(kept("tests/screens"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "keys"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    found.sort();
    assert!(found.len() > 30);
    found
}

#[test]
fn screens_are_as_they_were() {
    let mut wrong = Vec::new();
    for (name, script) in scripts() {
        for (width, height) in SIZES {
            let state = run(&script, (*width, *height));
            let buffer = draw(&state, Theme::probe());
            let text = format!("{}\n{}", words(&buffer), roles(&buffer));
            let file = format!("tests/screens/{name}@{width}x{height}.txt");
            wrong.extend(compare(&file, &text).err());
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n(BLESS=1 keeps the new ones)",
        wrong.join("\n")
    );
}

#[test]
fn no_kept_screen_is_left_over() {
    let names: Vec<String> = scripts().into_iter().map(|(name, _)| name).collect();
    for entry in fs::read_dir(kept("tests/screens")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "txt") {
            continue;
        }
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let name = stem.split('@').next().unwrap().to_owned();
        assert!(names.contains(&name), "{} has no script", path.display());
    }
}

#[test]
fn ascii_screens_hold_nothing_else() {
    let theme = Theme {
        colours: Colours::None,
        charset: Charset::Ascii,
    };
    for (name, script) in scripts() {
        let text = words(&draw(&run(&script, (100, 30)), theme));
        assert!(text.is_ascii(), "{name}:\n{text}");
    }
}

#[test]
fn nothing_treacherous_reaches_a_cell() {
    for keys in [
        "",
        "press :po <enter>",
        "press :svc <enter> d",
        "press :routes <enter> <enter>",
        "press X",
        "press shift-c",
    ] {
        let state = run(&format!("world scenario hostile-names\n{keys}"), (200, 60));
        let buffer = draw(&state, Theme::probe());
        for cell in &buffer.content {
            let safe = portolan::model::text::visible(cell.symbol());
            assert_eq!(safe, cell.symbol(), "{keys}");
        }
    }
}

#[test]
fn without_colour_the_verdicts_can_still_be_told() {
    let theme = Theme {
        colours: Colours::None,
        charset: Charset::Unicode,
    };
    let state = run("world demo\npress :svc <enter>", (140, 45));
    let buffer = draw(&state, theme);
    let text = words(&buffer);
    for glyph in ["✓", "✗", "!"] {
        assert!(text.contains(glyph), "{glyph}");
    }
    let coloured = buffer.content.iter().any(|cell| {
        !matches!(cell.fg, ratatui::style::Color::Reset)
            || !matches!(cell.bg, ratatui::style::Color::Reset)
    });
    assert!(!coloured);
}

#[test]
fn keys_are_documented() {
    compare("docs/keys.md", &keymap::document()).unwrap();
}

#[test]
fn help_names_every_key_that_means_something() {
    let state = run("world demo\npress ?", (120, 120));
    let text = words(&draw(&state, Theme::probe()));
    for binding in keymap::BINDINGS {
        if matches!(
            binding.context,
            keymap::Context::Problems | keymap::Context::Table | keymap::Context::Anywhere
        ) {
            assert!(text.contains(binding.words), "{}", binding.words);
        }
    }
}

#[test]
fn screenshots() {
    let theme = Theme {
        colours: Colours::True,
        charset: Charset::Unicode,
    };
    let shots: &[(&str, (u16, u16), &str, &str)] = &[
        (
            "home",
            (140, 36),
            "Home: every problem, its broken hop and its fix",
            "world demo",
        ),
        (
            "path",
            (110, 32),
            "The path of a broken route",
            "press :routes <enter> / /cart <enter> <enter>",
        ),
        ("services", (140, 36), "Services", "press :svc <enter>"),
        (
            "why-empty",
            (110, 28),
            "Why an endpoint list is empty",
            "press :svc <space> pay <enter> / ^pay <space> *api <enter> <enter>",
        ),
        (
            "forwards",
            (140, 14),
            "Port-forwards",
            "groups\ngrouped\npress :pf <enter>",
        ),
        (
            "reach",
            (140, 36),
            "Who may talk to whom, which policy decides, and what would change it",
            "press :reach <enter>",
        ),
        (
            "forward-dialog",
            (110, 24),
            "The dialog of a forward, with a port that is taken",
            "press :svc <space> production <enter> / ^production <space> +my-app <space> <enter> shift-f\n\
             busy 127.0.0.1:8080 is in use by nginx (process 4711); 8081 is free",
        ),
        (
            "step-1-home",
            (110, 30),
            "First key: none; home names the broken hop",
            "world demo",
        ),
        (
            "step-2-path",
            (110, 30),
            "Second: enter shows its path",
            "press <enter>",
        ),
        (
            "step-3-forward",
            (110, 30),
            "Third: shift-f offers the ports",
            "press <enter> shift-f",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, size, title, script) in shots {
        let buffer = draw(&run(script, *size), theme);
        let drawn = svg::svg(&buffer, title);
        wrong.extend(compare(&format!("docs/screenshots/{name}.svg"), &drawn).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
