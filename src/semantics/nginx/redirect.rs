//! Answers that send a client elsewhere before any backend is asked.

use crate::model::ingress::Ingress;
use crate::semantics::nginx::annotation::{Form, flag, number, text};

/// A redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The status.
    pub status: u16,
    /// Where to.
    pub location: String,
    /// The annotation that asks for it; none where it is the default for a host with TLS.
    pub annotation: Option<&'static str>,
}

/// `temporal-redirect` or `permanent-redirect` of an Ingress: in this order, and only to `http` and `https`.
pub fn elsewhere(ingress: &Ingress) -> Option<Redirect> {
    let to = |name: &'static str, status: u16| {
        let location = text(ingress, name).filter(|value| Form::Address.takes(value))?;
        Some(Redirect {
            status,
            location: location.to_owned(),
            annotation: Some(name),
        })
    };
    let code = number(ingress, "permanent-redirect-code");
    let code = code.and_then(|code| u16::try_from(code).ok());
    let code = code.filter(|code| (300..=308).contains(code));
    if text(ingress, "temporal-redirect").is_some() {
        return to("temporal-redirect", 302);
    }
    to("permanent-redirect", code.unwrap_or(301))
}

/// Whether a plain request is sent to `https`: asked for, or the default of a host with a certificate.
pub fn to_https(ingress: &Ingress, has_certificate: bool) -> Option<Option<&'static str>> {
    if flag(ingress, "force-ssl-redirect") == Some(true) {
        return Some(Some("force-ssl-redirect"));
    }
    let wanted = flag(ingress, "ssl-redirect");
    (has_certificate && wanted != Some(false)).then(|| wanted.map(|_| "ssl-redirect"))
}

/// `app-root` of an Ingress: where a request for `/` alone is sent. A path, not an address.
pub fn app_root(ingress: &Ingress) -> Option<&str> {
    text(ingress, "app-root").filter(|value| value.starts_with('/'))
}
