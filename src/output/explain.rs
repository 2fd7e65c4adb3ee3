//! The pages of findings: one, the list of all, and all of them as a document.

use crate::diagnosis::registry;
use std::fmt::Write as _;

/// A page by its code or slug, any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// For example `SVC001`.
    pub code: &'static str,
    /// For example `selector-matches-nothing`.
    pub slug: &'static str,
    /// A few words.
    pub title: &'static str,
    /// Markdown.
    pub text: &'static str,
}

/// Every page: those of rules, then those that only traces cite.
pub fn pages() -> impl Iterator<Item = Page> {
    let rules = registry::RULES.iter().map(|rule| Page {
        code: rule.code,
        slug: rule.slug,
        title: rule.title,
        text: rule.page,
    });
    let requests = registry::REQUESTS.iter().map(|request| Page {
        code: request.code,
        slug: request.slug,
        title: request.title,
        text: request.page,
    });
    rules.chain(requests)
}

/// The page of a code or slug, any case.
pub fn page(word: &str) -> Option<Page> {
    let word = word.trim();
    pages()
        .find(|page| page.code.eq_ignore_ascii_case(word) || page.slug.eq_ignore_ascii_case(word))
}

/// One page as `explain CODE` prints it.
pub fn text(page: &Page) -> String {
    let heading = format!("{} {}", page.code, page.slug);
    format!("{heading}: {}\n\n{}\n", page.title, page.text.trim())
}

/// The list of all codes.
pub fn list() -> String {
    let all: Vec<Page> = pages().collect();
    let widest = all.iter().map(|page| page.slug.len()).max().unwrap_or(0);
    all.iter().fold(String::new(), |mut out, page| {
        let _ = writeln!(out, "{}  {:<widest$}  {}", page.code, page.slug, page.title);
        out
    })
}

/// `docs/findings.md`.
pub fn document() -> String {
    let mut out = String::from(
        "# Findings\n\nEvery code, what stands behind it and what to do. `portolan explain CODE` prints the same page.\n\
         The annotation `portolan-ignore: CODE[,CODE]` on an object leaves these findings on it out.\n\n\
         | code | name | says |\n|---|---|---|\n",
    );
    for page in pages() {
        let Page {
            code, slug, title, ..
        } = page;
        let _ = writeln!(out, "| [{code}](#{}) | {slug} | {title} |", anchor(&page));
    }
    for page in pages() {
        let _ = write!(
            out,
            "\n## {} {}\n\n{}\n",
            page.code,
            page.slug,
            demoted(page.text)
        );
    }
    out
}

fn anchor(page: &Page) -> String {
    format!("{}-{}", page.code.to_ascii_lowercase(), page.slug)
}

/// A page's headings, two levels deeper, code blocks untouched.
fn demoted(text: &str) -> String {
    let mut fenced = false;
    let lines = text.trim().lines().map(|line| {
        fenced ^= line.trim_start().starts_with("```");
        if line.starts_with('#') && !fenced {
            format!("##{line}")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
