//! Why a cell of the map is as it is: what may pass, who decides it in each direction, and what would admit the rest.

use super::map::{Map, OUTSIDE, told};
use super::{Pair, query, short};
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::policy::Direction;
use crate::model::port::Protocol;
use crate::model::service::Family;
use crate::model::view::View;
use crate::output::glyph::{Charset, Mark};
use crate::semantics::policy::addition::addition;
use crate::semantics::policy::address::{cut, follows, nets, space};
use crate::semantics::policy::end::{End, Span};
use crate::semantics::policy::family::ways;
use crate::semantics::policy::judge::{Answer, Asked, Decision, Judge, own_node};
use crate::semantics::policy::matching::{Surroundings, pod_end};
use crate::semantics::policy::reach::summary::Summary;
use crate::semantics::policy::reason::sentence;
use crate::ui::rich::Line;
use crate::ui::snapshot::Snapshot;
use crate::ui::theme::Role;

/// Why a cell is as it is.
#[derive(Clone, Debug, Default)]
pub struct Reason {
    /// In words.
    pub lines: Vec<Line>,
    /// The policy that decides it first of all.
    pub policy: Option<Key>,
}

/// How many ports of a receiver are looked into.
const PORTS: usize = 4;
/// How many cases are told apart where pods or addresses differ.
const CASES: usize = 6;
/// How many pairs of pods are looked at to find them.
const PAIRS: usize = 256;

type Port = (Protocol, u16);

/// A port that is looked into.
#[derive(Clone, Copy)]
struct Question {
    port: Port,
    /// What it stands for, where it was neither asked for nor declared.
    stands_for: Option<&'static str>,
}

impl Question {
    fn words(self) -> String {
        self.stands_for
            .map_or_else(|| query::words(self.port, ""), str::to_owned)
    }
}

/// Both directions of one port of one pair.
struct Case<'w> {
    ends: (End<'w>, End<'w>),
    names: (String, String),
    /// Over which family of addresses, where that may make a difference.
    family: Option<Family>,
    egress: Decision<'w>,
    ingress: Decision<'w>,
    answer: Answer,
}

/// Why a cell is as it is; nothing where its ends are gone.
pub fn of(snapshot: &Snapshot, map: &Map, pair: &Pair, port: Option<Port>) -> Reason {
    let (src, dst) = pair;
    let mut reason = Reason::default();
    let Some((row, column)) = map.position(pair) else {
        return reason;
    };
    let head = Line::of(Role::Strong, short(src))
        .and(Role::Dim, " → ")
        .and(Role::Strong, short(dst));
    reason.lines.push(head.hang(2));
    if src == dst {
        let words = "The map is about two workloads; f lists all peers of this one.";
        reason.lines.push(Line::of(Role::Dim, words));
        return reason;
    }
    let Some(summary) = map.cell(row, column) else {
        return reason;
    };
    reason.lines.push(may_pass(summary));
    let view = View::new(&snapshot.world);
    let judge = Judge::new(&view);
    for question in questions(&view, map, pair, port, summary) {
        let cases = cases(&view, &judge, map, pair, question);
        one_port(&mut reason, &view, &judge, map, question, &cases);
    }
    reason
}

fn may_pass(summary: &Summary) -> Line {
    let (role, mark) = if summary.everyone.is_all() {
        (Role::Pass, Mark::Pass.glyph(Charset::Unicode))
    } else if !summary.someone.is_empty() {
        (Role::Pass, "~")
    } else if !summary.unknown.is_empty() {
        (Role::Unknown, Mark::Unknown.glyph(Charset::Unicode))
    } else {
        (Role::Fail, Mark::Fail.glyph(Charset::Unicode))
    };
    Line::of(role, format!("{mark} "))
        .and(Role::Dim, "may pass: ")
        .and(Role::Text, told(summary))
        .hang(2)
}

/// The port that is asked for; else those that the receiver declares, and one that stands for the others where these
/// do not tell all.
fn questions(
    view: &View<'_>,
    map: &Map,
    (_, dst): &Pair,
    port: Option<Port>,
    summary: &Summary,
) -> Vec<Question> {
    let named = |port| Question {
        port,
        stands_for: None,
    };
    if let Some(port) = port {
        return vec![named(port)];
    }
    let mut ports: Vec<Port> = Vec::new();
    let parts = map.pods.get(dst).into_iter().flatten();
    for pod in parts.filter_map(|pods| pod_of(view, pods.first()?)) {
        let End::Pod(pod) = &pod else { continue };
        let containers = pod.pod.serving_containers();
        let declared = containers.flat_map(|one| one.ports.iter());
        for port in declared.map(|port| (port.protocol, port.port)) {
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
    }
    let admitted = summary
        .someone
        .ranges()
        .map(|range| (range.protocol, range.first));
    if !summary.everyone.is_all() {
        // What only a rule names is told too: it may be all that passes.
        ports.extend(
            admitted
                .filter(|port| !ports.contains(port))
                .take(2)
                .collect::<Vec<_>>(),
        );
    }
    ports.truncate(PORTS);
    let mut asked: Vec<Question> = ports.iter().copied().map(named).collect();
    if let Some(other) = other(&ports, summary) {
        asked.push(other);
    }
    asked
}

/// A port that stands for all that are not named: a high one that no rule tells from others, if there is one.
fn other(named: &[Port], summary: &Summary) -> Option<Question> {
    let all = summary.everyone.is_all();
    if all && !named.is_empty() {
        return None;
    }
    let special = summary.someone.or(&summary.unknown);
    let unnamed = |port: &u16| !named.contains(&(Protocol::Tcp, *port));
    let plain = |port: &u16| unnamed(port) && !special.contains(Protocol::Tcp, *port);
    let mut downwards = (1..=u16::MAX).rev();
    let port = downwards
        .clone()
        .find(plain)
        .or_else(|| downwards.find(unnamed))?;
    Some(Question {
        port: (Protocol::Tcp, port),
        stands_for: Some(if named.is_empty() {
            "any port"
        } else {
            "any other port"
        }),
    })
}

fn pod_of<'w>(view: &View<'w>, name: &str) -> Option<End<'w>> {
    let mut parts = name.split('/');
    let (namespace, _, name) = (parts.next()?, parts.next()?, parts.next()?);
    let pod = view.pod(&Key::new(Kind::Pod, namespace, name))?;
    Some(End::Pod(pod_end(view, pod)))
}

/// The ends that a name stands for: one pod for all that no policy can tell apart; addresses, cut where the rules about
/// the other end see them differently.
fn ends<'w>(
    view: &View<'w>,
    judge: &Judge<'_, 'w>,
    map: &Map,
    name: &str,
    other: &str,
    direction: Direction,
) -> Vec<(String, End<'w>)> {
    if name != OUTSIDE {
        let parts = map.pods.get(name).into_iter().flatten();
        return parts
            .filter_map(|pods| {
                let first = pods.first()?;
                Some((first.clone(), pod_of(view, first)?))
            })
            .collect();
    }
    let parts = map.pods.get(other).into_iter().flatten();
    let own = parts.filter_map(|pods| pod_of(view, pods.first()?));
    let mut named = Vec::new();
    for pod in own {
        let End::Pod(pod) = &pod else { continue };
        let applicable = judge.applicable(pod, direction);
        let rules = applicable.all().flat_map(|chosen| chosen.rules(direction));
        named.extend(rules.flat_map(nets));
    }
    let families = Surroundings::new(view).families();
    let mut spans = cut(space(true), named.iter().copied());
    if families.v6 {
        spans.extend(cut(space(false), named.iter().copied()));
    }
    let one = |span: Span| (span.to_string(), End::Outside(span));
    spans.into_iter().map(one).collect()
}

/// The cases of a port that differ in their answer or in who decides.
fn cases<'w>(
    view: &View<'w>,
    judge: &Judge<'_, 'w>,
    map: &Map,
    (src, dst): &Pair,
    question: Question,
) -> Vec<Case<'w>> {
    let senders = ends(view, judge, map, src, dst, Direction::Ingress);
    let receivers = ends(view, judge, map, dst, src, Direction::Egress);
    let (protocol, port) = question.port;
    let asked = Asked {
        protocol,
        port,
        via: None,
    };
    let mut found: Vec<Case<'w>> = Vec::new();
    let pairs = senders
        .iter()
        .flat_map(|from| receivers.iter().map(move |to| (from, to)));
    for ((from, sender), (to, receiver)) in pairs.take(PAIRS) {
        for (family, sender, receiver) in ways(judge.surroundings(), sender, receiver) {
            let egress = judge.judge(Direction::Egress, &sender, &receiver, asked);
            let ingress = judge.judge(Direction::Ingress, &sender, &receiver, asked);
            let answer = egress.answer.max(ingress.answer);
            let case = Case {
                ends: (sender, receiver),
                names: (from.clone(), to.clone()),
                family,
                egress,
                ingress,
                answer,
            };
            match found.iter_mut().find(|held| held.is_like(&case)) {
                Some(held) => held.widen(&case),
                None => found.push(case),
            }
        }
    }
    if let [only] = found.as_mut_slice() {
        // All are alike: whose pod was asked does not matter, nor over which family.
        only.names = (src.clone(), dst.clone());
        only.family = None;
    }
    found
}

impl Case<'_> {
    /// Whether another one has the same answer on the same grounds; addresses must follow upon each other.
    fn is_like(&self, other: &Self) -> bool {
        let grounds = |decision: &Decision<'_>| {
            let steps = decision.deciding();
            let steps = steps.iter().map(|step| {
                let policy = step.chosen.policy.meta.key.clone();
                (policy, step.rule, step.effect, step.doubt)
            });
            (decision.answer, decision.free, steps.collect::<Vec<_>>())
        };
        grounds(&self.egress) == grounds(&other.egress)
            && grounds(&self.ingress) == grounds(&other.ingress)
            && joins(&self.ends.0, &other.ends.0)
            && joins(&self.ends.1, &other.ends.1)
    }

    fn widen(&mut self, other: &Self) {
        if self.family != other.family {
            self.family = None;
        }
        for (own, more, name) in [
            (&mut self.ends.0, &other.ends.0, &mut self.names.0),
            (&mut self.ends.1, &other.ends.1, &mut self.names.1),
        ] {
            if let (End::Outside(own), End::Outside(more)) = (own, more)
                && follows(own.last, more.first)
            {
                own.last = more.last;
                *name = own.to_string();
            }
        }
    }
}

fn joins(one: &End<'_>, other: &End<'_>) -> bool {
    match (one, other) {
        (End::Outside(one), End::Outside(other)) => one == other || follows(one.last, other.first),
        _ => true,
    }
}

fn one_port(
    reason: &mut Reason,
    view: &View<'_>,
    judge: &Judge<'_, '_>,
    map: &Map,
    question: Question,
    cases: &[Case<'_>],
) {
    reason.lines.push(Line::new());
    let more = cases.len().saturating_sub(CASES);
    for case in cases.iter().take(CASES) {
        let (role, mark) = mark(case.answer, map.unenforced.is_some());
        let verdict = match (case.answer, map.unenforced) {
            (Answer::Allow, _) => "admitted",
            (Answer::Unknown, _) => "not known",
            (Answer::Deny, None) => "denied",
            (Answer::Deny, Some(_)) => "denied if enforced",
        };
        let mut line = Line::of(role, format!("{mark} "))
            .and(Role::Text, question.words())
            .and(role, format!("  {verdict}"));
        if cases.len() > 1 {
            let mut between = format!("  {} → {}", short(&case.names.0), short(&case.names.1));
            if let Some(family) = case.family {
                between = format!("{between} over {family}");
            }
            line = line.and(Role::Dim, between);
        }
        reason.lines.push(line.hang(2));
        directions(reason, case, question);
        admitting(reason, view, judge, question, case);
    }
    if more > 0 {
        let words = format!("  and {more} more cases: portolan reach tells each");
        reason.lines.push(Line::of(Role::Dim, words));
    }
}

fn mark(answer: Answer, unenforced: bool) -> (Role, &'static str) {
    match answer {
        Answer::Allow => (Role::Pass, Mark::Pass.glyph(Charset::Unicode)),
        Answer::Deny if !unenforced => (Role::Fail, Mark::Fail.glyph(Charset::Unicode)),
        Answer::Deny | Answer::Unknown => (Role::Unknown, Mark::Unknown.glyph(Charset::Unicode)),
    }
}

fn directions(reason: &mut Reason, case: &Case<'_>, question: Question) {
    for (direction, decision, other) in [
        (Direction::Egress, &case.egress, &case.names.1),
        (Direction::Ingress, &case.ingress, &case.names.0),
    ] {
        let (role, mark) = mark(decision.answer, false);
        let other = short(other);
        let said = sentence(direction, decision, Some(&other), &question.words());
        reason.lines.push(
            Line::of(role, format!("  {mark} "))
                .and(Role::Dim, format!("{:<8} ", direction.word()))
                .and(Role::Text, said)
                .hang(13),
        );
        let decides = decision.answer == case.answer && decision.free.is_none();
        if decides && reason.policy.is_none() {
            let steps = decision.deciding();
            let first = steps.first().map(|step| &step.chosen.policy.meta.key);
            reason.policy = first.cloned();
        }
    }
    if own_node_may_be(&case.ends) && case.answer != Answer::Allow {
        let words = "an end shares its node's network and may be on the other's node, where nothing is dropped";
        reason
            .lines
            .push(Line::of(Role::Dim, format!("             {words}")).hang(13));
    }
}

fn own_node_may_be((src, dst): &(End<'_>, End<'_>)) -> bool {
    matches!(src, End::Pod(pod) if own_node(pod, dst))
}

/// The smallest addition that admits what is denied: on the sender's side, the receiver's, or both.
fn admitting(
    reason: &mut Reason,
    view: &View<'_>,
    judge: &Judge<'_, '_>,
    question: Question,
    case: &Case<'_>,
) {
    if case.answer != Answer::Deny || question.stands_for.is_some() {
        return;
    }
    let denying: Vec<(Direction, &Decision<'_>)> = [
        (Direction::Egress, &case.egress),
        (Direction::Ingress, &case.ingress),
    ]
    .into_iter()
    .filter(|(_, decision)| decision.answer != Answer::Allow)
    .collect();
    let ends = (&case.ends.0, &case.ends.1);
    let found: Vec<String> = denying
        .iter()
        .filter_map(|(direction, decision)| {
            addition(view, judge, *direction, ends, question.port, decision)
        })
        .collect();
    if found.len() != denying.len() {
        let words = "  No NetworkPolicy that is added admits it: another API decides, an end has no labels of its own, or pods that are open now would be isolated.";
        reason.lines.push(Line::of(Role::Dim, words).hang(2));
        return;
    }
    let sides = match denying.as_slice() {
        [(Direction::Egress, _)] => "on the sender's side",
        [(Direction::Ingress, _)] => "on the receiver's side",
        _ => "on both sides",
    };
    let words = format!("  The smallest addition that admits it, {sides}:");
    reason.lines.push(Line::of(Role::Title, words).hang(2));
    let yaml = found.join("---\n");
    let lines = yaml.lines();
    reason.lines.extend(lines.map(|line| {
        let indent = line.len() - line.trim_start_matches([' ', '-']).len();
        let hang = u16::try_from(indent + 6).unwrap_or(6);
        Line::of(Role::Text, format!("    {line}")).hang(hang)
    }));
}
