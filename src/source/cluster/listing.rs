//! How a feed lists: growing the first time, one atomic replacement every later time.

use crate::client::Fault;
use crate::model::coverage::State;
use crate::model::delta::Delta;
use crate::model::object::Object;
use crate::source::cluster::feed::{Feed, Step, Stop};
use crate::source::cluster::list::{Page, Part};
use crate::source::cluster::place::Place;
use std::sync::Arc;

impl Feed {
    /// Lists everything and answers the version to watch from.
    pub(super) async fn list(&mut self) -> Result<String, Stop> {
        let growing = !self.synced && !self.grown;
        let mut kept = Vec::new();
        let mut seen = 0;
        let mut part = Part::First;
        let version = loop {
            match self.page(&part, growing, &mut kept, &mut seen).await {
                Ok((version, None)) => break version,
                Ok((_, Some(token))) => part = Part::After(token),
                // The token outlived its snapshot: ask for the whole at once. What has grown so far is replaced.
                Err(Stop::Fault(Fault::Expired)) if matches!(part, Part::After(_)) => {
                    return self.list_whole().await;
                }
                Err(stop) => return Err(stop),
            }
        };
        if !growing {
            self.replace(kept).await?;
        }
        self.listed(version).await
    }

    async fn list_whole(&mut self) -> Result<String, Stop> {
        let (mut kept, mut seen) = (Vec::new(), 0);
        let (version, _) = self.page(&Part::Whole, false, &mut kept, &mut seen).await?;
        self.replace(kept).await?;
        self.listed(version).await
    }

    /// Reads one page: into the world at once while growing, else into `kept`.
    async fn page(
        &mut self,
        part: &Part,
        growing: bool,
        kept: &mut Vec<Object>,
        seen: &mut usize,
    ) -> Result<(String, Option<String>), Stop> {
        let shared = Arc::clone(&self.shared);
        let reporter = self.reporter.clone();
        let wire = Self::wire(&shared, &reporter);
        let mut page = Page::open(wire, self.kind, &self.place, &self.version, part).await?;
        self.heed();
        while let Some(objects) = page.next().await? {
            *seen += objects.len();
            if growing {
                self.grown |= !objects.is_empty();
                for object in objects {
                    let object = self.known(object);
                    self.send(Delta::Upsert(Box::new(object))).await?;
                }
            } else {
                kept.extend(objects);
            }
        }
        let meta = page.finish()?;
        if !self.synced {
            self.note(State::Syncing { seen: *seen }).await?;
        }
        let version = meta.resource_version.unwrap_or_default();
        Ok((version, meta.next.filter(|token| !token.is_empty())))
    }

    pub(super) fn known(&mut self, object: Object) -> Object {
        if matches!(self.place, Place::Itself(_)) {
            self.itself = Some(object.key().clone());
        }
        object
    }

    pub(super) async fn replace(&mut self, objects: Vec<Object>) -> Step {
        if matches!(self.place, Place::Itself(_)) {
            // Not the whole of its kind: only this one object may go.
            if let Some(old) = self.itself.take()
                && !objects.iter().any(|object| *object.key() == old)
            {
                self.send(Delta::Delete(old)).await?;
            }
            for object in objects {
                let object = self.known(object);
                self.send(Delta::Upsert(Box::new(object))).await?;
            }
            return Ok(());
        }
        self.send(Delta::Replace {
            kind: self.kind,
            namespace: self.place.namespace().cloned(),
            objects,
        })
        .await
    }

    async fn listed(&mut self, version: String) -> Result<String, Stop> {
        self.synced = true;
        self.cursor = Some(version.clone());
        self.widen();
        self.all_is_well().await?;
        Ok(version)
    }
}
