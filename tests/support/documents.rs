//! Worlds made from documents as the API server sends them.
#![expect(
    clippy::expect_used,
    reason = "a test whose documents are wrong has failed"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!` values read best in place"
)]

use jiff::Timestamp;
use portolan::lower;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::key::Name;
use portolan::model::kind::Kind;
use portolan::model::object::Object;
use portolan::model::world::{Origin, World};
use serde_json::{Value, json};

/// An object from its document.
pub(crate) fn object(document: &Value) -> Object {
    let text = document.to_string();
    let kind = lower::identify(&text).known().expect("a known kind");
    lower::lower(kind, &text)
}

/// A live world of these objects in which every kind is synced.
pub(crate) fn world(documents: &[Value]) -> World {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
    let mut world = World::new(
        Origin::Live {
            context: Name::from("test"),
        },
        now,
    );
    for kind in Kind::ALL {
        world.apply(Delta::Coverage {
            kind: *kind,
            namespace: None,
            state: State::Ready,
        });
    }
    for document in documents {
        world.apply(Delta::Upsert(Box::new(object(document))));
    }
    world
}

/// A Service of namespace `a` from its spec.
pub(crate) fn service(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "a"}, "spec": spec})
}

/// A running pod of namespace `a` on a node; `ports` are a container's.
pub(crate) fn pod(name: &str, ip: &str, node: &str, ready: bool, ports: Value) -> Value {
    let status = if ready { "True" } else { "False" };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": "a", "uid": name, "labels": {"app": "web"},
            "creationTimestamp": "2026-11-22T08:00:00Z",
        },
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "web:1", "ports": ports}]},
        "status": {
            "phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
            "conditions": [{"type": "Ready", "status": status}, {"type": "ContainersReady", "status": status}],
            "containerStatuses": [{
                "name": "main", "ready": ready, "restartCount": 0,
                "state": {"running": {"startedAt": "2026-11-22T08:00:01Z"}},
            }],
        },
    })
}

/// An EndpointSlice of a Service of namespace `a`.
pub(crate) fn slice(name: &str, service: &str, ports: Value, endpoints: Value) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": "a", "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4", "ports": ports, "endpoints": endpoints,
    })
}

/// An endpoint of a slice.
pub(crate) fn endpoint(pod: &str, ip: &str, node: &str, conditions: Value) -> Value {
    json!({"addresses": [ip], "nodeName": node, "conditions": conditions,
           "targetRef": {"kind": "Pod", "namespace": "a", "name": pod}})
}
