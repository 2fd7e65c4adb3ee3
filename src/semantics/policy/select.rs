//! The pods that a policy is about, or that a rule means.

use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::labels::Selector;
use crate::model::pod::Pod;
use crate::model::policy::{Places, Policy, Subject};
use crate::model::view::View;
use crate::semantics::policy::end::Place;
use crate::semantics::policy::matching::{Match, namespace};

/// The pods that are meant for certain, by namespace and name; finished ones are left out.
pub fn pods<'w>(view: &View<'w>, own: Option<&Name>, subject: &Subject) -> Vec<&'w Pod> {
    let places: Vec<Name> = match &subject.namespaces {
        Places::Own => own.cloned().into_iter().collect(),
        Places::Selected(selector) => self::places(view, selector),
    };
    let found = places
        .iter()
        .flat_map(|place| view.pods_selected(place, &subject.pods));
    found.filter(|pod| !pod.is_terminal()).collect()
}

/// The namespaces that a selector means for certain.
pub fn places(view: &View<'_>, selector: &Selector) -> Vec<Name> {
    let all = view.all(Kind::Namespace);
    let fits = all.filter(|object| {
        let place = Place {
            name: object.key().name.clone(),
            labels: Some(&object.meta().labels),
            readable: true,
        };
        namespace(selector, &place) == Match::Yes
    });
    fits.map(|object| object.key().name.clone()).collect()
}

/// The pods that a policy is about for certain.
pub fn pods_of<'w>(view: &View<'w>, policy: &Policy) -> Vec<&'w Pod> {
    pods(view, policy.meta.key.namespace.as_ref(), &policy.subject)
}
