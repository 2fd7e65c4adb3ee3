//! Taking something away: into the clipboard, into a file.

use crate::model::text::visible;
use crate::output::glyph::Charset;
use crate::output::table::Align;
use crate::output::width::{pad, pad_left, width};
use crate::ui::dialog::{Choice, Item, Menu, Overlay};
use crate::ui::effect::Effect;
use crate::ui::page::Page;
use crate::ui::rich;
use crate::ui::state::State;
use crate::ui::table::{self, Row, RowId};
use crate::ui::theme::Role;
use crate::ui::update::act::object;

fn copy(state: &mut State, text: &str) -> Vec<Effect> {
    state.say(Role::Dim, format!("copied: {text}"));
    vec![Effect::Copy(visible(text).into_owned())]
}

/// The names of the marked rows, or of the selected thing.
pub(in crate::ui::update) fn copy_name(state: &mut State) -> Vec<Effect> {
    if let Page::Table(page) = &state.page
        && !page.marked.is_empty()
    {
        let names = page.marked.iter().filter_map(RowId::object);
        let names: Vec<String> = names.map(|key| key.name.to_string()).collect();
        return copy(state, &names.join(" "));
    }
    if let Page::Table(page) = &state.page
        && let Some(RowId::Context(name)) = page.selected.clone()
    {
        return copy(state, &name);
    }
    match object(state) {
        Some(key) => copy(state, &key.name),
        None => Vec::new(),
    }
}

/// The namespace of the selected thing.
pub(in crate::ui::update) fn copy_namespace(state: &mut State) -> Vec<Effect> {
    match object(state).and_then(|key| key.namespace) {
        Some(namespace) => copy(state, &namespace),
        None => Vec::new(),
    }
}

/// Asks what to copy; a text is copied whole.
pub(in crate::ui::update) fn copy_menu(state: &mut State) -> Vec<Effect> {
    match &state.page {
        Page::Text(text) => {
            let words = rich::plain(&text.lines);
            let clean: Vec<String> = crate::model::text::visible_lines(&words).collect();
            state.say(Role::Dim, "copied the whole text");
            return vec![Effect::Copy(clean.join("\n"))];
        }
        Page::Log(log) => {
            let lines = log
                .lines
                .iter()
                .map(|line| visible(&line.text).into_owned());
            let words = lines.collect::<Vec<_>>().join("\n");
            state.say(Role::Dim, "copied the whole log");
            return vec![Effect::Copy(words)];
        }
        Page::Reach(page) => {
            let words = rich::plain(&page.detail);
            let clean: Vec<String> = crate::model::text::visible_lines(&words).collect();
            state.say(Role::Dim, "copied the reason");
            return vec![Effect::Copy(clean.join("\n"))];
        }
        Page::Table(_) | Page::Path(_) => {}
    }
    let items = things(state);
    if items.is_empty() {
        state.say(Role::Dim, "nothing to copy here");
        return Vec::new();
    }
    state.overlay = Some(Overlay::Menu(Menu {
        title: "Copy".into(),
        items,
        at: 0,
    }));
    Vec::new()
}

fn things(state: &State) -> Vec<Item> {
    let mut items = Vec::new();
    let mut add = |label: &str, text: String| {
        if !text.is_empty() {
            items.push(Item {
                label: label.to_owned(),
                detail: text.clone(),
                choice: Choice::Copy(text),
            });
        }
    };
    let finding = match &state.page {
        Page::Table(page) => match &page.selected {
            Some(RowId::World(crate::output::table::RowId::Finding(id))) => {
                state.snapshot.report.find(id).cloned()
            }
            Some(RowId::Forward(id)) => {
                let row = state.forwards.iter().find(|row| row.id == *id);
                if let Some(row) = row.filter(|row| !row.local.is_empty()) {
                    let url = crate::forward::url::of(&row.local, &row.target, &row.mapping);
                    add("URL", url.unwrap_or_default());
                    add("address", row.local.clone());
                }
                None
            }
            Some(row) => {
                let on = row.object().map(|key| state.snapshot.report.on(key));
                on.into_iter().flatten().next().cloned()
            }
            None => None,
        },
        Page::Path(path) => {
            let to = path.path.as_ref().map(|path| &path.to);
            if let Some(crate::trace::end::To::Url(url)) = to {
                add("URL", url.to_string());
            }
            let deciding = path.path.as_ref().and_then(|path| path.deciding_hop());
            let addition = deciding.and_then(|hop| hop.addition.clone());
            add("policy that admits it", addition.unwrap_or_default());
            path.finding.clone()
        }
        Page::Text(_) | Page::Log(_) | Page::Reach(_) => None,
    };
    if let Some(finding) = finding {
        add("confirming command", finding.confirm.clone());
        add("patch", finding.patch.clone().unwrap_or_default());
        add("fix", finding.fix.clone());
        let words = format!("{}\n{}\n{}", finding.id, finding.title, finding.message);
        add("finding", words);
    }
    if let Some(key) = object(state) {
        add("object", key.to_string());
        add("name", key.name.to_string());
    }
    items
}

/// Writes the table or text into a file.
pub(in crate::ui::update) fn save(state: &mut State) -> Vec<Effect> {
    let stamp = state.now.strftime("%Y%m%d-%H%M%S");
    let (slug, text) = match &state.page {
        Page::Table(page) => (page.place.slug(), table_text(state)),
        Page::Text(text) => {
            let words = rich::plain(&text.lines);
            let clean: Vec<String> = crate::model::text::visible_lines(&words).collect();
            ("text", clean.join("\n") + "\n")
        }
        Page::Log(log) => {
            let lines = log
                .lines
                .iter()
                .map(|line| visible(&line.text).into_owned());
            ("log", lines.collect::<Vec<_>>().join("\n") + "\n")
        }
        Page::Reach(page) => ("reach", visible_text(&page.map.text())),
        Page::Path(_) => return Vec::new(),
    };
    let name = format!("portolan-{slug}-{stamp}.txt");
    vec![Effect::Save { name, text }]
}

fn table_text(state: &State) -> String {
    let Page::Table(page) = &state.page else {
        return String::new();
    };
    let source = state.source();
    let columns = table::columns(&page.place);
    let rows: Vec<Row> = page
        .rows
        .iter()
        .filter_map(|id| table::row(&source, &page.place, id))
        .collect();
    let mut widths: Vec<usize> = columns.iter().map(|column| width(column.title)).collect();
    for row in &rows {
        for (held, cell) in widths.iter_mut().zip(&row.cells) {
            *held = (*held).max(width(&cell.text));
        }
    }
    let line = |mark: &str, texts: Vec<&str>| {
        let cells = texts.into_iter().zip(&columns).zip(&widths);
        let cells = cells.map(|((text, column), width)| match column.align {
            Align::Left => pad(text, *width),
            Align::Right => pad_left(text, *width),
        });
        let cells: Vec<String> = cells.collect();
        format!("{mark} {}", cells.join("  ")).trim_end().to_owned() + "\n"
    };
    let mut text = line(" ", columns.iter().map(|column| column.title).collect());
    for row in &rows {
        let texts = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        text.push_str(&line(row.mark.glyph(Charset::Unicode), texts));
    }
    visible_text(&text)
}

fn visible_text(text: &str) -> String {
    let lines: Vec<String> = crate::model::text::visible_lines(text).collect();
    lines.join("\n") + "\n"
}
