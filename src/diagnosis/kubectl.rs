//! kubectl lines that are safe to paste into a shell, whatever a cluster's names and labels hold.
//!
//! Every word is quoted for a POSIX shell (and zsh) on its own. Control characters, bidi overrides and other
//! invisible characters never stand in a line as themselves: the word is written as `$'…'` with octal escapes, so
//! that it is visible, exact, and cannot press keys when it is pasted. Objects are written `KIND/NAME`, so that no
//! name can be taken for an option.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::labels::{Labels, Selector};
use std::fmt;

/// A kubectl command line in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    namespace: Option<Name>,
    words: Vec<String>,
}

/// `kubectl get KINDS`: a list of a kind.
pub fn list(kind: Kind) -> Line {
    Line::new(&["get", &plural(kind)])
}

/// `kubectl -n NAMESPACE get KIND/NAME`.
pub fn get(key: &Key) -> Line {
    Line::on("get", key)
}

/// `kubectl -n NAMESPACE describe KIND/NAME`.
pub fn describe(key: &Key) -> Line {
    Line::on("describe", key)
}

/// `kubectl -n NAMESPACE patch KIND/NAME`.
pub fn patch(key: &Key) -> Line {
    Line::on("patch", key)
}

/// `kubectl -n NAMESPACE logs pod/NAME -c CONTAINER`.
pub fn logs(pod: &Key, container: &str) -> Line {
    Line::on("logs", pod).option("-c", container)
}

/// `kubectl -n NAMESPACE get endpointslices -l kubernetes.io/service-name=NAME`.
pub fn slices_of(service: &Key) -> Line {
    let label = ("kubernetes.io/service-name", service.name.clone());
    list(Kind::EndpointSlice)
        .in_namespace_of(service)
        .labelled(&Labels::from_iter([label]))
}

impl Line {
    fn new(words: &[&str]) -> Self {
        Self {
            namespace: None,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    fn on(verb: &str, key: &Key) -> Self {
        let object = format!("{}/{}", key.kind.kubectl_name(), key.name);
        Self::new(&[verb, &object]).in_namespace_of(key)
    }

    /// In the namespace of an object; a cluster-scoped one adds none.
    pub fn in_namespace_of(mut self, key: &Key) -> Self {
        self.namespace.clone_from(&key.namespace);
        self
    }

    /// In a namespace.
    pub fn in_namespace(mut self, namespace: &Name) -> Self {
        self.namespace = Some(namespace.clone());
        self
    }

    /// In all namespaces.
    pub fn everywhere(self) -> Self {
        self.flag("-A")
    }

    /// Only objects that carry these labels.
    pub fn labelled(self, labels: &Labels) -> Self {
        self.option("-l", &labels.to_string())
    }

    /// Only objects that a selector matches.
    pub fn selected(self, selector: &Selector) -> Self {
        self.option("-l", &selector.to_string())
    }

    /// With the labels shown.
    pub fn showing_labels(self) -> Self {
        self.flag("--show-labels")
    }

    /// An option that takes no value. Only for words that do not come from a cluster.
    pub fn flag(mut self, flag: &'static str) -> Self {
        self.words.push(flag.to_owned());
        self
    }

    /// An option and its value, which may hold anything.
    pub fn option(mut self, option: &'static str, value: &str) -> Self {
        self.words.push(option.to_owned());
        self.words.push(value.to_owned());
        self
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("kubectl")?;
        if let Some(namespace) = &self.namespace {
            write!(f, " -n {}", quoted(namespace))?;
        }
        self.words
            .iter()
            .try_for_each(|word| write!(f, " {}", quoted(word)))
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.to_string()
    }
}

fn plural(kind: Kind) -> String {
    let info = kind.info();
    if kind.kubectl_name().contains('.') {
        format!("{}.{}", info.plural, info.group)
    } else {
        info.plural.to_owned()
    }
}

/// A word as a shell takes it back unchanged, in visible characters only.
pub fn quoted(word: &str) -> String {
    if word.chars().any(is_invisible) {
        return escaped(word);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,@%+=".contains(c);
    // `=name` is a command's path in zsh.
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with('=') {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// `$'…'`, with every byte that is not plainly visible ASCII as a three-digit octal escape.
fn escaped(word: &str) -> String {
    let mut out = String::from("$'");
    for byte in word.bytes() {
        // `!` would be history expansion in some shells; quote and backslash end or escape.
        if (byte.is_ascii_graphic() || byte == b' ') && !b"'\\!".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let octal = [byte >> 6, byte >> 3 & 7, byte & 7];
            out.push('\\');
            out.extend(octal.map(|digit| char::from(b'0' + digit)));
        }
    }
    out.push('\'');
    out
}

/// Characters that a terminal obeys or hides rather than shows: controls, bidi marks and overrides, zero-width
/// characters, exotic line ends and spaces, variation selectors and tags.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    #[test]
    fn a_list_reads_as_a_person_would_type_it() {
        let labels = Labels::from_iter([("app", "apii")]);
        let line = list(Kind::Pod)
            .in_namespace(&"shop".into())
            .labelled(&labels);
        assert_eq!(line.to_string(), "kubectl -n shop get pods -l app=apii");
    }

    #[test]
    fn an_object_is_one_word() {
        let key = Key::new(Kind::Service, "shop", "api");
        assert_eq!(
            describe(&key).to_string(),
            "kubectl -n shop describe service/api"
        );
        let class = Key::cluster(Kind::IngressClass, "nginx");
        assert_eq!(get(&class).to_string(), "kubectl get ingressclass/nginx");
    }

    #[test]
    fn a_foreign_kind_carries_its_group() {
        assert_eq!(
            list(Kind::CiliumNetworkPolicy).everywhere().to_string(),
            "kubectl get ciliumnetworkpolicies.cilium.io -A"
        );
    }

    #[test]
    fn slices_are_found_by_their_label() {
        let key = Key::new(Kind::Service, "shop", "api");
        assert_eq!(
            slices_of(&key).to_string(),
            "kubectl -n shop get endpointslices -l kubernetes.io/service-name=api"
        );
    }

    #[test]
    fn a_name_never_becomes_an_option_or_a_command() {
        let key = Key::new(Kind::Pod, "shop", "--all=true; rm -rf ~");
        assert_eq!(
            get(&key).to_string(),
            "kubectl -n shop get 'pod/--all=true; rm -rf ~'"
        );
        let key = Key::new(Kind::Pod, "$(id)", "it's `me`");
        assert_eq!(
            get(&key).to_string(),
            r"kubectl -n '$(id)' get 'pod/it'\''s `me`'"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(quoted("a\u{1b}[2Jb"), r"$'a\033[2Jb'");
        assert_eq!(quoted("a\nb"), r"$'a\012b'");
        assert_eq!(quoted("x\u{202e}y"), r"$'x\342\200\256y'");
        assert_eq!(quoted("it's\t!"), r"$'it\047s\011\041'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("=ls"), "'=ls'");
        assert_eq!(quoted("käse"), "'käse'");
    }

    fn as_bash_sees_it(word: &str) -> Vec<u8> {
        let script = format!("printf %s {}", quoted(word));
        let ran = Command::new("bash").arg("-c").arg(script).output();
        ran.expect("bash runs").stdout
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_shell_gives_back_the_very_word(word in "[^\0]{0,24}") {
            prop_assert_eq!(as_bash_sees_it(&word), word.as_bytes());
        }

        #[test]
        fn a_line_is_visible_text(word in any::<String>()) {
            prop_assert!(!quoted(&word).chars().any(is_invisible));
        }
    }
}
