//! An object with fields that do not fit the schema.

use crate::diagnosis::kubectl;
use crate::diagnosis::rule::Draft;
use crate::diagnosis::rule::{Rule, Sink};
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::view::View;

/// See the page.
pub const RULE: Rule = Rule {
    code: "OBJ001",
    slug: "schema-defect",
    title: "does not fit its schema",
    on: Kind::ALL,
    page: include_str!("schema_defect.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(object) = view.object(key) else {
        return;
    };
    let Some(first) = object.defects.first() else {
        return;
    };
    let (title, more) = match object.defects.len() {
        1 => (
            format!("{} does not fit the schema", first.field),
            String::new(),
        ),
        many => (
            format!("{many} fields do not fit the schema"),
            format!(" (and {} more)", many - 1),
        ),
    };
    let evidence = object.defects.iter();
    sink.report(
        Draft::warning(key, title)
            .at(first.field.clone())
            .says(format!(
                "{} is {}, where the schema asks for {}{more}. The API server refuses such an object or drops the \
                 field; the rest of it was judged as far as it can be read.",
                first.field, first.observed, first.expected
            ))
            .evidences(evidence.map(|defect| {
                let (observed, expected) = (defect.observed.as_str(), defect.expected.as_str());
                Evidence::new(key, &defect.field, observed, expected)
            }))
            .confirm(kubectl::get(key).option("-o", "yaml"))
            .fix("Write the field as the schema asks; `kubectl apply --dry-run=server` tells whether it is right."),
    );
}
