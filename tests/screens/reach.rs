//! The map of who may talk to whom: what the cursor, the filters and a changing world make of it.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

use crate::screen::{demo_world, draw, judged, press, run, screen, words, world_of};
use portolan::model::coverage::State as Coverage;
use portolan::model::delta::Delta;
use portolan::model::key::{Key as Identity, Name};
use portolan::model::kind::Kind;
use portolan::model::world::World;
use portolan::semantics::policy::reach::summary::Sum;
use portolan::source::files;
use portolan::ui::effect::Effect;
use portolan::ui::msg::Msg;
use portolan::ui::page::{Page, Topic};
use portolan::ui::reach::ReachPage;
use portolan::ui::state::State;
use portolan::ui::theme::Theme;
use portolan::ui::update::update;

const THREE: &str = "
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web, namespace: shop }, spec: { selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: c, image: i, ports: [{ containerPort: 8080 }] }] } } } }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: db, namespace: shop }, spec: { selector: { matchLabels: { app: db } }, template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: c, image: i, ports: [{ containerPort: 5432 }] }] } } } }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: job, namespace: pay }, spec: { selector: { matchLabels: { app: job } }, template: { metadata: { labels: { app: job } }, spec: { containers: [{ name: c, image: i }] } } } }
";

const LIMIT: &str = "
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: db, namespace: shop }, spec: { podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 5432 }] }] } }
";

fn page(state: &State) -> &ReachPage {
    match &state.page {
        Page::Reach(page) => page,
        other => panic!("no map but {other:?}"),
    }
}

fn pair(state: &State) -> (&str, &str) {
    let (src, dst) = page(state).selected.as_ref().expect("a cell");
    (src, dst)
}

fn sum(state: &State, src: &str, dst: &str) -> Option<Sum> {
    let map = &page(state).map;
    let (row, column) = map.position(&(src.to_owned(), dst.to_owned()))?;
    map.sum(row, column)
}

fn shown(state: &State) -> String {
    words(&draw(state, Theme::probe()))
}

fn with(world: &World, yaml: &str) -> World {
    let mut world = world.clone();
    for delta in files::load_text("more.yaml", yaml, "default").deltas {
        world.apply(delta);
    }
    world
}

const WEB: &str = "shop/Deployment/web";
const DB: &str = "shop/Deployment/db";
const JOB: &str = "pay/Deployment/job";

#[test]
fn a_policy_that_is_applied_changes_its_cells_without_a_key() {
    let mut state = screen(world_of(THREE), (80, 24));
    press(&mut state, ":reach <enter>");
    assert!(shown(&state).contains("No policy is there: everybody may talk to everybody."));
    assert_eq!(sum(&state, WEB, DB), Some(Sum::All));
    assert_eq!(sum(&state, JOB, DB), Some(Sum::All));
    press(&mut state, "<right> <right>");
    let before = pair(&state);
    let before = (before.0.to_owned(), before.1.to_owned());
    let world = with(&state.snapshot.world, LIMIT);
    update(&mut state, Msg::Snapshot(judged(world.clone())));
    assert_eq!(sum(&state, WEB, DB), Some(Sum::Part));
    assert_eq!(sum(&state, JOB, DB), Some(Sum::None));
    assert_eq!(sum(&state, DB, WEB), Some(Sum::All));
    assert_eq!(pair(&state), (before.0.as_str(), before.1.as_str()));
    assert!(!shown(&state).contains("No policy is there"));
    let mut world = world;
    world.apply(Delta::Delete(Identity::new(
        Kind::NetworkPolicy,
        "shop",
        "db",
    )));
    update(&mut state, Msg::Snapshot(judged(world)));
    assert_eq!(sum(&state, JOB, DB), Some(Sum::All));
}

#[test]
fn an_opened_reason_is_renewed_too() {
    let limited = world_of(&format!("{THREE}---{LIMIT}"));
    let mut state = screen(limited, (140, 45));
    press(
        &mut state,
        ":reach <space> job <space> > <space> ^shop/db <enter>",
    );
    assert_eq!(pair(&state), (JOB, DB));
    press(&mut state, "<enter>");
    let text = shown(&state);
    assert!(
        text.contains("the receiver is isolated by NetworkPolicy shop/db"),
        "{text}"
    );
    assert!(
        text.contains("no rule admits from pay/job on 5432/TCP"),
        "{text}"
    );
    assert!(text.contains("The smallest addition that admits it, on the receiver's side"));
    assert!(text.contains("name: db-from-job"), "{text}");
    let mut world = state.snapshot.world.clone();
    world.apply(Delta::Delete(Identity::new(
        Kind::NetworkPolicy,
        "shop",
        "db",
    )));
    update(&mut state, Msg::Snapshot(judged(world)));
    let text = shown(&state);
    assert!(text.contains("5432/TCP  admitted"), "{text}");
    assert!(!text.contains("smallest addition"));
}

#[test]
fn the_cursor_goes_to_a_cell_and_the_cell_to_its_reason_the_policy_and_the_trace() {
    let mut state = screen(world_of(&format!("{THREE}---{LIMIT}")), (140, 45));
    press(&mut state, ":reach <enter>");
    // It begins where something is denied.
    assert_eq!(pair(&state), (JOB, DB));
    press(&mut state, "<down> <down>");
    assert_eq!(pair(&state), (WEB, DB));
    let text = shown(&state);
    assert!(
        text.contains("5432/TCP  admitted") && text.contains("any other port  denied"),
        "{text}"
    );
    press(&mut state, "d");
    assert!(
        matches!(&state.page, Page::Text(text) if text.topic == Topic::Describe(Identity::new(Kind::NetworkPolicy, "shop", "db")))
    );
    press(&mut state, "<esc> <enter>");
    assert!(matches!(&state.page, Page::Text(text) if matches!(text.topic, Topic::Between(_))));
    press(&mut state, "<enter>");
    let Page::Path(path) = &state.page else {
        panic!("{:?}", state.page);
    };
    assert_eq!(
        path.subject.title(),
        "shop/Pod/web-* → shop/Pod/db-*:5432/TCP"
    );
    press(&mut state, "<esc> <esc>");
    assert_eq!(pair(&state), (WEB, DB));
    press(
        &mut state,
        "shift-g <right> <right> <right> <right> <right>",
    );
    assert_eq!(pair(&state), ("addresses outside", "addresses outside"));
}

#[test]
fn a_port_and_names_narrow_and_esc_widens_again() {
    let mut state = screen(world_of(&format!("{THREE}---{LIMIT}")), (80, 24));
    press(&mut state, ":reach <enter>");
    assert_eq!(sum(&state, WEB, DB), Some(Sum::Part));
    press(&mut state, "p 5432 <enter>");
    assert_eq!(sum(&state, WEB, DB), Some(Sum::All));
    assert_eq!(sum(&state, JOB, DB), Some(Sum::None));
    press(&mut state, "p ctrl-u :5432/UDP <enter>");
    assert_eq!(sum(&state, WEB, DB), Some(Sum::None));
    press(&mut state, "/ ctrl-u > <space> db <enter>");
    assert_eq!(page(&state).map.rows.len(), 4);
    assert_eq!(page(&state).map.receivers, [DB]);
    press(&mut state, "/ ctrl-u nobody <enter>");
    assert!(shown(&state).contains("No workload matches nobody."));
    press(&mut state, "/ ctrl-u :99999 <enter>");
    let said = &state.notice.as_ref().expect("a word").text;
    assert!(said.contains(":99999 is no port"), "{said}");
    press(&mut state, "<esc>");
    assert_eq!(page(&state).map.receivers.len(), 4);
    press(&mut state, "<esc>");
    assert!(matches!(state.page, Page::Table(_)));
}

#[test]
fn one_workload_is_shown_with_all_its_peers_in_both_directions() {
    let mut state = screen(world_of(&format!("{THREE}---{LIMIT}")), (80, 24));
    press(
        &mut state,
        ":ns <space> shop <enter> :reach <space> db <enter>",
    );
    assert_eq!(page(&state).focus.as_deref(), Some(DB));
    // Those of other namespaces too.
    assert_eq!(page(&state).map.rows, [JOB, WEB, "addresses outside"]);
    let text = shown(&state);
    assert!(
        text.contains("~ 5432/TCP") && text.contains("✓ every port"),
        "{text}"
    );
    press(&mut state, "f");
    assert_eq!(page(&state).map.rows, [DB, WEB, "addresses outside"]);
    press(&mut state, "0");
    assert_eq!(page(&state).map.rows.len(), 4);
}

#[test]
fn what_was_not_seen_is_said_and_nothing_is_claimed_of_it() {
    let mut world = world_of(THREE).world.clone();
    let detail = Name::from("list networkpolicies is forbidden for user ada");
    world.apply(Delta::Coverage {
        kind: Kind::NetworkPolicy,
        namespace: None,
        state: Coverage::Forbidden { detail },
    });
    let mut state = screen(judged(world), (80, 24));
    press(&mut state, ":reach <enter>");
    assert_eq!(sum(&state, WEB, DB), Some(Sum::Unknown));
    let text = shown(&state);
    assert!(
        text.contains("list networkpolicies is forbidden for user ada"),
        "{text}"
    );
    assert!(!text.contains("No policy is there"), "{text}");

    let mut state = run("world forbidden", (80, 24));
    press(&mut state, ":reach <enter>");
    let text = shown(&state);
    assert!(
        text.contains("list pods is forbidden for user ada"),
        "{text}"
    );
    assert!(page(&state).map.rows.is_empty());

    let mut state = screen(world_of(LIMIT), (80, 24));
    press(&mut state, ":reach <enter>");
    assert!(shown(&state).contains("No pod is seen."));
}

#[test]
fn nothing_is_called_denied_where_nobody_is_seen_to_enforce() {
    let flannel = "
{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: kube-flannel-ds, namespace: kube-flannel }, spec: { selector: { matchLabels: { app: flannel } }, template: { metadata: { labels: { app: flannel } }, spec: { hostNetwork: true, containers: [{ name: kube-flannel, image: 'docker.io/flannel/flannel:v0.25.1' }] } } } }
";
    let mut state = screen(
        world_of(&format!("{THREE}---{LIMIT}---{flannel}")),
        (140, 45),
    );
    press(
        &mut state,
        ":reach <space> job <space> > <space> ^shop/db <enter> <enter>",
    );
    let text = shown(&state);
    assert!(text.contains("denied if enforced"), "{text}");
    assert!(!text.contains("5432/TCP  denied\n"), "{text}");
}

#[test]
fn a_world_in_which_only_health_changed_keeps_its_map() {
    let mut state = screen(demo_world(), (80, 24));
    press(&mut state, ":reach <enter>");
    let before = std::sync::Arc::clone(&page(&state).map);
    let world = state.snapshot.world.clone();
    update(&mut state, Msg::Snapshot(judged(world.clone())));
    assert!(std::sync::Arc::ptr_eq(&before, &page(&state).map));
    let gone = world.all(Kind::Pod).next().expect("a pod").key().clone();
    let mut world = world;
    world.apply(Delta::Delete(gone));
    update(&mut state, Msg::Snapshot(judged(world)));
    assert!(!std::sync::Arc::ptr_eq(&before, &page(&state).map));
}

#[test]
fn both_readings_of_a_rule_stand_side_by_side_or_beneath_each_other_and_name_whom_they_mean() {
    for (scenario, written, other) in [
        (
            "np011-two-items",
            "as it is written: two items",
            "in one item it would be",
        ),
        (
            "np011-near-miss-one-item",
            "as it is written: one item",
            "in two items it would be",
        ),
    ] {
        let mut state = run(
            &format!("world scenario {scenario}\npress :netpol <enter> d shift-g"),
            (140, 45),
        );
        let text = shown(&state);
        let line = |text: &str, words: &str| text.lines().position(|line| line.contains(words));
        assert!(line(&text, written).is_some(), "{text}");
        assert_eq!(line(&text, written), line(&text, other), "{text}");
        assert!(text.contains("shop/web-*  only so"), "{text}");
        // Laid out anew where there is no room.
        update(&mut state, Msg::Resize(60, 45));
        let text = shown(&state);
        assert!(line(&text, written) < line(&text, other), "{text}");
    }
}

#[test]
fn a_planned_policy_shows_what_it_cuts_before_it_is_applied() {
    let mut state = screen(world_of(THREE), (100, 30));
    let effects = press(&mut state, ":reach <space> with <space> plan.yaml <enter>");
    let [Effect::ReadPlan { file, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(file, "plan.yaml");
    let deltas = files::load_text("plan.yaml", LIMIT, "default").deltas;
    update(&mut state, Msg::Plan("plan.yaml".to_owned(), Ok(deltas)));
    let text = shown(&state);
    assert!(
        text.contains("What plan.yaml would change, as of 14:02:00"),
        "{text}"
    );
    assert!(text.contains("- pay/job → shop/db  every port"), "{text}");
    assert!(
        text.contains("- shop/web → shop/db  1-5431/TCP, 5433-65535/TCP"),
        "{text}"
    );
    assert!(!text.contains("It opens"), "{text}");
    assert!(state.snapshot.world.count(Kind::NetworkPolicy) == 0);
    press(&mut state, "<esc>");
    update(&mut state, Msg::Plan("x.yaml".to_owned(), Ok(Vec::new())));
    let said = &state.notice.as_ref().expect("a word").text;
    assert_eq!(said, "x.yaml: the file holds no network policy");
}

#[test]
fn what_a_planned_policy_would_change_follows_the_cluster() {
    let mut state = screen(world_of(THREE), (100, 30));
    let deltas = files::load_text("plan.yaml", LIMIT, "default").deltas;
    update(&mut state, Msg::Plan("plan.yaml".to_owned(), Ok(deltas)));
    assert!(shown(&state).contains("- pay/job → shop/db  every port"));
    // Somebody has applied it.
    let applied = with(&state.snapshot.world, LIMIT);
    let before = state.snapshot.world.clone();
    update(&mut state, Msg::Snapshot(judged(applied)));
    let text = shown(&state);
    assert!(text.contains("Nothing changes."), "{text}");
    assert!(!text.contains("It cuts"), "{text}");
    update(&mut state, Msg::Snapshot(judged(before)));
    assert!(shown(&state).contains("- pay/job → shop/db  every port"));
}

#[test]
fn a_denied_path_offers_what_would_admit_it() {
    let mut state = screen(world_of(&format!("{THREE}---{LIMIT}")), (110, 45));
    press(&mut state, ":reach <enter> t");
    let text = shown(&state);
    assert!(text.contains("To admit it, apply"), "{text}");
    assert!(text.contains("name: db-from-job"), "{text}");
    press(&mut state, "shift-c");
    assert!(
        shown(&state).contains("policy that admits it"),
        "{}",
        shown(&state)
    );
}

#[test]
fn a_grid_that_nobody_could_read_is_not_drawn_but_one_workload_is() {
    let pods: Vec<String> = (0..330)
        .map(|at| format!("{{ apiVersion: v1, kind: Pod, metadata: {{ name: p{at:03}, namespace: shop }}, spec: {{ containers: [{{ name: c, image: i }}] }} }}"))
        .collect();
    let mut state = screen(world_of(&pods.join("\n---\n")), (80, 24));
    press(&mut state, ":reach <enter>");
    let text = shown(&state);
    assert!(
        text.contains("330 workloads are too many for a grid"),
        "{text}"
    );
    assert!(!text.contains("No workload matches"), "{text}");
    press(&mut state, "/ p00 <space> > <space> p1 <enter>");
    assert_eq!(page(&state).map.rows.len(), 10);
    press(&mut state, "<esc> <esc> :reach <space> p007 <enter>");
    assert_eq!(page(&state).map.rows.len(), 330);
}
