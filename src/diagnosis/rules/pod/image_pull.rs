//! A pod whose image cannot be pulled.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Rule, Sink};
use crate::diagnosis::rules::pod::case::{Case, short, spec_path, state_word, status_path};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;
use crate::semantics::readiness::NotReady;

/// See the page.
pub const RULE: Rule = Rule {
    code: "POD003",
    slug: "image-pull",
    title: "image cannot be pulled",
    on: &[Kind::Pod],
    page: include_str!("image_pull.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(case) = Case::of(view, key, RULE.code) else {
        return;
    };
    let NotReady::ImagePull {
        container,
        image,
        words,
    } = &case.reason
    else {
        return;
    };
    let said = if words.is_empty() {
        String::new()
    } else {
        format!(" The kubelet says: {}.", short(words))
    };
    let field = spec_path(case.pod, container, "image");
    let mut draft = case
        .draft("image cannot be pulled")
        .at(field.clone())
        .says(format!(
            "The image {image} of container {container} cannot be pulled, so the container never starts.{said} {}",
            case.outcome()
        ))
        .evidence(Evidence::new(
            key,
            &field,
            image.as_str(),
            "an image that the node can pull",
        ));
    if let Some(stuck) = case.container(container) {
        draft = draft.evidence(Evidence::new(
            key,
            &status_path(stuck, "state"),
            state_word(stuck),
            "running",
        ));
    }
    sink.report(draft.confirm(kubectl::describe(key)).fix(
        "Check the image's name and tag for a typo, that the registry holds it, and that imagePullSecrets of the pod \
         or of its service account may read it.",
    ));
}
