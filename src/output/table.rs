//! Every table, once: the screen draws these rows, `list` prints them.
//!
//! [`Sheet::ids`] is cheap and ordered; [`Sheet::row`] makes one row, so that a screen asks only for the rows
//! that it shows. Cells are made visible when they are made: what they hold may be drawn as it is.

mod changes;
mod endpoints;
mod events;
mod facts;
mod info;
mod ingress_classes;
mod namespaces;
mod nodes;
mod other_routes;
mod pods;
mod policies;
mod problems;
mod routes;
mod row;
mod services;

pub use facts::Facts;
pub(in crate::output) use info::detail;
pub use routes::{Way, of_ingress, of_service};
pub use row::{Align, Cell, Column, Row, RowId, order};
use row::{age_cell, joined, left, namespace_cell, right};

use crate::model::key::Name;
use crate::model::kind::Kind;
/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sheet {
    /// What is broken, root causes first.
    Problems,
    /// Every way in.
    Routes,
    /// The ways in by Ingress alone.
    Ingresses,
    /// Ingress classes.
    IngressClasses,
    /// Services.
    Services,
    /// Endpoints, one row each.
    Endpoints,
    /// Pods.
    Pods,
    /// Nodes.
    Nodes,
    /// Namespaces.
    Namespaces,
    /// Network policies of any API.
    Policies,
    /// Warnings of the cluster.
    Events,
    /// What changed while the world was watched, and which problems came and went.
    Changes,
    /// Coverage of every kind.
    Info,
}

impl Sheet {
    /// Every table.
    pub const ALL: &'static [Sheet] = &[
        Self::Problems,
        Self::Routes,
        Self::Ingresses,
        Self::IngressClasses,
        Self::Services,
        Self::Endpoints,
        Self::Pods,
        Self::Nodes,
        Self::Namespaces,
        Self::Policies,
        Self::Events,
        Self::Changes,
        Self::Info,
    ];

    /// Its names: the first is its own, the others are aliases.
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Problems => &["problems", "problem"],
            Self::Routes => &["routes", "route", "rt"],
            Self::Ingresses => &["ingresses", "ingress", "ing"],
            Self::IngressClasses => &["ingressclasses", "ingressclass", "ic"],
            Self::Services => &["services", "service", "svc"],
            Self::Endpoints => &["endpoints", "endpointslices", "endpointslice", "eps", "ep"],
            Self::Pods => &["pods", "pod", "po"],
            Self::Nodes => &["nodes", "node", "no"],
            Self::Namespaces => &["namespaces", "namespace", "ns"],
            Self::Policies => &[
                "policies",
                "policy",
                "networkpolicies",
                "networkpolicy",
                "netpol",
                "np",
                "anp",
                "cnp",
            ],
            Self::Events => &["events", "event", "ev"],
            Self::Changes => &["changes", "change", "journal"],
            Self::Info => &["info", "coverage"],
        }
    }

    /// Its own name.
    pub fn name(self) -> &'static str {
        self.words().first().copied().unwrap_or_default()
    }

    /// The table that a person means, the colon before it optional, any case.
    pub fn of_word(word: &str) -> Option<Self> {
        let word = word.strip_prefix(':').unwrap_or(word).to_ascii_lowercase();
        Self::ALL
            .iter()
            .copied()
            .find(|sheet| sheet.words().contains(&word.as_str()))
    }

    /// Its columns.
    pub fn columns(self) -> Vec<Column> {
        match self {
            Self::Problems => problems::columns(),
            Self::Routes | Self::Ingresses => routes::columns(),
            Self::IngressClasses => ingress_classes::columns(),
            Self::Services => services::columns(),
            Self::Endpoints => endpoints::columns(),
            Self::Pods => pods::columns(),
            Self::Nodes => nodes::columns(),
            Self::Namespaces => namespaces::columns(),
            Self::Policies => policies::columns(),
            Self::Events => events::columns(),
            Self::Changes => changes::columns(),
            Self::Info => info::columns(),
        }
    }

    /// The identities of its rows, in its natural order; those of a namespace where one is given (what lives in
    /// no namespace is always there).
    pub fn ids(self, facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<RowId> {
        let objects = |kind| {
            let keys = facts.objects(kind, namespace);
            keys.into_iter().map(RowId::Object).collect()
        };
        match self {
            Self::Problems => problems::ids(facts, namespace),
            Self::Routes => routes::ids(facts, namespace, routes::Ways::All),
            Self::Ingresses => routes::ids(facts, namespace, routes::Ways::Ingresses),
            Self::IngressClasses => objects(Kind::IngressClass),
            Self::Services => objects(Kind::Service),
            Self::Endpoints => endpoints::ids(facts, namespace),
            Self::Pods => objects(Kind::Pod),
            Self::Nodes => objects(Kind::Node),
            Self::Namespaces => namespaces::ids(facts),
            Self::Policies => policies::ids(facts, namespace),
            Self::Events => events::ids(facts, namespace),
            Self::Changes => changes::ids(facts, namespace),
            Self::Info => info::ids(facts),
        }
    }

    /// One row; none where what it stands for has gone.
    pub fn row(self, facts: &Facts<'_>, id: &RowId) -> Option<Row> {
        match self {
            Self::Problems => problems::row(facts, id),
            Self::Routes | Self::Ingresses => routes::row(facts, id),
            Self::IngressClasses => ingress_classes::row(facts, id),
            Self::Services => services::row(facts, id),
            Self::Endpoints => endpoints::row(facts, id),
            Self::Pods => pods::row(facts, id),
            Self::Nodes => nodes::row(facts, id),
            Self::Namespaces => namespaces::row(facts, id),
            Self::Policies => policies::row(facts, id),
            Self::Events => events::row(facts, id),
            Self::Changes => changes::row(facts, id),
            Self::Info => info::row(facts, id),
        }
    }

    /// All rows, in natural order.
    pub fn rows(self, facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<Row> {
        let ids = self.ids(facts, namespace);
        ids.iter().filter_map(|id| self.row(facts, id)).collect()
    }
}
