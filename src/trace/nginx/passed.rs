//! TLS that is handed on unopened: the controller reads the server name of the first message and no more, so that
//! paths and annotations play no part.

use crate::model::evidence::Evidence;
use crate::semantics::nginx::annotation;
use crate::semantics::nginx::arguments;
use crate::semantics::nginx::passthrough::Passed;
use crate::trace::cause::Cause;
use crate::trace::end::Url;
use crate::trace::entry::{Entry, Meeting};
use crate::trace::hop::{self, Hop, Note, Stage, Verdict};
use crate::trace::path::Http;
use crate::trace::route::{self, Reach};
use crate::trace::walk::Walk;

const NAME: &str = "ssl-passthrough";

/// From the rule on, where an Ingress asks that TLS be handed on: whether it is is up to an argument of the controller.
pub(in crate::trace) fn follow(
    walk: &mut Walk<'_, '_>,
    request: &Url,
    entry: &Entry<'_>,
    met: &Meeting<'_>,
    passed: &Passed<'_>,
) {
    match arguments::passes_through(walk.view, &entry.class) {
        Some(true) => hand_on(walk, request, passed),
        Some(false) => {
            route::follow(walk, request, entry, met);
            tell(
                walk,
                passed,
                "ssl-passthrough is asked for and does nothing: the controller runs without --enable-ssl-passthrough and opens TLS itself",
            );
        }
        None => either(walk, request, entry, met, passed),
    }
}

fn tell(walk: &mut Walk<'_, '_>, passed: &Passed<'_>, text: &str) {
    let mut hops = walk.hops.iter_mut();
    if let Some(hop) = hops.find(|hop| hop.stage == Stage::Route) {
        hop.notes.push(Note {
            subject: Some(passed.by.meta.key.clone()),
            verdict: Verdict::Unknown,
            text: text.to_owned(),
        });
    }
}

/// By the server name alone to the Service's address.
fn hand_on(walk: &mut Walk<'_, '_>, request: &Url, passed: &Passed<'_>) {
    let key = &passed.by.meta.key;
    let evidence = || Evidence::new(key, &annotation::field(NAME), "true", "");
    let Some((ingress, backend)) = passed.to else {
        let words = format!(
            "TLS for {} is handed on unopened to what / leads to, and no rule of the host has that path",
            request.host
        );
        let hop = Hop::new(Stage::Route, Some(key.clone()), Verdict::Unknown, words);
        walk.step(hop.because(Cause::OutsideCluster).with(evidence()));
        walk.skip(route::AFTER);
        return;
    };
    let words = format!(
        "{} by its server name → {}: TLS is handed on unopened, so that paths and annotations play no part",
        request.host,
        route::leads(backend)
    );
    let hop = Hop::new(Stage::Route, Some(key.clone()), Verdict::Pass, words);
    walk.step(hop.with(evidence()));
    route::backend_by(walk, ingress, backend, Reach::Address(passed.by, NAME));
    // Nobody speaks HTTP before the backend does.
    if let Some(http) = &mut walk.http {
        http.status = None;
    }
}

/// The argument was not seen: what both ways have in common is certain.
fn either(
    walk: &mut Walk<'_, '_>,
    request: &Url,
    entry: &Entry<'_>,
    met: &Meeting<'_>,
    passed: &Passed<'_>,
) {
    let fresh = || {
        let mut way = Walk::new(walk.view, walk.from, walk.client.clone());
        way.http = Some(Http::default());
        way
    };
    let (mut unopened, mut opened) = (fresh(), fresh());
    hand_on(&mut unopened, request, passed);
    route::follow(&mut opened, request, entry, met);
    let end = |way: &Walk<'_, '_>| {
        let backend = way.http.as_ref().and_then(|http| http.backend.clone());
        (hop::verdict(&way.hops), backend)
    };
    if end(&unopened) == end(&opened) {
        super::join(walk, unopened);
        tell(
            walk,
            passed,
            "whether the controller runs with --enable-ssl-passthrough was not seen; it leads to the same Service without",
        );
        return;
    }
    let words = "ssl-passthrough is asked for; whether the controller runs with --enable-ssl-passthrough was not seen, and the outcome hangs on it";
    let key = &passed.by.meta.key;
    let class = entry.class.name().cloned().unwrap_or_default();
    let hop = Hop::new(Stage::Route, Some(key.clone()), Verdict::Unknown, words);
    walk.step(hop.because(Cause::ControllerUnseen(class)));
    walk.skip(route::AFTER);
}
