//! Whom the parameters of a class admit.
//!
//! Source: the AWS Load Balancer Controller's `class_loader`: an Ingress of a namespace that `namespaceSelector` does not
//! match is refused.

use crate::model::ingress::Ingress;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::labels::{Demand, Selector};
use crate::model::view::{View, as_class_params};
use crate::semantics::ingress::Class;

/// The parameters of an Ingress's class, and the namespaces that they admit, where its own is known not to be one.
pub fn closed_to<'w>(
    view: &View<'w>,
    ingress: &Ingress,
    class: &Class<'w>,
) -> Option<(Key, &'w Selector)> {
    let parameters = class.object()?.parameters.as_ref()?;
    let known = Kind::of_document(&parameters.group, &parameters.kind);
    if known != Some(Kind::IngressClassParams) {
        return None;
    }
    let params = Key::cluster(Kind::IngressClassParams, parameters.name.clone());
    let found = view.object(&params).and_then(as_class_params)?;
    let selector = found.namespaces.as_ref()?;
    keeps_out(view, &ingress.meta.key, selector).then_some((params, selector))
}

/// Whether the namespace is known not to have what is asked for. Files need not hold it with all its labels.
fn keeps_out(view: &View<'_>, key: &Key, selector: &Selector) -> bool {
    let Some(name) = &key.namespace else {
        return false;
    };
    let object = Key::cluster(Kind::Namespace, name.clone());
    let Some(namespace) = view.object(&object) else {
        return false;
    };
    let told = !view.is_offline() || namespace.place.is_some();
    let mut demands = selector.0.iter();
    let understood = demands.all(|(_, demand)| !matches!(demand, Demand::Unknown(_)));
    told && understood && !selector.matches(&namespace.meta().labels)
}
