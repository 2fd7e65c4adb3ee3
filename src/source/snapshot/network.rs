//! EndpointSlices, Ingresses and their classes.

use crate::model::endpoints::{AddressType, Endpoint, EndpointSlice};
use crate::model::ingress::{Backend, BackendPort, Ingress, IngressClass, IngressRule};
use crate::model::key::Name;
use crate::source::snapshot::doc::{Doc, text, texts};
use crate::source::snapshot::service::balanced;
use serde_json::Value;

pub(super) fn slice(head: Doc, slice: &EndpointSlice) -> Doc {
    let address_type = match slice.address_type {
        AddressType::V4 => "IPv4",
        AddressType::V6 => "IPv6",
        AddressType::Fqdn => "FQDN",
    };
    let ports = slice.ports.iter().map(|port| {
        Doc::new()
            .put("name", port.name.as_str())
            .put("port", port.port)
            .put("protocol", port.protocol.as_str())
            .done()
    });
    head.put("addressType", address_type)
        .put("ports", ports.collect::<Value>())
        .put(
            "endpoints",
            slice.endpoints.iter().map(endpoint).collect::<Value>(),
        )
}

fn endpoint(endpoint: &Endpoint) -> Value {
    let truth = |value: Option<bool>| value.map_or(Value::Null, Value::Bool);
    let mut conditions = Doc::new();
    for (name, value) in [
        ("ready", endpoint.ready),
        ("serving", endpoint.serving),
        ("terminating", endpoint.terminating),
    ] {
        // An explicit `false` is not the same as nothing here.
        conditions = conditions.keep(name, truth(value));
    }
    let is_pod = endpoint.pod.is_some() || endpoint.pod_uid.is_some();
    let target = Doc::new()
        .put("kind", text(is_pod.then_some("Pod")))
        .put("name", text(endpoint.pod.as_ref()))
        .put("uid", text(endpoint.pod_uid.as_ref()));
    let hinted = |names: &[Name]| {
        let hints = names.iter();
        let hints = hints.map(|name| Doc::new().put("name", name.as_str()).done());
        hints.collect::<Value>()
    };
    let hints = Doc::new()
        .put("forZones", hinted(&endpoint.zone_hints))
        .put("forNodes", hinted(&endpoint.node_hints));
    Doc::new()
        .put("addresses", texts(&endpoint.addresses))
        .put("conditions", conditions)
        .put("hostname", text(endpoint.hostname.as_ref()))
        .put("nodeName", text(endpoint.node.as_ref()))
        .put("zone", text(endpoint.zone.as_ref()))
        .put("targetRef", target)
        .put("hints", hints)
        .done()
}

pub(super) fn ingress(head: Doc, ingress: &Ingress) -> Doc {
    let tls = ingress.tls.iter().map(|tls| {
        Doc::new()
            .put("hosts", texts(&tls.hosts))
            .put("secretName", text(tls.secret.as_ref()))
            .done()
    });
    let spec = Doc::new()
        .put("ingressClassName", text(ingress.class.as_ref()))
        .keep(
            "defaultBackend",
            ingress.default_backend.as_ref().map(backend),
        )
        .put("rules", ingress.rules.iter().map(rule).collect::<Value>())
        .put("tls", tls.collect::<Value>());
    head.put("spec", spec)
        .put("status", balanced(&ingress.addresses))
}

fn rule(rule: &IngressRule) -> Value {
    let paths = rule.paths.iter().map(|path| {
        Doc::new()
            .put("path", path.path.as_str())
            .put("pathType", path.kind.to_string())
            .keep("backend", backend(&path.backend))
            .done()
    });
    Doc::new()
        .put("host", rule.host.as_str())
        .put("http", Doc::new().put("paths", paths.collect::<Value>()))
        .done()
}

fn backend(backend: &Backend) -> Value {
    match backend {
        Backend::Service { name, port } => {
            let port = match port {
                BackendPort::Number(number) => Doc::new().put("number", *number),
                BackendPort::Name(name) => Doc::new().put("name", name.as_str()),
                BackendPort::Both(number, name) => {
                    Doc::new().put("number", *number).put("name", name.as_str())
                }
                BackendPort::Missing => Doc::new(),
            };
            let service = Doc::new().put("name", name.as_str()).put("port", port);
            Doc::new().keep("service", service)
        }
        Backend::Resource { group, kind, name } => {
            let resource = Doc::new()
                .put("apiGroup", group.as_str())
                .put("kind", kind.as_str())
                .put("name", name.as_str());
            Doc::new().keep("resource", resource)
        }
        Backend::Missing => Doc::new(),
    }
    .done()
}

pub(super) fn class(head: Doc, class: &IngressClass) -> Doc {
    let parameters = class.parameters.as_ref().map(|written| {
        let scope = written.namespace.as_ref().map(|_| "Namespace");
        Doc::new()
            .put("apiGroup", written.group.as_str())
            .put("kind", written.kind.as_str())
            .put("name", written.name.as_str())
            .put("namespace", text(written.namespace.as_ref()))
            .put("scope", text(scope))
            .done()
    });
    let spec = Doc::new()
        .put("controller", class.controller.as_str())
        .keep("parameters", parameters);
    head.put("spec", spec)
}
