//! What this user may do: access reviews, asked before an act is offered.

use crate::client::connection::{Connection, PATIENCE};
use crate::client::fault::Fault;
use crate::client::http::LARGEST_WHOLE;
use crate::client::text::one_line;
use ::http::{Request, header};
use serde::Deserialize;
use serde_json::json;

/// Something that RBAC may or may not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act<'a> {
    /// One verb is enough: API servers since 1.30 ask `get` for a forward over WebSocket, older ones `create`.
    pub verbs: &'a [&'a str],
    /// API group; empty for the core group.
    pub group: &'a str,
    /// The resource in the plural.
    pub resource: &'a str,
    /// The subresource; may be empty.
    pub subresource: &'a str,
    /// The namespace; `None` for all, or for cluster-scoped resources.
    pub namespace: Option<&'a str>,
}

impl<'a> Act<'a> {
    /// Forwarding a port to pods of a namespace.
    pub const fn port_forward(namespace: &'a str) -> Self {
        Self {
            verbs: &["get", "create"],
            group: "",
            resource: "pods",
            subresource: "portforward",
            namespace: Some(namespace),
        }
    }

    /// Reading logs of pods of a namespace.
    pub const fn logs(namespace: &'a str) -> Self {
        Self {
            verbs: &["get"],
            group: "",
            resource: "pods",
            subresource: "log",
            namespace: Some(namespace),
        }
    }

    /// Listing a resource.
    pub const fn list(group: &'a str, resource: &'a str, namespace: Option<&'a str>) -> Self {
        Self {
            verbs: &["list"],
            group,
            resource,
            subresource: "",
            namespace,
        }
    }

    fn target(&self) -> String {
        let mut text = self.resource.to_owned();
        if !self.group.is_empty() {
            text.push('.');
            text.push_str(self.group);
        }
        if !self.subresource.is_empty() {
            text.push('/');
            text.push_str(self.subresource);
        }
        text
    }
}

/// The answer to "may I?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Yes, by this verb.
    Allowed(String),
    /// No; the sentence names what is missing.
    Denied(String),
}

#[derive(Deserialize)]
struct Review {
    #[serde(default)]
    status: ReviewStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReviewStatus {
    allowed: bool,
    reason: String,
}

/// Asks the API server whether one of the act's verbs is allowed to this user.
pub async fn review(connection: &Connection, act: &Act<'_>) -> Result<Access, Fault> {
    let mut reason = String::new();
    for verb in act.verbs {
        let status = ask(connection, act, verb).await?;
        if status.allowed {
            return Ok(Access::Allowed((*verb).to_owned()));
        }
        if reason.is_empty() {
            reason = one_line(&status.reason);
        }
    }
    let place = act.namespace.map_or_else(String::new, |namespace| {
        format!(" in namespace {}", one_line(namespace))
    });
    let mut sentence = format!(
        "RBAC does not allow `{}` on {}{place}",
        act.verbs.join("` or `"),
        act.target()
    );
    if !reason.is_empty() {
        sentence.push_str(": ");
        sentence.push_str(&reason);
    }
    Ok(Access::Denied(sentence))
}

async fn ask(connection: &Connection, act: &Act<'_>, verb: &str) -> Result<ReviewStatus, Fault> {
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": verb,
            "group": act.group,
            "resource": act.resource,
            "subresource": act.subresource,
            "namespace": act.namespace.unwrap_or_default(),
        } },
    });
    let request = Request::post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|error| Fault::Garbled(one_line(&error.to_string())))?;
    let pieces = connection.send(request, PATIENCE).await?;
    let answer = pieces.rest(LARGEST_WHOLE, PATIENCE).await?;
    serde_json::from_slice::<Review>(&answer)
        .map(|review| review.status)
        .map_err(|_| Fault::Garbled(String::from("the access review's answer is not JSON")))
}
