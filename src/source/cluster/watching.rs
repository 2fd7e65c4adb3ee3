//! How a feed watches: event by event, and what the end of a watch means.

use crate::client::Fault;
use crate::model::delta::Delta;
use crate::source::cluster::feed::{Feed, Step, Stop};
use crate::source::cluster::hub::Wake;
use crate::source::cluster::watch::{Happening, Watch};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::Instant;

impl Feed {
    pub(super) async fn watch(&mut self, from: String) -> Result<(), Stop> {
        let shared = Arc::clone(&self.shared);
        let reporter = self.reporter.clone();
        let wire = Self::wire(&shared, &reporter);
        let opening = Watch::open(wire, self.kind, &self.place, &self.version, &from).await;
        if matches!(opening, Err(Fault::Expired)) {
            return self.too_old(false);
        }
        let mut watch = opening?;
        self.heed();
        let mut wakes = self.wakes.clone();
        let trusted = self.called.suspect;
        self.all_is_well().await?;
        let opened = Instant::now();
        let mut lively = false;
        loop {
            let good = |lively: bool| lively || opened.elapsed() >= shared.timing.settled;
            let next = tokio::select! {
                next = watch.next() => next,
                () = suspected(&mut wakes, trusted) => return Ok(()),
            };
            match next {
                Ok(Some((Happening::Refused(Fault::Expired), _))) => {
                    return self.too_old(good(lively));
                }
                Ok(Some((Happening::Refused(fault), _))) => return Err(fault.into()),
                Ok(Some((happening, version))) => {
                    lively = true;
                    self.happened(happening, version).await?;
                }
                // Its time was up, or the way is gone: the next attempt tells.
                Ok(None) | Err(Fault::Connection(_)) if good(lively) => {
                    self.backoff.reset();
                    return Ok(());
                }
                Ok(None) => {
                    let why = String::from("the server ends the watch at once");
                    return Err(Fault::Refused(200, why).into());
                }
                Err(Fault::Garbled(why)) => {
                    self.cursor = None;
                    return Err(Fault::Garbled(why).into());
                }
                Err(fault) => return Err(fault.into()),
            }
        }
    }

    async fn happened(&mut self, happening: Happening, version: String) -> Step {
        self.good = Timestamp::now();
        self.expired = 0;
        self.backoff.reset();
        if !version.is_empty() {
            self.cursor = Some(version);
        }
        match happening {
            Happening::Changed(object) => {
                let object = self.known(*object);
                self.send(Delta::Upsert(Box::new(object))).await
            }
            Happening::Gone(object) => self.send(Delta::Delete(object.key().clone())).await,
            Happening::Bookmark | Happening::Refused(_) => Ok(()),
        }
    }

    /// The version to watch from is no longer there: list anew, at once the first time.
    fn too_old(&mut self, after_a_good_watch: bool) -> Result<(), Stop> {
        self.cursor = None;
        if after_a_good_watch {
            self.expired = 0;
        }
        self.expired += 1;
        if self.expired > 1 {
            return Err(Fault::Expired.into());
        }
        Ok(())
    }
}

/// Waits until open connections are no longer to be trusted.
async fn suspected(wakes: &mut watch::Receiver<Wake>, trusted: u64) {
    let called = wakes.wait_for(|wake| wake.suspect != trusted).await.is_ok();
    if !called {
        // Nobody can call any more: the feed ends by other means.
        std::future::pending::<()>().await;
    }
}
