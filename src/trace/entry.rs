//! The way in by Ingress: which controllers serve which Ingresses, and whether they are at work.

use crate::model::evidence::Evidence;
use crate::model::ingress::Ingress;
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::view::{View, as_ingress};
use crate::semantics::class_params::closed_to;
use crate::semantics::controller::{self, Known};
use crate::semantics::ingress::{self, Chosen, Class, HostFit};
use crate::semantics::nginx;
use crate::semantics::nginx::location::{self, Location, Met, Server};
use crate::semantics::readiness;
use crate::trace::cause::Cause;
use crate::trace::end::Url;
use crate::trace::hop::{Hop, Note, Stage, Verdict};
use crate::trace::walk;
use std::collections::BTreeMap;

/// The Ingresses that one controller serves together.
pub(super) struct Entry<'w> {
    /// The class, or the first Ingress where there is none.
    pub(super) key: Key,
    pub(super) class: Class<'w>,
    pub(super) known: Option<&'static Known>,
    pub(super) ingresses: Vec<&'w Ingress>,
}

/// All Ingresses, by class name.
pub(super) fn entries<'w>(view: &View<'w>) -> Vec<Entry<'w>> {
    let mut groups: BTreeMap<Option<Name>, (Class<'w>, Vec<&'w Ingress>)> = BTreeMap::new();
    for one in view.all(Kind::Ingress).filter_map(as_ingress) {
        let class = ingress::class_of(view, one);
        groups
            .entry(class.name().cloned())
            .or_insert((class, Vec::new()))
            .1
            .push(one);
    }
    let entry = |(name, (class, ingresses)): (Option<Name>, (Class<'w>, Vec<&'w Ingress>))| {
        let first = ingresses.first().map(|one| one.meta.key.clone());
        let key = name
            .as_ref()
            .map(|name| Key::cluster(Kind::IngressClass, name.clone()))
            .or(first)?;
        let known = controller::known(class.object(), name.as_deref().unwrap_or(""));
        Some(Entry {
            key,
            class,
            known,
            ingresses,
        })
    };
    groups.into_iter().filter_map(entry).collect()
}

/// What a request meets at an entry.
pub(super) enum Meeting<'w> {
    /// A rule or a default backend; at ingress-nginx with the server and the location that it becomes.
    Rule(Chosen<'w>, Option<Box<(Server<'w>, Location<'w>)>>),
    /// Only the same path with a slash.
    Slash(&'w Ingress),
    /// A redirect to another host.
    Www(&'w Ingress, String),
    /// A pattern that only the controller understands.
    Unclear(&'w Ingress, String),
    /// Nothing.
    Nothing,
}

impl<'w> Meeting<'w> {
    /// The Ingress that decides.
    pub(super) fn ingress(&self) -> Option<&'w Ingress> {
        match self {
            Self::Rule(chosen, _) => Some(chosen.ingress),
            Self::Slash(one) | Self::Www(one, _) | Self::Unclear(one, _) => Some(one),
            Self::Nothing => None,
        }
    }
}

impl<'w> Entry<'w> {
    /// The entry of one Ingress, without its neighbours.
    pub(super) fn of(view: &View<'w>, ingress: &'w Ingress) -> Self {
        let class = ingress::class_of(view, ingress);
        let known = class.controller();
        let name = class.name();
        let key = name.map(|name| Key::cluster(Kind::IngressClass, name.clone()));
        Self {
            key: key.unwrap_or_else(|| ingress.meta.key.clone()),
            class,
            known,
            ingresses: vec![ingress],
        }
    }

    /// Whether ingress-nginx serves it.
    pub(super) fn is_nginx(&self) -> bool {
        self.known.is_some_and(controller::Known::is_nginx)
    }

    /// Whether a rule is for the host.
    pub(super) fn claims(&self, host: &str) -> bool {
        if self.is_nginx() {
            return location::claims(&self.ingresses, host)
                || ingress::claims_host(&self.ingresses, host) == Some(HostFit::Any);
        }
        ingress::claims_host(&self.ingresses, host).is_some()
    }
}

/// What a request meets at an entry.
pub(super) fn meet<'w>(entry: &Entry<'w>, request: &Url) -> Meeting<'w> {
    if entry.is_nginx() {
        let path = nginx::uri::normalised(&request.path);
        return match location::meet(&entry.ingresses, &request.host, &path) {
            Met::Location(server, at) => {
                let chosen = at.backend.map(|backend| Chosen {
                    ingress: at.ingress,
                    rule: at.rule,
                    backend,
                });
                chosen.map_or(Meeting::Nothing, |chosen| {
                    Meeting::Rule(chosen, Some(Box::new((server, at))))
                })
            }
            Met::Nothing => Meeting::Nothing,
            Met::Slash(one) => Meeting::Slash(one),
            Met::Www(one, host) => Meeting::Www(one, host),
            Met::Unclear(one, pattern) => Meeting::Unclear(one, pattern),
        };
    }
    let controller = entry.class.object().map(|class| class.controller.as_str());
    let controller = controller
        .or(entry.known.map(controller::Known::reads))
        .unwrap_or("");
    let own = ingress::own_paths(controller);
    let chosen = ingress::choose(&entry.ingresses, &request.host, &request.path, own);
    chosen.map_or(Meeting::Nothing, |chosen| Meeting::Rule(chosen, None))
}

/// The entry hop: a controller that is seen and not ready fails it; an address in the status shows one at work.
pub(super) fn hop(view: &View<'_>, entry: &Entry<'_>, met: Option<&Ingress>) -> Hop {
    if let Some(gap) = view.gap(Kind::IngressClass, None) {
        return walk::unreadable(Stage::Entry, gap);
    }
    let subject = met.or(entry.ingresses.first().copied());
    let subject = subject.map(|one| one.meta.key.clone());
    if let Some(hop) = subject
        .as_ref()
        .and_then(|subject| classless(view, entry, subject))
    {
        return hop;
    }
    if let Some(hop) = met.and_then(|met| closed(view, entry, met)) {
        return hop;
    }
    let class = entry.class.name().cloned().unwrap_or_default();
    let pods = entry
        .known
        .map(|known| controller::pods(view, known, entry.class.object()))
        .unwrap_or_default();
    if pods.is_empty() {
        return unseen(view, entry, subject, class);
    }
    let ready = pods
        .iter()
        .filter(|pod| pod.is_ready() && !pod.is_terminating())
        .count();
    if ready == 0 {
        return not_ready(view, entry, subject, &class, &pods);
    }
    let words = format!("class {class} · controller {ready} of {} ready", pods.len());
    Hop::new(Stage::Entry, subject, Verdict::Pass, words)
}

/// No controller serves it, because there is no class, or none of that name.
fn classless(view: &View<'_>, entry: &Entry<'_>, subject: &Key) -> Option<Hop> {
    let fail = |words: String, cause: Cause, observed: &str, expected: &str| {
        Hop::new(Stage::Entry, Some(subject.clone()), Verdict::Fail, words)
            .because(cause)
            .with(Evidence::new(
                subject,
                "spec.ingressClassName",
                observed,
                expected,
            ))
    };
    match &entry.class {
        // An address in the status: some controller takes Ingresses without a class.
        Class::None if ingress::classes_can_be_judged(view) && !has_address(view, subject) => {
            if let Some(gap) = controller::classless_gap(view) {
                return Some(walk::unreadable(Stage::Entry, gap));
            }
            let words = "no class, and no class is the default: no controller serves it".to_owned();
            Some(fail(
                words,
                Cause::NoClass(subject.clone()),
                "unset",
                "a class",
            ))
        }
        Class::Field(name, None) if ingress::classes_can_be_judged(view) => {
            let words = format!("class {name} does not exist: no controller serves it");
            Some(fail(
                words,
                Cause::ClassMissing(subject.clone()),
                name,
                "an IngressClass that exists",
            ))
        }
        _ => None,
    }
}

/// The parameters of the class do not admit the namespace of the Ingress.
fn closed<'w>(view: &View<'w>, entry: &Entry<'w>, met: &Ingress) -> Option<Hop> {
    let (params, selector) = closed_to(view, met, &entry.class)?;
    let key = &met.meta.key;
    let place = key.namespace_str();
    let words = format!(
        "the parameters of the class admit namespaces with {selector} only, and {place} is none: no controller serves it"
    );
    let hop = Hop::new(Stage::Entry, Some(key.clone()), Verdict::Fail, words);
    let ground = Evidence::new(
        &params,
        "spec.namespaceSelector",
        selector.to_string(),
        format!("a selector that matches namespace {place}"),
    );
    Some(hop.because(Cause::ClassClosed(key.clone())).with(ground))
}

fn has_address(view: &View<'_>, ingress: &Key) -> bool {
    view.ingress(ingress)
        .is_some_and(|ingress| !ingress.addresses.is_empty())
}

fn unseen(view: &View<'_>, entry: &Entry<'_>, subject: Option<Key>, class: Name) -> Hop {
    if let Some(address) = entry.ingresses.iter().find_map(|one| one.addresses.first()) {
        let ip = address.ip.map(|ip| ip.to_string());
        let shown = ip
            .or(address.hostname.as_ref().map(ToString::to_string))
            .unwrap_or_default();
        return Hop::new(
            Stage::Entry,
            subject,
            Verdict::Pass,
            format!("class {class} · address {shown}"),
        );
    }
    let words = if class.is_empty() {
        "no class is named; the cluster may have a default".to_owned()
    } else {
        format!("class {class} · its controller was not seen")
    };
    let hop = Hop::new(Stage::Entry, subject, Verdict::Unknown, words)
        .because(Cause::ControllerUnseen(class));
    if view.is_offline() {
        hop.advisory()
    } else {
        hop
    }
}

fn not_ready(
    view: &View<'_>,
    entry: &Entry<'_>,
    subject: Option<Key>,
    class: &Name,
    pods: &[&Pod],
) -> Hop {
    let note = |pod: &&Pod| {
        let reason = readiness::why_not_ready(view, pod)
            .map(|reason| reason.to_string())
            .unwrap_or_default();
        let key = &pod.meta.key;
        Note {
            subject: Some(key.clone()),
            verdict: Verdict::Fail,
            text: format!("{}  {reason}", key.name),
        }
    };
    let words = format!("class {class} · controller 0 of {} ready", pods.len());
    let mut hop = Hop::new(Stage::Entry, subject, Verdict::Fail, words)
        .because(Cause::ControllerNotReady(entry.key.clone()))
        .noting(pods.iter().map(note).collect());
    let seen = pods.iter().map(|pod| {
        Evidence::new(
            &pod.meta.key,
            "status.conditions[Ready]",
            "not True",
            "a ready controller pod",
        )
    });
    hop.evidence = seen.collect();
    hop
}
