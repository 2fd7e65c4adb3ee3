//! Filters of tables, as k9s's users type them: a regular expression, `!` for its inverse, `-l` for labels,
//! `-f` for letters in this order.

use crate::model::labels::Labels;
use regex::{Regex, RegexBuilder};

/// A filter.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Regex { regex: Regex, inverse: bool },
    Labels(Vec<Requirement>),
    Fuzzy(String),
    Broken(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    Is(String, String),
    IsNot(String, String),
    Has(String),
    Lacks(String),
}

impl Filter {
    /// The filter of a text; none where it is empty. A broken expression is kept and matches everything.
    pub fn parse(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed == "!" {
            return None;
        }
        let test = if let Some(labels) = trimmed.strip_prefix("-l") {
            Test::Labels(requirements(labels))
        } else if let Some(letters) = trimmed.strip_prefix("-f") {
            Test::Fuzzy(letters.trim().to_lowercase())
        } else {
            let (pattern, inverse) = match trimmed.strip_prefix('!') {
                Some(rest) => (rest, true),
                None => (trimmed, false),
            };
            match pattern_of(pattern) {
                Ok(regex) => Test::Regex { regex, inverse },
                Err(why) => Test::Broken(why),
            }
        };
        Some(Self {
            text: trimmed.to_owned(),
            test,
        })
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with the expression.
    pub fn defect(&self) -> Option<&str> {
        match &self.test {
            Test::Broken(why) => Some(why),
            _ => None,
        }
    }

    /// Whether rows are matched by their labels and not by their words.
    pub fn is_by_labels(&self) -> bool {
        matches!(self.test, Test::Labels(_))
    }

    /// Whether a row with these words and labels passes.
    pub fn passes(&self, words: &str, labels: Option<&Labels>) -> bool {
        match &self.test {
            Test::Regex { regex, inverse } => regex.is_match(words) != *inverse,
            Test::Fuzzy(letters) => fuzzy(letters, words),
            Test::Labels(all) => labels.is_some_and(|labels| all.iter().all(|r| r.holds(labels))),
            Test::Broken(_) => true,
        }
    }
}

/// A regular expression as typed: any case, and bounded in size.
pub fn pattern_of(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| match error {
            regex::Error::Syntax(words) => words
                .lines()
                .last()
                .unwrap_or("not an expression")
                .trim_start_matches("error: ")
                .to_owned(),
            _ => "the expression is too large".to_owned(),
        })
}

impl Requirement {
    fn holds(&self, labels: &Labels) -> bool {
        match self {
            Self::Is(key, value) => labels.has(key, value),
            Self::IsNot(key, value) => !labels.has(key, value),
            Self::Has(key) => labels.get(key).is_some(),
            Self::Lacks(key) => labels.get(key).is_none(),
        }
    }
}

fn requirements(text: &str) -> Vec<Requirement> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| {
            if let Some((key, value)) = part.split_once("!=") {
                Requirement::IsNot(key.trim().into(), value.trim().into())
            } else if let Some((key, value)) = part.split_once('=') {
                let value = value.trim_start_matches('=');
                Requirement::Is(key.trim().into(), value.trim().into())
            } else if let Some(key) = part.strip_prefix('!') {
                Requirement::Lacks(key.trim().into())
            } else {
                Requirement::Has(part.into())
            }
        })
        .collect()
}

fn fuzzy(letters: &str, words: &str) -> bool {
    let mut rest = words.chars().flat_map(char::to_lowercase);
    letters
        .chars()
        .filter(|c| !c.is_whitespace())
        .all(|wanted| rest.any(|c| c == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(filter: &str, words: &str) -> bool {
        Filter::parse(filter).is_none_or(|filter| filter.passes(words, None))
    }

    #[test]
    fn expressions_and_their_inverse() {
        assert!(passes("CART|web", "shop cart"));
        assert!(!passes("^cart", "shop cart"));
        assert!(!passes("!cart", "shop cart"));
        assert!(passes("!cart", "shop web"));
        assert!(passes("", "anything"));
        assert!(passes("!", "anything"));
    }

    #[test]
    fn a_broken_expression_hides_nothing_and_says_so() {
        let filter = Filter::parse("a(").unwrap();
        assert!(filter.passes("zzz", None));
        assert!(filter.defect().unwrap().contains("group"));
    }

    #[test]
    fn letters_in_order() {
        assert!(passes("-f crt", "shop/cart-7d9f"));
        assert!(!passes("-f trc", "shop/cart"));
    }

    #[test]
    fn labels() {
        let labels: Labels = [("app", "web"), ("tier", "front")].into_iter().collect();
        let holds = |text: &str| Filter::parse(text).unwrap().passes("", Some(&labels));
        assert!(holds("-l app=web,tier"));
        assert!(holds("-l app==web"));
        assert!(holds("-l app!=api,!zone"));
        assert!(!holds("-l app=web,zone"));
        assert!(!Filter::parse("-l app").unwrap().passes("app", None));
    }
}
