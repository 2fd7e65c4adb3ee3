//! The way so far: the first failing hop ends it, what follows is skipped.

use crate::model::coverage::Gap;
use crate::model::view::View;
use crate::trace::cause::Cause;
use crate::trace::end::From;
use crate::trace::follow::Client;
use crate::trace::hop::{Hop, Stage, Verdict, Weight};
use crate::trace::path::{Candidate, Http};

/// A path in the making: who walks, and what was met so far.
pub(super) struct Walk<'v, 'w> {
    pub(super) view: &'v View<'w>,
    pub(super) from: &'v From,
    pub(super) client: Client,
    pub(super) hops: Vec<Hop>,
    pub(super) endpoints: Vec<Candidate>,
    pub(super) http: Option<Http>,
    over: bool,
}

impl<'v, 'w> Walk<'v, 'w> {
    /// A walk that has not begun.
    pub(super) fn new(view: &'v View<'w>, from: &'v From, client: Client) -> Self {
        let (hops, endpoints) = (Vec::new(), Vec::new());
        Self {
            view,
            from,
            client,
            hops,
            endpoints,
            http: None,
            over: false,
        }
    }

    /// Adds a hop. Once the way is over, only that the stage was not reached.
    pub(super) fn step(&mut self, hop: Hop) {
        if self.over {
            self.skip(&[hop.stage]);
            return;
        }
        self.over = hop.verdict == Verdict::Fail && hop.weight == Weight::Counts;
        self.hops.push(hop);
    }

    /// Whether the way has ended.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// The stages that are not reached; only a pod has policies of its own for what it sends.
    pub(super) fn skip(&mut self, stages: &[Stage]) {
        let sends = matches!(self.client, Client::Inside(_))
            && matches!(self.from, From::Pod(_) | From::Workload(_));
        let reached = stages
            .iter()
            .filter(|stage| sends || **stage != Stage::Egress);
        let skipped = reached.map(|stage| Hop::new(*stage, None, Verdict::Skipped, "not reached"));
        self.hops.extend(skipped);
    }

    /// Notes the status that an HTTP client sees.
    pub(super) fn status(&mut self, status: u16) {
        self.http.get_or_insert_default().status = Some(status);
    }
}

/// A hop that cannot be judged because a kind cannot be read.
pub(super) fn unreadable(stage: Stage, gap: Gap) -> Hop {
    Hop::new(stage, None, Verdict::Unknown, &*gap.why).because(Cause::Unreadable(gap))
}
