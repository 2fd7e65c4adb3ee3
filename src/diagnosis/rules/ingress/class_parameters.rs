//! An IngressClass whose parameters are not there.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::ingress::Parameters;
use crate::model::key::{Key, Name};
use crate::model::kind::{Kind, Live};
use crate::model::object::Object;
use crate::model::view::View;
use crate::semantics::near;

/// See the page.
pub const RULE: Rule = Rule {
    code: "ING027",
    slug: "class-parameters",
    title: "parameters of the class missing",
    on: &[Kind::IngressClass],
    page: include_str!("class_parameters.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(class) = view.ingress_class(&key.name) else {
        return;
    };
    let Some(parameters) = &class.parameters else {
        return;
    };
    let Some(others) = others(view, parameters) else {
        return;
    };
    let Parameters { kind, name, .. } = parameters;
    let near = near::of_name(name, others.iter());
    let nearest = near
        .as_ref()
        .map(|near| format!(" Nearest: {near}."))
        .unwrap_or_default();
    let place = parameters
        .namespace
        .as_ref()
        .map(|place| format!(" in namespace {place}"))
        .unwrap_or_default();
    sink.report(
        Draft::warning(key, format!("{kind} {name} is not there"))
            .at("spec.parameters")
            .says(format!(
                "The class has its controller read {kind} {name}{place}, which is not there: what that is to settle does \
                 not hold, and several controllers then serve no Ingress of the class.{nearest}"
            ))
            .evidence(Evidence::new(
                key,
                "spec.parameters.name",
                name.as_str(),
                format!("a {kind} that is there"),
            ))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix(format!(
                "Make {kind} {name}{place}, or name one that is there in spec.parameters."
            )),
    );
}

/// The names that there are instead; none where the object is there, or where its kind is not seen.
fn others(view: &View<'_>, wanted: &Parameters) -> Option<Vec<Name>> {
    let Parameters {
        group,
        kind,
        name,
        namespace,
    } = wanted;
    let Some(known) = Kind::of_document(group, kind) else {
        // A kind of which the files hold nothing may be anywhere.
        let seen = view.unrecognised_of(group, kind);
        let is_it = |(place, named): &(&Name, &Name)| {
            *named == name && namespace.as_ref().is_none_or(|wanted| wanted == *place)
        };
        let absent = !seen.is_empty() && !seen.iter().any(is_it);
        return absent.then(|| seen.into_iter().map(|(_, name)| name.clone()).collect());
    };
    let watched = matches!(known.info().live, Live::Watched | Live::WhereInstalled);
    let seen: Vec<&Object> = view.all(known).collect();
    let unseen = if view.is_offline() {
        seen.is_empty()
    } else {
        !watched || !view.is_installed(known)
    };
    if unseen {
        return None;
    }
    let key = Key {
        kind: known,
        namespace: namespace.clone(),
        name: name.clone(),
    };
    let absent = view.object(&key).is_none() && known.namespaced() == namespace.is_some();
    absent.then(|| seen.into_iter().map(|one| one.key().name.clone()).collect())
}
