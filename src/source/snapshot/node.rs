//! Namespaces, nodes and events.

use crate::model::event::Event;
use crate::model::namespace::Namespace;
use crate::model::node::Node;
use crate::source::snapshot::doc::{Doc, text, texts};
use crate::source::snapshot::meta::conditions;
use serde_json::Value;

pub(super) fn namespace(head: Doc, namespace: &Namespace) -> Doc {
    let phase = namespace.terminating.then_some("Terminating");
    head.put("status", Doc::new().put("phase", text(phase)))
}

pub(super) fn node(head: Doc, node: &Node) -> Doc {
    let address = |kind: &str, ip: String| Doc::new().put("type", kind).put("address", ip).done();
    let internal = node.internal_ips.iter();
    let internal = internal.map(|ip| address("InternalIP", ip.to_string()));
    let external = node.external_ips.iter();
    let external = external.map(|ip| address("ExternalIP", ip.to_string()));
    let spec = Doc::new()
        .put("podCIDRs", texts(&node.pod_cidrs))
        .put("unschedulable", node.unschedulable)
        .put(
            "taints",
            node.taints.iter().map(|t| taint(t)).collect::<Value>(),
        );
    let status = Doc::new()
        .put("addresses", internal.chain(external).collect::<Value>())
        .put("conditions", conditions(&node.conditions));
    head.put("spec", spec).put("status", status)
}

/// `key=value:effect`, taken apart.
fn taint(written: &str) -> Value {
    let (pair, effect) = written.rsplit_once(':').unwrap_or((written, ""));
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    Doc::new()
        .put("key", key)
        .put("value", value)
        .put("effect", effect)
        .done()
}

pub(super) fn event(head: Doc, event: &Event) -> Doc {
    let about = Doc::new()
        .put("kind", event.about_kind.as_str())
        .put("namespace", event.about_namespace.as_str())
        .put("name", event.about_name.as_str())
        .put("uid", event.about_uid.as_str());
    head.put("involvedObject", about)
        .put("type", if event.warning { "Warning" } else { "Normal" })
        .put("reason", event.reason.as_str())
        .put("message", event.message.as_str())
        .put("count", event.count)
        .put("lastTimestamp", text(event.last))
}
