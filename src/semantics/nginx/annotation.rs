//! The annotations of ingress-nginx: how their values are read, and which values it does not take.

use crate::model::ingress::Ingress;
use crate::semantics::nginx::sources;

/// What every key begins with.
pub const PREFIX: &str = "nginx.ingress.kubernetes.io/";

/// The value of an annotation, without blanks around it; an empty one counts as unset.
pub fn text<'i>(ingress: &'i Ingress, name: &str) -> Option<&'i str> {
    let mut own = own(ingress);
    own.find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// All annotations of the controller that have a value, by name without the prefix.
pub fn own(ingress: &Ingress) -> impl Iterator<Item = (&str, &str)> {
    let all = ingress.meta.annotations.iter();
    all.filter_map(|(key, value)| Some((key.strip_prefix(PREFIX)?, value.trim())))
        .filter(|(_, value)| !value.is_empty())
}

/// A truth value; none where unset or not understood, which leaves the default.
pub fn flag(ingress: &Ingress, name: &str) -> Option<bool> {
    text(ingress, name).and_then(truth)
}

/// A whole number; none where unset or not understood.
pub fn number(ingress: &Ingress, name: &str) -> Option<i64> {
    text(ingress, name)?.parse().ok()
}

/// The path of an annotation in its object.
pub fn field(name: &str) -> String {
    format!("metadata.annotations[{PREFIX}{name}]")
}

/// Whether the Ingress is a canary: an alternative that stands beside another one, without rules of its own.
pub fn is_canary(ingress: &Ingress) -> bool {
    flag(ingress, "canary") == Some(true)
}

/// Go's `strconv.ParseBool`.
pub fn truth(word: &str) -> Option<bool> {
    match word {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// What a value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `true` or `false`.
    Truth,
    /// A whole number, without a unit.
    Number,
    /// A size of nginx: `8m`.
    Size,
    /// A protocol towards the backend.
    Protocol,
    /// Addresses and networks, between commas. One that is none closes the paths: they answer 503.
    Networks,
    /// An address with `http://` or `https://`.
    Address,
}

/// The annotations whose values are checked.
pub const FORMS: &[(&str, Form)] = &[
    ("allowlist-source-range", Form::Networks),
    ("backend-protocol", Form::Protocol),
    ("canary", Form::Truth),
    ("canary-weight", Form::Number),
    ("canary-weight-total", Form::Number),
    ("client-body-buffer-size", Form::Size),
    ("denylist-source-range", Form::Networks),
    ("force-ssl-redirect", Form::Truth),
    ("from-to-www-redirect", Form::Truth),
    ("limit-connections", Form::Number),
    ("limit-rpm", Form::Number),
    ("limit-rps", Form::Number),
    ("permanent-redirect", Form::Address),
    ("permanent-redirect-code", Form::Number),
    ("proxy-body-size", Form::Size),
    ("proxy-connect-timeout", Form::Number),
    ("proxy-next-upstream-timeout", Form::Number),
    ("proxy-next-upstream-tries", Form::Number),
    ("proxy-read-timeout", Form::Number),
    ("proxy-send-timeout", Form::Number),
    ("service-upstream", Form::Truth),
    ("ssl-passthrough", Form::Truth),
    ("ssl-redirect", Form::Truth),
    ("temporal-redirect", Form::Address),
    ("use-regex", Form::Truth),
    ("whitelist-source-range", Form::Networks),
];

/// The protocols towards a backend; `AJP` by older versions only.
const PROTOCOLS: &[&str] = &["AUTO_HTTP", "HTTP", "HTTPS", "GRPC", "GRPCS", "FCGI", "AJP"];

impl Form {
    /// Whether a value is of the form.
    pub fn takes(self, value: &str) -> bool {
        match self {
            Self::Truth => truth(value).is_some(),
            Self::Number => value.parse::<i64>().is_ok(),
            Self::Size => is_size(value),
            Self::Protocol => {
                let upper = value.to_ascii_uppercase();
                PROTOCOLS.contains(&upper.as_str())
            }
            Self::Networks => sources::networks(value).is_some(),
            Self::Address => {
                let lower = value.to_ascii_lowercase();
                lower.starts_with("http://") || lower.starts_with("https://")
            }
        }
    }

    /// What is wanted, in words.
    pub const fn wanted(self) -> &'static str {
        match self {
            Self::Truth => "true or false",
            Self::Number => "a whole number without a unit",
            Self::Size => "a number of bytes, or one with k, m or g: 8m",
            Self::Protocol => "HTTP, HTTPS, AUTO_HTTP, GRPC, GRPCS or FCGI",
            Self::Networks => "addresses and networks between commas: 10.0.0.0/8, 192.0.2.7",
            Self::Address => "an address that begins with http:// or https://",
        }
    }
}

/// Digits and one letter for the unit, as nginx reads offsets.
fn is_size(value: &str) -> bool {
    let digits = value.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G']);
    let digits = digits.unwrap_or(value);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
