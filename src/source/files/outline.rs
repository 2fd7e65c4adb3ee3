//! What a YAML mapping says at its outermost level, seen without parsing it: its kind, and where the items of a
//! list begin and end. Whatever is written in an unusual way is left to the parser.

use crate::source::files::cut::{before, is_idle, split_line};

/// The outermost level of a mapping.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outline<'t> {
    /// `apiVersion`, where it is a plain word.
    pub(super) api_version: Option<&'t str>,
    /// `kind`, where it is a plain word.
    pub(super) kind: Option<&'t str>,
    /// The items of a list, where they are written as a block.
    pub(super) items: Option<Vec<Item<'t>>>,
}

/// An item of a block list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item<'t> {
    /// From the dash to the next item.
    pub(super) text: &'t str,
    /// How many lines after the mapping's first one it begins.
    pub(super) line: u32,
}

impl Item<'_> {
    /// The item as a document of its own: the dash becomes a blank, so that columns stay.
    pub(super) fn document(&self) -> String {
        self.text.replacen('-', " ", 1)
    }
}

/// Reads the outermost level of a mapping that begins on the first line.
pub(super) fn outline(text: &str) -> Outline<'_> {
    let mut outline = Outline::default();
    let column = indent(text);
    let mut rest = text;
    let mut line = 0;
    while !rest.is_empty() {
        let (this, next) = split_line(rest);
        rest = next;
        line += 1;
        if is_idle(this) || indent(this) != column {
            continue;
        }
        let content = this.trim();
        if let Some(value) = content.strip_prefix("kind:") {
            outline.kind = plain(value);
        } else if let Some(value) = content.strip_prefix("apiVersion:") {
            outline.api_version = plain(value);
        } else if let Some(value) = content.strip_prefix("items:") {
            if is_idle(value) {
                let (items, after, lines) = items(next, column, line);
                outline.items = Some(items);
                rest = after;
                line = lines;
            } else if value.trim() == "[]" {
                outline.items = Some(Vec::new());
            }
        }
    }
    outline
}

/// The items of the block list that begins here, what follows it, and the line of that.
fn items(text: &str, column: usize, line: u32) -> (Vec<Item<'_>>, &str, u32) {
    let mut items = Vec::new();
    let mut rest = text;
    let mut at = line;
    let mut dash = None;
    let mut open: Option<(&str, u32)> = None;
    while !rest.is_empty() {
        let (this, next) = split_line(rest);
        if !is_idle(this) {
            let own = indent(this);
            let is_item = is_item(this) && own == *dash.get_or_insert(own.max(column));
            let outside = dash.is_some_and(|dash| own < dash || (own == dash && !is_item));
            if is_item || outside {
                items.extend(open.take().map(|(from, line)| Item {
                    text: before(from, rest),
                    line,
                }));
            }
            if outside {
                return (items, rest, at);
            }
            if is_item {
                open = Some((rest, at));
            }
        }
        rest = next;
        at += 1;
    }
    items.extend(open.map(|(text, line)| Item { text, line }));
    (items, "", at)
}

fn is_item(line: &str) -> bool {
    let after = line.trim_start().strip_prefix('-');
    after.is_some_and(|after| after.is_empty() || after.starts_with([' ', '\t', '\r', '\n']))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// A value that is one plain or quoted word, with nothing behind it but a comment.
fn plain(value: &str) -> Option<&str> {
    let value = value.strip_prefix([' ', '\t'])?.trim();
    let value = value.split(" #").next().unwrap_or(value).trim();
    let bare = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value);
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-');
    (!bare.is_empty() && bare.chars().all(word)).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::outline;

    #[test]
    fn kind_and_version_of_the_outermost_level_only() {
        let text = "metadata:\n  kind: Inner\nkind: 'Pod' # a pod\napiVersion: \"v1\"\ndata: |\n  kind: Text\n";
        let seen = outline(text);
        assert_eq!((seen.api_version, seen.kind), (Some("v1"), Some("Pod")));
        assert_eq!(seen.items, None);
    }

    #[test]
    fn what_is_not_a_plain_word_is_left_to_the_parser() {
        for text in [
            "kind: &k Pod\n",
            "kind: >-\n  Pod\n",
            "{kind: Pod}\n",
            "kind : Pod\n",
            "kind:Pod\n",
        ] {
            assert_eq!(outline(text).kind, None, "{text}");
        }
    }

    #[test]
    fn items_at_the_column_of_the_list_and_further_in() {
        for pad in ["", "  ", "    "] {
            let text = format!(
                "apiVersion: v1\nitems:\n# first\n{pad}- kind: A\n{pad}  args:\n{pad}  - x\n\n{pad}-   kind: B\nkind: List\n"
            );
            let seen = outline(&text);
            let items = seen.items.expect("a list");
            assert_eq!(seen.kind, Some("List"), "{text}");
            assert_eq!(
                items.iter().map(|item| item.line).collect::<Vec<_>>(),
                [3, 7]
            );
            assert_eq!(outline(&items[0].document()).kind, Some("A"));
            assert_eq!(outline(&items[1].document()).kind, Some("B"));
        }
    }

    #[test]
    fn an_empty_list_and_a_flow_list() {
        assert_eq!(outline("kind: List\nitems: []\n").items, Some(vec![]));
        assert_eq!(outline("kind: List\nitems: [{kind: Pod}]\n").items, None);
    }
}
