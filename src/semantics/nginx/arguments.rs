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
    all(view, class, certificate_of).unwrap_or(DefaultCertificate::Unseen)
}

fn certificate_of(pod: &Pod) -> DefaultCertificate {
    let Some(value) = flag(pod, "--default-ssl-certificate").filter(|value| !value.is_empty())
    else {
        return DefaultCertificate::Fake;
    };
    named(pod, Kind::Secret, value).map_or(DefaultCertificate::Unseen, DefaultCertificate::Secret)
}

/// The Secret that a pod of ingress-nginx takes its default certificate from.
pub fn own_certificate(pod: &Pod) -> Option<Key> {
    match certificate_of(pod) {
        DefaultCertificate::Secret(key) if controller::is_nginx(pod) => Some(key),
        _ => None,
    }
}

/// The `ConfigMap` that a pod of ingress-nginx takes its settings from (`--configmap`).
pub fn settings(pod: &Pod) -> Option<Key> {
    let value = flag(pod, "--configmap").filter(|_| controller::is_nginx(pod))?;
    named(pod, Kind::ConfigMap, value)
}

/// A setting of the `ConfigMap` that all pods of the class's controller take theirs from; none where it is not set, or
/// not seen.
pub fn setting<'w>(view: &View<'w>, class: &Class<'_>, name: &str) -> Option<&'w Name> {
    let map = all(view, class, settings).flatten()?;
    let found = view.advisory(|view| view.config_map(&map))?;
    found.setting(name)
}

/// `namespace/name` as a pod's arguments write it.
fn named(pod: &Pod, kind: Kind, value: &str) -> Option<Key> {
    let own = pod.meta.key.namespace_str();
    let value = value
        .replace("$(POD_NAMESPACE)", own)
        .replace("${POD_NAMESPACE}", own);
    let (namespace, name) = value.split_once('/')?;
    let whole = !value.contains('$') && !namespace.is_empty() && !name.is_empty();
    whole.then(|| Key::new(kind, namespace, Name::from(name)))
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
