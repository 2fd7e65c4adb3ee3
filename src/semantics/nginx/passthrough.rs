//! TLS that is handed on unopened, by the server name of its first message (`ssl-passthrough`).
//!
//! Source: `createServers` and `getConfiguration` of `internal/ingress/controller`, and `pkg/tcpproxy`: the first
//! Ingress with a rule for the very host settles it, and of all paths only `/` counts. Hosts with a wildcard are never
//! passed through, for server names are compared as they are.

use crate::model::ingress::{Backend, Ingress};
use crate::semantics::nginx::annotation::{flag, is_canary};
use crate::semantics::nginx::location::{Location, in_order, server};

/// Where TLS for a host goes unopened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed<'w> {
    /// The Ingress that asks for it.
    pub by: &'w Ingress,
    /// The Ingress and the backend of `/`; none where no rule leads from there.
    pub to: Option<(&'w Ingress, &'w Backend)>,
}

/// Where TLS for a host (lower case, without a port) goes unopened, if an Ingress asks for that.
pub fn of<'w>(ingresses: &[&'w Ingress], host: &'w str) -> Option<Passed<'w>> {
    let sorted = in_order(ingresses);
    let ruled = |one: &&&'w Ingress| one.rules.iter().any(|rule| rule.host == host);
    let by = sorted.iter().filter(|one| !is_canary(one)).find(ruled)?;
    let asks = !host.is_empty() && flag(by, "ssl-passthrough") == Some(true);
    asks.then(|| Passed {
        by,
        to: root(&server(&sorted, host).locations),
    })
}

fn root<'w>(locations: &[Location<'w>]) -> Option<(&'w Ingress, &'w Backend)> {
    let at = locations
        .iter()
        .find(|at| at.path == "/" && at.rule.is_some())?;
    Some((at.ingress, at.backend?))
}
