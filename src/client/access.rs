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
    /// The verb.
    pub verb: &'a str,
    /// API group; empty for the core group.
    pub group: &'a str,
    /// The resource in the plural.
    pub resource: &'a str,
    /// The subresource; may be empty.
    pub subresource: &'a str,
    /// The namespace; `None` for all, or for cluster-scoped resources.
    pub namespace: Option<&'a str>,
    /// The object; `None` for all of the namespace. A role may name single objects: whoever may touch those alone is
    /// told no where none is named.
    pub name: Option<&'a str>,
}

impl<'a> Act<'a> {
    /// Forwarding a port to pods of a namespace: `get` for the WebSocket's request; API servers since 1.35 ask for
    /// `create` too (KEP-4006).
    pub const fn port_forward(verb: &'a str, namespace: &'a str) -> Self {
        Self {
            verb,
            group: "",
            resource: "pods",
            subresource: "portforward",
            namespace: Some(namespace),
            name: None,
        }
    }

    /// Listing a resource.
    pub const fn list(group: &'a str, resource: &'a str, namespace: Option<&'a str>) -> Self {
        Self {
            verb: "list",
            group,
            resource,
            subresource: "",
            namespace,
            name: None,
        }
    }

    /// The same act on one object.
    pub const fn on(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }
}

/// The answer to "may I?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Yes.
    Allowed,
    /// No, and why as far as the authoriser tells; may be empty.
    Denied(String),
}

#[derive(Deserialize)]
struct Review {
    status: Option<ReviewStatus>,
}

#[derive(Deserialize)]
struct ReviewStatus {
    allowed: bool,
    #[serde(default)]
    reason: String,
}

/// Asks the API server whether an act is allowed to this user.
pub async fn review(connection: &Connection, act: &Act<'_>) -> Result<Access, Fault> {
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": act.verb,
            "group": act.group,
            "resource": act.resource,
            "subresource": act.subresource,
            "namespace": act.namespace.unwrap_or_default(),
            // Empty stands for all, as it does for the namespace.
            "name": act.name.unwrap_or_default(),
        } },
    });
    let request = Request::post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|error| Fault::Garbled(one_line(&error.to_string())))?;
    let pieces = connection.send(request, PATIENCE).await?;
    let answer = pieces.rest(LARGEST_WHOLE, PATIENCE).await?;
    let review: Review = serde_json::from_slice(&answer)
        .map_err(|_| Fault::Garbled(String::from("the access review's answer is not JSON")))?;
    // An answer that says neither yes nor no is none.
    match review.status {
        Some(status) if status.allowed => Ok(Access::Allowed),
        Some(status) => Ok(Access::Denied(one_line(&status.reason))),
        None => Err(Fault::Garbled(String::from(
            "the access review's answer has no status",
        ))),
    }
}
