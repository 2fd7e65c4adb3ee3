//! An Ingress without an address, although its controller is at work and gives other Ingresses theirs.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::{View, as_ingress};
use crate::semantics::controller;
use crate::semantics::ingress::class_of;
use jiff::SignedDuration;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING007",
    slug: "without-address",
    title: "no address in the status",
    on: &[Kind::Ingress],
    page: include_str!("without_address.md"),
    check,
};

/// Controllers take a minute or so to write addresses.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(ingress) = view.ingress(key) else {
        return;
    };
    // Manifests have no status.
    let waiting =
        !view.is_offline() && ingress.addresses.is_empty() && ingress.meta.deleted.is_none();
    let Some(created) = ingress.meta.created.filter(|_| waiting) else {
        return;
    };
    let class = class_of(view, ingress);
    let Some((name, known)) = class.name().zip(class.controller()) else {
        return;
    };
    let ready = controller::pods(view, known, class.object())
        .iter()
        .any(|pod| pod.is_ready() && !pod.is_terminating());
    if !ready || view.is_within(PATIENCE, created) {
        return;
    }
    let all = view.all(Kind::Ingress).filter_map(as_ingress);
    let served = all
        .filter(|one| !one.addresses.is_empty())
        .find(|one| class_of(view, one).name() == Some(name));
    let Some(served) = served else {
        return;
    };
    sink.report(
        Draft::warning(key, "no address in the status")
            .at("status.loadBalancer.ingress")
            .says(format!("{} gave other Ingresses of class {name} an address ({} has one) and this one none: it may have refused it, and its log says why.", known.name, served.meta.key.short()))
            .evidence(Evidence::new(key, "status.loadBalancer.ingress", "empty", "an address"))
            .evidence(Evidence::new(&served.meta.key, "status.loadBalancer.ingress", "an address", ""))
            .confirm(kubectl::describe(key))
            .fix(format!("Look for the Ingress in the log of {}; mend what it complains of.", known.name))
            .since(Some(created)),
    );
}
