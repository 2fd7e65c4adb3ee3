//! What the arguments of the controller's own pods decide for every Ingress of a class.
//!
//! Nothing is known where no pod is seen, or where pods differ, as they do while a change is rolled out.

use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::view::View;
use crate::semantics::controller;
use crate::semantics::ingress::Class;
use crate::semantics::nginx::annotation::truth;

/// The certificate that is shown where no Secret answers for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultCertificate {
    /// Not known: `--default-ssl-certificate` was not seen, or cannot be understood.
    Unseen,
    /// The controller makes one itself, which no client trusts.
    Fake,
    /// That of a Secret.
    Secret(Key),
}

/// Whether TLS is handed on unopened where an Ingress asks for it (`--enable-ssl-passthrough`).
pub fn passes_through(view: &View<'_>, class: &Class<'_>) -> Option<bool> {
    all(view, class, |pod| {
        match flag(pod, "--enable-ssl-passthrough") {
            None => Some(false),
            Some("") => Some(true),
            Some(word) => truth(word),
        }
    })
    .flatten()
}

/// The controller's default certificate (`--default-ssl-certificate`).
pub fn default_certificate(view: &View<'_>, class: &Class<'_>) -> DefaultCertificate {
    let told = all(view, class, |pod| {
        let Some(value) = flag(pod, "--default-ssl-certificate").filter(|value| !value.is_empty())
        else {
            return DefaultCertificate::Fake;
        };
        let own = pod.meta.key.namespace_str();
        let value = value
            .replace("$(POD_NAMESPACE)", own)
            .replace("${POD_NAMESPACE}", own);
        match value.split_once('/') {
            Some((namespace, name)) if !value.contains('$') => {
                DefaultCertificate::Secret(Key::new(Kind::Secret, namespace, Name::from(name)))
            }
            _ => DefaultCertificate::Unseen,
        }
    });
    told.unwrap_or(DefaultCertificate::Unseen)
}

fn flag<'p>(pod: &'p Pod, name: &str) -> Option<&'p str> {
    pod.serving_containers()
        .find_map(|container| container.flag(name))
}

/// What all pods of the class's controller say.
fn all<T: PartialEq>(view: &View<'_>, class: &Class<'_>, read: impl Fn(&Pod) -> T) -> Option<T> {
    let known = class.controller().filter(|known| known.is_nginx())?;
    let pods = controller::pods(view, known, class.object());
    let staying = pods.into_iter().filter(|pod| !pod.is_terminating());
    let mut told = staying.map(read);
    let first = told.next()?;
    told.all(|other| other == first).then_some(first)
}
