//! A policy as sentences, with whom each rule admits now; and which policies isolate a pod.

use super::facts::Sheet;
use super::readings;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::policy::{Action, Direction, Force, Policy, Rule, Tier};
use crate::model::view::{View, as_pod};
use crate::semantics::network::unenforced;
use crate::semantics::policy::end::End;
use crate::semantics::policy::judge::Judge;
use crate::semantics::policy::matching::{Match, Surroundings, pod_end};
use crate::semantics::policy::rules::{Applicable, Chosen};
use crate::semantics::policy::select;
use crate::semantics::policy::words;
use crate::ui::theme::Role;

/// How many pods are named before the rest is counted.
const NAMED: usize = 6;

/// What a policy says, and whom that means now.
pub(super) fn of_policy(sheet: &mut Sheet, view: &View<'_>, policy: &Policy, cells: u16) {
    sheet.heading("Policy");
    let about = select::pods_of(view, policy);
    sheet.text("about", words::subject(&policy.subject));
    if policy.tier == Tier::Foreign {
        sheet.pair("rules", Role::Unknown, "not judged");
        return;
    }
    let role = if about.is_empty() {
        Role::Warning
    } else {
        Role::Text
    };
    sheet.pair("pods now", role, named(&about));
    if let Some(why) = unenforced(view) {
        sheet.pair("if enforced", Role::Warning, why);
    }
    for direction in [Direction::Ingress, Direction::Egress] {
        section(sheet, view, policy, direction, cells);
    }
}

fn section(sheet: &mut Sheet, view: &View<'_>, policy: &Policy, direction: Direction, cells: u16) {
    let section = policy.section(direction);
    let verb = match direction {
        Direction::Ingress => "receive",
        Direction::Egress => "send",
    };
    if section.force == Force::No {
        sheet.heading(&format!("What they {verb}: not limited by this policy"));
        return;
    }
    sheet.heading(&match (section.force, section.rules.is_empty()) {
        (Force::Open, _) => format!("What they {verb}: not isolated by this policy"),
        (_, true) => format!("What they {verb}: nothing, as far as this policy goes"),
        (_, false) => format!("What they {verb}"),
    });
    let around = Surroundings::new(view);
    for (at, rule) in section.rules.iter().enumerate() {
        let place = words::place(policy, direction, at);
        sheet.text(
            place.trim_start_matches("spec."),
            words::rule(direction, rule),
        );
        whom(sheet, &around, policy, rule);
        readings::of(sheet, &around, policy, rule, cells);
    }
}

/// The pods that a rule means now.
fn whom(sheet: &mut Sheet, around: &Surroundings<'_, '_>, policy: &Policy, rule: &Rule) {
    if rule.peers.is_none() {
        return;
    }
    let verb = match rule.action {
        Action::Allow => "admits now",
        Action::Deny => "denies now",
        Action::Pass | Action::Unclear => "means now",
    };
    let view = around.view();
    let (mut certain, mut perhaps) = (Vec::new(), 0_usize);
    let pods = view.all(Kind::Pod).filter_map(as_pod);
    for pod in pods.filter(|pod| !pod.is_terminal()) {
        match around.rule(policy, rule, &End::Pod(pod_end(view, pod))).0 {
            Match::Yes => certain.push(pod),
            Match::Maybe(_) => perhaps += 1,
            Match::No => {}
        }
    }
    if certain.is_empty() && perhaps == 0 {
        sheet.pair(verb, Role::Warning, "no pod");
        return;
    }
    let mut said = Vec::new();
    if !certain.is_empty() {
        said.push(named(&certain));
    }
    if perhaps > 0 {
        said.push(format!("perhaps {perhaps} more"));
    }
    sheet.pair(verb, Role::Dim, said.join("; "));
}

fn named(pods: &[&Pod]) -> String {
    let shown: Vec<String> = pods
        .iter()
        .take(NAMED)
        .map(|pod| pod.meta.key.short())
        .collect();
    match pods.len() {
        0 => "none".to_owned(),
        count if count > NAMED => format!("{count}: {} …", shown.join(", ")),
        count => format!("{count}: {}", shown.join(", ")),
    }
}

/// Whether a pod is isolated, in which direction, and by whom.
pub(super) fn of_pod(sheet: &mut Sheet, view: &View<'_>, pod: &Pod) {
    if pod.is_terminal() {
        return;
    }
    sheet.heading("Policies");
    let judge = Judge::new(view);
    let end = pod_end(view, pod);
    for (name, direction) in [
        ("receives", Direction::Ingress),
        ("sends", Direction::Egress),
    ] {
        let (role, said) = isolation(&judge.applicable(&end, direction), pod);
        sheet.pair(name, role, said);
    }
    if let Some(why) = unenforced(view) {
        sheet.pair("if enforced", Role::Warning, why);
    }
}

fn isolation(applicable: &Applicable<'_>, pod: &Pod) -> (Role, String) {
    if let Some(gap) = applicable.gaps.first() {
        return (Role::Unknown, gap.why.to_string());
    }
    let names = |chosen: &mut dyn Iterator<Item = &Chosen<'_>>| {
        let names: Vec<String> = chosen.map(|one| words::name(one.policy)).collect();
        names.join(", ")
    };
    let mut said = Vec::new();
    let mut role = Role::Text;
    let mut clause = |words: &str, found: String| {
        if !found.is_empty() {
            said.push(format!("{words} {found}"));
        }
    };
    let foreign = names(&mut applicable.foreign.iter());
    if !foreign.is_empty() {
        role = Role::Unknown;
    }
    clause("isolated by", names(&mut applicable.isolating()));
    let perhaps = |one: &&Chosen<'_>| matches!(one.isolates, Match::Maybe(_));
    clause(
        "perhaps isolated by",
        names(&mut applicable.namespaced.iter().filter(perhaps)),
    );
    let open = |one: &&Chosen<'_>| one.isolates == Match::No;
    clause(
        "touched, not isolated, by",
        names(&mut applicable.namespaced.iter().filter(open)),
    );
    clause("first read:", names(&mut applicable.admin.iter().flatten()));
    if applicable.isolating().next().is_none() {
        clause("then:", names(&mut applicable.baseline.iter().flatten()));
    }
    clause("not judged:", foreign);
    if !said.is_empty() {
        return (role, said.join("; "));
    }
    let why = if pod.host_network {
        "not isolated: the pod shares its node's network"
    } else {
        "not isolated: no policy is about it"
    };
    (Role::Text, why.to_owned())
}
