//! A Service without a selector for which nobody wrote an EndpointSlice.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::service::{ports, slice_without_service};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::empty::Empty;

/// See the page.
pub const RULE: Rule = Rule {
    code: "SVC004",
    slug: "no-selector-no-slices",
    title: "no selector and no EndpointSlice",
    on: &[Kind::Service],
    page: include_str!("no_selector_no_slices.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(service) = view.service(key) else {
        return;
    };
    let Some(reason @ Empty::NoSelectorNoSlices) = ports::wholly_empty(view, service) else {
        return;
    };
    let severity = ports::severity(view, service, &reason);
    let unless = if ports::would_hold_slices(view) {
        ""
    } else {
        " The files hold no EndpointSlice at all, so this one may simply not be among them."
    };
    let meant = slice_without_service::meant_for(view, service);
    let mut draft = ports::draft(severity, key, "no selector and no EndpointSlice")
            .at("spec.selector")
            .says(format!(
                "Without a selector somebody has to write the Service's EndpointSlices, and there is none. {}{unless}",
                ports::outcome(service)
            ))
            .evidence(Evidence::new(
                key,
                "spec.selector",
                "empty",
                "labels of pods, or an EndpointSlice labelled with the Service's name",
            ))
            .confirm(kubectl::slices_of(key))
            .fix(format!(
                "Set spec.selector to the labels of the pods; or, for backends outside the cluster, write an \
                 EndpointSlice with the label kubernetes.io/service-name: {} and the Service's port names.",
                key.name
            ));
    if let Some(slice) = meant {
        draft = draft.follows(&["SVC015"], &slice);
    }
    sink.report(draft);
}
