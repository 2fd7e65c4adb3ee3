//! A peer of a rule that matches no pod: the rule admits less than it seems to.

use crate::diagnosis::finding::Severity;
use crate::diagnosis::kubectl;
use crate::diagnosis::rule::{Draft, Rule, Sink};
use crate::diagnosis::rules::policy::namespace_label_missing;
use crate::diagnosis::rules::service::ports;
use crate::model::evidence::Evidence;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::policy::{Direction, Force, Peer, Places, Subject};
use crate::model::view::{View, as_policy};
use crate::semantics::policy::{select, words};
use crate::semantics::{near, unseen};

/// See the page.
pub const RULE: Rule = Rule {
    code: "NP004",
    slug: "peer-matches-nothing",
    title: "peer matches no pod",
    on: &[Kind::NetworkPolicy],
    page: include_str!("peer_matches_nothing.md"),
    check,
};

fn check(view: &View<'_>, key: &Key, sink: &mut Sink) {
    let Some(policy) = view.object(key).and_then(as_policy) else {
        return;
    };
    let own = key.namespace.clone().unwrap_or_default();
    for direction in [Direction::Ingress, Direction::Egress] {
        let section = policy.section(direction);
        if section.force != Force::Yes {
            continue;
        }
        for (at, rule) in section.rules.iter().enumerate() {
            for (n, peer) in rule.peers.as_deref().unwrap_or_default().iter().enumerate() {
                let Peer::Pods(subject) = peer else { continue };
                let field = format!(
                    "{}.{}[{n}]",
                    words::field(direction, Some(at)),
                    direction.peers_field()
                );
                if !is_malformed(subject)
                    && select::pods(view, key.namespace.as_ref(), subject).is_empty()
                    && namespace_label_missing::meant(view, subject).is_none()
                    && (!unseen::may_be_peopled(view, &own, subject)
                        || nearest(view, key, subject).is_some())
                {
                    sink.report(told(view, key, subject, &field));
                }
            }
        }
    }
}

fn is_malformed(subject: &Subject) -> bool {
    let places = match &subject.namespaces {
        Places::Own => false,
        Places::Selected(selector) => selector.is_malformed(),
    };
    places || subject.pods.is_malformed()
}

/// What was meant, where the peer says it with a few letters wrong.
fn nearest(view: &View<'_>, key: &Key, subject: &Subject) -> Option<String> {
    let own = key.namespace.clone().unwrap_or_default();
    let place = match &subject.namespaces {
        Places::Own => own,
        Places::Selected(selector) => match &*select::places(view, selector) {
            [] => {
                let near = unseen::nearly_a_namespace(view, selector)?;
                return Some(format!("namespace {near}"));
            }
            [one] => one.clone(),
            _ => return None,
        },
    };
    near::misspelt(view, &place, &subject.pods)
}

fn told(view: &View<'_>, key: &Key, subject: &Subject, field: &str) -> Draft {
    let whom = words::subject(subject);
    let (severity, nearest) = match nearest(view, key, subject) {
        Some(nearest) => (Severity::Warning, format!(" Nearest: {nearest}.")),
        None => (Severity::Info, String::new()),
    };
    let list = kubectl::list(Kind::Pod).selected(&subject.pods);
    let list = match (&subject.namespaces, &key.namespace) {
        (Places::Own, Some(namespace)) => list.in_namespace(namespace),
        _ => list.everywhere(),
    };
    ports::draft(severity, key, "peer matches no pod")
        .detail(field)
        .at(field)
        .says(format!("This peer means {whom}; there is none now, so it admits nobody.{nearest}"))
        .evidence(Evidence::new(key, field, whom, "at least one pod"))
        .confirm(list.showing_labels())
        .fix("If somebody is meant who is there, make the peer's labels agree with theirs; a podSelector alone means pods of the policy's own namespace.")
}
