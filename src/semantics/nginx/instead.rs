//! What ingress-nginx shows where no Secret of an Ingress answers for a host: its default certificate.
//!
//! Source: `getDefaultSSLCertificate` of `internal/ingress/controller`. It is taken where the Secret is not there, holds
//! no pair that fits, or holds a certificate for another host.

use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::secret::Contents;
use crate::model::view::View;
use crate::semantics::controller::Known;
use crate::semantics::ingress::Class;
use crate::semantics::nginx::arguments::{DefaultCertificate, default_certificate};
use crate::semantics::tls;

/// What a client is shown instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// Not known: the controller's arguments were not seen, or it is another controller.
    Unseen,
    /// Not known: pods may not be read, so that its arguments cannot be seen.
    Unreadable,
    /// A certificate that the controller makes itself and no client trusts.
    Fake,
    /// That of a Secret which was not read, or that files need not hold.
    Unread(Key),
    /// A fake one too: the Secret that its arguments name is not there.
    Gone(Key),
    /// That of a Secret, which is for the host.
    Fits(Key),
    /// That of a Secret, which is not for the host, or of no use.
    Unfit(Key),
}

/// What clients that ask for a host are shown instead of the certificate that an Ingress of the class names.
pub fn of(view: &View<'_>, class: &Class<'_>, host: &str) -> Instead {
    let key = match default_certificate(view, class) {
        DefaultCertificate::Unseen if !is_nginx(class) || view.gap(Kind::Pod, None).is_none() => {
            return Instead::Unseen;
        }
        DefaultCertificate::Unseen => return Instead::Unreadable,
        DefaultCertificate::Fake => return Instead::Fake,
        DefaultCertificate::Secret(key) => key,
    };
    view.advisory(|view| {
        let found = view.secret(&key);
        let place = key.namespace.as_ref();
        if found.is_none() && !view.is_offline() && view.gap(Kind::Secret, place).is_none() {
            return Instead::Gone(key.clone());
        }
        let known = found.filter(|secret| matches!(secret.contents, Contents::Known { .. }));
        let Some(secret) = known else {
            return Instead::Unread(key.clone());
        };
        let fits = secret.leaf().is_some_and(|leaf| tls::covers(leaf, host));
        if fits && tls::fault(view, secret).is_none() {
            Instead::Fits(key.clone())
        } else {
            Instead::Unfit(key.clone())
        }
    })
}

fn is_nginx(class: &Class<'_>) -> bool {
    class.controller().is_some_and(Known::is_nginx)
}

/// The least good of what is shown for several hosts; a wildcard of an Ingress is a host too.
pub fn of_all<'h>(
    view: &View<'_>,
    class: &Class<'_>,
    hosts: impl IntoIterator<Item = &'h str>,
) -> Instead {
    let all = hosts.into_iter().map(|host| of(view, class, host));
    all.reduce(|one, other| {
        if rank(&other) > rank(&one) {
            other
        } else {
            one
        }
    })
    .unwrap_or_else(|| match of(view, class, "") {
        Instead::Unfit(key) => Instead::Unread(key),
        instead => instead,
    })
}

fn rank(instead: &Instead) -> u8 {
    match instead {
        Instead::Fits(_) => 0,
        Instead::Unread(_) => 1,
        Instead::Unseen | Instead::Unreadable => 2,
        Instead::Unfit(_) | Instead::Fake | Instead::Gone(_) => 3,
    }
}
