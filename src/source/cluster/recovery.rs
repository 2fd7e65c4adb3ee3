//! What a feed does after a fault: wait, log in again, fall back to what may be read, or note that the kind is not there.

use crate::client::Fault;
use crate::client::text::one_line;
use crate::model::coverage::State;
use crate::model::key::Name;
use crate::model::kind::Kind;
use crate::source::cluster::discover::{Offer, Served};
use crate::source::cluster::feed::{Feed, Narrowed, Step, Unheard};
use crate::source::cluster::place::Place;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

impl Feed {
    pub(super) async fn recover(&mut self, fault: Fault) -> Step {
        tracing::debug!(kind = %self.kind, %fault, "a request failed");
        self.shared.hub.count(&self.reporter, |traffic| {
            traffic.fault = Some(fault.to_string());
        });
        if fault.answered() && fault != Fault::Unauthorised {
            self.shared.hub.answered(&self.reporter);
            self.heed();
        }
        match fault {
            Fault::Unauthorised => self.unauthorised().await,
            Fault::Forbidden(message) => self.forbidden(&message).await,
            Fault::NotFound(_) => {
                self.cursor = None;
                self.absent().await
            }
            Fault::Busy(Some(after)) => {
                let most = self.shared.timing.forbidden;
                let wait = after.min(most).max(self.backoff.next());
                self.stale(&fault).await?;
                // What the server asks for is not cut short by others' success.
                tokio::time::sleep(wait).await;
                Ok(())
            }
            Fault::Connection(ref error) => {
                let wait = self.backoff.next();
                self.shared.hub.lost(&self.reporter, error, after(wait));
                self.stale(&fault).await?;
                self.pause(wait).await
            }
            Fault::Busy(None) | Fault::Expired | Fault::Refused(..) | Fault::Garbled(_) => {
                let wait = self.backoff.next();
                self.stale(&fault).await?;
                self.pause(wait).await
            }
        }
    }

    async fn unauthorised(&mut self) -> Step {
        let connection = Arc::clone(&self.shared.connection);
        let error = match connection.renew().await {
            Ok(true) => return Ok(()),
            Ok(false) => connection.unauthorised().await,
            Err(error) => error,
        };
        let wait = self.backoff.next();
        self.shared.hub.lost(&self.reporter, &error, after(wait));
        self.stale(&Fault::Connection(error)).await?;
        self.pause(wait).await
    }

    async fn forbidden(&mut self, message: &str) -> Step {
        let mut detail = self.refusal(message);
        let namespaces = self.shared.scope.fallback(self.kind);
        if self.place == Place::All && !namespaces.is_empty() {
            detail.push_str("; asked for in namespace ");
            detail.push_str(&namespaces.join(", "));
            detail.push_str(" alone");
            self.note(State::Forbidden {
                detail: detail.into(),
            })
            .await?;
            self.narrow(namespaces);
        } else {
            self.note(State::Forbidden {
                detail: detail.into(),
            })
            .await?;
        }
        self.pause(self.shared.timing.forbidden).await
    }

    /// `list pods in all namespaces is forbidden for user ada`.
    fn refusal(&self, message: &str) -> String {
        let info = self.kind.info();
        let verb = if self.cursor.is_some() {
            "watch"
        } else {
            "list"
        };
        let resource = if info.group.is_empty() {
            info.plural.to_owned()
        } else {
            format!("{}.{}", info.plural, info.group)
        };
        let place = self.place.phrase(self.kind);
        let user = user_of(message)
            .map_or_else(String::new, |user| format!(" for user {}", one_line(user)));
        format!("{verb} {resource}{place} is forbidden{user}")
    }

    /// Starts a feed for each namespace that is known, in the stead of the whole cluster.
    fn narrow(&mut self, namespaces: Vec<Name>) {
        if self.narrowed.is_some() {
            return;
        }
        let cancel = self.shared.cancel.child_token();
        for namespace in &namespaces {
            let place = if self.kind == Kind::Namespace {
                Place::Itself(namespace.clone())
            } else {
                Place::In(namespace.clone())
            };
            let feed = Box::pin(Self::new(Arc::clone(&self.shared), self.kind, place).run());
            let cancel = cancel.clone();
            self.shared
                .tasks
                .spawn(async move { cancel.run_until_cancelled_owned(feed).await });
        }
        self.narrowed = Some(Narrowed { cancel, namespaces });
    }

    /// The whole cluster can be read after all: the stand-ins end, and their notes follow this feed's from now on.
    pub(super) fn widen(&mut self) {
        if let Some(narrowed) = &self.narrowed
            && !narrowed.cancel.is_cancelled()
        {
            narrowed.cancel.cancel();
            self.noted = None;
        }
    }

    /// The server does not know the resource (in this version).
    pub(super) async fn absent(&mut self) -> Step {
        let mut served = self.shared.hub.served.subscribe();
        let Ok(offer) = served
            .wait_for(Option::is_some)
            .await
            .map(|now| self.offer_in(now.as_ref()))
        else {
            return Err(Unheard);
        };
        if let Offer::Version(version) = offer
            && version != self.version
        {
            self.version = version;
            return Ok(());
        }
        self.not_installed().await?;
        served.mark_unchanged();
        self.shared.hub.rediscover.notify_one();
        loop {
            let waited = tokio::time::timeout(self.shared.timing.forbidden, served.changed()).await;
            match waited {
                Err(_) => return Ok(()),
                Ok(Err(_)) => return Err(Unheard),
                Ok(Ok(())) => {}
            }
            let offer = self.offer_in(served.borrow_and_update().as_ref());
            if let Offer::Version(version) = offer {
                self.version = version;
                // It may still be on its way out, or in: not at once.
                let wait = self.backoff.next();
                return self.pause(wait).await;
            }
        }
    }

    fn offer_in(&self, served: Option<&Arc<Served>>) -> Offer {
        served.map_or(Offer::Obscure, |served| served.offer(self.kind))
    }

    /// Waits until the cluster serves the kind, or until it cannot be told.
    pub(super) async fn until_served(&mut self) -> Step {
        let mut served = self.shared.hub.served.subscribe();
        loop {
            let offer = served
                .borrow_and_update()
                .as_ref()
                .map(|served| served.offer(self.kind));
            match offer {
                Some(Offer::Version(version)) => {
                    self.version = version;
                    return Ok(());
                }
                Some(Offer::Obscure) => return Ok(()),
                Some(Offer::Absent) => self.not_installed().await?,
                None => {}
            }
            if served.changed().await.is_err() {
                return Err(Unheard);
            }
        }
    }

    async fn not_installed(&mut self) -> Step {
        if self.synced || self.grown {
            self.replace(Vec::new()).await?;
        }
        self.synced = false;
        self.grown = false;
        self.note(State::NotInstalled).await
    }
}

/// The moment so long from now.
fn after(wait: Duration) -> Timestamp {
    let now = Timestamp::now();
    SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .unwrap_or(now)
}

/// The user in `pods is forbidden: User "ada" cannot list resource …`.
pub(super) fn user_of(message: &str) -> Option<&str> {
    message
        .split_once("User \"")?
        .1
        .split_once('"')
        .map(|(user, _)| user)
}

#[cfg(test)]
mod tests {
    use super::user_of;

    #[test]
    fn the_user_of_a_refusal() {
        let message = r#"pods is forbidden: User "system:serviceaccount:shop:viewer" cannot list resource "pods" in API group "" at the cluster scope"#;
        assert_eq!(user_of(message), Some("system:serviceaccount:shop:viewer"));
        assert_eq!(user_of("no"), None);
        assert_eq!(user_of("User \"unclosed"), None);
    }
}
