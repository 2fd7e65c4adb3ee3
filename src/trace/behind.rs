//! What lies behind one rule of an Ingress, whoever asks: its controller, and the way from there to the pods.

use crate::model::ingress::{Backend, Ingress};
use crate::model::key::Key;
use crate::model::view::View;
use crate::semantics::controller;
use crate::trace::end::From;
use crate::trace::entry::{self, Entry};
use crate::trace::follow::Client;
use crate::trace::hop::{self, Hop, Verdict, Weight};
use crate::trace::walk::Walk;
use crate::trace::{nginx, route};

/// What was found behind a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The entry, the Service, its endpoints, and the pods.
    pub hops: Vec<Hop>,
    /// The Service and its port's number, where they are there.
    pub backend: Option<(Key, u16)>,
}

impl Behind {
    /// Whether a request gets through.
    pub fn verdict(&self) -> Verdict {
        hop::verdict(&self.hops)
    }

    /// The hops in the way: those that count and do not pass.
    pub fn in_the_way(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter().filter(|hop| {
            hop.weight == Weight::Counts && matches!(hop.verdict, Verdict::Fail | Verdict::Unknown)
        })
    }
}

/// The way in by an Ingress, once for all its rules.
pub struct Way<'v, 'w> {
    view: &'v View<'w>,
    ingress: &'w Ingress,
    entry: Hop,
    controllers: Vec<Key>,
}

impl<'v, 'w> Way<'v, 'w> {
    /// The way in by an Ingress.
    pub fn new(view: &'v View<'w>, ingress: &'w Ingress) -> Self {
        let entry = Entry::of(view, ingress);
        let pods = entry
            .known
            .map(|known| controller::pods(view, known, entry.class.object()))
            .unwrap_or_default();
        let taking = pods
            .iter()
            .filter(|pod| pod.is_ready() && !pod.is_terminating());
        Self {
            view,
            ingress,
            entry: entry::hop(view, &entry, Some(ingress)),
            controllers: taking.map(|pod| pod.meta.key.clone()).collect(),
        }
    }

    /// What lies behind a backend of it.
    pub fn behind(&self, backend: &Backend) -> Behind {
        let from = From::Internet;
        let client = Client::Controller(self.controllers.clone());
        let mut walk = Walk::new(self.view, &from, client);
        let entry = Entry::of(self.view, self.ingress);
        if entry.is_nginx() {
            nginx::to_backend(&mut walk, &entry, self.ingress, backend);
        } else {
            route::backend(&mut walk, self.ingress, backend);
        }
        let backend = walk.http.and_then(|http| http.backend);
        let mut hops = vec![self.entry.clone()];
        hops.extend(walk.hops);
        Behind { hops, backend }
    }
}

impl std::fmt::Debug for Way<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Way")
            .field("ingress", &self.ingress.meta.key)
            .finish_non_exhaustive()
    }
}
