//! A Secret as far as anyone may know it: its keys, and the public side of its certificate.

use crate::model::issuance::Issuance;
use crate::model::meta::Truth;
use crate::model::secret::{Certificate, Chain, Contents, PrivateKey, Secret};
use crate::model::view::View;
use crate::semantics::issuance;
use crate::ui::describe::facts::{Sheet, joined};
use crate::ui::theme::Role;

/// The public facts of a Secret.
pub(super) fn of(sheet: &mut Sheet, secret: &Secret) {
    sheet.heading("Secret");
    sheet.text("type", secret.kind.as_str());
    sheet.text("keys", joined(&secret.keys));
    let Contents::Known { chain, key } = &secret.contents else {
        let words = match secret.contents {
            Contents::Sealed => "encrypted in the manifest",
            _ => "not read yet",
        };
        sheet.pair("values", Role::Unknown, words);
        return;
    };
    match chain {
        Chain::Absent => {}
        Chain::Empty => sheet.pair("certificate", Role::Fail, "tls.crt is empty"),
        Chain::Unusable(why) => sheet.pair("certificate", Role::Fail, format!("tls.crt: {why}")),
        Chain::Certificates(all) => all.iter().for_each(|one| certificate(sheet, one)),
    }
    let (role, words) = match key {
        PrivateKey::Absent => return,
        PrivateKey::Empty => (Role::Fail, "tls.key is empty".to_owned()),
        PrivateKey::Unusable(why) => (Role::Fail, format!("tls.key: {why}")),
        PrivateKey::Unproved => (Role::Unknown, "cannot be compared".to_owned()),
        PrivateKey::OfLeaf => (Role::Pass, "belongs to the certificate".to_owned()),
        PrivateKey::OfAnother(at) => {
            let words = format!("belongs to certificate {at} of the file, not to the first");
            (Role::Fail, words)
        }
        PrivateKey::OfNone => (Role::Fail, "belongs to another certificate".to_owned()),
    };
    sheet.pair("key", role, words);
}

fn certificate(sheet: &mut Sheet, of: &Certificate) {
    sheet.heading("Certificate");
    sheet.text("subject", of.subject.as_str());
    sheet.text("hosts", joined(&of.hosts));
    sheet.text("addresses", joined(&of.addresses));
    let issuer = if of.self_signed {
        "itself"
    } else {
        of.issuer.as_str()
    };
    sheet.text("issuer", issuer);
    sheet.text("from", of.not_before.to_string());
    sheet.text("until", of.not_after.to_string());
    sheet.text("SHA-256", of.fingerprint.as_str());
}

/// An object of cert-manager, and what keeps it from being done.
pub(super) fn of_issuance(sheet: &mut Sheet, view: &View<'_>, one: &Issuance) {
    sheet.heading(one.meta.key.kind.name());
    sheet.text("writes", one.secret.as_deref().unwrap_or_default());
    if let Some(issuer) = &one.issuer {
        sheet.text("issuer", format!("{} {}", issuer.kind, issuer.name));
    }
    sheet.text("host", one.host.as_str());
    sheet.text("state", one.state.as_str());
    sheet.text(
        "renewal",
        one.renewal.map_or(String::new(), |at| at.to_string()),
    );
    for condition in &one.conditions {
        let role = match condition.status {
            Truth::True => Role::Text,
            Truth::False | Truth::Unknown => Role::Dim,
        };
        let words = format!("{:?}  {}", condition.status, condition.message);
        sheet.pair(&condition.kind, role, words);
    }
    for step in issuance::story(view, one) {
        sheet.pair(
            "kept by",
            Role::Fail,
            format!("{}  {}", step.key.short(), step.words),
        );
    }
}
