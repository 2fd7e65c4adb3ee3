//! One object as the API server holds it, for the describe and YAML views.

use crate::client::connection::Connection;
use crate::client::fault::Fault;
use crate::model::key::Key;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The path of an object's resource: `/api/v1/namespaces/shop/pods`, or of one object where a name is given.
///
/// The parts are percent-encoded: a name from the cluster or from a person cannot leave its place in the path.
pub fn path(
    group: &str,
    version: &str,
    plural: &str,
    namespace: Option<&str>,
    name: Option<&str>,
) -> String {
    let mut path = if group.is_empty() {
        format!("/api/{}", encode(version))
    } else {
        format!("/apis/{}/{}", encode(group), encode(version))
    };
    if let Some(namespace) = namespace {
        path.push_str("/namespaces/");
        path.push_str(&encode(namespace));
    }
    path.push('/');
    path.push_str(&encode(plural));
    if let Some(name) = name {
        path.push('/');
        path.push_str(&encode(name));
    }
    path
}

/// Percent-encodes everything but unreserved characters (RFC 3986); a lone `.` or `..` too, which URLs would swallow.
pub fn encode(text: &str) -> String {
    let dots = text == "." || text == "..";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'~')
            || byte == b'.' && !dots;
        if plain {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The object of a key, without `metadata.managedFields`. Kinds that hold secrets are refused.
pub async fn raw(connection: &Connection, key: &Key) -> Result<Value, Fault> {
    let info = key.kind.info();
    let path = path(
        info.group,
        info.version,
        info.plural,
        key.namespace.as_deref(),
        Some(&key.name),
    );
    raw_at(connection, &path).await
}

/// The object at a path of the API, as [`raw`] gives it.
pub async fn raw_at(connection: &Connection, path: &str) -> Result<Value, Fault> {
    if path.split('/').any(|part| part == "secrets") {
        return Err(Fault::Forbidden(String::from(
            "Portolan never reads the values of Secrets",
        )));
    }
    let mut object: Value = connection.get(path, "application/json").await?;
    tidy(&mut object);
    Ok(object)
}

/// Folds away what only tools read.
fn tidy(object: &mut Value) {
    if object.get("kind").and_then(Value::as_str) == Some("Secret") {
        *object = json!({ "kind": "Secret", "data": "(not read)" });
        return;
    }
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    metadata.remove("managedFields");
    if let Some(annotations) = metadata
        .get_mut("annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

#[cfg(test)]
mod tests {
    use super::{path, tidy};
    use serde_json::json;

    #[test]
    fn paths_of_core_and_named_groups() {
        assert_eq!(
            path("", "v1", "pods", Some("shop"), Some("web-1")),
            "/api/v1/namespaces/shop/pods/web-1"
        );
        assert_eq!(
            path("apps", "v1", "deployments", None, None),
            "/apis/apps/v1/deployments"
        );
        assert_eq!(
            path("", "v1", "nodes", None, Some("n1")),
            "/api/v1/nodes/n1"
        );
    }

    #[test]
    fn no_name_leaves_its_place() {
        assert_eq!(
            path("", "v1", "pods", Some("../../secrets"), Some("a/../b?c#d")),
            "/api/v1/namespaces/..%2F..%2Fsecrets/pods/a%2F..%2Fb%3Fc%23d"
        );
        assert_eq!(
            path("", "v1", "pods", Some(".."), Some(".")),
            "/api/v1/namespaces/%2E%2E/pods/%2E"
        );
    }

    #[test]
    fn managed_fields_and_secrets_go() {
        let mut object = json!({"kind": "Pod", "metadata": {"name": "a", "managedFields": [1], "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{}", "keep": "1"}}});
        tidy(&mut object);
        assert_eq!(
            object,
            json!({"kind": "Pod", "metadata": {"name": "a", "annotations": {"keep": "1"}}})
        );
        let mut secret = json!({"kind": "Secret", "data": {"password": "aHVudGVyMg=="}});
        tidy(&mut secret);
        assert!(!secret.to_string().contains("aHVudGVyMg=="));
    }
}
