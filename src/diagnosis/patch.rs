//! The smallest change that mends a finding, as a kubectl line.
//!
//! A change inside a list is a JSON patch that first tests what stands there, so that it never hits another item
//! than the one that was judged.

use crate::diagnosis::kubectl;
use crate::model::key::Key;
use serde_json::{Value, json};

/// `kubectl … patch … --type=merge -p JSON`: for maps and plain fields; `null` removes a field.
pub fn merge(key: &Key, change: &Value) -> String {
    patched(key, "--type=merge", change)
}

/// `kubectl … patch … --type=json -p JSON`: replaces the value at a JSON pointer, if it is what was judged.
pub fn replace(key: &Key, pointer: &str, old: &Value, new: &Value) -> String {
    replace_each(key, &[(pointer.to_owned(), old, new)])
}

/// The same for several values: `(pointer, old, new)`. Either all are replaced or none.
pub fn replace_each(key: &Key, changes: &[(String, &Value, &Value)]) -> String {
    let tests = changes
        .iter()
        .map(|(path, old, _)| json!({ "op": "test", "path": path, "value": old }));
    let replacements = changes
        .iter()
        .map(|(path, _, new)| json!({ "op": "replace", "path": path, "value": new }));
    let change: Value = tests.chain(replacements).collect();
    patched(key, "--type=json", &change)
}

fn patched(key: &Key, flag: &'static str, change: &Value) -> String {
    kubectl::patch(key)
        .flag(flag)
        .option("-p", &change.to_string())
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind::Kind;

    #[test]
    fn a_merge_patch_is_one_quoted_word() {
        let key = Key::new(Kind::Service, "shop", "api");
        let change = json!({ "spec": { "selector": { "app": "api" } } });
        assert_eq!(
            merge(&key, &change),
            r#"kubectl -n shop patch service/api --type=merge -p '{"spec":{"selector":{"app":"api"}}}'"#
        );
    }

    #[test]
    fn a_change_in_a_list_tests_first() {
        let key = Key::new(Kind::Ingress, "shop", "web");
        let line = replace(&key, "/spec/rules/0/host", &json!("a"), &json!("b'c"));
        assert_eq!(
            line,
            r#"kubectl -n shop patch ingress/web --type=json -p '[{"op":"test","path":"/spec/rules/0/host","value":"a"},{"op":"replace","path":"/spec/rules/0/host","value":"b'\''c"}]'"#
        );
    }
}
