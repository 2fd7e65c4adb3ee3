//! Who is let in at all: what clients have to show, and what keeps everybody out.
//!
//! Whether a client has what is asked for is not in the objects: that it is asked for is said, and the way goes on.

use crate::model::coverage::Gap;
use crate::model::evidence::Evidence;
use crate::model::ingress::Ingress;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::secret::Contents;
use crate::model::service::{Service, ServicePort, ServiceType};
use crate::model::view::View;
use crate::semantics::ingress::class_of;
use crate::semantics::nginx::annotation::{self, is_canary, text};
use crate::semantics::nginx::location::{Location, Server};
use crate::semantics::nginx::login::{self, ASKED, Address, Asked, Closed};
use crate::semantics::{alias, controller};
use crate::trace::cause::Cause;
use crate::trace::end::Url;
use crate::trace::entry::Entry;
use crate::trace::hop::{self, Hop, Stage, Verdict};
use crate::trace::nginx::sources::Judged;
use crate::trace::walk::Walk;
use crate::trace::way::Way;
use crate::trace::{backing, service, walk};

/// What keeps everybody out: a Secret or a value that a login needs and that is not there.
pub(super) fn shut(
    view: &View<'_>,
    entry: &Entry<'_>,
    server: &Server<'_>,
    location: &Location<'_>,
) -> Option<Judged> {
    let ruled = |one: &&&Ingress| one.rules.iter().any(|rule| rule.host == server.host);
    let neighbours = entry
        .ingresses
        .iter()
        .filter(|one| !is_canary(one))
        .filter(ruled);
    let of_host = neighbours
        .map(|one| (*one, 403))
        .find_map(|at| shut_by(view, at));
    of_host.or_else(|| shut_by(view, (location.ingress, 503)))
}

/// What an Ingress closes with a status; nothing is said where a Secret may not be read.
fn shut_by(view: &View<'_>, (one, status): (&Ingress, u16)) -> Option<Judged> {
    let mut needed = login::secrets(one)
        .filter(|it| login::status(it.annotation) == status && login::is_own(one, it));
    let unread = needed.find_map(|needed| {
        let place = needed.secret.namespace.as_ref();
        let gap = view.gap(Kind::Secret, place);
        gap.or_else(|| awaited(view, &needed.secret))
    });
    if let Some(gap) = unread {
        let hop = walk::unreadable(Stage::Route, gap);
        return Some(Judged {
            verdict: Verdict::Unknown,
            words: format!("whether anybody is let in is not known: {}", hop.reason),
            status: None,
            cause: hop.cause,
            evidence: Vec::new(),
        });
    }
    let mut closed = login::closed(view, one).into_iter();
    let closed = closed.find(|closed| closed.status() == status)?;
    let key = &one.meta.key;
    let value = text(one, closed.annotation()).unwrap_or("unset");
    let field = annotation::field(closed.annotation());
    let (words, expected) = match &closed {
        Closed::Value(name, wanted) => (format!("{name} is {value}"), *wanted),
        // Files need not hold what was made by hand.
        Closed::Missing(_) if view.is_offline() => return None,
        Closed::Missing(needed) => (
            format!("Secret {} is not there", needed.secret.short()),
            "a Secret that is there",
        ),
        Closed::Lacks(needed, key) => (
            format!("Secret {} has no {key}", needed.secret.short()),
            *key,
        ),
    };
    let whom = if status == 403 {
        "all paths of the host"
    } else {
        "its paths"
    };
    Some(Judged {
        verdict: Verdict::Fail,
        words: format!("{words}, so nobody can log in and {whom} are closed: {status}"),
        status: Some(status),
        cause: Some(Cause::LoginImpossible(key.clone())),
        evidence: vec![Evidence::new(key, &field, value, expected)],
    })
}

fn awaited(view: &View<'_>, secret: &Key) -> Option<Gap> {
    let waits = view.secret(secret)?.contents == Contents::Awaited;
    waits.then(|| Gap {
        kind: Kind::Secret,
        namespace: secret.namespace.clone(),
        why: format!("Secret {} is not read yet", secret.name).into(),
    })
}

/// What a client has to show, in words; or why it is turned away, by the lists of addresses or because whoever is asked
/// about it does not answer. With `satisfy: any` a list or a login is enough.
pub(super) fn asked(
    walk: &Walk<'_, '_>,
    request: &Url,
    one: &Ingress,
    lists: Judged,
) -> Result<(Vec<String>, Vec<Evidence>), Box<Judged>> {
    let any = text(one, "satisfy") == Some("any");
    let logs_in = login::by_password(one) || text(one, ASKED).is_some();
    if lists.verdict != Verdict::Pass && !(any && logs_in) {
        return Err(Box::new(lists));
    }
    let listed = !lists.evidence.is_empty();
    let mut words = Vec::new();
    if !(any && listed && lists.verdict == Verdict::Pass) {
        words.extend(password(one));
        words.extend(by_another(walk, one)?);
    }
    if request.is_tls() && login::by_certificate(one) {
        let secret = text(one, login::ISSUERS).unwrap_or_default();
        words.push(format!(
            "clients need a certificate from the issuer in Secret {secret}: without one 400"
        ));
    }
    Ok((words, lists.evidence))
}

fn password(one: &Ingress) -> Option<String> {
    let secret = text(one, login::PASSWORDS).unwrap_or_default();
    login::by_password(one)
        .then(|| format!("clients need a name and password of Secret {secret}: without them 401"))
}

/// `auth-url`: a server that is asked about each request.
fn by_another(walk: &Walk<'_, '_>, one: &Ingress) -> Result<Option<String>, Box<Judged>> {
    let Some(at) = text(one, ASKED) else {
        return Ok(None);
    };
    let address = login::asked(walk.view, one, at);
    if let Address::Short(asked) = &address {
        return Err(Box::new(unknown_name(one, at, asked)));
    }
    if let Address::Service(asked) = &address
        && let Some(hop) = does_not_answer(walk, one, asked)
    {
        return Err(Box::new(Judged {
            verdict: Verdict::Fail,
            words: format!("auth-url {at} does not answer: 500 ({})", hop.reason),
            status: Some(500),
            cause: hop.cause,
            evidence: vec![Evidence::new(
                &one.meta.key,
                &annotation::field(ASKED),
                at,
                "a Service that answers",
            )],
        }));
    }
    if matches!(address, Address::Service(_)) && asks_the_node(walk.view, one) {
        return Err(Box::new(Judged {
            verdict: Verdict::Unknown,
            words: format!(
                "{at} is asked first, by the name servers of the controller's node: whether they know names of the \
                 cluster cannot be seen"
            ),
            status: None,
            cause: Some(Cause::OutsideCluster),
            evidence: Vec::new(),
        }));
    }
    let refused = text(one, "auth-signin").map_or_else(
        || "its 401 or 403 is the answer".to_owned(),
        |page| format!("clients that it does not know are sent to {page}: 302"),
    );
    Ok(Some(format!("{at} is asked first: {refused}")))
}

/// A name that only search domains would complete.
fn unknown_name(one: &Ingress, at: &str, asked: &Asked) -> Judged {
    let key = &one.meta.key;
    let (name, place) = (&asked.service.name, asked.service.namespace_str());
    Judged {
        verdict: Verdict::Fail,
        words: format!(
            "auth-url {at} is no full name, and nginx knows no search domains, so that nobody answers: 500"
        ),
        status: Some(500),
        cause: Some(Cause::LoginServiceMissing(key.clone())),
        evidence: vec![Evidence::new(
            key,
            &annotation::field(ASKED),
            at,
            format!("{name}.{place}.svc.cluster.local"),
        )],
    }
}

/// Whether all pods of the controller ask the name servers of their nodes; none where no pod is seen.
fn asks_the_node(view: &View<'_>, one: &Ingress) -> bool {
    let class = class_of(view, one);
    let known = class.controller();
    let pods = known.map(|known| controller::pods(view, known, class.object()));
    let pods = pods.unwrap_or_default();
    !pods.is_empty() && pods.iter().all(|pod| login::asks_the_node(pod))
}

/// Why the Service behind an address of the cluster does not answer; none where it does, or where that is not known.
fn does_not_answer(walk: &Walk<'_, '_>, one: &Ingress, asked: &Asked) -> Option<Hop> {
    let view = walk.view;
    let place = asked.service.namespace.as_ref();
    if view.gap(Kind::Service, place).is_some() {
        return None;
    }
    let failing = |words: String| {
        Hop::new(
            Stage::Service,
            Some(asked.service.clone()),
            Verdict::Fail,
            words,
        )
        .because(Cause::LoginServiceMissing(one.meta.key.clone()))
    };
    let Some(service) = view.service(&asked.service) else {
        let apart = alias::may_be_apart(view, &asked.service);
        let words = format!("there is no Service {}", asked.service.short());
        return (!apart).then(|| failing(words));
    };
    if service.kind == ServiceType::ExternalName || service.headless {
        return None;
    }
    let known = service.ports.iter().find(|port| port.port == asked.port);
    let Some(port) = known else {
        return Some(failing(format!(
            "Service {} has no port {}",
            asked.service.short(),
            asked.port
        )));
    };
    dead_end(walk, service, port)
}

fn dead_end(walk: &Walk<'_, '_>, service: &Service, port: &ServicePort) -> Option<Hop> {
    let mut way = Walk::new(walk.view, walk.from, walk.client.clone());
    way.hops.extend(service::left_to_another(service));
    if !way.hops.is_empty() {
        return None;
    }
    let to = Way::to_address(&way, service, port);
    backing::follow(&mut way, service, port, &to);
    let failed = hop::verdict(&way.hops) == Verdict::Fail;
    let mut hops = way.hops.into_iter();
    hops.find(|hop| failed && hop.verdict == Verdict::Fail)
}
