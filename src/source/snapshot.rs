//! A redacted dump of a world that `--from` reads back: a `List` of documents in Kubernetes' own form, reduced to
//! what the facts hold, after one [`Header`] that keeps the time, the coverage and what was odd.
//!
//! Left out: annotations that are not known to speak of traffic, snippets of configuration, and the last words of
//! containers (they are log lines). Of Secrets there are only the public facts to begin with.

mod class_params;
mod config_map;
mod doc;
mod header;
mod issuance;
mod meta;
mod network;
mod node;
mod other_route;
mod pod;
mod policy;
mod secret;
mod service;
mod workload;

use crate::model::object::{Fact, Object};
use crate::model::service::CLEANUP;
use crate::model::world::World;
use doc::Doc;
pub use header::{GROUP, Header, KIND, header};
use serde_json::Value;
use std::io::{self, Write};

/// Writes a world, one object a line.
pub fn write(world: &World, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n")?;
    serde_json::to_writer(&mut *out, &header::document(world))?;
    for object in world.objects() {
        out.write_all(b",\n")?;
        serde_json::to_writer(&mut *out, &document(object))?;
    }
    out.write_all(b"\n]}\n")
}

/// The only finalizer that a fact keeps.
fn finalizer(object: &Object) -> Option<&'static str> {
    match &object.fact {
        Fact::Service(service) if service.awaits_cleanup => Some(CLEANUP),
        _ => None,
    }
}

fn document(object: &Object) -> Value {
    let info = object.key().kind.info();
    let version = match info.group {
        "" => info.version.to_owned(),
        group => format!("{group}/{}", info.version),
    };
    let head = Doc::new()
        .put("apiVersion", version)
        .put("kind", info.name)
        .put("metadata", meta::metadata(object.meta(), finalizer(object)));
    match &object.fact {
        Fact::Namespace(namespace) => node::namespace(head, namespace),
        Fact::Node(node) => node::node(head, node),
        Fact::Pod(pod) => pod::pod(head, pod),
        Fact::Service(service) => service::service(head, service),
        Fact::EndpointSlice(slice) => network::slice(head, slice),
        Fact::Ingress(ingress) => network::ingress(head, ingress),
        Fact::IngressClass(class) => network::class(head, class),
        Fact::Issuance(of) => issuance::issuance(head, of),
        Fact::Secret(secret) => secret::secret(head, secret),
        Fact::ClassParams(params) => class_params::class_params(head, params),
        Fact::ConfigMap(map) => config_map::config_map(head, map),
        Fact::OtherRoute(route) => other_route::route(head, route),
        // What it says stands in the header.
        Fact::Policy(_) => head,
        Fact::Event(event) => node::event(head, event),
        Fact::Workload(workload) => workload::workload(head, workload),
    }
    .done()
}
