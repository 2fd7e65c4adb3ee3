//! What keys do: a state, keys, and what the state is then and what was asked for. And that none can break it.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

use crate::screen::{demo_world, draw, forwards, grouped, groups, judged, press, screen, words};
use portolan::forward::right::Right;
use portolan::forward::target::Local;
use portolan::model::delta::Delta;
use portolan::model::key::{Key as Identity, Name};
use portolan::model::kind::Kind;
use portolan::output::table::Sheet;
use portolan::ui::dialog::{Overlay, Then};
use portolan::ui::effect::Effect;
use portolan::ui::key::{Code, Key};
use portolan::ui::keymap::BINDINGS;
use portolan::ui::msg::{Busy, LogLine, Msg, StreamId};
use portolan::ui::page::{Page, TablePage};
use portolan::ui::place::{Place, Scope};
use portolan::ui::state::{Can, State};
use portolan::ui::theme::Theme;
use portolan::ui::update::update;
use proptest::prelude::*;

fn demo() -> State {
    screen(demo_world(), (140, 45))
}

fn table(state: &State) -> &TablePage {
    match &state.page {
        Page::Table(table) => table,
        other => panic!("no table but {other:?}"),
    }
}

fn selected(state: &State) -> String {
    let row = table(state).selected.as_ref().expect("a row");
    row.object().expect("an object").to_string()
}

fn select(state: &mut State, name: &str) {
    press(state, "g");
    for _ in 0..table(state).rows.len() {
        if selected(state) == name {
            return;
        }
        press(state, "j");
    }
    panic!("no row {name}");
}

#[test]
fn words_behind_a_view_narrow_it() {
    let mut state = demo();
    for (line, filter) in [
        (":po <space> app=cart <enter>", "-l app=cart"),
        (":po <space> -l <space> app=cart <enter>", "-l app=cart"),
        (":po <space> -lapp=cart <enter>", "-l app=cart"),
        (":po <space> /cart <enter>", "cart"),
    ] {
        press(&mut state, line);
        let shown = table(&state).filter.as_ref().expect("a filter");
        assert_eq!(shown.text(), filter, "{line}");
        assert_eq!(state.scope, Scope::All, "{line}");
    }
    // A context is no namespace.
    let effects = press(&mut state, ":po <space> @prod <enter>");
    assert_eq!(state.scope, Scope::All);
    assert!(effects.contains(&Effect::SwitchContext("prod".into())));
    state.session.contexts = Can::No;
    let effects = press(&mut state, ":po <space> @prod <enter>");
    assert_eq!((effects, &state.scope), (Vec::new(), &Scope::All));
}

#[test]
fn the_selection_stays_with_its_object_when_rows_come_and_go() {
    let mut state = demo();
    press(&mut state, ":svc <enter>");
    select(&mut state, "shop/Service/cart");
    let mut world = state.snapshot.world.clone();
    world.apply(Delta::Delete(Identity::new(
        Kind::Service,
        "default",
        "kubernetes",
    )));
    update(&mut state, Msg::Snapshot(judged(world.clone())));
    assert_eq!(selected(&state), "shop/Service/cart");
    world.apply(Delta::Delete(Identity::new(Kind::Service, "shop", "cart")));
    update(&mut state, Msg::Snapshot(judged(world)));
    assert_eq!(selected(&state), "shop/Service/catalog");
}

#[test]
fn back_never_leaves_the_program() {
    let mut state = demo();
    for script in [
        "<esc>",
        "q",
        "<esc> q <esc>",
        ":svc <enter> d <esc> <esc> <esc> <esc> q q q",
    ] {
        let effects = press(&mut state, script);
        assert!(
            !effects.contains(&Effect::Quit) && !state.quitting,
            "{script}"
        );
    }
    assert_eq!(table(&state).place, Place::HOME);
}

#[test]
fn quitting_asks_where_forwards_are_alive_and_a_second_press_ends() {
    for script in ["ctrl-c", ":q <enter>", ": ctrl-c"] {
        let mut state = demo();
        assert_eq!(press(&mut state, script), [Effect::Quit], "{script}");
    }
    let mut state = demo();
    update(&mut state, Msg::Forwards(forwards()));
    assert!(press(&mut state, "ctrl-c").is_empty());
    assert!(matches!(state.overlay, Some(Overlay::Quit)));
    assert!(press(&mut state, "<esc>").is_empty() && state.overlay.is_none());
    assert_eq!(press(&mut state, ":q <enter> ctrl-c"), [Effect::Quit]);
}

#[test]
fn a_view_with_a_namespace_narrows_and_zero_widens() {
    let mut state = demo();
    press(&mut state, ":svc <space> shop <enter>");
    assert_eq!(state.scope, Scope::One(Name::from("shop")));
    assert_eq!(table(&state).place, Place::Sheet(Sheet::Services));
    let narrow = table(&state).rows.len();
    press(&mut state, "0");
    assert!(table(&state).rows.len() > narrow);
    press(&mut state, "1");
    assert_eq!(table(&state).rows.len(), narrow);
}

#[test]
fn a_filter_narrows_as_it_is_typed_and_esc_clears_it() {
    let mut state = demo();
    press(&mut state, ":svc <enter>");
    let all = table(&state).rows.len();
    press(&mut state, "/ legacy");
    assert!(table(&state).rows.len() < all);
    press(&mut state, "<enter>");
    assert!(table(&state).rows.len() < all);
    press(&mut state, "<esc>");
    assert_eq!(table(&state).rows.len(), all);
    press(&mut state, "/ ! legacy <enter>");
    let without = table(&state).rows.len();
    assert!(without < all && without > 0);
}

/// Answers the latest question about local ports; returns what the screen asked for then.
fn answer_ports(state: &mut State, asked: &[Effect], busy: Vec<Busy>) -> Vec<Effect> {
    let question = asked.iter().rev().find_map(|effect| match effect {
        Effect::CheckPorts(question, _) => Some(*question),
        _ => None,
    });
    update(state, Msg::Ports(question.expect("a question"), busy))
}

fn started(effects: &[Effect]) -> Vec<(String, Local, String, Then)> {
    let each = effects.iter().map(|effect| match effect {
        Effect::StartForward(wanted, then) => (
            wanted.target.to_string(),
            wanted.target.local,
            wanted.address.to_string(),
            *then,
        ),
        other => panic!("{other:?}"),
    });
    each.collect()
}

#[test]
fn two_keys_open_a_forward_to_the_service_behind_a_route() {
    let mut state = demo();
    press(&mut state, ":routes <enter> / catalog <enter>");
    let asked = press(&mut state, "shift-f <enter>");
    assert!(
        matches!(asked.first(), Some(Effect::AskRight(_, target)) if target.to_string() == "shop/Service/catalog:80")
    );
    let effects = answer_ports(&mut state, &asked, Vec::new());
    let catalog = "shop/Service/catalog:80".to_owned();
    let loopback = "127.0.0.1".to_owned();
    assert_eq!(
        started(&effects),
        [(catalog, Local::Exactly(8080), loopback, Then::Nothing)]
    );
    assert!(state.overlay.is_none());
}

#[test]
fn several_ports_go_at_once_and_a_local_port_can_be_typed() {
    let mut state = demo();
    press(&mut state, ":svc <space> production <enter> / my-app");
    press(&mut state, "<enter>");
    select(&mut state, "production/Service/my-app");
    let asked = press(
        &mut state,
        "shift-f <space> <down> <space> ctrl-u 9 9 9 9 o",
    );
    let effects = started(&answer_ports(&mut state, &asked, Vec::new()));
    let locals: Vec<(Local, Then)> = effects.iter().map(|one| (one.1, one.3)).collect();
    assert_eq!(
        locals,
        [
            (Local::Exactly(8080), Then::Open),
            (Local::Exactly(9999), Then::Nothing)
        ]
    );
}

#[test]
fn a_busy_port_is_told_and_the_next_one_is_proposed() {
    let mut state = demo();
    press(&mut state, ":routes <enter> / catalog <enter>");
    let asked = press(&mut state, "shift-f <enter>");
    let busy = Busy {
        at: "127.0.0.1:8080".parse().expect("an address"),
        why: "127.0.0.1:8080 is in use by nginx (process 12); 8081 is free".into(),
        next: Some(8081),
    };
    assert!(answer_ports(&mut state, &asked, vec![busy]).is_empty());
    let Some(Overlay::Forward(dialog)) = &state.overlay else {
        panic!("the dialog stays");
    };
    assert!(
        dialog
            .defect
            .as_ref()
            .is_some_and(|why| why.contains("nginx"))
    );
    let asked = press(&mut state, "<enter>");
    let effects = answer_ports(&mut state, &asked, Vec::new());
    assert_eq!(started(&effects)[0].1, Local::Exactly(8081));
}

#[test]
fn a_late_answer_to_an_older_question_starts_nothing() {
    let mut state = demo();
    press(&mut state, ":routes <enter> / catalog <enter>");
    let opened = press(&mut state, "shift-f");
    press(&mut state, "<enter>");
    assert!(answer_ports(&mut state, &opened, Vec::new()).is_empty());
    assert!(state.overlay.is_some());
}

#[test]
fn what_is_known_to_be_forbidden_is_not_started_and_what_is_not_known_is() {
    let rights = [
        (Right::Missing("RBAC does not allow `get`".into()), false),
        (Right::Doubtful("perhaps".into()), true),
        (Right::NotKnown("nobody knows".into()), true),
        (Right::Given, true),
    ];
    for (right, starts) in rights {
        let mut state = demo();
        press(&mut state, ":routes <enter> / catalog <enter>");
        let asked = press(&mut state, "shift-f");
        let Some(Effect::AskRight(question, _)) = asked.first() else {
            panic!("{asked:?}");
        };
        update(&mut state, Msg::Right(*question, right.clone()));
        let asked = press(&mut state, "<enter>");
        assert_eq!(!asked.is_empty(), starts, "{right:?}");
    }
}

#[test]
fn another_address_is_typed_on_its_own_line() {
    let mut state = demo();
    press(&mut state, ":routes <enter> / catalog <enter>");
    let asked = press(&mut state, "shift-f a ctrl-u :: <enter>");
    let effects = started(&answer_ports(&mut state, &asked, Vec::new()));
    assert_eq!(effects[0].2, "::");
}

#[test]
fn under_a_setting_that_forbids_them_forwards_are_not_offered_and_it_says_why() {
    let mut state = demo();
    state.session.no_forwards = Some("port-forwards are off".into());
    press(&mut state, ":routes <enter> / catalog <enter>");
    assert!(press(&mut state, "shift-f").is_empty());
    assert!(state.overlay.is_none());
    let said = state.notice.as_ref().map(|notice| notice.text.as_str());
    assert_eq!(said, Some("port-forwards are off"));
}

#[test]
fn a_group_is_started_as_far_as_it_does_not_run_and_then_stopped_as_a_whole() {
    let mut state = demo();
    assert_eq!(press(&mut state, ":pf <enter>"), [Effect::ListGroups]);
    update(&mut state, Msg::Groups(Ok(groups())));
    update(&mut state, Msg::Forwards(grouped()));
    // From one of its forwards, and from its own row.
    for keys in ["g s", "G k s"] {
        let effects = press(&mut state, keys);
        let [Effect::StartGroup(name, wanted)] = effects.as_slice() else {
            panic!("{effects:?}");
        };
        assert_eq!(name, "shop");
        let targets: Vec<String> = wanted.iter().map(|one| one.target.to_string()).collect();
        assert_eq!(targets, ["shop/Service/cart:80", "shop/Service/web:80"]);
    }
    assert!(
        press(&mut state, "G s").is_empty(),
        "one that cannot be used says why"
    );
    let said = state.notice.as_ref().map(|notice| notice.text.as_str());
    assert_eq!(said, Some("profile `torn` lists no forward"));

    let mut whole = groups();
    whole[2].wanted.truncate(1);
    update(&mut state, Msg::Groups(Ok(whole)));
    assert!(press(&mut state, "G k s").is_empty());
    assert!(matches!(&state.overlay, Some(Overlay::StopForwards(ids)) if ids.len() == 1));
    let effects = press(&mut state, "<enter>");
    assert!(
        matches!(effects.as_slice(), [Effect::StopForward(_)]),
        "{effects:?}"
    );
}

#[test]
fn the_url_of_a_forward_is_copied_and_shown() {
    let mut state = demo();
    update(&mut state, Msg::Forwards(forwards()));
    press(&mut state, ":pf <enter>");
    let url = "http://127.0.0.1:8080/".to_owned();
    assert_eq!(press(&mut state, "c"), [Effect::Copy(url.clone())]);
    assert_eq!(press(&mut state, "o"), [Effect::Browse(url)]);
}

#[test]
fn forwards_of_the_selection_are_shown_or_one_is_offered() {
    let mut state = demo();
    press(&mut state, ":svc <space> shop <enter>");
    select(&mut state, "shop/Service/cart");
    press(&mut state, "f");
    assert!(matches!(state.overlay, Some(Overlay::Forward(_))));
    press(&mut state, "<esc>");
    update(&mut state, Msg::Forwards(forwards()));
    press(&mut state, "f");
    assert_eq!(table(&state).rows.len(), 1);
    let effects = press(&mut state, "ctrl-d <enter>");
    assert!(matches!(effects.as_slice(), [Effect::StopForward(id)] if id.0 == 2));
}

#[test]
fn the_log_of_a_problem_is_that_of_its_evidence() {
    let mut state = demo();
    press(&mut state, ":svc <space> shop <enter>");
    select(&mut state, "shop/Service/cart");
    let mut effects = press(&mut state, "l");
    if effects.is_empty() {
        assert!(matches!(state.overlay, Some(Overlay::Menu(_))));
        effects = press(&mut state, "<enter>");
    }
    let [Effect::OpenLog { pod, previous, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(pod.name.starts_with("cart-") && !previous);
    let effects = press(&mut state, "p");
    assert!(matches!(
        effects.as_slice(),
        [Effect::CloseLog(_), Effect::OpenLog { previous: true, .. }]
    ));
    let effects = press(&mut state, "<esc>");
    assert!(matches!(effects.as_slice(), [Effect::CloseLog(_)]));
}

#[test]
fn lines_of_a_log_that_was_left_are_dropped() {
    let mut state = demo();
    press(&mut state, ":po <space> kube-system <enter> l");
    let line = || {
        vec![LogLine {
            at: None,
            text: "x".into(),
        }]
    };
    update(&mut state, Msg::Log(StreamId(999), line()));
    let latest = state.latest_stream;
    update(&mut state, Msg::Log(latest, line()));
    let Page::Log(log) = &state.page else {
        panic!("no log");
    };
    assert_eq!(log.lines.len(), 1);
}

#[test]
fn history_goes_back_forward_and_to_the_last() {
    let mut state = demo();
    press(&mut state, ":problems <enter> :svc <enter> :po <enter>");
    let at = |state: &State| table(state).place.clone();
    press(&mut state, "[");
    assert_eq!(at(&state), Place::Sheet(Sheet::Services));
    press(&mut state, "]");
    assert_eq!(at(&state), Place::Sheet(Sheet::Pods));
    press(&mut state, "-");
    assert_eq!(at(&state), Place::Sheet(Sheet::Services));
    press(&mut state, "-");
    assert_eq!(at(&state), Place::Sheet(Sheet::Pods));
}

#[test]
fn what_is_copied_can_do_nothing_to_a_terminal() {
    let yaml = "{ apiVersion: v1, kind: Service, metadata: { name: \"a\\u001b[31mb\\u202e\" }, spec: { ports: [{ port: 80 }] } }";
    let mut state = screen(crate::screen::world_of(yaml), (100, 30));
    press(&mut state, ":svc <enter>");
    let effects = press(&mut state, "c");
    let [Effect::Copy(text)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(text, "a\\x1b[31mb\\u{202e}");
}

#[test]
fn a_request_is_followed_from_one_end_to_the_other() {
    let mut state = demo();
    press(&mut state, ":svc <space> shop <enter>");
    select(&mut state, "shop/Service/catalog");
    press(&mut state, "t");
    let Some(Overlay::Trace(dialog)) = &state.overlay else {
        panic!("no dialog");
    };
    assert_eq!(dialog.to.text(), "shop/svc/catalog:80");
    press(&mut state, "<enter>");
    let Page::Path(path) = &state.page else {
        panic!("{:?}", state.overlay);
    };
    assert!(!path.lines.is_empty());
    press(&mut state, "<esc> t ctrl-u nonsense <enter>");
    assert!(matches!(&state.overlay, Some(Overlay::Trace(dialog)) if dialog.defect.is_some()));
}

#[test]
fn a_kind_that_cannot_be_read_says_why_and_one_that_can_shows_its_table() {
    let mut state = crate::screen::run("world forbidden", (100, 30));
    press(&mut state, ":info <enter> / Pod <enter> <enter>");
    let said = state.notice.as_ref().expect("a word").text.clone();
    assert!(said.contains("forbidden for user ada"), "{said}");
    press(&mut state, "<esc> / ^Service <enter> <enter>");
    assert_eq!(table(&state).place, Place::Sheet(Sheet::Services));
}

#[test]
fn a_word_that_is_no_view_is_answered_with_the_nearest() {
    let mut state = demo();
    press(&mut state, ":servicse <enter>");
    let said = state.notice.as_ref().expect("a word").text.clone();
    assert!(said.contains("service"), "{said}");
}

#[test]
fn what_cannot_be_done_is_refused_in_words_and_not_hinted_at() {
    let mut state = demo();
    state.session = portolan::ui::state::Session::default();
    let drawn = words(&draw(&state, Theme::probe()));
    let hints = drawn.lines().last().expect("a line");
    assert!(!hints.contains("shift-f") && !hints.contains("logs"));
    assert!(press(&mut state, "shift-f l :ctx <enter>").is_empty());
    assert!(state.overlay.is_none() && state.notice.is_some());
}

#[test]
fn a_frame_of_a_hundred_thousand_rows_takes_no_longer() {
    // Not a benchmark: an order of magnitude, so that a frame never depends on the number of rows.
    let mut state = demo();
    let mut world = state.snapshot.world.clone();
    let object = world
        .get(&Identity::new(Kind::Service, "shop", "cart"))
        .expect("a Service")
        .clone();
    for at in 0..20_000 {
        let mut copy = (*object).clone();
        if let portolan::model::object::Fact::Service(service) = &mut copy.fact {
            service.meta.key = Identity::new(Kind::Service, "many", format!("s{at:05}"));
        }
        world.apply(Delta::Upsert(Box::new(copy)));
    }
    let snapshot = std::sync::Arc::new(portolan::ui::snapshot::Snapshot::new(
        world,
        state.snapshot.report.clone(),
    ));
    update(&mut state, Msg::Snapshot(snapshot));
    press(&mut state, ":svc <enter> shift-g");
    assert_eq!(table(&state).rows.len(), 20_029);
    let text = words(&draw(&state, Theme::probe()));
    assert!(text.contains("20029"));
    let frames = 20;
    let start = std::time::Instant::now();
    for _ in 0..frames {
        draw(&state, Theme::probe());
    }
    let each = start.elapsed() / frames;
    assert!(each < std::time::Duration::from_millis(100), "{each:?}");
}

/// Something that may happen to a screen.
fn happening() -> impl Strategy<Value = Msg> {
    let bound: Vec<Key> = BINDINGS
        .iter()
        .flat_map(|binding| binding.keys.iter().copied())
        .collect();
    let key = prop_oneof![
        6 => proptest::sample::select(bound),
        2 => any::<char>().prop_map(Key::char),
        1 => Just(Key::of(Code::Backspace)),
        2 => Just(Key::of(Code::Enter)),
    ];
    prop_oneof![
        20 => key.prop_map(Msg::Key),
        1 => (1u16..200, 1u16..60).prop_map(|(width, height)| Msg::Resize(width, height)),
        1 => ".{0,12}".prop_map(Msg::Paste),
        1 => Just(Msg::Forwards(forwards())),
        1 => Just(Msg::Forwards(Vec::new())),
        1 => "[ -~]{0,300}".prop_map(|text| Msg::Log(StreamId(1), vec![LogLine { at: None, text }])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_script_at_any_size_can_break_the_screen(
        width in 1u16..200,
        height in 1u16..60,
        script in proptest::collection::vec(happening(), 1..60),
        words in proptest::sample::select(vec!["", ":svc <enter>", ":po <enter>", ":routes <enter> <enter>", ":reach <enter>", ":reach <enter> f", ":reach <enter> <enter>", ":pf <enter>", "d", ":ns <enter>", "X", "?"]),
    ) {
        let mut state = screen(demo_world(), (width, height));
        press(&mut state, words);
        for msg in script {
            update(&mut state, msg);
            draw(&state, Theme::probe());
        }
    }
}
