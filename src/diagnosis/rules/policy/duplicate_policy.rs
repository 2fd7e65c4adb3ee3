//! Two policies that say the same of the same pods.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::object::Object;
use crate::model::view::{View, as_policy};

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP013",
    slug: "duplicate-policy",
    title: "the same policy twice",
    on: &[Kind::NetworkPolicy],
    page: include_str!("duplicate_policy.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let object = view.object(key).filter(|object| whole(object));
    let (Some(policy), Some(namespace)) = (object.and_then(as_policy), &key.namespace) else {
        return;
    };
    let twin = view
        .in_namespace(Kind::NetworkPolicy, namespace)
        .filter(|object| whole(object))
        .filter_map(as_policy)
        .find(|other| {
            other.meta.key < *key
                && other.subject == policy.subject
                && other.ingress == policy.ingress
                && other.egress == policy.egress
        });
    let Some(twin) = twin else { return };
    sink.report(
        Draft::info(key, "the same policy twice")
            .at("spec")
            .says(format!("NetworkPolicy {} selects the same pods and has the same rules: one of the two changes nothing.", twin.meta.key.name))
            .evidence(Evidence::new(key, "spec", format!("as in {}", twin.meta.key.name), "something of its own"))
            .confirm(kubectl::list(Kind::NetworkPolicy).in_namespace(namespace).option("-o", "yaml"))
            .fix("Delete one of them."),
    );
}

/// Whether all of it could be read: of what could not, nothing is the same as anything.
fn whole(object: &Object) -> bool {
    object.defects.is_empty()
}
