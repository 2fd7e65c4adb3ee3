//! Where a Service's endpoints stand: on which nodes they are, and which nodes have none.

use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::model::meta::Truth;
use crate::model::service::Service;
use crate::model::view::{View, as_node};
use crate::semantics::endpoints;
use std::collections::BTreeSet;

/// The most nodes that are named.
const TOLD: usize = 5;

/// The ready nodes that have no endpoint of a Service; empty where nobody is behind it at all, or where the node of
/// an endpoint is not known.
pub fn nodes_without(view: &View<'_>, service: &Service) -> Vec<Name> {
    let backends = endpoints::backends(view, service);
    let used = |it: &&endpoints::Backend| it.ready || (it.serving && it.terminating);
    let with: Option<BTreeSet<&Name>> = backends
        .iter()
        .filter(used)
        .map(|it| it.node.as_ref())
        .collect();
    let Some(with) = with.filter(|_| backends.iter().any(|it| it.ready)) else {
        return Vec::new();
    };
    let nodes = view.all(Kind::Node).filter_map(as_node);
    let ready = nodes.filter(|node| node.ready() == Truth::True);
    let names = ready.map(|node| node.meta.key.name.clone());
    names.filter(|name| !with.contains(name)).collect()
}

/// The first few names, and how many more there are.
pub fn told(names: &[Name]) -> String {
    let first: Vec<&str> = names.iter().take(TOLD).map(Name::as_str).collect();
    let first = first.join(", ");
    match names.len().saturating_sub(TOLD) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
